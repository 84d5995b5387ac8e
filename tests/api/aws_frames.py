"""A reader of AWS event streams, written from their description."""

from __future__ import annotations

from struct import unpack_from
from typing import NamedTuple
from zlib import crc32


class Frame(NamedTuple):
    """One frame: its headers, which are all texts, and its payload."""

    headers: dict[str, str]
    payload: bytes


def read_frames(data: bytes) -> list[Frame]:
    """Read all frames of a complete stream.

    Raises:
        AssertionError: A length or a checksum is wrong.
    """
    frames = []
    while data:
        size, headers_size, prelude_sum = unpack_from(">III", data)
        message, data = data[:size], data[size:]
        assert len(message) == size
        assert prelude_sum == crc32(message[:8])
        assert unpack_from(">I", message, size - 4) == (crc32(message[:-4]),)
        headers_end = 12 + headers_size
        frames.append(Frame(dict(_read_headers(message[12:headers_end])), message[headers_end:-4]))
    return frames


def _read_headers(data: bytes) -> list[tuple[str, str]]:
    headers = []
    while data:
        name_end = 1 + data[0]
        kind, size = unpack_from(">BH", data, name_end)
        assert kind == 7
        value_end = name_end + 3 + size
        headers.append((data[1:name_end].decode(), data[name_end + 3 : value_end].decode()))
        data = data[value_end:]
    return headers
