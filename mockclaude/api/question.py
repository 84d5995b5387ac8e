"""What a request asks, written in the one way that is the same however a client writes it.

In: a request body. Out: JSON, its keys sorted and its numbers alike, or the API's 400 for a body that nests too deeply.
Knows nothing of what the fields mean, but that some change nothing of the question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from mockclaude.api.errors import invalid

_NOT_ASKED = ("stream", "metadata")
"""Body fields that do not change what is asked: the same question streamed, or by another user, has the same answer."""

_WHOLE_FLOAT = re.compile(rb"\.0[,}\]]")

_EXACT = 2**53
"""Below this, every integer has a float of its own; above, orjson takes not all of them."""


def question(body: Mapping[str, Any]) -> bytes:
    """Return what `body` asks.

    Raises `ApiError` 400 for one that nests deeper than orjson writes, and than functions may call themselves.
    """
    asked = dict(body)
    others = [asked.pop(field, None) for field in _NOT_ASKED]
    try:
        orjson.dumps(others)
        written = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        raise invalid("The request body is nested too deeply") from None
    return orjson.dumps(_plain(asked), option=orjson.OPT_SORT_KEYS) if _WHOLE_FLOAT.search(written) else written


def _plain(value: Any) -> Any:
    """Return JSON data with whole numbers as integers: `1.0` and `1` ask the same."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
