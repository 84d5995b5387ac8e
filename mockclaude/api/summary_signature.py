"""Sign the summaries of compactions, so that an edited summary is recognized without state.

The first bytes of a signature are a hash of the summary, and the others follow from them.
"""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b, shake_256

_SEAL, _REST = 32, 736
"""Bytes of the hash, and of the rest: 1,024 characters, where the API's signatures have 636 to 1,736."""


def sign_summary(summary: str) -> str:
    """Sign a summary."""
    seal = _seal(summary)
    return base64.b64encode(seal + _extend(seal)).decode()


def is_edited(summary: str, signature: str) -> bool:
    """Return whether the signature is that of another summary of this server."""
    try:
        data = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    seal = data[:_SEAL]
    return data[_SEAL:] == _extend(seal) and seal != _seal(summary)


def _seal(summary: str) -> bytes:
    return blake2b(summary.encode("utf-8", "surrogatepass"), digest_size=_SEAL).digest()


def _extend(seal: bytes) -> bytes:
    return shake_256(b"compaction" + seal).digest(_REST)
