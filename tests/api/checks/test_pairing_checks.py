"""How calls and results go together, and the conversations of agents that the API takes."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.checks import cache_checks, message_checks, system_role_checks, thinking_checks
from mockclaude.api.checks.pairing_checks import CHECKS
from tests.api.asking import QUESTION, asked, refusal

TEXT = {"type": "text", "text": "Let me see."}
SYSTEM = {"role": "system", "content": "Be brief."}
DIRECTIVE = {"role": "system", "content": [], "output_config": {"effort": "low"}}
CONTINUE = {"type": "continue", "previous_message_id": "msg_1"}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def call(name: str = "a", **fields: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": name, "name": "get_weather", "input": {}, **fields}


def result(name: str = "a") -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": name, "content": "Sunny"}


def search(name: str = "web_search") -> dict[str, Any]:
    return {"type": "server_tool_use", "id": "s", "name": name, "input": {}}


def found(kind: str = "web_search_tool_result") -> dict[str, Any]:
    return {"type": kind, "tool_use_id": "s", "content": []}


def from_code(source: str) -> dict[str, Any]:
    return {"caller": {"type": "code_execution_20260120", "tool_id": source}}


def unanswered(number: int, ids: str) -> str:
    return (
        f"messages.{number}: `tool_use` ids were found without `tool_result` blocks immediately after: {ids}. "
        "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )


def unexpected(path: str, name: str) -> str:
    return (
        f"messages.{path}: unexpected `tool_use_id` found in `tool_result` blocks: {name}. "
        "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
    )


@pytest.mark.parametrize(
    ("conversation", "message"),
    [
        ([QUESTION, assistant(call())], unanswered(1, "a")),
        ([QUESTION, assistant(call()), QUESTION], unanswered(1, "a")),
        ([QUESTION, assistant(call()), user(TEXT)], unanswered(1, "a")),
        ([QUESTION, assistant(call("a"), call("b"), call("c")), user(result("b"))], unanswered(1, "a, c")),
        ([QUESTION, assistant(call("a")), assistant(call("b")), user(result("a"))], unanswered(1, "b")),
        ([QUESTION, assistant(call()), QUESTION, assistant(TEXT), user(result())], unanswered(1, "a")),
        (
            [QUESTION, assistant(call("a")), QUESTION, assistant(call("b")), QUESTION],
            unanswered(1, "a"),
        ),
    ],
)
def test_a_call_has_its_result_in_the_next_message(conversation: Any, message: str) -> None:
    assert refusal(CHECKS, asked(*conversation)) == message


@pytest.mark.parametrize(
    ("conversation", "ids"),
    [
        ([QUESTION, assistant(call()), user(TEXT, result())], "a"),
        ([QUESTION, assistant(call("a"), call("b")), user(result("a"), TEXT, result("b"))], "b"),
        ([QUESTION, assistant(call()), QUESTION, user(result())], "a"),
    ],
)
def test_results_come_before_all_else_that_the_user_says(conversation: Any, ids: str) -> None:
    assert refusal(CHECKS, asked(*conversation)) == unanswered(1, ids)


@pytest.mark.parametrize(
    "turn",
    [
        [assistant(call(), TEXT)],
        [assistant(call()), assistant(TEXT)],
        [assistant(call()), {**QUESTION, "role": "assistant"}],
    ],
)
def test_an_answer_does_not_talk_on_after_its_last_call(turn: Any) -> None:
    assert refusal(CHECKS, asked(QUESTION, *turn, user(result()))) == unanswered(1, "a")


@pytest.mark.parametrize(
    ("conversation", "message"),
    [
        ([user(result())], unexpected("0.content.0", "a")),
        ([QUESTION, assistant(TEXT), user(TEXT, result())], unexpected("2.content.1", "a")),
        ([QUESTION, assistant(call()), user(result(), result("b"))], unexpected("2.content.1", "b")),
        (
            [QUESTION, assistant(call()), user(result()), assistant(TEXT), user(result())],
            unexpected("4.content.0", "a"),
        ),
    ],
)
def test_a_result_has_its_call_in_the_previous_message(conversation: Any, message: str) -> None:
    assert refusal(CHECKS, asked(*conversation)) == message


def test_a_call_has_one_result() -> None:
    message = "each tool_use must have a single result. Found multiple `tool_result` blocks with id: a"
    conversation = [QUESTION, assistant(call("b"), call("a"))]

    assert refusal(CHECKS, asked(*conversation, user(result("a"), result("b"), result("a")))) == (
        f"messages.2.content.2: {message}"
    )
    assert refusal(CHECKS, asked(*conversation, user(result("a"), result("b")), user(result("a")))) == (
        f"messages.2.content.2: {message}"
    )


def test_an_id_means_one_call_of_a_turn() -> None:
    unique = "messages.1.content.{}: `tool_use` ids must be unique"
    ends = user(result())

    assert refusal(CHECKS, asked(QUESTION, assistant(call(), TEXT, call()), ends)) == unique.format(2)
    assert refusal(CHECKS, asked(QUESTION, assistant(call()), assistant(TEXT, call()), ends)) == unique.format(2)


def test_another_turn_may_repeat_an_id() -> None:
    request = asked(QUESTION, assistant(call()), user(result()), assistant(TEXT, call()), user(result()))

    assert refusal(CHECKS, request) is None
    assert request.warnings == ["messages.3.content.1: `tool_use` id of another turn; the API accepts it"]


def test_code_that_calls_a_tool_is_there() -> None:
    message = "source tool `s` not found for tool use block `a`"
    ends = user(result())

    assert refusal(CHECKS, asked(QUESTION, assistant(call(**from_code("s"))), ends)) == message
    assert refusal(CHECKS, asked(QUESTION, assistant(search("code_execution"), call(**from_code("s"))), ends)) is None
    assert refusal(CHECKS, asked(QUESTION, assistant(call(caller={"type": "direct"})), ends)) is None
    assert refusal(CHECKS, asked(QUESTION, assistant(call(**from_code("s"))), ends, thread=CONTINUE)) is None


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("web_search_tool_result", "server_tool_use"),
        ("advisor_tool_result", "server_tool_use"),
        ("mcp_tool_result", "mcp_tool_use"),
    ],
)
def test_a_result_of_a_server_has_its_call_before_it(kind: str, source: str) -> None:
    message = (
        f"messages.1.content.0: unexpected `tool_use_id` found in `{kind}` blocks: s. "
        f"Each `{kind}` block must have a corresponding `{source}` block before it."
    )
    made = {**search(), "type": source}

    assert refusal(CHECKS, asked(QUESTION, assistant(found(kind)), QUESTION)) == message
    assert refusal(CHECKS, asked(QUESTION, assistant(found(kind), made), QUESTION)) == message
    assert refusal(CHECKS, asked(QUESTION, assistant(made, found(kind)), QUESTION)) is None
    assert refusal(CHECKS, asked(QUESTION, assistant(found(kind)), thread=CONTINUE)) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("web_search", "web_search_tool_result"),
        ("bash_code_execution", "bash_code_execution_tool_result"),
        ("tool_search_tool_regex", "tool_search_tool_result"),
    ],
)
def test_a_turn_is_not_over_before_the_servers_results_are_there(name: str, kind: str) -> None:
    message = f"messages.1: `{name}` tool use with id `s` was found without a corresponding `{kind}` block"

    assert refusal(CHECKS, asked(QUESTION, assistant(search(name)), QUESTION)) == message
    assert refusal(CHECKS, asked(QUESTION, assistant(search(name), call()), user(result(), TEXT))) == message
    assert refusal(CHECKS, asked(QUESTION, assistant(search(name), found(kind)), QUESTION)) is None


CALLED = assistant(TEXT, call("a"), call("b"))
EVERY = (*message_checks.CHECKS, *system_role_checks.CHECKS, *CHECKS, *thinking_checks.CHECKS, *cache_checks.CHECKS)


@pytest.mark.parametrize(
    "conversation",
    [
        pytest.param([QUESTION, assistant(call()), user(result())], id="a call"),
        pytest.param([QUESTION, CALLED, user(result("b"), result("a"))], id="calls at once"),
        pytest.param(
            [QUESTION, assistant(TEXT, call(), TEXT, call("b")), user(result(), result("b"))], id="text between"
        ),
        pytest.param([QUESTION, CALLED, user(result("a"), result("b"), TEXT)], id="text after the results"),
        pytest.param([QUESTION, CALLED, user(result("a")), user(result("b"))], id="a message for each result"),
        pytest.param([QUESTION, CALLED, user(result("a")), user(result("b")), QUESTION], id="and one more to say"),
        pytest.param([QUESTION, assistant(TEXT), assistant(call()), user(result())], id="an answer in two messages"),
        pytest.param([QUESTION, assistant(call()), user(result()), SYSTEM], id="the system after the results"),
        pytest.param([QUESTION, assistant(call()), user(result()), SYSTEM, assistant(TEXT), QUESTION], id="and before"),
        pytest.param([QUESTION, assistant(call()), DIRECTIVE, user(result())], id="a directive between the two"),
        pytest.param([QUESTION, CALLED, user(result("a")), DIRECTIVE, user(result("b"))], id="and between results"),
        pytest.param(
            [
                QUESTION,
                assistant(call("a")),
                user(result("a")),
                assistant(call("b")),
                user(result("b")),
                assistant(TEXT),
            ],
            id="a loop",
        ),
        pytest.param([QUESTION, assistant(search(), found(), TEXT), QUESTION], id="a search"),
        pytest.param([QUESTION, assistant(TEXT, search())], id="a paused turn"),
        pytest.param([QUESTION, assistant(search()), assistant(found(), TEXT), QUESTION], id="and what became of it"),
        pytest.param([QUESTION, assistant(search(), call()), user(result())], id="a search and a call"),
        pytest.param(
            [QUESTION, assistant(search(), call()), user(result()), assistant(found(), TEXT), QUESTION],
            id="a search that waited for a call",
        ),
        pytest.param(
            [
                QUESTION,
                assistant(search("code_execution"), call(**from_code("s"))),
                user(result()),
                assistant(found("code_execution_tool_result"), TEXT),
                QUESTION,
            ],
            id="a call from code",
        ),
        pytest.param([QUESTION, {"role": "assistant", "content": "The answer is"}], id="a prefilled answer"),
        pytest.param([QUESTION, QUESTION, assistant(TEXT), QUESTION], id="two questions"),
    ],
)
def test_the_conversation_of_an_agent_is_taken(conversation: Any) -> None:
    assert refusal(EVERY, asked(*conversation, model="claude-opus-4-5")) is None


def test_a_thread_goes_on_with_results_of_calls_that_only_the_server_knows() -> None:
    assert refusal(EVERY, asked(user(result()), thread=CONTINUE)) is None
    assert refusal(EVERY, asked(user(result()), thread={"type": "create"})) == unexpected("0.content.0", "a")
