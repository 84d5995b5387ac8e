"""The frames of an AWS event stream: lengths, headers, a payload and two checksums."""

from __future__ import annotations

from binascii import crc32
from functools import lru_cache
from struct import pack

_TEXT = 7
"""The type of a header whose value is a text."""


def encode_frame(headers: bytes, payload: bytes) -> bytes:
    """Encode one frame, whose headers are encoded already."""
    message = _encode_prelude(len(headers), len(payload)) + headers + payload
    return message + crc32(message).to_bytes(4)


@lru_cache(maxsize=4096)
def _encode_prelude(headers_size: int, payload_size: int) -> bytes:
    prelude = pack(">II", 16 + headers_size + payload_size, headers_size)
    return prelude + crc32(prelude).to_bytes(4)


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
