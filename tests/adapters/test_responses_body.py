"""Bodies of the Responses API as bodies of Messages requests."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api import models
from mockclaude.api.errors import ApiError
from mockclaude.engine.adapters.responses_body import show_fields, to_messages
from mockclaude.engine.adapters.stored_responses import resolve_input

MODEL = "claude-haiku-4-5"
HI = {"role": "user", "content": "Hi"}
PNG, PDF = "data:image/png;base64,aVZC", "data:application/pdf;base64,JVBE"
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
OTHER = {"type": "function_call", "call_id": "c2", "name": "g", "arguments": ""}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "1"}
SAID = {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "A"}]}
USE = {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}
OTHER_USE = {"type": "tool_use", "id": "c2", "name": "g", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "c1", "content": "1"}
TOOL = {"type": "function", "name": "f", "description": "F.", "parameters": {"type": "object"}, "strict": True}
NAMED = {"name": "f", "description": "F.", "input_schema": {"type": "object"}}
SCHEMA = {"type": "object", "title": "T", "properties": {}}


def text(content: str) -> dict[str, Any]:
    return {"type": "text", "text": content}


def user(*parts: Any) -> list[Any]:
    return [{"role": "user", "content": list(parts)}]


INPUTS: list[tuple[Any, list[Any]]] = [
    ("Hi", [HI]),
    ([], []),
    ([HI], [HI]),
    ([{"type": "message", **HI}, HI], [HI, HI]),
    (user({"type": "input_text", "text": "Hi"}), user(text("Hi"))),
    (
        user({"type": "input_image", "image_url": PNG, "detail": "auto"}),
        user({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aVZC"}}),
    ),
    (
        user({"type": "input_image", "image_url": "https://a.example/b.png"}),
        user({"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}}),
    ),
    (
        user({"type": "input_file", "filename": "a.pdf", "file_data": PDF}),
        user({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}}),
    ),
    (
        user({"type": "input_file", "file_url": "https://a.example/b.pdf"}),
        user({"type": "document", "source": {"type": "url", "url": "https://a.example/b.pdf"}}),
    ),
    (user({"type": "input_audio", "input_audio": {}}, {"type": "input_text", "text": "Hi"}), user(text("Hi"))),
    ([HI, {"role": "assistant", "content": "A"}], [HI, {"role": "assistant", "content": [text("A")]}]),
    ([HI, SAID, HI], [HI, {"role": "assistant", "content": [text("A")]}, HI]),
    (
        [HI, {"role": "assistant", "content": [{"type": "refusal", "refusal": "No"}]}],
        [HI, {"role": "assistant", "content": [text("No")]}],
    ),
    ([HI, {"role": "assistant", "content": ""}, HI], [HI, HI]),
    (
        [HI, SAID, CALL, OTHER, OUTPUT],
        [HI, {"role": "assistant", "content": [text("A"), USE, OTHER_USE]}, {"role": "user", "content": [RESULT]}],
    ),
    (
        [CALL, OUTPUT, HI, HI],
        [{"role": "assistant", "content": [USE]}, {"role": "user", "content": [RESULT, text("Hi")]}, HI],
    ),
    ([OUTPUT, *user({"type": "input_text", "text": "B"})], user(RESULT, text("B"))),
    (
        [CALL, {"type": "reasoning", "id": "rs_1", "summary": []}, OTHER],
        [{"role": "assistant", "content": [USE, OTHER_USE]}],
    ),
    (
        [{**OUTPUT, "output": [{"type": "input_text", "text": "1"}]}],
        user({**RESULT, "content": [text("1")]}),
    ),
]


@pytest.mark.parametrize(("written", "messages"), INPUTS)
def test_input_is_the_messages(written: Any, messages: list[Any]) -> None:
    assert to_messages({"model": MODEL, "input": written})["messages"] == messages


FIELDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"instructions": "Be brief."}, {"system": "Be brief."}),
    ({"instructions": "A", "input": [{"role": "developer", "content": "B"}, HI]}, {"system": "A\nB"}),
    ({"input": [{"role": "system", "content": [{"type": "input_text", "text": "B"}]}, HI]}, {"system": "B"}),
    ({"max_output_tokens": 7}, {"max_tokens": 7}),
    ({"model": "my-model"}, {"model": "my-model", "max_tokens": 4096}),
    ({"stream": True}, {"stream": True}),
    ({"temperature": 1.5, "top_p": 0.5}, {"temperature": 1, "top_p": 0.5}),
    ({"user": "u"}, {"metadata": {"user_id": "u"}}),
    ({"safety_identifier": "u"}, {"metadata": {"user_id": "u"}}),
    ({"tools": []}, {}),
    ({"tools": [TOOL]}, {"tools": [NAMED]}),
    ({"tools": [{"type": "function", "name": "g"}]}, {"tools": [{"name": "g", "input_schema": {"type": "object"}}]}),
    ({"tools": [TOOL], "tool_choice": "auto"}, {"tools": [NAMED], "tool_choice": {"type": "auto"}}),
    ({"tools": [TOOL], "tool_choice": "required"}, {"tools": [NAMED], "tool_choice": {"type": "any"}}),
    ({"tools": [TOOL], "tool_choice": "none"}, {"tools": [NAMED], "tool_choice": {"type": "none"}}),
    (
        {"tools": [TOOL], "tool_choice": {"type": "function", "name": "f"}},
        {"tools": [NAMED], "tool_choice": {"type": "tool", "name": "f"}},
    ),
    (
        {
            "tools": [TOOL, {"type": "function", "name": "g"}],
            "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
        },
        {"tools": [NAMED], "tool_choice": {"type": "auto"}},
    ),
    (
        {"tools": [TOOL], "parallel_tool_calls": False},
        {"tools": [NAMED], "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
    ),
    ({"text": {"format": {"type": "text"}, "verbosity": "low"}}, {}),
    ({"text": {"format": {"type": "json_object"}}}, {}),
    (
        {
            "text": {
                "format": {"type": "json_schema", "name": "t", "strict": True, "schema": {"$schema": "x", **SCHEMA}}
            }
        },
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    ),
    ({"model": "claude-opus-4-7", "reasoning": {"effort": "minimal"}}, {"output_config": {"effort": "low"}}),
    ({"reasoning": {"summary": "auto"}}, {}),
    ({"store": False, "metadata": {"a": "b"}, "include": ["a"], "truncation": "auto", "prompt_cache_key": "a"}, {}),
    ({"background": False, "conversation": None}, {}),
]


@pytest.mark.parametrize(("fields", "expected"), FIELDS)
def test_fields_have_the_names_of_the_api(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    translated = to_messages({"model": MODEL, "input": "Hi", **fields})
    model = models.find(str(fields.get("model", MODEL)))
    usual = {"model": fields.get("model", MODEL), "max_tokens": model and model.max_tokens}

    assert {name: value for name, value in translated.items() if name != "messages"} == {**usual, **expected}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"input": None}, "input: Field required"),
    ({"input": 1}, "input: Input should be a valid list"),
    ({"input": [1]}, "input.0: Input should be an object"),
    ({"input": [{"type": "web_search_call"}]}, "input.0.type: 'web_search_call' is not supported"),
    ({"input": [{"role": "user"}]}, "input.0.content: Field required"),
    ({"input": [{"role": "boss", "content": "A"}]}, "input.0.role: Input should be 'user', 'assistant'"),
    ({"input": [HI, *user(1)]}, "input.1.content.0: Input should be an object"),
    ({"input": user({"type": "input_video"})}, "input.0.content.0.type: 'input_video' is not supported"),
    ({"input": user({"type": "input_text"})}, "input.0.content.0.text: Field required"),
    ({"input": user({"type": "input_image", "file_id": "file-1"})}, "input.0.content.0.image_url: Field required"),
    ({"input": user({"type": "input_file", "file_id": "file-1"})}, "input.0.content.0.file_data: Field required"),
    ({"input": [{**CALL, "arguments": "{"}]}, "input.0.arguments: not valid JSON"),
    ({"input": [{**CALL, "call_id": None}]}, "input.0.call_id: Field required"),
    ({"input": [{**CALL, "name": 1}]}, "input.0.name: Input should be a valid string"),
    ({"input": [{"type": "function_call_output", "call_id": "c"}]}, "input.0.output: Field required"),
    ({"instructions": ["A"]}, "instructions: Input should be a valid string"),
    ({"tools": [{"type": "web_search"}]}, "tools.0.type: 'web_search' is not supported"),
    ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools.0.name: Field required"),
    ({"tools": [{**TOOL, "parameters": 1}]}, "tools.0.parameters: Input should be an object"),
    ({"tool_choice": "maybe"}, "tool_choice: Input should be 'auto'"),
    ({"tool_choice": {"type": "web_search"}}, "tool_choice.type: 'web_search' is not supported"),
    ({"tool_choice": {"type": "function"}}, "tool_choice.name: Field required"),
    ({"text": {"format": {"type": "xml"}}}, "text.format.type: Input should be 'text'"),
    ({"text": {"format": {"type": "json_schema"}}}, "text.format.schema: Field required"),
    ({"text": "A"}, "text: Input should be an object"),
    ({"text": ""}, "text: Input should be an object"),
    ({"text": []}, "text: Input should be an object"),
    ({"reasoning": "low"}, "reasoning: Input should be an object"),
    ({"background": True}, "background: not supported"),
    ({"conversation": "conv_1"}, "conversation: not supported"),
    ({"prompt": {"id": "pmpt_1"}}, "prompt: not supported"),
]


@pytest.mark.parametrize(("fields", "message"), REFUSED)
def test_body_that_cannot_be_translated_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        to_messages({"model": MODEL, "input": "Hi", **fields})

    assert caught.value.status == 400
    assert caught.value.message.startswith(message)


ITEMS = st.sampled_from([HI, SAID, CALL, OTHER, OUTPUT, *user({"type": "input_text", "text": "B"})])


@given(st.lists(ITEMS))
def test_each_item_is_in_the_messages_once(items: list[dict[str, Any]]) -> None:
    messages = to_messages({"model": MODEL, "input": items})["messages"]
    blocks = [
        block
        for message in messages
        for block in ([text(message["content"])] if isinstance(message["content"], str) else message["content"])
    ]
    texts = {"c1": USE, "c2": OTHER_USE}

    assert len(blocks) == len(items)
    assert [block for block in blocks if block["type"] == "tool_use"] == [
        texts[item["call_id"]] for item in items if item.get("type") == "function_call"
    ]


def test_response_repeats_fields_of_its_request() -> None:
    assert orjson.loads(show_fields({"model": MODEL, "input": "Hi"}))["tool_choice"] == "auto"
    fields = {"tools": [TOOL], "reasoning": {"effort": "low"}, "text": {"verbosity": "low"}, "top_p": 0.5}
    shown = orjson.loads(show_fields(fields))

    assert [shown["tools"], shown["top_p"], shown["temperature"]] == [[TOOL], 0.5, 1.0]
    assert shown["reasoning"] == {"effort": "low", "summary": None}
    assert shown["text"] == {"format": {"type": "text"}, "verbosity": "low"}


NAMES = st.sampled_from(
    ["type", "role", "content", "text", "format", "schema", "name", "output", "call_id", "arguments", "effort", "id"]
)
KINDS = st.sampled_from(["message", "function_call", "function_call_output", "function", "input_text", "user", "{}"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | KINDS | NAMES | st.just(""),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)
FIELD_NAMES = st.sampled_from(
    ["input", "instructions", "tools", "tool_choice", "text", "reasoning", "model", "max_output_tokens", "temperature"]
)


@given(st.dictionaries(FIELD_NAMES, JSON))
def test_any_body_is_translated_or_refused(body: dict[str, Any]) -> None:
    with suppress(ApiError):
        to_messages(resolve_input(body, lambda _: None))
        assert orjson.loads(show_fields(body))["truncation"] == "disabled"


VALUES: list[Any] = [None, "", "A", 0, 1.5, True, False, [], [{}], {}, {"type": "function"}, {"format": {}}]


@pytest.mark.parametrize("name", [*orjson.loads(show_fields({})), "input"])
def test_any_value_is_translated_or_refused(name: str) -> None:
    for value in VALUES:
        body = {"model": MODEL, "input": "Hi", name: value}
        with suppress(ApiError):
            orjson.dumps(to_messages(body))
            assert orjson.loads(show_fields(body))
