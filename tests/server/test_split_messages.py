"""The API merges consecutive messages of one role: how a client splits them changes no refusal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.server.refusals import conversations
from tests.server.refusals.writing import Refusal, Sent
from tests.serving import http_request, received, sent_of, with_client_headers

REFUSALS = [*conversations.CACHING, *conversations.MESSAGES, *conversations.PAIRING, *conversations.MEDIA]


@pytest.fixture(scope="module")
def state() -> ScenarioState:
    return ScenarioState(load_text("rules: [reply: Sunny.]"))


def ask(sent: Sent, state: ScenarioState) -> tuple[int, str]:
    """Return the status, and the error message if there is one."""
    body = sent.raw.partition(b"\r\n\r\n")[2]
    call = http_request("POST", sent.path, {}, with_client_headers(sent.headers), body)
    given = received(sent_of(answer(call, state)))
    return given.status, given.json.get("error", {}).get("message", "")


def splits(messages: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield ways to split one message of the user or of the assistant into two."""
    for number, message in enumerate(messages):
        content, role = message["content"], message["role"]
        length = len(content) if isinstance(content, list) and role != "system" else 0
        for index in {1, length // 2, length - 1} & {*range(1, length)}:
            halves = [{**message, "content": content[:index]}, {**message, "content": content[index:]}]
            yield [*messages[:number], *halves, *messages[number + 1 :]]


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_a_split_message_changes_no_refusal(refusal: Refusal, state: ScenarioState) -> None:
    for sent in (refusal.sent, refusal.legal):
        for messages in splits(sent.fields.get("messages", [])):
            split = Sent({**sent.fields, "messages": messages}, sent.headers, sent.path)

            assert ask(split, state) == ask(sent, state), messages
