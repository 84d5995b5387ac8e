"""The base of the file's models, and the short forms of common values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from pydantic import ConfigDict, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from mockclaude.scenario.diagnostics import join_words
from mockclaude.scenario.format.deferred import DeferredModel


class FormatModel(DeferredModel):
    """A mapping of the file: no unknown keys, no keys without a value, no conversions.

    The modules of models that most starts need do not postpone annotations: pydantic would parse each text.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def known_fields(cls) -> dict[str, FieldInfo]:
        """Return the possible fields."""
        return cls.model_fields

    @field_validator("*", mode="before")
    @classmethod
    def require_value(cls, value: Any, info: ValidationInfo) -> Any:
        """Return `value` unless it is missing.

        Raises:
            ValueError: The key has no value.
        """
        if value is None and cls.model_fields[str(info.field_name)].annotation is not Any:
            raise ValueError("missing value, got null; expected a value; add one or remove the key")
        return value


def short_for(key: str) -> Callable[[Any], Any]:
    """Build a validator that expands a text to `{key: text}`."""
    return partial(expand_shorthand, key)


def expand_shorthand(key: str, value: Any) -> Any:
    """Expand a text to `{key: text}`. Return other values as they are."""
    return {key: value} if isinstance(value, str) else value


def as_list(value: Any) -> Any:
    """Return a list as it is, and any other value as a list of one item."""
    return value if isinstance(value, list) else [value]


def each_short_for(key: str) -> Callable[[Any], Any]:
    """Build a validator for a value or a list that expands each text to `{key: text}`."""
    return partial(expand_each, key)


def expand_each(key: str, value: Any) -> Any:
    """Return `value` as a list, with each text expanded to `{key: text}`."""
    return [expand_shorthand(key, item) for item in as_list(value)]


def require_exactly_one(what: str, keys: Iterable[str], value: Any, known: Iterable[str]) -> Any:
    """Check that a mapping has exactly one of `keys`, and return it.

    Other values, and mappings with unknown keys, are returned unchecked.

    Raises:
        ValueError: The mapping has none or several of `keys`.
    """
    if not isinstance(value, dict) or value.keys() - known:
        return value
    present = [key for key in keys if key in value]
    if len(present) != 1:
        got = join_words(present).replace(" or ", " and ") if present else "none"
        raise ValueError(f"wrong keys of {what}, got {got}; expected exactly one of {join_words(keys)}")
    return value
