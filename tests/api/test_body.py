"""Bodies are accepted as they came, or refused with the path and the words of the API."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.errors import ApiError
from mockclaude.api.fingerprint import parse
from mockclaude.api.usable import check_usable
from tests.api.bodies import accepted, mangled

BODY: dict[str, Any] = {"model": "claude-opus-5", "max_tokens": 1024, "messages": [{"role": "user", "content": "Hi"}]}


FIELDS = (
    *("model", "messages", "max_tokens", "stream", "system", "tools", "tool_choice", "thinking"),
    *("output_config", "output_format", "stop_sequences", "metadata"),
)


def usable(data: bytes) -> dict[str, Any]:
    body = parse(data).body
    check_usable(body)
    return body


def parsed(**changes: Any) -> dict[str, Any]:
    return usable(orjson.dumps({**BODY, **changes}))


def refusal(data: bytes) -> str:
    with pytest.raises(ApiError) as caught:
        usable(data)
    assert (caught.value.type, caught.value.status) == ("invalid_request_error", 400)
    return caught.value.message


def outcome(data: bytes) -> dict[str, Any] | ApiError:
    try:
        return usable(data)
    except ApiError as error:
        return error


def nested(levels: int) -> bytes:
    depth = levels - 1
    return orjson.dumps(BODY)[:-1] + b',"extra":' + b"[" * depth + b"]" * depth + b"}"


def block(**fields: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [fields]}]


@pytest.mark.parametrize("missing", ["model", "messages"])
def test_a_missing_field_is_named(missing: str) -> None:
    body = {key: value for key, value in BODY.items() if key != missing}

    assert refusal(orjson.dumps(body)) == f"{missing}: Field required"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": ""}, "model: String should have at least 1 character"),
        ({"model": None}, "model: Input should be a valid string"),
        ({"max_tokens": -1}, "max_tokens: Input should be greater than or equal to 0"),
        ({"max_tokens": "10"}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": True}, "max_tokens: Input should be a valid integer"),
        ({"stream": "yes"}, "stream: Input should be a valid boolean"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": {}}, "messages: Input should be a valid list"),
        ({"messages": ["Hi"]}, "messages.0: Input does not match the expected shape."),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
        ({"messages": [{"content": "Hi"}]}, "messages.0.role: Field required"),
        (
            {"messages": [*BODY["messages"], {"role": "robot", "content": "Hi"}]},
            "messages.1.role: Input should be 'user', 'assistant' or 'system'",
        ),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content: Input should be a valid string"),
        ({"messages": [{"role": "user", "content": {}}]}, "messages.0.content: Input should be a valid string"),
        (
            {"messages": [{"role": "user", "content": ["Hi"]}]},
            "messages.0.content.0: Input does not match the expected shape.",
        ),
        ({"messages": block()}, "messages.0.content.0.type: Field required"),
        ({"messages": block(type="text", text=5)}, "messages.0.content.0.text: Input should be a valid string"),
        (
            {"messages": block(type="tool_use", input=[])},
            "messages.0.content.0.input: Input does not match the expected shape.",
        ),
        (
            {"messages": block(type="tool_result", is_error="false")},
            "messages.0.content.0.is_error: Input should be a valid boolean",
        ),
        (
            {"messages": block(type="tool_result", content=["Sunny"])},
            "messages.0.content.0.content.0: Input does not match the expected shape.",
        ),
        ({"system": {}}, "system: Input should be a valid string"),
        ({"system": [{}]}, "system.0.type: Field required"),
        ({"tools": {}}, "tools: Input should be a valid list"),
        ({"tools": [{"input_schema": 5}]}, "tools.0.input_schema: Input does not match the expected shape."),
        ({"tool_choice": {}}, "tool_choice.type: Field required"),
        ({"tool_choice": {"type": "x"}}, "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'"),
        ({"thinking": {"type": 5}}, "thinking.type: Input should be a valid string"),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema: Field required"),
        ({"output_format": {"type": "xml", "schema": {}}}, "output_format.type: Input should be 'json_schema'"),
        ({"stop_sequences": "END"}, "stop_sequences: Input should be a valid list"),
        ({"metadata": "me"}, "metadata: Input does not match the expected shape."),
    ],
)
def test_the_first_problem_is_told_with_its_path(changes: dict[str, Any], message: str) -> None:
    assert refusal(orjson.dumps({**BODY, **changes})) == message


def test_one_problem_is_told_even_when_there_are_several() -> None:
    assert refusal(b'{"messages":[{}],"max_tokens":"x"}') == "model: Field required"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The request body is not valid JSON: Input is a zero-length, empty document"),
        (b'{"model": ', "The request body is not valid JSON: unexpected end of data"),
        (b'{"model": "\xff"}', "The request body is not valid JSON: str is not valid UTF-8"),
        (b"[]", "Input should be a valid dictionary"),
        (b"null", "Input should be a valid dictionary"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(data: bytes, message: str) -> None:
    assert refusal(data).startswith(message)


@pytest.mark.parametrize("levels", [255, 900])
def test_a_body_is_refused_that_nests_too_deeply_to_be_worked_on(levels: int) -> None:
    assert refusal(nested(levels)) == "The request body is nested too deeply"


def test_a_body_nested_as_deeply_as_any_schema_is_accepted() -> None:
    assert "extra" in usable(nested(254))


@pytest.mark.parametrize(
    "changes",
    [
        {"max_tokens": 0},
        {"stream": None},
        {"system": "Be brief."},
        {"system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]},
        {"messages": [*BODY["messages"], {"role": "system", "content": "Be brief."}]},
        {"messages": block(type="tool_result", tool_use_id="toolu_1", content="Sunny", is_error=None)},
        {"messages": block(type="hologram", beam={"colour": "green"})},
        {"tools": [{"name": "look", "input_schema": {"type": "object"}}, {"type": "bash_20250124", "name": "bash"}]},
        {"tool_choice": {"type": "tool", "name": "look", "disable_parallel_tool_use": True}},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"output_config": {"effort": "low", "format": None}},
        {"metadata": {"user_id": None}, "stop_sequences": ["END"], "temperature": 0.5},
        {"something": ["newer", 1.0, {"than": "this"}]},
    ],
)
def test_a_body_is_kept_as_it_came_with_what_nobody_reads(changes: dict[str, Any]) -> None:
    assert parsed(**changes) == {**BODY, **changes}


def test_a_gateway_may_leave_out_max_tokens() -> None:
    body = {"model": "claude-opus-5", "messages": BODY["messages"]}

    assert usable(orjson.dumps(body)) == body


def test_a_thread_may_go_on_without_new_messages() -> None:
    body = {**BODY, "messages": [], "thread": {"type": "continue", "previous_message_id": "msg_1"}}

    assert usable(orjson.dumps(body)) == body


@given(data=st.binary() | st.text().map(str.encode) | st.recursive(st.none(), st.lists).map(orjson.dumps))
def test_any_bytes_are_a_body_or_a_bad_request(data: bytes) -> None:
    assert refusal(data)


@given(body=accepted)
def test_a_body_of_the_right_shape_is_accepted(body: dict[str, Any]) -> None:
    data = orjson.dumps(body)

    assert usable(data) == orjson.loads(data)


@given(body=mangled())
def test_any_json_is_a_body_or_a_bad_request_that_says_where(body: Any) -> None:
    data = orjson.dumps(body)
    result = outcome(data)

    if isinstance(result, ApiError):
        assert result.status == 400
        assert result.message.partition(":")[0].split(".")[0] in FIELDS
    else:
        assert result == orjson.loads(data)
