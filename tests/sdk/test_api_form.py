"""Blocks and messages in the API's own form as steps, served to the SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from anthropic import Anthropic
from anthropic._exceptions import OverloadedError
from anthropic.types import TextBlock

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.testing import MockClaude
from mockclaude.testing.types import MessageDict
from tests.conftest import Serve
from tests.serving import asking, request

RECORDED: Any = {
    "id": "msg_recorded",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5-20250929",
    "content": [
        {"citations": None, "type": "text", "text": "I will look. " * 30},
        {"type": "tool_use", "id": "toolu_1", "caller": None, "name": "look", "input": {"b": 1, "a": 2}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 500, "cache_read_input_tokens": None},
    "container": {"id": "container_1", "expires_at": "2026-01-01T00:00:00Z"},
    "context_management": {"applied_edits": []},
    "novelty": {"z": 1, "a": [2]},
}
ASKED: dict[str, Any] = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


def test_recorded_message_is_replayed_byte_for_byte(serve: Serve) -> None:
    rules = orjson.dumps({"limits": {"output_tokens_per_minute": 9000}, "rules": [{"reply": RECORDED}]}).decode()
    with serve(rules).connect() as wire:
        wire.send(request("POST", "/v1/messages", asking(max_tokens=9)))

        assert wire.response().body == orjson.dumps(RECORDED)


def test_recorded_message_is_streamed_with_all_its_keys(mock: MockClaude, client: Anthropic) -> None:
    mock.reply(RECORDED)
    with client.beta.messages.stream(**ASKED) as stream:
        message: Any = stream.get_final_message().to_dict(mode="json")

    for block in message["content"]:
        block.pop("parsed_output", None)
    assert message == RECORDED | {"stop_details": None}


def test_object_of_the_sdk_is_a_reply(mock: MockClaude, client: Anthropic) -> None:
    mock.reply(RECORDED, times=1)
    message = client.messages.create(**ASKED)
    mock.reply(message)

    assert client.messages.create(**ASKED) == message


def test_function_returns_objects_of_the_sdk(mock: MockClaude, client: Anthropic) -> None:
    mock.reply(lambda _: [TextBlock(type="text", text="Hi")])

    assert client.messages.create(**ASKED).content[0].to_dict()["text"] == "Hi"


async def _message() -> MessageDict:
    return {"content": "Hi " * 30, "stop_reason": "refusal"}


def test_async_function_returns_a_message(mock: MockClaude, client: Anthropic) -> None:
    mock.reply(lambda _: _message())
    with client.messages.stream(**ASKED) as stream:
        message = stream.get_final_message()

    assert (stream.current_message_snapshot.stop_reason, message.content[0].to_dict()["text"]) == (
        "refusal",
        "Hi " * 30,
    )


def test_message_without_a_type_gets_the_other_fields(mock: MockClaude, client: Anthropic) -> None:
    mock.reply({"content": [{"type": "text", "text": "${{ user }}!"}], "stop_reason": "max_tokens"})
    message = client.messages.create(**ASKED)

    assert (message.content[0].to_dict()["text"], message.stop_reason, message.model) == (
        "Hi!",
        "max_tokens",
        "claude-sonnet-5",
    )
    assert message.id.startswith("msg_01")


def test_placeholder_is_the_content_of_a_message(mock: MockClaude, client: Anthropic) -> None:
    template: Any = {"content": "${{ turn }}", "model": None, "id": None, "role": None, "usage": None}
    mock.reply(template)
    message = client.messages.create(**ASKED)

    assert (message.content[0].to_dict()["text"], message.model) == ("1", "claude-sonnet-5")


@pytest.mark.parametrize("usage", [None, {"output_tokens": 7}])
def test_whole_message_gets_the_fields_that_clients_need(
    mock: MockClaude, client: Anthropic, usage: dict[str, int] | None
) -> None:
    mock.reply({"type": "message", "model": "${{ turn }}", "content": [], "usage": usage})
    message = client.messages.create(**ASKED)

    assert (message.role, message.model, message.content) == ("assistant", "1", [])
    assert message.usage.output_tokens == (7 if usage else 0)


def test_blocks_of_the_api_are_steps(mock: MockClaude, client: Anthropic) -> None:
    mock.reply(
        {"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Hi"}, {"type": "tool_use", "name": "f"}
    )
    message = client.messages.create(**ASKED | {"max_tokens": 99})

    assert [block.type for block in message.content] == ["thinking", "text", "tool_use"]


def test_signature_of_a_recorded_message_is_known(serve: Serve) -> None:
    thinking = {"type": "thinking", "thinking": "Hm", "signature": "c2lnbmF0dXJl"}
    rules = orjson.dumps({"rules": [{"reply": {"content": [thinking]}}]}).decode()
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [thinking, {"type": "text", "text": "x"}]},
        {"role": "user", "content": "Hi"},
    ]
    with serve(rules).connect() as wire:
        wire.send(request("POST", "/v1/messages", asking(messages=messages)))

        assert wire.response().status == 200


def test_error_of_the_api_is_a_step(mock: MockClaude, client: Anthropic) -> None:
    mock.reply({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})

    with pytest.raises(OverloadedError, match="Overloaded"):
        client.messages.create(**ASKED)


def _message_and_text() -> Iterator[Any]:
    yield {"content": "Hi " * 30, "model": "recorded"}
    yield "!"


def test_generator_yields_a_message(mock: MockClaude, client: Anthropic) -> None:
    mock.reply(lambda _: _message_and_text())
    with client.messages.stream(**ASKED) as stream:
        message = stream.get_final_message()

    assert (message.model, [block.to_dict()["text"] for block in message.content]) == ("recorded", ["Hi " * 30, "!"])


def test_null_is_a_missing_value(serve: Serve) -> None:
    """Neither the pace of the model nor a limit needs a model or a count in the message."""
    nulls = dict.fromkeys(("id", "type", "role", "model"))
    reply = {**nulls, "content": "Hi", "stop_reason": None, "usage": {"input_tokens": None, "output_tokens": None}}
    limits = {"input_tokens_per_minute": 9000, "output_tokens_per_minute": 9000}
    server = serve(orjson.dumps({"limits": limits, "pace": "model", "rules": [{"reply": reply}]}).decode())
    message = server.ask(request("POST", "/v1/messages", asking())).json

    assert (message["type"], message["role"], message["stop_reason"]) == ("message", "assistant", None)
    assert (message["model"], message["id"][:6]) == ("claude-sonnet-5", "msg_01")
    assert (message["usage"]["input_tokens"], message["usage"]["output_tokens"]) == (9, 1)


@pytest.mark.parametrize("count", ["5", 5.0, True])
def test_count_is_a_number(mock: MockClaude, count: Any) -> None:
    with pytest.raises(ScenarioError, match="expected an integer"):
        mock.reply({"content": "Hi", "usage": {"input_tokens": count}})
