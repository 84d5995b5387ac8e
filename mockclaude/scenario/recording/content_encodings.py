"""Decode bodies that were sent with a `content-encoding`."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

MAX_DECODED = 64_000_000
"""The maximum number of bytes of a decoded body."""

_BLOCK = 1 << 16


def decode_content(body: bytes, encoding: str) -> bytes | None:
    """Decode a body; None if that is impossible.

    A body that is text in spite of its header is returned as it is: other recorders decode bodies and keep the header.

    Args:
        body: The bytes of the body.
        encoding: The value of `content-encoding`, with the encodings in the order in which they were applied.
    """
    for name in reversed([name.strip().lower() for name in encoding.split(",")]):
        if name in ("", "identity") or not body:
            continue
        decoded = _decode(body, name)
        if decoded is not None:
            body = decoded
        elif not _is_text(body):
            return None
    return body


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decode(body: bytes, name: str) -> bytes | None:
    decoder = _DECODERS.get(name)
    if decoder is None:
        return None
    size, parts = 0, []
    try:
        for part in decoder(body):
            size += len(part)
            if size > MAX_DECODED:
                return None
            parts.append(part)
    except Exception:
        return None
    return b"".join(parts)


def _inflate(body: bytes, window: int) -> Iterator[bytes]:
    decoder = zlib.decompressobj(window)
    while body and not decoder.eof:
        yield decoder.decompress(body, _BLOCK)
        body = decoder.unconsumed_tail
    yield decoder.flush()
    if not decoder.eof or decoder.unused_data:
        raise EOFError


def _gzip(body: bytes) -> Iterator[bytes]:
    return _inflate(body, zlib.MAX_WBITS | 16)


def _deflate(body: bytes) -> Iterator[bytes]:
    """Decode both forms in use: with the header of zlib, as the standard says, and without."""
    has_header = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _inflate(body, zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)


def _brotli(body: bytes) -> Iterator[bytes]:
    decoder: Any = import_module("brotli").Decompressor()
    for begin in range(0, len(body), _BLOCK):
        yield decoder.process(body[begin : begin + _BLOCK])
    if not decoder.is_finished():
        raise EOFError


def _zstd(body: bytes) -> Iterator[bytes]:
    decoder: Any = import_module("zstandard").ZstdDecompressor().decompressobj()
    for begin in range(0, len(body), _BLOCK):
        yield decoder.decompress(body[begin : begin + _BLOCK])
    if not decoder.eof:
        raise EOFError


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
"""Name of an encoding -> its decoder. Those of `br` and `zstd` need a library that may be absent."""
