"""Decode a compressed body of a response."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from importlib import import_module

MAX_DECODED = 64 * 1024 * 1024
"""The maximum number of bytes of a decoded body."""

_PIECE = 64 * 1024
"""Bytes that are passed to zlib at once: it copies the rest after each member."""

_PLAIN = ("", "identity")
_MODULES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "br": (("brotli", "decompress"), ("brotlicffi", "decompress")),
    "zstd": (("compression.zstd", "decompress"), ("backports.zstd", "decompress")),
}
"""Encoding -> the modules that decode it, which may be installed, and their function."""


def decode_body(encoding: str, body: bytes, *, is_torn: bool) -> bytes | None:
    """Decode a body; return None for a body that cannot be decoded, or is too large.

    Args:
        encoding: The value of `content-encoding`.
        body: The bytes.
        is_torn: Whether the body may end early. The decoded bytes then do, too.
    """
    decoded: bytes | None = body
    for name in reversed([name.strip().lower() for name in encoding.split(",")]):
        decoded = None if decoded is None else _decode(name, decoded, is_torn)
    return decoded


def _decode(name: str, body: bytes, is_torn: bool) -> bytes | None:
    if name in _PLAIN:
        return body
    if name in ("gzip", "x-gzip", "deflate"):
        return _inflate(body, name, is_torn)
    decompress = _import_decoder(name)
    try:
        decoded = None if decompress is None else decompress(body)
    except Exception:  # each module has an exception of its own
        return None
    return decoded if decoded is None or len(decoded) <= MAX_DECODED else None


def _inflate(body: bytes, name: str, is_torn: bool) -> bytes | None:
    is_raw = name == "deflate" and not (body[:1] and body[0] & 0x0F == zlib.DEFLATED)
    window = zlib.MAX_WBITS + 16 if name != "deflate" else -zlib.MAX_WBITS if is_raw else zlib.MAX_WBITS
    unpacker, parts, left = zlib.decompressobj(window), list[bytes](), MAX_DECODED
    try:
        for start in range(0, len(body), _PIECE):
            data = body[start : start + _PIECE]
            while data and left >= 0:
                if unpacker.eof:
                    unpacker = zlib.decompressobj(window)
                parts.append(unpacker.decompress(data, left + 1))
                left -= len(parts[-1])
                data = unpacker.unused_data
    except zlib.error:
        return None
    return b"".join(parts) if left >= 0 and (unpacker.eof or is_torn or not body) else None


def _import_decoder(name: str) -> Callable[[bytes], bytes] | None:
    for module, function in _MODULES.get(name, ()):
        try:
            decoder: Callable[[bytes], bytes] = getattr(import_module(module), function)
        except ImportError:
            continue
        return decoder
    return None
