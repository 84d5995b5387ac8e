"""Bodies of chats: what the core receives, and what is refused before it."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.errors import ApiError
from mockclaude.api.mode import MODES
from mockclaude.engine.adapters.chat_body import to_messages
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.adapters.chatting import FUNCTIONS, TOOLS, chat, read_chunks, send

STATE = ScenarioState(load_text("rules: [{when: {tools: [a]}, reply: {tool_use: a}}, {reply: Hello}]"))
OBJECT = {"type": "object"}
PNG = "iVBORw0KGgo="
TEXT = b64encode("Größe".encode()).decode()
NOW = {"type": "function", "function": {"name": "now"}}
SCHEMA = {"type": "object", "title": "Answer", "properties": {}, "additionalProperties": False}


def image(url: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": url}


def document(data: Any) -> dict[str, Any]:
    return {"type": "file", "file": {"filename": "a.pdf", "file_data": data}}


def source(kind: str, media_type: str, data: str) -> dict[str, Any]:
    return {"type": kind, "media_type": media_type, "data": data}


def call(name: str = "now", arguments: Any = "{}", call_id: Any = "call_1") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def tool_use(name: str = "now", arguments: Any = None, call_id: str = "call_1") -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments or {}}


def result(content: Any = "12:00", call_id: str = "call_1") -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content}


def user(content: Any = "Hello") -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: Any = None, **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **fields}


def told(content: Any = "12:00", call_id: str = "call_1") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def part(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


MESSAGES: list[tuple[list[Any], list[Any], str | None]] = [
    ([user()], [user()], None),
    ([user(), user("Again")], [user(), user("Again")], None),
    ([user([])], [user([])], None),
    ([user([part("a"), part("b")])], [user([part("a"), part("b")])], None),
    ([{"role": "system", "content": "Be kind."}, user()], [user()], "Be kind."),
    ([{"role": "developer", "content": "Be kind."}, user()], [user()], "Be kind."),
    ([{"role": "system", "content": ""}, user()], [user()], None),
    ([{"role": "system", "content": [part("a"), part("b")]}, user()], [user()], "a\nb"),
    (
        [{"role": "system", "content": "a"}, user(), {"role": "developer", "content": "b"}, user("c")],
        [user(), user("c")],
        "a\nb",
    ),
    (
        [user([part("See"), image({"url": f"data:image/png;base64,{PNG}", "detail": "low"})])],
        [user([part("See"), {"type": "image", "source": source("base64", "image/png", PNG)}])],
        None,
    ),
    (
        [user([image({"url": "https://x.test/a.png"})])],
        [user([{"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}}])],
        None,
    ),
    (
        [user([image("https://x.test/a.png")])],
        [user([{"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}}])],
        None,
    ),
    (
        [user([document("data:application/pdf;base64,JVBERg==")])],
        [user([{"type": "document", "source": source("base64", "application/pdf", "JVBERg==")}])],
        None,
    ),
    (
        [user([document("JVBERg==")])],
        [user([{"type": "document", "source": source("base64", "application/pdf", "JVBERg==")}])],
        None,
    ),
    (
        [user([document(f"data:text/plain;charset=utf-8;base64,{TEXT}")])],
        [user([{"type": "document", "source": source("text", "text/plain", "Größe")}])],
        None,
    ),
    ([user([{"type": "input_audio", "input_audio": {}}, part("a")])], [user([part("a")])], None),
    ([user(), assistant("Hi")], [user(), assistant("Hi")], None),
    ([user(), assistant([part("Hi")])], [user(), assistant([part("Hi")])], None),
    ([user(), assistant(refusal="No.")], [user(), assistant("No.")], None),
    ([user(), assistant([{"type": "refusal", "refusal": "No."}])], [user(), assistant([part("No.")])], None),
    ([user(), assistant("Hi", tool_calls=[])], [user(), assistant("Hi")], None),
    ([user(), assistant("Hi", tool_calls=None, function_call=None)], [user(), assistant("Hi")], None),
    (
        [user(), assistant(tool_calls=[call()]), told()],
        [user(), assistant([tool_use()]), user([result()])],
        None,
    ),
    (
        [user(), assistant("", tool_calls=[call(arguments="")]), told([part("12:00")])],
        [user(), assistant([tool_use()]), user([result([part("12:00")])])],
        None,
    ),
    (
        [user(), assistant(tool_calls=[call()]), told([image("https://x.test/a.png")])],
        [
            user(),
            assistant([tool_use()]),
            user([result([{"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}}])]),
        ],
        None,
    ),
    (
        [
            user(),
            assistant("Wait.", tool_calls=[call("a", '{"b": 1}'), call(call_id="call_2")]),
            told(),
            told("", "call_2"),
        ],
        [
            user(),
            assistant([part("Wait."), tool_use("a", {"b": 1}), tool_use(call_id="call_2")]),
            user([result(), result("", "call_2")]),
        ],
        None,
    ),
    (
        [user(), assistant(tool_calls=[call()]), told(), user("Thanks"), user("More")],
        [user(), assistant([tool_use()]), user([result(), part("Thanks")]), user("More")],
        None,
    ),
    (
        [user(), assistant(tool_calls=[call()]), told(), assistant("Noon"), told()],
        [user(), assistant([tool_use()]), user([result()]), assistant("Noon"), user([result()])],
        None,
    ),
    (
        [user(), assistant(tool_calls=[{"id": "call_1", "function": {"name": "now", "arguments": "{}"}}])],
        [user(), assistant([tool_use()])],
        None,
    ),
    (
        [
            user(),
            assistant(function_call={"name": "now", "arguments": "{}"}),
            {"role": "function", "name": "now", "content": "12:00"},
        ],
        [user(), assistant([tool_use(call_id="call_1_now")]), user([result(call_id="call_1_now")])],
        None,
    ),
    (
        [user(), {"role": "function", "name": "now", "content": "12:00"}],
        [user(), user([result(call_id="call_1_now")])],
        None,
    ),
]
"""Messages of a chat -> those of the API, and the system prompt."""


@pytest.mark.parametrize(("given", "wanted", "system"), MESSAGES)
def test_messages_are_turns_of_the_api(given: list[Any], wanted: list[Any], system: str | None) -> None:
    body = to_messages(chat(messages=given))

    assert body["messages"] == wanted
    assert body.get("system") == system


DATED = {"name": "a", "parameters": {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A"}}
A, B = {"name": "get_weather", "input_schema": {**OBJECT, "properties": {}}}, {"name": "now", "input_schema": OBJECT}
BOTH = {"tools": [A, B]}


def chosen(choice: dict[str, Any]) -> dict[str, Any]:
    return {**BOTH, "tool_choice": choice}


def allowed(mode: str) -> dict[str, Any]:
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [NOW]}}


PARAMETERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"max_tokens": 5}, {"max_tokens": 5}),
    ({"max_completion_tokens": 6, "max_tokens": 5}, {"max_tokens": 6}),
    ({"max_completion_tokens": None, "max_tokens": None}, {"max_tokens": 64_000}),
    ({"model": "my-model"}, {"model": "my-model", "max_tokens": 4_096}),
    ({"model": 5}, {"model": 5, "max_tokens": 4_096}),
    ({"stream": True, "stream_options": {"include_usage": True}}, {"stream": True}),
    ({"stop": "END"}, {"stop_sequences": ["END"]}),
    ({"stop": ["END", "", "STOP"]}, {"stop_sequences": ["END", "STOP"]}),
    ({"stop": ""}, {}),
    ({"stop": ["\n", " ", 5]}, {"stop_sequences": [5]}),
    ({"stop": "\n"}, {}),
    ({"stop": None}, {}),
    ({"stop": 5}, {"stop_sequences": 5}),
    ({"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5, "top_p": 0.9}),
    ({"temperature": 1.7}, {"temperature": 1}),
    ({"temperature": "hot"}, {"temperature": "hot"}),
    ({"n": 1}, {}),
    ({"user": "u1"}, {"metadata": {"user_id": "u1"}}),
    ({"safety_identifier": "u2", "user": None}, {"metadata": {"user_id": "u2"}}),
    ({"user": 5}, {}),
    (
        {"thinking": {"type": "enabled", "budget_tokens": 2_000}},
        {"thinking": {"type": "enabled", "budget_tokens": 2_000}},
    ),
    ({"response_format": {"type": "text"}}, {}),
    ({"response_format": {"type": "json_object"}}, {}),
    (
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "a", "schema": {**SCHEMA, "$schema": "x"}},
            }
        },
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    ),
    ({"tools": TOOLS}, BOTH),
    ({"tools": []}, {}),
    ({"functions": FUNCTIONS, "function_call": "auto"}, chosen({"type": "auto"})),
    ({"functions": FUNCTIONS, "function_call": {"name": "now"}}, chosen({"type": "tool", "name": "now"})),
    ({"functions": FUNCTIONS, "function_call": "none"}, chosen({"type": "none"})),
    (
        {"tools": [{"type": "function", "function": {**DATED, "description": "Is a.", "strict": True}}]},
        {"tools": [{"name": "a", "description": "Is a.", "input_schema": {**OBJECT, "title": "A"}}]},
    ),
    ({"tools": TOOLS, "tool_choice": "auto"}, chosen({"type": "auto"})),
    ({"tools": TOOLS, "tool_choice": "none"}, chosen({"type": "none"})),
    ({"tools": TOOLS, "tool_choice": "required"}, chosen({"type": "any"})),
    ({"tools": TOOLS, "tool_choice": NOW}, chosen({"type": "tool", "name": "now"})),
    ({"tools": TOOLS, "tool_choice": allowed("required")}, {"tools": [B], "tool_choice": {"type": "any"}}),
    ({"tools": TOOLS, "tool_choice": allowed("auto")}, {"tools": [B], "tool_choice": {"type": "auto"}}),
    ({"tool_choice": "auto", "parallel_tool_calls": False}, {}),
    ({"tool_choice": "required"}, {"tool_choice": {"type": "any"}}),
    ({"tools": TOOLS, "parallel_tool_calls": True}, BOTH),
    ({"tools": TOOLS, "parallel_tool_calls": False}, chosen({"type": "auto", "disable_parallel_tool_use": True})),
    (
        {"tools": TOOLS, "parallel_tool_calls": False, "tool_choice": "required"},
        chosen({"type": "any", "disable_parallel_tool_use": True}),
    ),
    ({"tools": TOOLS, "parallel_tool_calls": False, "tool_choice": "none"}, chosen({"type": "none"})),
    (
        {"seed": 1, "logprobs": True, "metadata": {"a": "b"}, "store": True, "presence_penalty": 1, "audio": {}},
        {},
    ),
]
"""Fields of a chat -> those of the API."""


@pytest.mark.parametrize(("given", "wanted"), PARAMETERS)
def test_fields_are_those_of_the_api(given: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert to_messages(chat(**given)) == {**chat(max_tokens=64_000), **wanted}


@pytest.mark.parametrize(
    ("model", "effort", "wanted"),
    [
        ("claude-opus-4-5", "none", None),
        ("claude-opus-4-5", "minimal", "low"),
        ("claude-opus-4-5", "medium", "medium"),
        ("claude-opus-4-5", "xhigh", "high"),
        ("claude-sonnet-4-6", "xhigh", "max"),
        ("claude-opus-5", "xhigh", "xhigh"),
        ("claude-opus-5", "odd", "odd"),
        ("claude-haiku-4-5", "low", None),
        ("claude-haiku-4-5", "xhigh", None),
        ("my-model", "xhigh", "xhigh"),
    ],
)
def test_effort_is_one_that_the_model_has(model: str, effort: str, wanted: str | None) -> None:
    output = to_messages(chat(model=model, reasoning_effort=effort)).get("output_config")
    assert output == (None if wanted is None else {"effort": wanted})


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"n": 2}, "n: Input should be 1; only one choice is supported"),
    ({"messages": {}}, "messages: Input should be a valid list"),
    ({"response_format": "json"}, "response_format: Input should be an object"),
    (
        {"response_format": {"type": "xml"}},
        "response_format.type: Input should be 'text', 'json_object' or 'json_schema'",
    ),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema: Field required"),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}},
        "response_format.json_schema.schema: Field required",
    ),
    ({"tools": {"a": 1}}, "tools: Input should be a valid list"),
    ({"tools": [5]}, "tools.0: Input should be an object"),
    ({"tools": [{"type": "custom", "custom": {"name": "a"}}]}, "tools.0.type: Input should be 'function'"),
    ({"tools": [{"type": "function"}]}, "tools.0.function: Field required"),
    ({"tools": [{"type": "function", "function": {}}]}, "tools.0.function.name: Field required"),
    ({"functions": [{"name": 5}]}, "functions.0.name: Input should be a valid string"),
    ({"functions": [{"name": "a", "parameters": []}]}, "functions.0.parameters: Input should be an object"),
    ({"tool_choice": "some"}, "tool_choice: Input should be 'auto', 'none' or 'required'"),
    ({"tool_choice": {"type": "custom"}}, "tool_choice.type: Input should be 'function' or 'allowed_tools'"),
    ({"tool_choice": {"type": "function"}}, "tool_choice.function: Field required"),
    ({"tool_choice": {"type": "allowed_tools"}}, "tool_choice.allowed_tools.tools: Input should be a valid list"),
    (
        {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{}]}}},
        "tool_choice.allowed_tools.tools.0.function: Field required",
    ),
    ({"function_call": 5}, "function_call: Input should be 'auto', 'none' or 'required'"),
]


BAD_MESSAGES: list[tuple[Any, str]] = [
    (5, "messages.1: Input should be an object"),
    (
        {"role": "robot", "content": "Hi"},
        "messages.1.role: Input should be 'system', 'developer', 'user', 'assistant', 'tool' or 'function'",
    ),
    ({"role": "user"}, "messages.1.content: Field required"),
    ({"role": "assistant"}, "messages.1.content: Field required"),
    ({"role": "system"}, "messages.1.content: Field required"),
    (user(5), "messages.1.content: Input should be a valid string or list"),
    (user(["Hi"]), "messages.1.content.0: Input should be an object"),
    (user([{"type": "text"}]), "messages.1.content.0.text: Field required"),
    (
        user([part("a"), {"type": "video"}]),
        "messages.1.content.1.type: Input should be 'text' or 'image_url' or 'file' or 'input_audio'",
    ),
    ({"role": "system", "content": [image("x")]}, "messages.1.content.0.type: Input should be 'text'"),
    (told([{"type": "file"}]), "messages.1.content.0.type: Input should be 'text' or 'image_url'"),
    (user([image({})]), "messages.1.content.0.image_url.url: Field required"),
    (
        user([image({"url": "data:image/png,abc"})]),
        "messages.1.content.0.image_url.url: Input should be a URL or `data:<media type>;base64,<data>`",
    ),
    (
        user([{"type": "file", "file": {"file_id": "file_1"}}]),
        "messages.1.content.0.file.file_data: Field required; a file by its id is not supported",
    ),
    (
        user([document("data:text/plain;base64,/w==")]),
        "messages.1.content.0.file.file_data: Input should be base64 of a text in UTF-8",
    ),
    (assistant(tool_calls={}), "messages.1.content: Field required"),
    (assistant(tool_calls={"a": 1}), "messages.1.tool_calls: Input should be a valid list"),
    (assistant(tool_calls=[call(call_id=None)]), "messages.1.tool_calls.0.id: Field required"),
    (assistant(tool_calls=[{"type": "custom"}]), "messages.1.tool_calls.0.type: Input should be 'function'"),
    (
        assistant(tool_calls=[call(arguments={})]),
        "messages.1.tool_calls.0.function.arguments: Input should be a valid string",
    ),
    (
        assistant(tool_calls=[call(arguments="[1]")]),
        "messages.1.tool_calls.0.function.arguments: Input should be an object",
    ),
    (assistant(tool_calls=[call(arguments='{"a')]), "messages.1.tool_calls.0.function.arguments: not valid JSON: "),
    (
        assistant(tool_calls=[call(arguments='"\\ud800"')]),
        "messages.1.tool_calls.0.function.arguments: not valid JSON: ",
    ),
    (assistant(function_call={"name": "a"}), "messages.1.function_call.arguments: Field required"),
    ({"role": "tool", "content": "x"}, "messages.1.tool_call_id: Field required"),
    ({"role": "function", "content": "x"}, "messages.1.name: Field required"),
    (told(None), "messages.1.content: Field required"),
]


@pytest.mark.parametrize(
    ("fields", "message"),
    [*REFUSED, *(({"messages": [user(), given]}, message) for given, message in BAD_MESSAGES)],
)
def test_body_without_a_counterpart_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError) as refused:
        to_messages(chat(**fields))

    assert (refused.value.status, refused.value.message[: len(message)]) == (400, message)
    assert message.endswith(": ") or refused.value.message == message


class Pair(NamedTuple):
    """The same messages for both APIs."""

    chat: list[Any]
    own: list[Any]


words = st.text("abc é😀", min_size=1, max_size=6)
objects = st.dictionaries(words, st.none() | st.booleans() | st.integers(0, 99) | words, max_size=2)
texts = words.map(lambda text: Pair([text], [text]))
parts = st.one_of(
    words.map(lambda text: (part(text), part(text))),
    st.just(
        (
            image({"url": f"data:image/png;base64,{PNG}"}),
            {"type": "image", "source": source("base64", "image/png", PNG)},
        )
    ),
)


def to_user(pairs: list[tuple[Any, Any]]) -> Pair:
    return Pair([user([one for one, _ in pairs])], [user([own for _, own in pairs])])


def to_calls(text: str, inputs: list[dict[str, Any]], answer: str) -> Pair:
    ids = [f"call_{number}" for number in range(len(inputs))]
    calls = [call("a", orjson.dumps(given).decode(), name) for name, given in zip(ids, inputs, strict=True)]
    used = [tool_use("a", given, name) for name, given in zip(ids, inputs, strict=True)]
    results = [result(answer, name) for name in ids]
    return Pair(
        [assistant(text or None, tool_calls=calls), *(told(answer, name) for name in ids), user("Go on")],
        [assistant([*([part(text)] if text else []), *used]), user([*results, part("Go on")])],
    )


turns = st.one_of(
    words.map(lambda text: Pair([user(text)], [user(text)])),
    st.lists(parts, min_size=1, max_size=3).map(to_user),
    words.map(lambda text: Pair([assistant(text)], [assistant(text)])),
    st.builds(to_calls, st.just("") | words, st.lists(objects, min_size=1, max_size=3), words),
)


@given(st.lists(words, max_size=2), st.lists(turns, max_size=5), st.booleans())
def test_conversation_is_the_same_in_both_apis(system: list[str], pairs: list[Pair], last: bool) -> None:
    prompts = [{"role": "system", "content": text} for text in system]
    messages = [message for pair in pairs for message in pair.chat]
    translated = to_messages(chat(messages=[*messages, *prompts] if last else [*prompts, *messages]))

    own = [message for pair in pairs for message in pair.own]
    assert translated == {**chat(messages=own, max_tokens=64_000), **({"system": "\n".join(system)} if system else {})}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["", "a", "user", "assistant", "text", "function"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "type", "text", "name", "id", "tool_calls", "function", "arguments", "url"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
FIELDS = [
    *("model", "messages", "tools", "functions", "tool_choice", "function_call", "stop", "temperature", "n", "user"),
    *("response_format", "reasoning_effort", "max_tokens", "parallel_tool_calls", "thinking", "top_p"),
]


def test_allowed_tools_are_found_in_linear_time() -> None:
    tools = [{"type": "function", "function": {"name": Name(f"f{number}")}} for number in range(100)]
    Name.compared = 0
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": tools[::-1]}}

    assert len(to_messages(chat(tools=tools, tool_choice=allowed))["tools"]) == 100
    assert Name.compared < 200


class Name(str):
    """A name that counts how often it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, other)


@given(st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=5))
def test_any_body_is_translated_or_refused(body: dict[str, Any]) -> None:
    with suppress(ApiError):
        orjson.dumps(to_messages(body))


@pytest.mark.parametrize("mode", MODES)
@given(
    st.dictionaries(st.sampled_from([*FIELDS, "stream", "stream_options"]), json_values, max_size=5),
    st.booleans(),
)
def test_any_body_has_a_response(mode: str, fields: dict[str, Any], stream: bool) -> None:
    response = send(STATE, chat(**{"stream": stream, **fields}), **{"x-mockclaude-validation": mode})

    assert response.status in (200, 400, 404, 410)
    if response.status != 200:
        assert list(response.json["error"]) == ["code", "message", "type", "param"]
    elif b"data: " in response.body:
        assert read_chunks(response.body)[-1] == "[DONE]"
    else:
        assert response.json["object"] == "chat.completion"
