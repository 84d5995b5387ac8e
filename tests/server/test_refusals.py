"""Whatever the API refuses is refused in its words, over the wire; the nearest legal request is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mockclaude.api.checks.check import Check
from mockclaude.api.checks.table import CHECKS
from mockclaude.api.headers import ORGANIZATION_ID
from mockclaude.scenario.loading.loader import load_text
from tests.server.refusals import context, conversations, requests, tools
from tests.server.refusals.writing import (
    ENABLED,
    MIDDLE,
    QUESTION,
    Headers,
    Refusal,
    Sent,
    assistant,
    said,
    text,
    tool,
    use,
    user,
)
from tests.serving import Running, ServerThread

REFUSALS: list[Refusal] = [
    *requests.SHAPE,
    *requests.HEADERS,
    *requests.MODELS,
    *tools.TOOLS,
    *tools.OUTPUT,
    *tools.STRICT,
    *conversations.CACHING,
    *conversations.MESSAGES,
    *conversations.PAIRING,
    *conversations.THINKING,
    *conversations.MEDIA,
    *conversations.LIMITS,
    *context.CONTEXT,
]

SCENARIO = """
api_keys: [mock, sk-ant-oat01]
today: 2026-02-01
rules:
  - when: {user: recorded}
    reply:
      - thinking: {thinking: Recorded., signature: recorded-signature}
      - redacted_thinking: recorded-data
  - when: {user: think}
    reply: [{thinking: A thought.}, Sunny.]
  - reply: Sunny.
"""

OF_THE_MEMORY = {"thinking that was changed in the latest answer"}
"""What can only be told of a block that was sent before: see `test_thinking_that_was_changed_is_known_again`."""


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with ServerThread({"": load_text(SCENARIO)}) as running:
        yield running


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_what_the_api_refuses_is_refused_in_its_words(server: Running, refusal: Refusal) -> None:
    given = server.ask(refusal.sent.raw)

    assert (given.status, *given.error) == (refusal.status, refusal.type, refusal.message)
    assert given.headers["x-should-retry"] == "false"
    assert (given.headers.get("anthropic-organization-id") == ORGANIZATION_ID) is (refusal.status != 401)


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_the_nearest_legal_request_is_answered(server: Running, refusal: Refusal) -> None:
    given = server.ask(refusal.legal.raw)

    assert given.status == 200, given.json


def split(messages: Any) -> list[Any]:
    """Return messages of one block each, which the API merges again."""
    return [
        message | {"content": content}
        for message in messages
        for content in ([[block] for block in message["content"]] if is_mergeable(message) else [message["content"]])
    ]


def is_mergeable(message: Any) -> bool:
    return message["role"] != "system" and isinstance(message["content"], list) and message["content"] != []


WHOLE = "If an assistant message contains any thinking blocks"
"""The beginning of a message about the first block of an assistant message as it was sent."""

MERGED = [
    refusal
    for theme in (conversations.CACHING, conversations.PAIRING, conversations.THINKING, conversations.MEDIA)
    for refusal in theme
    if any(map(is_mergeable, refusal.sent.fields.get("messages", ()))) and WHOLE not in refusal.message
]


@pytest.mark.parametrize("refusal", MERGED, ids=str)
def test_paths_are_the_same_if_each_block_is_a_message(server: Running, refusal: Refusal) -> None:
    messages = split(refusal.sent.fields["messages"])
    given = server.ask(replace(refusal.sent, fields={**refusal.sent.fields, "messages": messages}).raw)

    assert given.error == (refusal.type, refusal.message)


def matches(check: Check, refusal: Refusal) -> bool:
    words = re.split(r"\{\w+\}", check.message)
    return re.fullmatch(".*".join(map(re.escape, words)), refusal.message, re.DOTALL) is not None


def test_every_row_of_the_table_is_met_by_a_request_here() -> None:
    missing = {check.condition for check in CHECKS if not any(matches(check, refusal) for refusal in REFUSALS)}

    assert missing == OF_THE_MEMORY


IN_ORDER: list[tuple[str, dict[str, Any], Headers]] = [
    ("x-api-key header is required", {}, {"x-api-key": "mock"}),
    ("anthropic-version: header is required", {}, {"anthropic-version": "2026-10-21"}),
    ("Unexpected value(s) `new-1` for the", {}, {"anthropic-beta": None}),
    ("shadow: Extra inputs are not permitted", {"shadow": ...}, {}),
    ("model: claude-does-not-exist", {"model": "claude-opus-4-8"}, {}),
    ("max_tokens: 1000000 > 128000, which", {"max_tokens": 1024}, {}),
    ("tools: Tool names must be unique.", {"tools": [tool()]}, {}),
    ("messages: text content blocks must be non-empty", {"messages": [QUESTION, assistant(use()), QUESTION]}, {}),
    ("messages.1: `tool_use` ids were found without", {"messages": [user(text("_" * 1_099_000))]}, {}),
    ("prompt is too long: 1000", {"messages": [QUESTION]}, {}),
]
"""Problems in the API's order, each with what puts an end to it."""


def test_of_several_problems_the_one_that_comes_first_is_told(server: Running) -> None:
    fields: dict[str, Any] = {
        "model": "claude-does-not-exist",
        "max_tokens": 1_000_000,
        "shadow": 1,
        "tools": [tool(), tool()],
        "messages": [user(text(""))],
    }
    headers: dict[str, str | None] = {"x-api-key": None, "anthropic-version": None, "anthropic-beta": "new-1"}
    for problem, better, allowed in IN_ORDER:
        assert server.ask(Sent(fields, headers).raw).error[1].startswith(problem)
        fields, headers = {**fields, **better}, {**headers, **allowed}
    assert server.ask(Sent(fields, headers).raw).status == 200


def test_thinking_that_was_changed_is_known_again(server: Running) -> None:
    think = Sent({"model": MIDDLE, "thinking": ENABLED, "messages": [user(text("think"))]})
    thought, answer = server.ask(think.raw).json["content"]
    for blocks, status in (([thought], 200), ([{**thought, "thinking": "Hm."}], 200), ([thought, thought], 400)):
        again = said(assistant(*blocks, answer), QUESTION, model=MIDDLE, thinking=ENABLED)
        given = server.ask(Sent(again).raw)

        assert given.status == status
    assert given.error[1] == (
        "messages.1.content.1: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
        "modified. These blocks must remain as they were in the original response."
    )
