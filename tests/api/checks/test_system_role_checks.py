"""Where messages of the system stand, and what they hold."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.checks.system_role_checks import CHECKS
from tests.api.asking import QUESTION, asked, refusal

ANYWHERE = "; the directive-only form (content: [] with output_config) is accepted at any position"
FIRST = f"use the top-level 'system' parameter for the initial system prompt{ANYWHERE}"
AFTER = "role 'system' must follow a 'user' message or an 'assistant' message ending in a server tool result" + ANYWHERE
BEFORE = f"role 'system' must precede an 'assistant' message or end the array{ANYWHERE}"
KINDS = "role 'system' supports text, tool_addition, and tool_removal blocks only"

SYSTEM = {"role": "system", "content": "Be brief."}
ANSWER = {"role": "assistant", "content": "Sunny."}
EMPTY = {"role": "assistant", "content": []}
SEARCHED: dict[str, Any] = {
    "role": "assistant",
    "content": [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
    ],
}
CALL = {"type": "tool_use", "id": "t", "name": "look", "input": {}}
CALLED_AND_SEARCHED = {"role": "assistant", "content": [CALL, *SEARCHED["content"]]}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}
DIRECTIVE = {"role": "system", "content": [], "output_config": {"effort": "low"}}


def system(*kinds: str) -> dict[str, Any]:
    return {"role": "system", "content": [{"type": kind} for kind in kinds]}


@pytest.mark.parametrize(
    ("conversation", "message"),
    [
        ([SYSTEM, QUESTION], f"messages.0: {FIRST}"),
        ([DIRECTIVE, SYSTEM, QUESTION], f"messages.1: {FIRST}"),
        ([QUESTION, ANSWER, SYSTEM], f"messages.2: {AFTER}"),
        ([QUESTION, ANSWER, SYSTEM, QUESTION], f"messages.2: {AFTER}"),
        ([QUESTION, EMPTY, SYSTEM], f"messages.2: {AFTER}"),
        ([QUESTION, CALLED_AND_SEARCHED, SYSTEM, RESULT], f"messages.2: {AFTER}"),
        ([QUESTION, SYSTEM, QUESTION], f"messages.1: {BEFORE}"),
        ([QUESTION, ANSWER, QUESTION, SYSTEM, SYSTEM, QUESTION], f"messages.3: {BEFORE}"),
        ([QUESTION, system()], "messages.1: system content must contain at least one block"),
        (
            [QUESTION, {**DIRECTIVE, "output_config": {}}],
            "messages.1: system content must contain at least one block",
        ),
        ([QUESTION, system("text", "image")], f"messages.1: {KINDS}"),
    ],
)
def test_a_system_message_out_of_place_is_refused(conversation: Any, message: str) -> None:
    assert refusal(CHECKS, asked(*conversation)) == message


@pytest.mark.parametrize(
    "conversation",
    [
        [QUESTION, SYSTEM],
        [QUESTION, SYSTEM, SYSTEM],
        [QUESTION, SYSTEM, ANSWER, QUESTION],
        [QUESTION, SEARCHED, SYSTEM],
        [QUESTION, SEARCHED, SYSTEM, ANSWER],
        [QUESTION, system("text", "tool_addition", "tool_removal")],
        [DIRECTIVE, QUESTION],
        [QUESTION, DIRECTIVE, QUESTION],
        [QUESTION, ANSWER, DIRECTIVE, QUESTION],
    ],
)
def test_a_system_message_in_its_place_is_taken(conversation: Any) -> None:
    assert refusal(CHECKS, asked(*conversation)) is None


def test_a_thread_may_go_on_with_the_system() -> None:
    assert refusal(CHECKS, asked(SYSTEM, thread={"type": "continue", "previous_message_id": "msg_1"})) is None
