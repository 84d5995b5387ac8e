"""Describe conditions and the values of requests, truncated and without credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mockclaude.api.redaction import redact, redact_header
from mockclaude.api.request import ToolResult
from mockclaude.scenario.diagnostics import shorten
from mockclaude.scenario.format.when import BodyMatcher, TextMatcher, ToolResultMatcher

SHOWN = 80
"""The maximum length of a described value, in characters."""

_SEARCHED = 1_000
"""Characters of a value that are searched for credentials before the value is truncated."""

_WANTED = 200
"""The maximum length of an expected text, in characters."""

_LISTED = 20
_VERBS = {"equals": "exactly ", "contains": "text that contains ", "like": "", "regex": "text that matches "}


def describe(value: Any) -> str:
    """Describe a value of a request. A long value is truncated."""
    if value is None or value in ("", [], ()):
        return "nothing"
    if isinstance(value, (list, tuple)):
        return _join(map(_describe_one, value[:_LISTED]), len(value))
    return _describe_one(value)


def _describe_one(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else str(value).lower()
    if not isinstance(value, str):
        return truncate(redact(repr(value)[:_SEARCHED]))
    text = redact(value[:_SEARCHED])
    return truncate(repr(text)) if len(text) <= SHOWN else truncate(f"{text[:SHOWN]!r}…")


def describe_header(name: str, value: str | None) -> str:
    """Describe the value of the header `name`."""
    return describe(value and redact_header(name, value))


def describe_at(path: str, value: Any) -> str:
    """Describe the value at `path`.

    The last key of the path may be the name of a credential.
    """
    begin = f"{path} = "
    return redact(f"{begin}{describe(value)}").removeprefix(begin)


def truncate(text: str) -> str:
    """Truncate a text to `SHOWN` characters."""
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _join(items: Iterable[str], count: int) -> str:
    more = [f"{count - _LISTED} more"] if count > _LISTED else []
    return ", ".join([*items, *more])


def describe_names(names: Mapping[str, Any]) -> str:
    """Describe the names of the tools that a request offers."""
    return describe(list(names))


def describe_matches(matches: Iterable[TextMatcher], header: str = "") -> str:
    """Describe the texts that `matches` accept, without credentials of a `header`."""
    wanted = [
        (_VERBS[key], text)
        for match in matches
        for key, texts in match.model_dump(exclude_none=True).items()
        for text in texts
    ]
    described = [
        f"{verb}{shorten(redact_header(header, text) if header else text, _WANTED)!r}"
        for verb, text in wanted[:_LISTED]
    ]
    more = [f"{len(wanted) - _LISTED} more"] if len(wanted) > _LISTED else []
    return " or ".join([*described, *more])


def describe_tool_result_match(match: ToolResultMatcher) -> str:
    """Describe the tool results that `match` accepts."""
    parts = [describe_matches(match.name)] if match.name else ["any"]
    if match.is_error is not None:
        parts.append(f"is_error: {describe(match.is_error)}")
    if match.content:
        parts.append(f"content {describe_matches(match.content)}")
    return " with ".join(parts)


def tool_result_describer(
    matches: Sequence[ToolResultMatcher], has_name: Callable[[ToolResult], bool]
) -> Callable[[Sequence[ToolResult]], str]:
    """Build the function that describes tool results.

    It describes the results of accepted tools, with the parts that `matches` test. If no tool is accepted, it describes
    the names of all results.
    """
    tests_error = any(match.is_error is not None for match in matches)
    tests_content = any(match.content for match in matches)

    def describe_part(result: ToolResult) -> str:
        parts = [_tool_name(result)]
        if tests_error:
            parts.append(f"is_error: {describe(result.is_error)}")
        if tests_content:
            parts.append(f"content {describe(result.content)}")
        return " with ".join(parts)

    def describe_all(results: Sequence[ToolResult]) -> str:
        named = [result for result in results if has_name(result)]
        describe_one = describe_part if named else _tool_name
        return _join(map(describe_one, (named or results)[:_LISTED]), len(named or results)) or "nothing"

    return describe_all


def _tool_name(result: ToolResult) -> str:
    return result.name or "an unknown tool"


def describe_body_match(match: BodyMatcher) -> str:
    """Describe the bodies that `match` accepts."""
    return match.truthy or _join_values(match.values, match.values.values(), _literal)


def body_describer(matches: Sequence[BodyMatcher]) -> Callable[[Sequence[Any]], str]:
    """Build the function that describes the values in a body.

    Several values are described with their expressions.
    """
    if len(matches) == 1 and len(matches[0].values) < 2:
        path = matches[0].truthy or next(iter(matches[0].values))
        return lambda found: describe_at(path, found[0] if matches[0].truthy else found[0][0])

    def describe_one(match: BodyMatcher, value: Any) -> str:
        if match.truthy is not None:
            return _join_values([match.truthy], [value], describe)
        return _join_values(match.values, value, describe)

    return lambda found: redact(", ".join(map(describe_one, matches, found)))


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _join_values(paths: Iterable[str], values: Iterable[Any], text: Callable[[Any], str]) -> str:
    return " and ".join(f"{path} = {text(value)}" for path, value in zip(paths, values, strict=True))
