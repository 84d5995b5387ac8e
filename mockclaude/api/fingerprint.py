"""The canonical form of a request body: JSON with sorted keys and equal numbers written alike.

Fingerprints, and with them all draws of a reply, follow from the canonical body.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from mockclaude.api.errors import invalid

_WITHOUT_EFFECT = ("stream", "metadata")
"""Fields that do not change the reply: a request has the same reply if it is streamed, or sent by another user."""

_EXCLUDED = (*_WITHOUT_EFFECT, "thread")
"""Fields that are not part of the canonical body; a thread is part of it as the messages that it continues."""

_WHOLE_FLOAT = re.compile(rb"\.0[,}\]]")

_EXACT = 2**53
"""Below this number, each integer equals exactly one float; above it, orjson rejects some integers."""


def canonical_body(body: Mapping[str, Any]) -> bytes:
    """Write `body` in canonical form.

    Raises:
        ApiError: 400 for a body that nests deeper than orjson can write.
    """
    content = dict(body)
    others = [content.pop(field, None) for field in _WITHOUT_EFFECT]
    try:
        orjson.dumps(others)
        written = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        raise invalid("The request body is nested too deeply") from None
    return orjson.dumps(_normalize(content), option=orjson.OPT_SORT_KEYS) if _WHOLE_FLOAT.search(written) else written


def excluded_fields(body: Mapping[str, Any], *more: str) -> bytes:
    """Write the fields of `body` that are not part of its canonical form, and the fields `more`; empty for none."""
    found = {field: body[field] for field in (*_EXCLUDED, *more) if field in body}
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS) if found else b""


def _normalize(value: Any) -> Any:
    """Return JSON data with whole numbers as integers: `1.0` equals `1`."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, dict):
        return {key: _normalize(item) for key, item in value.items()}
    return [_normalize(item) for item in value] if isinstance(value, list) else value
