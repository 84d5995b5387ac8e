"""Without a scenario, a reply does what a caller can rely on, whatever is asked."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import example, given

from mockclaude.api.body import Body
from mockclaude.api.errors import ApiError
from mockclaude.api.fingerprint import parse
from mockclaude.api.prompt_settings import of_input
from mockclaude.api.request import MessagesRequest, ToolResult
from mockclaude.reply.compose import Reply, compose
from mockclaude.scenario.rules import built_in
from tests.api.bodies import accepted
from tests.counting import calls
from tests.reply.making import DRAWS, messages_request, template_context

OUTLINE = built_in().rules[0].replies[0]
TEXT, TOOL, THOUGHT = "text", "tool_use", "thinking"
SCHEMA = {"type": "object", "properties": {"at": {"const": 1}}, "required": ["at"]}
TOOLS = [
    {"name": "get_stock_price", "input_schema": SCHEMA},
    {"name": "lookup", "input_schema": SCHEMA},
    {"name": "bash", "type": "bash_20250124"},
]
FORMAT = {"format": {"type": "json_schema", "schema": SCHEMA}}


def improvised(text: str = "Hello", **fields: Any) -> list[dict[str, Any]]:
    """Return the content of the reply to `text`, by a model that does not think by default."""
    messages = [{"role": "user", "content": text}]
    request = messages_request(**{"model": "claude-haiku-4-5", "messages": messages, **fields})
    blocks: list[dict[str, Any]] = auto_reply(request).message["content"]
    return blocks


def auto_reply(request: MessagesRequest) -> Reply:
    return compose(OUTLINE, template_context(request), DRAWS, "msg_1")


def used(blocks: list[dict[str, Any]]) -> str | None:
    """Return the tool that `blocks` use."""
    return next((block["name"] for block in blocks if block["type"] == "tool_use"), None)


def after_tool(result: Any) -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": "Use the lookup tool"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "lookup", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", **result}]},
    ]


def test_auto_reply_quotes_the_user_text() -> None:
    [block] = improvised("What is\n  the time?")

    assert block["text"].startswith("You asked: “What is the time?”\n\n")
    assert len(block["text"]) > 60


def test_quote_of_a_long_text_is_shortened() -> None:
    [block] = improvised("word " * 100)
    question = block["text"].split("”")[0].removeprefix("You asked: “")

    assert len(question) == 120
    assert question.endswith("…")


def test_auto_reply_is_prose_without_user_text() -> None:
    [block] = improvised("  ")

    assert block["text"]
    assert "asked" not in block["text"]


def test_auto_reply_depends_on_the_user_text() -> None:
    def answer(fingerprint: str, occurrence: int) -> Any:
        draws = DRAWS._replace(fingerprint=fingerprint, occurrence=occurrence)
        return compose(OUTLINE, template_context(messages_request()), draws, "msg_1").message["content"]

    assert answer("one", 0) == answer("one", 1)
    assert answer("one", 0) != answer("other", 0)


def test_auto_reply_does_not_quote_reminders() -> None:
    [block] = improvised("<system-reminder>Use lookup.\n</system-reminder> Hi there", tools=TOOLS)

    assert block["text"].startswith("You asked: “Hi there”")


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("Please use lookup for this", "lookup"),
        ("Could you CALL the function lookup?", "lookup"),
        ("The lookup tool, please", "lookup"),
        ("What is the stock price of ACME?", "get_stock_price"),
        ("Run get_stock_price", "get_stock_price"),
        ("Do not wait. Then use the next one: lookup", "lookup"),
        ("Lookup is what I use", None),
        ("use " * 50_000, None),
        ("Hello", None),
        ("What is the price?", None),
        ("Use your head. I like lookup", None),
        ("run bash", None),
    ],
)
def test_tool_is_called_if_the_text_names_it(text: str, tool: str | None) -> None:
    assert used(improvised(text, tools=TOOLS)) == tool


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("use web-search", "web-search"),
        ("use web-search-now", "web-search-now"),
        ("use the web-fetch tool", "web-fetch"),
        ("use a web search", "web-search"),
        (f"use {'a-' * 20}z", f"{'a-' * 20}z"),
        ("use spiders", None),
    ],
)
def test_names_of_several_words_are_found_as_a_whole(text: str, tool: str | None) -> None:
    names = ["web-search-now", "web-search", "web-fetch", f"{'a-' * 20}z"]

    assert used(improvised(text, tools=[{"name": name, "input_schema": {"type": "object"}} for name in names])) == tool


def test_comparisons_of_tool_names_are_bounded() -> None:
    names = ["".join("a-"[index % 2] for index in range(length)) + "b" for length in range(1, 16)]
    tools = [{"name": name, "input_schema": SCHEMA} for name in [*names, "web"]]
    text = "a-" * 90_000

    assert calls(lambda: improvised(text, tools=tools)) < 350_000
    assert used(improvised(f"{text} use web", tools=tools)) is None
    assert used(improvised(f"use web {text}", tools=tools)) == "web"


@pytest.mark.parametrize(
    ("choice", "tool"),
    [
        ({"type": "auto"}, None),
        ({"type": "any"}, "get_stock_price"),
        ({"type": "tool", "name": "lookup"}, "lookup"),
        ({"type": "tool", "name": "bash"}, "bash"),
        ({"type": "tool"}, None),
        ({"type": "none"}, None),
        (None, None),
    ],
)
def test_auto_reply_follows_tool_choice(choice: dict[str, Any] | None, tool: str | None) -> None:
    assert used(improvised("Hello", tools=TOOLS, tool_choice=choice)) == tool


def test_tool_choice_none_wins_over_the_text() -> None:
    assert used(improvised("Use the lookup tool", tools=TOOLS, tool_choice={"type": "none"})) is None
    assert used(improvised("Use the lookup tool", tools=TOOLS, tool_choice={"type": "any"})) == "lookup"


def test_tool_call_fits_its_schema_and_ends_the_message() -> None:
    messages = [{"role": "user", "content": "Use the lookup tool"}]
    message = auto_reply(messages_request(model="claude-haiku-4-5", messages=messages, tools=TOOLS)).message

    assert [block["input"] for block in message["content"]] == [{"at": 1}]
    assert message["stop_reason"] == "tool_use"


@pytest.mark.parametrize(
    ("result", "quote"),
    [
        ({"tool_use_id": "toolu_1", "content": "42"}, "lookup: 42"),
        ({"tool_use_id": "toolu_2", "content": [{"type": "text", "text": "42"}]}, "the tool: 42"),
        ({}, "the tool: "),
    ],
)
@pytest.mark.parametrize("choice", [{"type": "auto"}, {"type": "any"}])
def test_tool_loop_ends_with_a_quote_of_the_result(result: dict[str, Any], quote: str, choice: dict[str, Any]) -> None:
    [block] = improvised(messages=after_tool(result), tools=TOOLS, tool_choice=choice)

    assert block == {"type": "text", "text": f"Here is what I found. {quote}".strip()}


OUTPUT_TOOLS = [
    {"name": "final_result", "input_schema": SCHEMA},
    {"name": "respond", "description": "Call it with your final answer.", "input_schema": SCHEMA},
]


@pytest.mark.parametrize("tool", OUTPUT_TOOLS)
@pytest.mark.parametrize("model", ["claude-sonnet-5", "claude-opus-5-5", "claude-haiku-4-5"])
def test_tool_for_the_final_answer_is_called_instead_of_text(tool: dict[str, Any], model: str) -> None:
    name = tool["name"]
    result = json.loads(json.dumps(after_tool({"tool_use_id": "toolu_1"})).replace('"lookup"', f'"{name}"'))

    assert used(improvised("Hello", model=model, tools=[tool])) == name
    assert used(improvised("Hello", tools=[*TOOLS, tool])) == name
    assert used(improvised("Use lookup", tools=[*TOOLS, tool])) == "lookup"
    assert used(improvised(messages=after_tool({"tool_use_id": "toolu_1"}), tools=[*TOOLS, tool])) == name
    assert used(improvised(messages=result, tools=[tool])) is None
    assert used(improvised("Hello", tools=[tool], tool_choice={"type": "none"})) is None


def renamed(content: Any, name: str) -> Any:
    if isinstance(content, str):
        return content
    return [{**block, "name": name} if "name" in block else block for block in content]


def test_forced_call_after_a_result_is_of_the_last_tool() -> None:
    messages, city = after_tool({"tool_use_id": "toolu_1"}), {"name": "City", "input_schema": SCHEMA}
    tools = [TOOLS[1], city]

    assert used(improvised(messages=messages, tools=tools, tool_choice={"type": "any"})) == "City"
    assert used(improvised(messages=messages, tools=tools)) is None
    assert used(improvised(messages=messages, tools=tools, tool_choice={"type": "tool", "name": "City"})) is None


def test_request_for_any_call_is_met_by_the_first_tool() -> None:
    assert used(improvised("Answer with a tool call", tools=TOOLS)) == "get_stock_price"


@pytest.mark.parametrize("fields", [{"output_config": FORMAT}, {"output_format": FORMAT["format"]}])
@pytest.mark.parametrize("messages", [[{"role": "user", "content": "Hi"}], after_tool({"content": "42"})])
def test_a_request_for_json_is_answered_in_json(fields: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    [block] = improvised(messages=messages, **fields)

    assert json.loads(block["text"]) == {"at": 1}


PROMPT = f"Reply in JSON by this schema: {json.dumps(SCHEMA)}"


@pytest.mark.parametrize(
    "fields",
    [
        {"text": PROMPT},
        {"system": PROMPT},
        {"system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": PROMPT}]},
        {"system": PROMPT, "messages": after_tool({"content": "42"})},
        {"system": PROMPT, "tools": TOOLS},
    ],
)
def test_a_prompt_with_a_schema_is_answered_in_json(fields: dict[str, Any]) -> None:
    [block] = improvised(**fields)

    assert block["text"] == '{"at":1}'


def test_json_is_in_a_code_fence_if_the_prompt_asks_for_it() -> None:
    [block] = improvised(f"{PROMPT} Wrap it in a code fence.")

    assert block["text"] == '```json\n{"at":1}\n```'


def test_values_come_from_the_text_beside_a_schema() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    [block] = improvised(f"Reply in JSON by this schema: {json.dumps(schema)} What is the weather in Oslo?")

    assert json.loads(block["text"]) == {"city": "Oslo"}


@pytest.mark.parametrize(("text", "tool"), [("Use the lookup tool", "lookup"), ("Hello", None)])
def test_tool_comes_before_json_that_a_prompt_asks_for(text: str, tool: str | None) -> None:
    assert used(improvised(text, system=PROMPT, tools=TOOLS)) == tool


@pytest.mark.parametrize(
    ("thinking", "kinds"),
    [
        ({"type": "enabled", "budget_tokens": 1024}, [THOUGHT, TEXT]),
        ({"type": "adaptive"}, [THOUGHT, TEXT]),
        ({"type": "disabled"}, [TEXT]),
        (None, [TEXT]),
    ],
)
def test_thinking_is_first_if_enabled(thinking: dict[str, Any] | None, kinds: list[str]) -> None:
    assert [block["type"] for block in improvised(thinking=thinking)] == kinds
    assert [block["type"] for block in improvised("Use lookup", thinking=thinking, tools=TOOLS)] == [*kinds[:-1], TOOL]


@pytest.mark.parametrize(
    ("model", "fields", "thinks"),
    [
        ("claude-sonnet-5", {}, True),
        ("claude-sonnet-5", {"thinking": {"block_binding": {"prefix_mismatch_behavior": "error"}}}, True),
        ("claude-sonnet-5", {"thinking": {"type": "disabled"}}, False),
        ("claude-sonnet-5", {"tools": TOOLS, "tool_choice": {"type": "any"}}, False),
        ("claude-sonnet-5", {"max_tokens": 1}, False),
        ("claude-sonnet-5-5", {"thinking": {"type": "between_tools"}}, True),
        ("claude-opus-4-8", {}, False),
        ("claude-opus-4-8", {"thinking": {"type": "adaptive"}}, True),
        ("claude-of-tomorrow", {}, False),
    ],
)
def test_thinking_depends_on_the_model_and_the_request(model: str, fields: dict[str, Any], thinks: bool) -> None:
    kinds = [block["type"] for block in improvised(model=model, **fields)]

    assert (kinds[0] == THOUGHT) == thinks
    assert len(kinds) == 1 + thinks


@pytest.mark.parametrize("max_tokens", [16, 64, 256])
def test_thinking_leaves_most_tokens_to_the_answer(max_tokens: int) -> None:
    reply = auto_reply(messages_request(model="claude-sonnet-5", max_tokens=max_tokens))

    assert [block["type"] for block in reply.message["content"]][-1] == TEXT
    assert reply.message["usage"]["output_tokens_details"]["thinking_tokens"] <= max_tokens // 4


@pytest.mark.parametrize(("text", "begin"), [("Why?", "The question is: Why? "), ("", "")])
def test_thinking_quotes_the_user_text_and_is_signed(text: str, begin: str) -> None:
    [thought, _] = improvised(text, thinking={"type": "adaptive", "display": "summarized"})

    assert thought["thinking"].startswith(begin)
    assert len(thought["thinking"]) > len(begin)
    assert thought["signature"]


def test_thinking_is_empty_and_signed_if_omitted() -> None:
    [thought, _] = improvised("Why?", thinking={"type": "adaptive", "display": "omitted"})

    assert thought["thinking"] == ""
    assert thought["signature"]


@given(body=accepted)
@example(body={"messages": [{"role": "assistant", "content": []}], "model": "m"})
def test_every_view_of_a_valid_request_is_readable(body: Body) -> None:
    request = MessagesRequest(parse(orjson.dumps({"max_tokens": 1, **body})).body, {"x-stainless-retry-count": "2"})

    assert request.model
    assert request.stream is bool(body.get("stream"))
    assert request.retry == 2
    assert isinstance(request.user + request.system + request.typed_text, str)
    assert 1 <= request.turn <= len(body["messages"])
    assert len(request.tools) <= len(body.get("tools", []))
    assert all(isinstance(result, ToolResult) for result in request.results)


def reply_or_error(request: MessagesRequest) -> Reply | ApiError:
    try:
        return auto_reply(request)
    except ApiError as error:
        return error


@given(body=accepted)
def test_valid_request_has_an_auto_reply(body: Body) -> None:
    request = MessagesRequest(parse(orjson.dumps({"max_tokens": 1, **body})).body)
    result = reply_or_error(request)

    if isinstance(result, ApiError):
        assert result.status == 400
        assert result.message.startswith(("tools: ", "output_config.format.schema: "))
    else:
        assert json.loads(orjson.dumps(result.message)) == result.message
        assert result.message["usage"]["input_tokens"] == of_input(request.body)


def deep(levels: int) -> Any:
    value: Any = {"type": "string"}
    for _ in range(levels // 2):
        value = {"properties": {"a": value}}
    return value


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [{"role": "user", "content": [{"type": "hologram", "input": deep(248)}]}]},
        {"messages": after_tool({"content": deep(248)})},
        {"messages": after_tool({"content": [deep(246)]})},
        {"tools": [{"name": "look", "input_schema": deep(250)}], "tool_choice": {"type": "any"}},
        {"output_config": {"format": {"type": "json_schema", "schema": deep(250)}}},
        {"metadata": deep(252)},
    ],
)
def test_deepest_valid_request_has_an_auto_reply(fields: dict[str, Any]) -> None:
    body = parse(orjson.dumps({**messages_request().body, **fields})).body

    assert isinstance(reply_or_error(MessagesRequest(body)), (Reply, ApiError))
