"""The frames of an AWS event stream: lengths, headers, a payload and two checksums."""

from __future__ import annotations

from binascii import crc32
from struct import pack

_TEXT = 7
"""The type of a header whose value is a text."""


def encode_frame(headers: bytes, payload: bytes) -> bytes:
    """Encode one frame, whose headers are encoded already."""
    prelude = pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = b"%b%b%b%b" % (prelude, pack(">I", crc32(prelude)), headers, payload)
    return message + pack(">I", crc32(message))


def event_headers(name: str) -> bytes:
    """Encode the headers of an event."""
    return _encode_headers({":event-type": name, ":content-type": "application/json", ":message-type": "event"})


def exception_headers(name: str) -> bytes:
    """Encode the headers of an exception, which ends the stream."""
    return _encode_headers({":exception-type": name, ":content-type": "application/json", ":message-type": "exception"})


def _encode_headers(headers: dict[str, str]) -> bytes:
    return b"".join(
        b"%c%b%c%b%b" % (len(name), name.encode(), _TEXT, pack(">H", len(value)), value.encode())
        for name, value in headers.items()
    )
