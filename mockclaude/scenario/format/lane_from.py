"""The sources of a lane: headers, cookies and fields of the body."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

from mockclaude.scenario.diagnostics import did_you_mean, format_value

Kind: TypeAlias = Literal["headers", "cookies", "body"]

SOURCE = re.compile(r"(?:headers|cookies)\.[A-Za-z0-9_.-]{1,200}|metadata(?:\.[A-Za-z0-9_-]{1,50}){1,5}")
"""A header, a cookie, or the path of a field in `metadata`."""

_KNOWN = ("headers", "cookies", "metadata")


class LaneSource(NamedTuple):
    """A header, a cookie or a field of the body, whose value is the lane of a request.

    Attributes:
        kind: The place of the value.
        path: The name of the header in lower case, the name of the cookie, or the path of the field.
    """

    kind: Kind
    path: tuple[str, ...]


def parse_lane_from(value: Any) -> tuple[str, ...]:
    """Parse a source or a list of sources.

    Raises:
        ValueError: A source is invalid, or the list is empty.
    """
    written = value if isinstance(value, (list, tuple)) else [value]
    if not written:
        raise ValueError(_describe_problem(value))
    for each in written:
        if not isinstance(each, str) or not SOURCE.fullmatch(each):
            raise ValueError(_describe_problem(each))
    return tuple(written)


@lru_cache(maxsize=64)
def compile_sources(written: tuple[str, ...]) -> tuple[LaneSource, ...]:
    """Compile sources that `parse_lane_from` returned."""
    return tuple(map(_compile, written))


def _compile(written: str) -> LaneSource:
    first, _, rest = written.partition(".")
    if first == "headers":
        return LaneSource("headers", (rest.lower(),))
    return LaneSource("cookies", (rest,)) if first == "cookies" else LaneSource("body", tuple(written.split(".")))


def _describe_problem(value: Any) -> str:
    return (
        f"invalid source of the lane, got {format_value(value)}; expected a header (headers.x-user), a cookie "
        f"(cookies.session) or a field of metadata (metadata.user_id){_hint(value)}"
    )


def _hint(value: Any) -> str:
    """Suggest `headers.x` for `header.x`."""
    if not isinstance(value, str):
        return ""
    first, dot, rest = value.partition(".")
    hint = "" if first in _KNOWN else did_you_mean(first, _KNOWN)
    return hint.replace("'?", f".{rest}'?") if hint and dot else hint
