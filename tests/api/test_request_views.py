"""The views of a Messages request: the current turn, its tool results, and everything else that a rule reads."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from mockclaude.api.prompt import Prompt
from mockclaude.api.prompt_settings import of_input
from mockclaude.api.request import LONG, MessagesRequest, ToolResult
from tests.api.bodies import accepted
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
    ("content", "texts"),
    [
        ("hi", "hi"),
        ([text("a"), text("b"), {"type": "image", "source": {}}], "a\nb"),
        ([tool_result("42"), text("go on")], "42\ngo on"),
        ([tool_result([text("a"), {"type": "search_result", "content": [text("b")]}])], "a\nb"),
        ([{"type": "compaction", "content": "so far"}], "so far"),
        ([{"type": "text"}, {"type": "new", "content": ["x", {"content": [{"content": [text("too deep")]}]}]}], ""),
        ([], ""),
    ],
)
def test_conversation_has_the_texts_of_all_messages(content: Any, texts: str) -> None:
    asked = conversation({"role": "user", "content": content}, assistant(text("c")), SYSTEM, system=[text("s")])

    assert asked.conversation == "\n".join(filter(None, ("s", texts, "c", "later")))


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


def texts_in(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [block["text"] for block in content if block["type"] == "text" and "text" in block]


def split_at_turn(messages: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Split at the last assistant message that is not the last message of all."""
    before = list(messages[:-1])
    while before and before[-1]["role"] != "assistant":
        before.pop()
    return before, messages[len(before) :]


def results_in(messages: list[dict[str, Any]], turn: list[dict[str, Any]]) -> list[ToolResult]:
    names, results = {}, []
    for block in (block for message in messages for block in message["content"] if isinstance(block, dict)):
        if block["type"] == "tool_use":
            names[block.get("id", "")] = block.get("name", "")
    for block in (block for message in turn for block in message["content"] if isinstance(block, dict)):
        if block["type"] == "tool_result":
            name = names.get(block.get("tool_use_id", ""), "")
            content = block.get("content")
            texts = texts_in(content) if isinstance(content, (str, list)) else []
            results.append(ToolResult(name, block.get("is_error") is True, "\n".join(texts)))
    return results


@given(body=accepted)
def test_texts_of_a_request_follow_from_its_messages(body: dict[str, Any]) -> None:
    request = MessagesRequest(body)
    messages, system = body["messages"], body.get("system")
    before, turn = split_at_turn(messages)
    of_user = [text for message in turn if message["role"] == "user" for text in texts_in(message["content"])]
    of_system = [text for message in messages if message["role"] == "system" for text in texts_in(message["content"])]
    prefill = texts_in(messages[-1]["content"]) if messages[-1]["role"] == "assistant" else []

    assert request.user == "\n".join(of_user)
    assert request.system == "\n".join([*(texts_in(system) if system else []), *of_system])
    assert request.prefill == "\n".join(prefill)
    assert request.turn == 1 + [message["role"] for message in before].count("assistant")


@given(body=accepted)
def test_tools_and_tool_results_follow_from_the_body(body: dict[str, Any]) -> None:
    request = MessagesRequest(body)
    results = results_in(body["messages"], split_at_turn(body["messages"])[1])
    tools = {str(tool.get("name") or tool.get("type")): tool for tool in body.get("tools") or []}

    assert (request.tools, request.tool_names) == (tools, "\n".join(tools))
    assert list(request.results) == results
    assert request.result_names == "\n".join(result.name for result in results)
    assert request.result_texts == "\n".join(result.content for result in results)
    assert request.tool_results == {result.name: result.content for result in results}
    assert request.tool_errors == {result.name: result.content for result in results if result.is_error}


@given(body=accepted)
def test_earlier_turns_are_those_of_the_request_without_later_messages(body: dict[str, Any]) -> None:
    messages = body["messages"]
    expected = []
    while messages := split_at_turn(messages)[0][:-1]:
        earlier = MessagesRequest({**body, "messages": messages})
        results = results_in(body["messages"], split_at_turn(messages)[1])
        expected.append((earlier.turn, earlier.user, tuple(results)))

    assert list(MessagesRequest(body).earlier_turns()) == expected


@given(body=accepted)
def test_fields_and_tokens_are_those_of_the_body(body: dict[str, Any]) -> None:
    request = MessagesRequest(body)

    assert (request.body, request.messages, request.model) == (body, body["messages"], body["model"])
    assert request.stream is (body.get("stream") is True)
    assert request.input_tokens == of_input(body)


def all_blocks(messages: list[dict[str, Any]]) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    found = []
    for number, message in enumerate(messages):
        for index, block in enumerate(message["content"] if isinstance(message["content"], list) else []):
            path: tuple[Any, ...] = ("messages", number, "content", index)
            found.append((path, block))
            if block["type"] == "tool_result" and isinstance(block.get("content"), list):
                found += [((*path, "tool_result", "content", at), inner) for at, inner in enumerate(block["content"])]
    return found


@given(body=accepted)
def test_blocks_breakpoints_and_traits_follow_from_the_body(body: dict[str, Any]) -> None:
    request = MessagesRequest(body)
    located = all_blocks(body["messages"])
    system = body.get("system") if isinstance(body.get("system"), list) else []
    marked = [(("system", index), block) for index, block in enumerate(system or []) if block.get("cache_control")]

    assert request.blocks == {
        kind: [each for each in located if each[1]["type"] == kind] for kind in {block["type"] for _, block in located}
    }
    assert request.breakpoints == [*marked, *[each for each in located if each[1].get("cache_control")]]
    assert request.traits == {
        *(name for name, value in body.items() if value is not None),
        *(f"role:{message['role']}" for message in body["messages"]),
        *(f"block:{block['type']}" for _, block in located),
        *(f"tool:{field}" for tool in body.get("tools") or () for field in tool),
        *([f"thinking:{body['thinking']['type']}"] if body.get("thinking") else []),
        *(["cached"] if request.breakpoints else []),
        *(["long"] if request.input_tokens + (body.get("max_tokens") or 0) > LONG else []),
        *(["blank"] if any(is_blank(message["content"]) for message in body["messages"]) else []),
    }


def is_blank(content: Any) -> bool:
    return not content or (isinstance(content, str) and content.isspace())


def test_breakpoints_of_tools_come_first_and_that_of_the_request_last() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    tools, system = [{"name": "a"}, {"name": "b", **mark}], [{**text("Be kind."), **mark}]
    request = conversation(user({**text("hi"), **mark}), tools=tools, system=system, **mark)

    assert [path for path, _ in request.breakpoints] == [
        ("tools", 1),
        ("system", 0),
        ("messages", 0, "content", 0),
        (),
    ]


def test_the_canonical_body_leaves_out_what_does_not_change_the_reply() -> None:
    one, other = conversation("hi", stream=True, top_k=1.0), conversation("hi", metadata={"user_id": "x"}, top_k=1)

    assert one.canonical == other.canonical != conversation("ho", top_k=1).canonical


def test_an_edited_prompt_counts_and_the_body_stays() -> None:
    request = conversation("word " * 500, "again")
    prompt = Prompt([{"role": "user", "content": "word"}], original_tokens=request.input_tokens)

    edited = request.with_prompt(prompt)

    assert (edited.prompt, edited.count_ends([1])) == (prompt, conversation("word").count_ends([1]))
    assert edited.input_tokens == edited.count_ends([1])[0] < request.input_tokens
    assert (edited.messages, edited.user, edited.turn) == (request.messages, request.user, request.turn)
    assert request.prompt is None


def test_an_empty_prompt_has_no_tokens() -> None:
    assert conversation("hi").with_prompt(Prompt([])).input_tokens == 0
