"""Parse the one-line form of a mapping in a header: `ttft=400ms, jitter=20%`, or JSON."""

from __future__ import annotations

import re
from typing import Any

import orjson
from pydantic import ValidationError

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.diagnostics import did_you_mean, join_keys
from mockclaude.scenario.format.shorthand import FormatModel


def parse_assignments(text: str, between: str = ";") -> Any:
    """Parse JSON, or keys and values separated by one of the characters `between`.

    Return other text as it is.

    Raises:
        ValueError: The text begins like JSON but is invalid.
    """
    text = text.strip()
    if text.startswith(("{", "[")):
        try:
            return orjson.loads(text)
        except ValueError as error:
            expected = "expected a mapping as JSON, or keys and values, e.g. key=value"
            raise ValueError(f"invalid JSON ({error}); {expected}") from None
    if "=" not in text:
        return text
    pairs = (pair.partition("=") for pair in re.split(f"[{between}]", text))
    return {key.strip(): _value(value.strip()) for key, _, value in pairs if key.strip()}


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return text


_VALIDATOR = compile_lazily(r"\]$|^constrained-")
"""A name of one of pydantic's validators, in place of a key."""


def first_problem(error: ValidationError, model: type[FormatModel]) -> str:
    """Return the first error of validating data as a `model`, in one line."""
    first = error.errors(include_url=False)[0]
    keys = [part for part in first["loc"] if isinstance(part, str)]
    where = ".".join(key for key in keys if not _VALIDATOR.search(key))
    if first["type"] == "extra_forbidden":
        known = list(model.known_fields())
        return f"unknown key '{where}'; expected {join_keys(known)}{did_you_mean(where, known)}"
    what = first["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
