"""What a request asks, written in the one way that is the same however a client writes it.

In: a request body. Out: JSON, its keys sorted and its numbers alike, or the API's 400 for a body that nests too deeply;
and, apart from it, the fields that change nothing of the question. Knows nothing of what the fields mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from mockclaude.api.errors import invalid

_NOT_ASKED = ("stream", "metadata")
"""Body fields that do not change what is asked: the same question streamed, or by another user, has the same answer."""

_BESIDE = (*_NOT_ASKED, "thread")
"""Body fields that a question does not have: a thread is part of it as the messages that it stands for."""

_WHOLE_FLOAT = re.compile(rb"\.0[,}\]]")

_EXACT = 2**53
"""Below this, every integer has a float of its own; above, orjson takes not all of them."""


def canonical_body(body: Mapping[str, Any]) -> bytes:
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


def excluded_fields(body: Mapping[str, Any], *more: str) -> bytes:
    """Return, as JSON, the fields of `body` that its question lacks, and those that are named; empty if it has none."""
    found = {field: body[field] for field in (*_BESIDE, *more) if field in body}
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS) if found else b""


def _plain(value: Any) -> Any:
    """Return JSON data with whole numbers as integers: `1.0` and `1` ask the same."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
