"""Decode bodies that were sent with a `content-encoding`."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from mockclaude.scenario.format.body_folder import MAX_BODY_FILE

_PIECE = 64 * 1024
"""Bytes that a decoder gets at once: it copies the rest, and a decoded piece may be much larger."""


def decode_content(body: bytes, encoding: str, *, is_torn: bool = False, keeps_text: bool = True) -> bytes | None:
    """Decode a body; None if that is impossible, or no scenario can have it.

    Args:
        body: The bytes of the body.
        encoding: The value of `content-encoding`, with the encodings in the order in which they were applied.
        is_torn: Whether the body may end early. The decoded bytes then do, too.
        keeps_text: Whether a body that is text in spite of its header is returned as it is: some recorders decode
            bodies and keep the header.
    """
    for name in reversed([name.strip().lower() for name in encoding.split(",")]):
        if name in ("", "identity") or not body:
            continue
        decoded = _decode(body, name, is_torn)
        if decoded is not None:
            body = decoded
        elif not (keeps_text and _is_text(body)):
            return None
    return body


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decode(body: bytes, name: str, is_torn: bool) -> bytes | None:
    size, parts = 0, []
    try:
        for part in _generate(body, name, is_torn):
            size += len(part)
            if size > MAX_BODY_FILE:
                return None
            parts.append(part)
    except Exception:  # each library has an exception of its own
        return None
    return b"".join(parts)


def _generate(body: bytes, name: str, is_torn: bool) -> Iterator[bytes]:
    """Yield the decoded parts of a body.

    Raises:
        EOFError: The body ends early, and is not torn.
        KeyError: The encoding is unknown.
    """
    if name in ("gzip", "x-gzip", "deflate"):
        yield from _inflate(body, _find_window(body, name), is_torn)
        return
    decoder = _import_decoder(name)
    for begin in range(0, len(body), _PIECE):
        yield decoder.feed(body[begin : begin + _PIECE])
    if not (decoder.is_ended() or is_torn):
        raise EOFError


def _inflate(body: bytes, window: int, is_torn: bool) -> Iterator[bytes]:
    """Yield the decoded parts of a body; one of gzip may have several members."""
    decoder = zlib.decompressobj(window)
    for begin in range(0, len(body), _PIECE):
        data = body[begin : begin + _PIECE]
        while data:
            if decoder.eof:
                decoder = zlib.decompressobj(window)
            yield decoder.decompress(data, MAX_BODY_FILE + 1)
            data = decoder.unused_data or decoder.unconsumed_tail
    if not (decoder.eof or is_torn):
        raise EOFError


def _find_window(body: bytes, name: str) -> int:
    """Return the form of a body for zlib: `deflate` is in use with zlib's header, as the standard says, and without."""
    if name != "deflate":
        return zlib.MAX_WBITS | 16
    has_header = body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS


class _Decoder(NamedTuple):
    """A decoder of a library."""

    feed: Callable[[bytes], bytes]
    is_ended: Callable[[], bool]


def _brotli(library: Any) -> _Decoder:
    decoder = library.Decompressor()
    return _Decoder(decoder.process, decoder.is_finished)


def _zstd(library: Any) -> _Decoder:
    decoder = library.ZstdDecompressor()
    return _Decoder(decoder.decompress, lambda: decoder.eof)


def _zstandard(library: Any) -> _Decoder:
    decoder = library.ZstdDecompressor().decompressobj()
    return _Decoder(decoder.decompress, lambda: decoder.eof)


_LIBRARIES: Mapping[str, Mapping[str, Callable[[Any], _Decoder]]] = {
    "br": {"brotli": _brotli, "brotlicffi": _brotli},
    "zstd": {"compression.zstd": _zstd, "backports.zstd": _zstd, "zstandard": _zstandard},
}
"""Encoding -> the libraries that decode it, of which each may be absent."""


def _import_decoder(name: str) -> _Decoder:
    for library, build in _LIBRARIES.get(name, {}).items():
        try:
            return build(import_module(library))
        except ImportError:
            continue
    raise KeyError(name)
