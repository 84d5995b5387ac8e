"""The form of the API's signatures and of its redacted data.

Recorded: padded base64 without line breaks. The shortest length is supposed.
"""

from __future__ import annotations

import base64
import binascii

SHORTEST = 100
"""Characters of the shortest signature that is accepted."""

_FIRST_BYTES = frozenset({0x12, 0x08, 0x01})
_CLOUD = "claude#"
"""The beginning of a signature on some clouds (reported once)."""


def decode(signature: str) -> bytes:
    """Return the bytes of a signature; b"" if it does not have the API's form."""
    text = signature.removeprefix(_CLOUD)
    if len(text) < SHORTEST:
        return b""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if data[0] in _FIRST_BYTES and base64.b64encode(data).decode() == text else b""
