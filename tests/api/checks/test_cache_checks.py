"""How many marks to cache there are, where, and for how long."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.checks.cache_checks import CHECKS
from tests.api.asking import WEATHER, asked, refusal

SHORT = {"type": "ephemeral"}
FIVE_MINUTES = {"type": "ephemeral", "ttl": "5m"}
HOUR = {"type": "ephemeral", "ttl": "1h"}
TOO_MANY = "A maximum of 4 blocks with cache_control may be provided. Found {}."
ORDER = (
    "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
    "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
)
NOTHING = "cache_control cannot be set for empty text blocks"


def text(control: Any = SHORT, said: str = "Hi") -> dict[str, Any]:
    return {"type": "text", "text": said, "cache_control": control}


def tool(control: Any = SHORT) -> dict[str, Any]:
    return {**WEATHER, "cache_control": control}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def result(*content: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "t", "content": list(content)}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"tools": [tool()], "system": [text()], "messages": [user(text(), text(), text())]}, 5),
        ({"system": [text()], "messages": [user(text(), text(), text())], "cache_control": SHORT}, 5),
        ({"messages": [user(result(text(), text()), text(), text()), user(text(), text())]}, 6),
    ],
)
def test_more_than_four_marks_are_refused(fields: Any, found: int) -> None:
    assert refusal(CHECKS, asked(**fields)) == TOO_MANY.format(found)


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [tool()], "system": [text()], "messages": [user(text(), text(), text(None))]},
        {"messages": [user(result(text()), text(), text())], "cache_control": SHORT},
        {"messages": [user(text(), text(), text(), text())], "cache_control": None},
        {"system": "Be kind.", "tools": [WEATHER, tool()]},
    ],
)
def test_four_marks_are_taken(fields: Any) -> None:
    assert refusal(CHECKS, asked(**fields)) is None


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"messages": [user(text(), text(said=""))]}, "messages.0.content.1.text"),
        ({"messages": [user(result(text(said="")))]}, "messages.0.content.0.tool_result.content.0.text"),
        ({"system": [text(said="")]}, "system.0"),
    ],
)
def test_nothing_is_not_cached(fields: Any, path: str) -> None:
    assert refusal(CHECKS, asked(**fields)) == f"{path}: {NOTHING}"


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"messages": [user(text(FIVE_MINUTES), text(HOUR))]}, "messages.0.content.1"),
        ({"system": [text(), text(HOUR)]}, "system.1"),
        ({"tools": [tool(), tool(HOUR)]}, "tools.1"),
        ({"tools": [tool()], "system": [text(HOUR)]}, "system.0"),
        ({"messages": [user({**result(), "cache_control": SHORT}, text(HOUR))]}, "messages.0.content.1"),
    ],
)
def test_an_hour_does_not_come_after_five_minutes(fields: Any, path: str) -> None:
    assert refusal(CHECKS, asked(**fields)) == f"{path}.cache_control.ttl: {ORDER}"


def test_an_hour_comes_before_five_minutes() -> None:
    request = asked(user(text(HOUR), text(FIVE_MINUTES)), tools=[tool(HOUR)], system=[text(HOUR)])

    assert refusal(CHECKS, request) is None


ORDER_AT_TARGET = f"messages.0.content.1.cache_control.ttl: {ORDER}"
MISMATCH = "Top-level cache_control has ttl='5m' but the target block already has cache_control with ttl='1h'"


@pytest.mark.parametrize(
    ("content", "control", "message"),
    [
        ([text(), text(HOUR)], FIVE_MINUTES, ORDER_AT_TARGET),
        ([text(HOUR)], SHORT, MISMATCH),
        ([text(HOUR)], HOUR, None),
        ([text(HOUR), text(None)], SHORT, None),
        ([text(FIVE_MINUTES)], FIVE_MINUTES, None),
        ("Hi", SHORT, None),
        ([], SHORT, None),
    ],
)
def test_an_automatic_breakpoint_lasts_as_long_as_that_of_its_block(
    content: Any, control: Any, message: str | None
) -> None:
    assert refusal(CHECKS, asked({"role": "user", "content": content}, cache_control=control)) == message
