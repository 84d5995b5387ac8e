"""Encode responses as HTTP/1.1. To a client of HTTP/1.0 a body ends with the connection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mockclaude.reply.response import DEFAULT_FRAMING, End, Response, TimedPiece
from mockclaude.wire.framing import (
    BODILESS,
    CLOSING,
    LAST_CHUNK,
    chunk,
    encode_chunked_lines,
    encode_default_head,
    encode_pieces,
    encode_status_and_headers,
    find_end,
    is_bodiless,
)
from mockclaude.wire.script import Script, Send, new_script, new_send, to_sends


def encode(response: Response, *, http11: bool) -> Script:
    """Encode `response` as a script."""
    status, headers, request_id, body, at, end, end_at, complete, _, framing, *_ = response
    if framing is not DEFAULT_FRAMING or status in (0, 204, 304):
        return _encode_special(response, http11)
    if end_at != at or not complete or not body:
        return _encode_writes(response, http11)
    data = body[0].piece.encoded if len(body) == 1 else response.data
    id_lines = headers.id_lines.replace(b"@", request_id.encode()) if request_id else b""
    if not http11:
        lines = encode_status_and_headers(status, None, headers)
        return Script(status, (Send(at, b"%b%b%b\r\n%b" % (lines, CLOSING, id_lines, data)),), End.CLOSE, at)
    lines = encode_chunked_lines(status, headers)
    if not data:
        return Script(status, (Send(at, b"%b%b\r\n%b" % (lines, id_lines, LAST_CHUNK)),), end, at)
    sent = b"%b%b\r\n%x\r\n%b\r\n%b" % (lines, id_lines, len(data), data, LAST_CHUNK)
    return new_script((status, (new_send((at, sent)),), end, at, 0))


def _encode_special(response: Response, http11: bool) -> Script:
    """Encode a response that sends nothing, has no body, or does not have the default framing."""
    framing = response.framing
    if response.status == 0:
        sends = [Send(response.end_at, framing.tail)] if framing.tail else ()
        return Script(0, sends, response.end, response.end_at, response.down_us)
    if framing.malformation and framing.body_sent:
        from mockclaude.wire.malformed import MALFORM

        return MALFORM[framing.malformation](response, http11)
    if not framing.body_sent or is_bodiless(response):
        return _encode_head_only(response, http11)
    if framing.separate_pieces:
        return encode_pieces(response, http11=http11)
    return _encode_writes(response, http11)


def _encode_head_only(response: Response, http11: bool) -> Script:
    sends = [Send(response.head_at, encode_default_head(response, http11=http11))]
    end = response.end if response.status in BODILESS else find_end(response, http11=http11)
    return Script(response.status, sends, end, response.end_at)


def _encode_writes(response: Response, http11: bool) -> Script:
    """Encode all pieces with the same time as one chunk in one write."""
    sends = _join_pieces(response.body, http11)
    if not response.framing.head_sent:
        head_at, data = response.head_at, encode_default_head(response, http11=http11)
        if sends and sends[0].at == head_at:
            data += sends.pop(0).data
        sends.insert(0, Send(head_at, data))
    if http11 and (response.complete or not response.framing.is_batch):
        data = LAST_CHUNK if response.complete else b""
        end_at = max(response.end_at, sends[-1].at) if sends else response.end_at
        if sends and sends[-1].at == end_at:
            data = sends.pop().data + data
        sends.append(Send(end_at, data))
    return Script(response.status, sends, find_end(response, http11=http11), response.end_at)


def _join_pieces(body: Sequence[TimedPiece], http11: bool) -> list[Send]:
    groups: dict[int, bytes] = {}
    others = defaultdict[int, list[bytes]](list)
    for at, piece in body:
        if at in groups:
            others[at].append(piece.encoded)
        else:
            groups[at] = piece.encoded
    for at, parts in others.items():
        groups[at] += b"".join(parts)
    joined = groups.values()
    return to_sends(groups, [chunk(data) if data else data for data in joined] if http11 else joined)


class BatchEncoder:
    """An encoder for the batches of one response."""

    def __init__(self, *, http11: bool) -> None:
        self._http11 = http11
        self._sends: list[Send] = []
        self._last = Script(0, ())

    @property
    def script(self) -> Script:
        """The script of all batches so far."""
        return self._last._replace(sends=self._sends)

    def encode(self, batch: Response) -> Script:
        """Encode `batch` as a script that begins at the end of the previous batch."""
        script = encode(batch, http11=self._http11)
        before = self._last.end_at
        end_at = max(before, script.end_at, script.sends[-1].at if script.sends else 0)
        self._last = script._replace(sends=(), end_at=end_at)
        self._sends += script.sends
        later = [Send(max(0, at - before), data) for at, data in script.sends]
        return script._replace(sends=later, end_at=end_at - before)
