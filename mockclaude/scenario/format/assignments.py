"""What a header says in one line, where a file has a mapping: `ttft=400ms, jitter=20%`, or JSON.

In: a line of text. Out: plain data, or a `ValueError`; and what pydantic has against it, in one line.
Knows nothing of what the keys mean.
"""

from __future__ import annotations

import re
from typing import Any

import orjson
from pydantic import ValidationError

from mockclaude.scenario.diagnostics import did_you_mean, join_words
from mockclaude.scenario.format.shorthand import Model


def parse_assignments(text: str, between: str = ";") -> Any:
    """Return the data that `text` says: JSON, keys and values with one of the characters `between` them, or the text
    itself where it is neither. Raises `ValueError` for JSON that is none.
    """
    text = text.strip()
    if text.startswith(("{", "[")):
        try:
            return orjson.loads(text)
        except ValueError as error:
            raise ValueError(f"this is not JSON: {error}") from None
    if "=" not in text:
        return text
    pairs = (pair.partition("=") for pair in re.split(f"[{between}]", text))
    return {key.strip(): _value(value.strip()) for key, _, value in pairs if key.strip()}


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return text


def first_problem(error: ValidationError, model: type[Model]) -> str:
    """Return the first thing that `error` has against data that was read as `model`."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
    if first["type"] == "extra_forbidden":
        known = list(model.known_fields())
        return f"unknown key '{where}'; expected {join_words(known)}{did_you_mean(where, known)}"
    what = first["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
