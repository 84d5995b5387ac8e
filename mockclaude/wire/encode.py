"""Encode responses as HTTP/1.1. To a client of HTTP/1.0 a body ends with the connection."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from mockclaude.reply.response import USUAL, End, Response
from mockclaude.wire.framing import (
    CHUNKED,
    CLOSING,
    LAST_CHUNK,
    by_piece,
    chunk,
    ending,
    head,
    request_id_line,
    status_and_headers,
    usual_head,
)
from mockclaude.wire.malformed import MALFORM
from mockclaude.wire.script import Script, Send

_NO_CONTENT = 204


def encode(response: Response, *, http11: bool) -> Script:
    """Return the bytes of `response` and their times."""
    framing = response.framing
    if response.status == 0:
        sends = [Send(response.end_at, framing.tail)] if framing.tail else ()
        return Script(0, sends, response.end, response.end_at, response.down_us)
    if framing is USUAL:
        at_once = response.end_at == response.head_at and response.complete and response.body
        return _at_once(response, http11) if at_once else _by_write(response, http11)
    if not framing.body_sent or (response.status == _NO_CONTENT and not response.size):
        return _head_alone(response, http11)
    if framing.malformation:
        return MALFORM[framing.malformation](response, http11)
    if framing.by_piece:
        return by_piece(response, http11=http11)
    return _by_write(response, http11)


def _at_once(response: Response, http11: bool) -> Script:
    """Return a complete response in one write."""
    status, headers, _, body, at, *_ = response
    data = body[0].piece.encoded if len(body) == 1 else response.data
    lines, request_id = status_and_headers(status, None, headers), request_id_line(response)
    if http11:
        chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data) if data else LAST_CHUNK
        sent = b"%b%b%b\r\n%b" % (lines, CHUNKED, request_id, chunks)
        return Script(status, (Send(at, sent),), End.KEEP, at)
    return Script(status, (Send(at, b"%b%b%b\r\n%b" % (lines, CLOSING, request_id, data)),), End.CLOSE, at)


def _head_alone(response: Response, http11: bool) -> Script:
    if response.status == _NO_CONTENT:
        return Script(response.status, [Send(0, head(response, b""))], response.end, response.end_at)
    sends = [Send(0, usual_head(response, http11=http11))]
    return Script(response.status, sends, ending(response, http11=http11), response.end_at)


def _by_write(response: Response, http11: bool) -> Script:
    """Return `response` with the pieces of one time in one write and one chunk."""
    body = _joined([Send(at, piece.encoded) for at, piece in response.body])
    sends = [Send(at, chunk(data)) for at, data in body] if http11 else [*body]
    if not response.framing.head_sent:
        sends.insert(0, Send(response.head_at, usual_head(response, http11=http11)))
    if http11 and (response.complete or not response.framing.is_batch):
        end_at = max(response.end_at, sends[-1].at) if sends else response.end_at
        sends.append(Send(end_at, LAST_CHUNK if response.complete else b""))
    return Script(response.status, _joined(sends), ending(response, http11=http11), response.end_at)


def _joined(sends: Sequence[Send]) -> Sequence[Send]:
    if not sends or sends[0].at == sends[-1].at:
        return [Send(sends[0].at, b"".join([data for _, data in sends]))] if len(sends) > 1 else sends
    groups = groupby(sends, key=itemgetter(0))
    return [Send(at, b"".join([data for _, data in group])) for at, group in groups]


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
