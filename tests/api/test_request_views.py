"""The views of a Messages request: the current turn, its tool results, and everything else that a rule reads."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.request import ToolResult
from tests.scenario.talk import assistant, conversation, text, tool_result, tool_use, user

SYSTEM = {"role": "system", "content": "later"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("hi", "hi"),
        ([text("a"), text("b")], "a\nb"),
        ([{"type": "image", "source": {}}, text("what is it?")], "what is it?"),
        ([tool_result("42"), text("go on")], "go on"),
        ([{"type": "text"}], ""),
        ([], ""),
        ("", ""),
    ],
)
def test_the_user_says_the_texts_of_a_message(content: Any, said: str) -> None:
    assert conversation({"role": "user", "content": content}).user == said


@pytest.mark.parametrize(
    ("messages", "said", "turn"),
    [
        (["a"], "a", 1),
        (["a", "b"], "a\nb", 1),
        (["a", assistant("b"), "c"], "c", 2),
        (["a", assistant("b"), "c", assistant("pre")], "c", 2),
        (["a", assistant("pre")], "a", 1),
        ([assistant("pre")], "", 1),
        (["a", assistant("b"), assistant("c"), "d", "e"], "d\ne", 3),
        (["a", assistant("b"), SYSTEM, "c"], "c", 2),
        ([], "", 1),
    ],
)
def test_the_current_turn_is_what_came_after_the_last_answer(messages: list[Any], said: str, turn: int) -> None:
    heard = conversation(*messages)

    assert (heard.user, heard.turn) == (said, turn)


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("hi", "hi"),
        ("<system-reminder>\nbe brief\n</system-reminder>\n hi ", "hi"),
        ("a<system-reminder>x</system-reminder>b<system-reminder>y</system-reminder>", "ab"),
        ("<system-reminder>open", "<system-reminder>open"),
    ],
)
def test_typed_text_leaves_out_the_reminders_of_agents(said: str, typed: str) -> None:
    assert conversation(said).typed_text == typed


@pytest.mark.parametrize(
    ("system", "messages", "said"),
    [
        (None, [], ""),
        ("be brief", [], "be brief"),
        ([text("be"), text("brief")], [], "be\nbrief"),
        ("be brief", [SYSTEM], "be brief\nlater"),
        (None, [SYSTEM, assistant("x"), {"role": "system", "content": [text("last")]}], "later\nlast"),
    ],
)
def test_the_system_prompt_has_the_system_messages_of_all_turns(system: Any, messages: list[Any], said: str) -> None:
    assert conversation("hi", *messages, system=system).system == said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("42", "42"),
        ([text("4"), text("2")], "4\n2"),
        ([{"type": "image", "source": {}}, text("2")], "2"),
        ([{"type": "search_result", "text": "no"}], ""),
        ({"type": "text"}, ""),
        (None, ""),
    ],
)
def test_a_tool_result_is_read_in_every_form(content: Any, said: str) -> None:
    heard = conversation("hi", assistant(tool_use("add")), user(tool_result(content)))

    assert heard.results == (ToolResult("add", False, said),)


def test_tool_results_go_by_the_name_of_the_tool_they_answer() -> None:
    uses = assistant(text("let me"), tool_use("add", "toolu_1"), tool_use("read", "toolu_2"))
    results = user(
        tool_result("no", "toolu_2", is_error=True), tool_result("3", "toolu_1"), tool_result("?", "toolu_9")
    )

    heard = conversation("hi", uses, results)

    assert heard.results == (
        ToolResult("read", True, "no"),
        ToolResult("add", False, "3"),
        ToolResult("", False, "?"),
    )


def test_tool_results_of_earlier_turns_are_over() -> None:
    heard = conversation("hi", assistant(tool_use("add")), user(tool_result("3")), assistant("3"), "thanks")

    assert heard.results == ()


def test_a_result_without_an_id_answers_no_tool() -> None:
    heard = conversation(assistant(tool_use("add")), user({"type": "tool_result"}))

    assert heard.results == (ToolResult("", False, ""),)


def test_offered_tools_go_by_name_or_else_by_type() -> None:
    tools = [{"name": "add", "input_schema": {}}, {"type": "mcp_toolset"}, {"type": "bash_20250124", "name": "bash"}]

    assert list(conversation("hi", tools=tools).tools) == ["add", "mcp_toolset", "bash"]
    assert conversation("hi", tools=None).tools == {}


@pytest.mark.parametrize(
    ("count", "retry"), [({}, 0), ({"X-Stainless-Retry-Count": "2"}, 2), ({"x-stainless-retry-count": "NOT_GIVEN"}, 0)]
)
def test_the_sdk_tells_how_often_it_has_tried(count: dict[str, str], retry: int) -> None:
    assert conversation("hi", headers=count).retry == retry


def test_an_absurd_retry_count_is_none() -> None:
    assert conversation("hi", headers={"x-stainless-retry-count": "9" * 5000}).retry == 0


@pytest.mark.parametrize(("stream", "wanted"), [(True, True), (False, False), (None, False)])
def test_the_client_says_what_it_wants(stream: bool | None, wanted: bool) -> None:
    heard = conversation("hi", stream=stream)

    assert (heard.model, heard.stream) == ("claude-sonnet-5", wanted)
