"""Conditions on the first path at which the bodies of two recorded requests differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.api.body import Path
from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.conditions.queries import find_problem
from mockclaude.scenario.recording.text_choice import MAX_EQUAL, choose_line, is_exact, list_ends, list_lines
from mockclaude.scenario.volatile import VolatileParts

Values: TypeAlias = dict[str, Any]
"""An expression and its value, as in `body` of a scenario file."""

_MAX_DEPTH = 40
_LATE = ("metadata", "cache_control")
"""Keys that clients change more often than all others: a condition looks at them last."""

_ABSENT = object()
_IDENTIFIER = compile_lazily(r"[A-Za-z_][A-Za-z0-9_]*")


class Stability(NamedTuple):
    """What stays the same in a replay.

    Attributes:
        parts: The volatile parts, which do not.
        call_ids: The ids of tool calls that do, although their form is volatile.
    """

    parts: VolatileParts
    call_ids: frozenset[str]

    def has(self, value: Any) -> bool:
        """Return whether a value is short, and the same in a replay."""
        if isinstance(value, str):
            return value in self.call_ids or is_exact(value, self.parts)
        text = orjson.dumps(value).decode()
        return len(text) <= MAX_EQUAL and not self.parts.are_in(text)


def list_conditions(path: Path, own: Any, other: Any, stability: Stability) -> Iterator[Values]:
    """Yield conditions on values that differ at a path.

    Args:
        path: The path of the values in the body.
        own: The value that must match.
        other: The value that must not.
        stability: What conditions may look at.
    """
    late: list[_Difference] = []
    for difference in _find_differences(path, own, other):
        if any(part in _LATE for part in difference.path):
            late.append(difference)
        else:
            yield from _list_valid(difference, stability)
    for difference in late:
        yield from _list_valid(difference, stability)


class _Difference(NamedTuple):
    path: Path
    own: Any
    other: Any


def _find_differences(path: Path, own: Any, other: Any) -> Iterator[_Difference]:
    if len(path) > _MAX_DEPTH:
        return
    if isinstance(own, dict) and isinstance(other, dict):
        for key, value in own.items():
            yield from _find_differences((*path, key), value, other.get(key, _ABSENT))
        added = [key for key, value in other.items() if key not in own and value is not None]
        yield from (_Difference((*path, key), None, other[key]) for key in added)
    elif isinstance(own, list) and isinstance(other, list):
        for index, (value, another) in enumerate(zip(own, other, strict=False)):
            yield from _find_differences((*path, index), value, another)
        if len(own) != len(other):
            yield _Difference((*path, "length"), own, other)
    elif (own != other or type(own) is not type(other)) and not (own is None and other is _ABSENT):
        yield _Difference(path, own, other)


def _list_valid(difference: _Difference, stability: Stability) -> Iterator[Values]:
    for values in _list_values(difference, stability):
        if all(find_problem(expression) is None for expression in values):
            yield values


def _list_values(difference: _Difference, stability: Stability) -> Iterator[Values]:
    path, own, other = difference
    if isinstance(own, list) and isinstance(other, list):
        yield {f"length({to_expression(path[:-1])})": len(own)}
    elif stability.has(own):
        yield {to_expression(path): own}
    elif isinstance(own, str):
        yield from _list_texts(path, own, other if isinstance(other, str) else "", stability.parts)
    elif isinstance(own, (dict, list)):
        for key, value in own.items() if isinstance(own, dict) else enumerate(own):
            if len(path) <= _MAX_DEPTH:
                yield from _list_values(_Difference((*path, key), value, _ABSENT), stability)


def _list_texts(path: Path, own: str, other: str, parts: VolatileParts) -> Iterator[Values]:
    """Yield conditions on a long text, or one with volatile parts."""
    if parts.remove(own.encode()) == parts.remove(other.encode()):
        return
    subject = to_expression(path)
    line, number = choose_line(list_lines(own, parts), lambda line: line in other)
    if number == 0:
        yield {f"contains({subject}, {to_literal(line)})": True}
    for end in list_ends(own, parts):
        if not other.endswith(end):
            yield {f"ends_with({subject}, {to_literal(end)})": True}
    line, number = choose_line(list_lines(other, parts), lambda line: line in own)
    if number == 0:
        yield {f"contains({subject}, {to_literal(line)})": False}


def to_expression(path: Path) -> str:
    """Return the JMESPath expression of a path."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _IDENTIFIER.fullmatch(part) else json.dumps(part, ensure_ascii=False)
            text += f".{name}" if text else name
    return text


def to_literal(text: str) -> str:
    """Return a text as a JMESPath literal."""
    if text.isprintable() and "'" not in text and "\\" not in text:
        return f"'{text}'"
    return "`" + json.dumps(text, ensure_ascii=False).replace("`", "\\`") + "`"
