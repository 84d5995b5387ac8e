"""Who speaks first, and that each message says something."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from mockclaude.api.checks import cache_checks, message_checks, pairing_checks, system_role_checks, thinking_checks
from mockclaude.api.checks.message_checks import CHECKS
from mockclaude.api.request import MessagesRequest
from tests.api.asking import QUESTION, asked, failures, refusal
from tests.api.bodies import accepted
from tests.counting import calls

EMPTY = "all messages must have non-empty content except for the optional final assistant message"
NON_EMPTY = "text content blocks must be non-empty"
NON_WHITESPACE = "text content blocks must contain non-whitespace text"
CACHED = {"type": "text", "text": "", "cache_control": {"type": "ephemeral"}}


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def test_an_assistant_may_speak_first() -> None:
    assert refusal(CHECKS, asked(assistant("Hi"), QUESTION)) is None


@pytest.mark.parametrize(
    ("conversation", "message"),
    [
        ([user("")], f"messages.0: {EMPTY}"),
        ([QUESTION, assistant([]), QUESTION], f"messages.1: {EMPTY}"),
        ([QUESTION, assistant([])], None),
        ([QUESTION, assistant("")], None),
    ],
)
def test_a_message_has_content(conversation: Any, message: str | None) -> None:
    assert refusal(CHECKS, asked(*conversation)) == message


@pytest.mark.parametrize(
    ("conversation", "problem"),
    [
        ([user([text("Hi"), text("")])], NON_EMPTY),
        ([QUESTION, assistant([text("")])], NON_EMPTY),
        ([user([text(" \n")])], NON_WHITESPACE),
        ([user("\t")], NON_WHITESPACE),
        ([user([text(" Hi ")])], None),
        ([user([CACHED])], None),
        ([user([{"type": "tool_result", "tool_use_id": "t", "content": [text(""), text(" ")]}])], None),
    ],
)
def test_a_text_says_something(conversation: Any, problem: str | None) -> None:
    assert refusal(CHECKS, asked(*conversation)) == (problem and f"messages: {problem}")


USE = {"type": "tool_use", "id": "t", "name": "look", "input": {}}
BLANK = "messages.1.content.{}: blank text beside other blocks; the API accepts it"


@pytest.mark.parametrize(
    ("messages", "warnings"),
    [
        ([assistant([text(" "), text("Hi"), USE])], [BLANK.format(0)]),
        ([assistant([text("Hi"), text("\n"), text(" ")])], [BLANK.format(1)]),
        ([assistant([text(" ")]), assistant("Hi")], [BLANK.format(0)]),
        ([assistant([text(" ")]), assistant([text("Hi"), text(" ")])], [BLANK.format(0)]),
        ([assistant(" "), assistant([USE])], ["messages.1: blank text beside other blocks; the API accepts it"]),
        ([assistant([text(" ")]), user([USE])], None),
        ([assistant([text(" "), text("\n")])], None),
        ([assistant([text(" ")]), QUESTION, assistant("Hi")], None),
        ([assistant([text(" ")]), assistant("\t")], None),
        ([user([text(" "), text("Hi")])], None),
    ],
)
def test_a_blank_text_beside_others_of_an_answer_is_accepted(messages: Any, warnings: list[str] | None) -> None:
    request = asked(QUESTION, *messages, QUESTION)

    assert refusal(CHECKS, request) == (f"messages: {NON_WHITESPACE}" if warnings is None else None)
    assert warnings is None or request.warnings == warnings


def test_blank_texts_in_many_messages_cost_as_much_as_in_few() -> None:
    few, many = (asked(*[QUESTION, assistant([text(" "), text("Hi")])] * count) for count in (100, 400))

    assert calls(lambda: refusal(CHECKS, many)) < 6 * calls(lambda: refusal(CHECKS, few))


@pytest.mark.parametrize(
    ("system", "message"),
    [
        ([text("Be kind."), text("")], f"system: {NON_EMPTY}"),
        ([text(" ")], f"system: {NON_WHITESPACE}"),
        ([text("Be kind.")], None),
        ([CACHED], None),
        ("", None),
    ],
)
def test_a_system_prompt_says_something(system: Any, message: str | None) -> None:
    assert refusal(CHECKS, asked(system=system)) == message


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        ("The answer is ", True),
        ([text("The answer is\n")], True),
        ("The answer is", False),
        ([text("The answer ")], True),
        ([text("Looking "), {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}], False),
        ([], False),
    ],
)
def test_a_prefilled_answer_ends_in_no_space(content: Any, refused: bool) -> None:
    message = "messages: final assistant content cannot end with trailing whitespace"

    assert refusal(CHECKS, asked(QUESTION, assistant(content))) == (message if refused else None)


def test_an_earlier_answer_may_end_in_a_space() -> None:
    assert refusal(CHECKS, asked(QUESTION, assistant("Hi "), QUESTION)) is None


@given(accepted)
def test_whatever_can_be_answered_can_be_checked(body: dict[str, Any]) -> None:
    every = (*CHECKS, *system_role_checks.CHECKS, *pairing_checks.CHECKS, *thinking_checks.CHECKS, *cache_checks.CHECKS)

    request = MessagesRequest(body)
    assert all(problem.message for problem in failures(every, request))


def test_only_what_the_server_knows_of_may_pass_a_gateway() -> None:
    of_the_conversation = (
        *message_checks.CHECKS,
        *system_role_checks.CHECKS,
        *pairing_checks.CHECKS,
        *cache_checks.CHECKS,
    )

    assert not any(check.gateway for check in of_the_conversation)
