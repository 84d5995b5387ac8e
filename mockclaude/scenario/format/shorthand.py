"""What the models of the scenario file are made of: mappings without surprises, and short forms for what is common.

In: plain data, as somebody wrote it. Out: the long form, or a `ValueError` that pydantic gives a place.
Knows nothing of any key of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from mockclaude.scenario.diagnostics import join_words


class Model(BaseModel):
    """A mapping of the file: no unknown keys, no keys without a value, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def known_fields(cls) -> dict[str, FieldInfo]:
        """Return the fields that a mapping may have."""
        return cls.model_fields

    @field_validator("*", mode="before")
    @classmethod
    def given(cls, value: Any, info: ValidationInfo) -> Any:
        """Return `value`, if there is one."""
        if value is None and cls.model_fields[str(info.field_name)].annotation is not Any:
            raise ValueError("there is no value here; expected one after the colon, or no key")
        return value


def short_for(key: str) -> Callable[[Any], Any]:
    """Return a validator that reads a bare text as `{key: text}`."""
    return partial(expand_shorthand, key)


def expand_shorthand(key: str, value: Any) -> Any:
    """Return a bare text as `{key: text}`, and anything else as it is."""
    return {key: value} if isinstance(value, str) else value


def as_list(value: Any) -> Any:
    """Return one thing as a list of it, and a list as it is."""
    return value if isinstance(value, list) else [value]


def each_short_for(key: str) -> Callable[[Any], Any]:
    """Return a validator that reads one thing or a list, and a bare text in it as `{key: text}`."""
    return partial(expand_each, key)


def expand_each(key: str, value: Any) -> Any:
    """Return one thing or a list as a list, in which a bare text became `{key: text}`."""
    return [expand_shorthand(key, item) for item in as_list(value)]


def require_exactly_one(what: str, keys: Iterable[str], value: Any, known: Iterable[str]) -> Any:
    """Return `value`, if it is a mapping, with exactly one of `keys`. Unknown keys are a mistake of their own."""
    if not isinstance(value, dict) or value.keys() - known:
        return value
    given = [key for key in keys if key in value]
    if len(given) != 1:
        got = join_words(given).replace(" or ", " and ") if given else "none of them"
        raise ValueError(f"{what} has exactly one of {join_words(keys)}; got {got}")
    return value
