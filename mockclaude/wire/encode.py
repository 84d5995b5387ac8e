"""Encode responses as HTTP/1.1. To a client of HTTP/1.0 a body ends with the connection."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

from mockclaude.reply.response import USUAL, End, Response
from mockclaude.wire.framing import (
    CLOSING,
    LAST_CHUNK,
    by_piece,
    chunk,
    chunked_lines,
    ending,
    head,
    status_and_headers,
    usual_head,
)
from mockclaude.wire.malformed import MALFORM
from mockclaude.wire.script import Script, Send

_NO_CONTENT = 204
_TIME = itemgetter(0)


def encode(response: Response, *, http11: bool) -> Script:
    """Return the bytes of `response` and their times."""
    status, headers, request_id, body, at, end, end_at, complete, *_ = response
    if response.framing is not USUAL or status in (0, _NO_CONTENT):
        return _unusual(response, http11)
    if end_at != at or not complete or not body:
        return _by_write(response, http11)
    data = body[0].piece.encoded if len(body) == 1 else response.data
    id_line = b"request-id: %b\r\n" % request_id.encode() if request_id else b""
    if not http11:
        lines = status_and_headers(status, None, headers)
        return Script(status, (Send(at, b"%b%b%b\r\n%b" % (lines, CLOSING, id_line, data)),), End.CLOSE, at)
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data) if data else LAST_CHUNK
    return Script(status, (Send(at, b"%b%b\r\n%b" % (chunked_lines(status, headers), id_line, chunks)),), end, at)


def _unusual(response: Response, http11: bool) -> Script:
    """Return a response that is not there, has no body, or is not framed as usual."""
    framing = response.framing
    if response.status == 0:
        sends = [Send(response.end_at, framing.tail)] if framing.tail else ()
        return Script(0, sends, response.end, response.end_at, response.down_us)
    if not framing.body_sent or (response.status == _NO_CONTENT and not response.size):
        return _head_alone(response, http11)
    if framing.malformation:
        return MALFORM[framing.malformation](response, http11)
    if framing.by_piece:
        return by_piece(response, http11=http11)
    return _by_write(response, http11)


def _head_alone(response: Response, http11: bool) -> Script:
    if response.status == _NO_CONTENT:
        sends = [Send(response.head_at, head(response, b""))]
        return Script(response.status, sends, response.end, response.end_at)
    sends = [Send(response.head_at, usual_head(response, http11=http11))]
    return Script(response.status, sends, ending(response, http11=http11), response.end_at)


def _by_write(response: Response, http11: bool) -> Script:
    """Return `response` with the pieces of one time in one write and one chunk."""
    groups = [(at, b"".join([piece.encoded for _, piece in group])) for at, group in groupby(response.body, _TIME)]
    sends = [Send(at, chunk(data) if http11 and data else data) for at, data in groups]
    if not response.framing.head_sent:
        head_at, data = response.head_at, usual_head(response, http11=http11)
        if sends and sends[0].at == head_at:
            data += sends.pop(0).data
        sends.insert(0, Send(head_at, data))
    if http11 and (response.complete or not response.framing.is_batch):
        data = LAST_CHUNK if response.complete else b""
        end_at = max(response.end_at, sends[-1].at) if sends else response.end_at
        if sends and sends[-1].at == end_at:
            data = sends.pop().data + data
        sends.append(Send(end_at, data))
    return Script(response.status, sends, ending(response, http11=http11), response.end_at)


class BatchEncoder:
    """Encode the batches of one response. `script` is all that was encoded so far, in one script."""

    def __init__(self, *, http11: bool) -> None:
        self._http11 = http11
        self._sends: list[Send] = []
        self._last = Script(0, ())

    @property
    def script(self) -> Script:
        """All batches so far."""
        return self._last._replace(sends=self._sends)

    def encode(self, batch: Response) -> Script:
        """Return the bytes of `batch`, with times from the end of the batch before."""
        script = encode(batch, http11=self._http11)
        before = self._last.end_at
        end_at = max(before, script.end_at, script.sends[-1].at if script.sends else 0)
        self._last = script._replace(sends=(), end_at=end_at)
        self._sends += script.sends
        later = [Send(max(0, at - before), data) for at, data in script.sends]
        return script._replace(sends=later, end_at=end_at - before)
