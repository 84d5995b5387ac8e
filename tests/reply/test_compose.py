"""A reply is a finished message, and the parts it arrives in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given

from mockclaude.api.errors import ApiError
from mockclaude.reply.compose import Disconnect, Pause
from tests.reply.making import DRAWS, SHOWN, composed, plain_replies

TEXT = {"text": "sevench"}
TOOL = {"tool_use": {"name": "look", "input": {}}}
SEARCH = {"server_tool": {"name": "web_search"}}
FETCH = {"server_tool": {"name": "web_fetch"}}
FOUND = {"server_tool": {"name": "web_search", "result": []}}
REMOTE = {"server_tool": {"name": "echo", "server_name": "example"}}
MESSAGE_KEYS = ["model", "id", "type", "role", "content", "stop_reason", "stop_sequence", "stop_details", "usage"]
USAGE = {
    "input_tokens": 9,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 2,
    "output_tokens_details": {"thinking_tokens": 0},
    "service_tier": "standard",
    "inference_geo": "global",
}


ITERATION = [
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation",
    "type",
]


def usage(*steps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    counted: dict[str, Any] = composed(*steps, **fields).message["usage"]
    return counted


def test_a_message_has_the_apis_keys_in_its_order() -> None:
    message = composed(TEXT).message

    assert list(message) == MESSAGE_KEYS
    assert re.fullmatch("msg_01[1-9A-HJ-NP-Za-km-z]{22}", message["id"])
    assert (message["type"], message["role"]) == ("message", "assistant")
    assert message["content"] == [{"type": "text", "text": "sevench"}]


@pytest.mark.parametrize(
    ("asked", "echoed"),
    [
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001"),
        ("claude-opus-5", "claude-opus-5"),
        ("gateway/some-model", "gateway/some-model"),
    ],
)
def test_an_alias_is_answered_by_the_model_it_means(asked: str, echoed: str) -> None:
    assert composed(TEXT, model=asked).message["model"] == echoed


def test_an_id_is_new_for_every_attempt_and_the_content_is_not() -> None:
    one = composed(TEXT, FOUND).message
    again = composed(TEXT, FOUND, draws=DRAWS._replace(occurrence=1)).message

    assert one["id"] != again["id"]
    assert one["content"][0] == again["content"][0]


@pytest.mark.parametrize(
    ("steps", "stop_reason"),
    [
        ([TEXT], "end_turn"),
        ([TOOL], "tool_use"),
        ([TOOL, TEXT], "tool_use"),
        ([SEARCH], "pause_turn"),
        ([TEXT, SEARCH], "pause_turn"),
        ([REMOTE], "pause_turn"),
        ([FOUND], "end_turn"),
        ([SEARCH, TEXT], "end_turn"),
        ([SEARCH, TOOL], "tool_use"),
        ([{"usage": {"output_tokens": 0}}], "end_turn"),
    ],
)
def test_the_stop_reason_follows_from_the_content(steps: list[dict[str, Any]], stop_reason: str) -> None:
    message = composed(*steps).message

    assert (message["stop_reason"], message["stop_sequence"], message["stop_details"]) == (stop_reason, None, None)


@pytest.mark.parametrize(
    "stop_reason",
    ["end_turn", "max_tokens", "tool_use", "pause_turn", "model_context_window_exceeded", "compaction"],
)
def test_stop_reason_step_overrides_the_inferred_reason(stop_reason: str) -> None:
    message = composed(TOOL, {"stop_reason": stop_reason}).message

    assert (message["stop_reason"], message["stop_sequence"], message["stop_details"]) == (stop_reason, None, None)


def test_message_has_the_stop_sequence() -> None:
    message = composed(TEXT, {"stop_reason": {"type": "stop_sequence", "stop_sequence": "END"}}).message

    assert (message["stop_reason"], message["stop_sequence"]) == ("stop_sequence", "END")


@pytest.mark.parametrize(
    ("written", "details"),
    [
        ("refusal", {"type": "refusal", "category": None, "explanation": None}),
        (
            {"type": "refusal", "category": "cyber", "explanation": "This could do harm."},
            {"type": "refusal", "category": "cyber", "explanation": "This could do harm."},
        ),
    ],
)
def test_a_refusal_has_details(written: Any, details: dict[str, Any]) -> None:
    message = composed({"stop_reason": written}).message

    assert (message["content"], message["stop_reason"]) == ([], "refusal")
    assert list(message["stop_details"].items()) == list(details.items())
    assert message["usage"]["output_tokens"] == 0


def test_usage_is_counted_in_the_apis_key_order() -> None:
    assert list(usage(TEXT).items()) == list(USAGE.items())


@pytest.mark.parametrize(
    ("steps", "details"),
    [
        ([TEXT], {"thinking_tokens": 0}),
        ([{"thinking": "sevench"}, TEXT], {"thinking_tokens": 2}),
        ([{"thinking": "sevench"}, {"thinking": "a"}], {"thinking_tokens": 3}),
        ([{"redacted_thinking": "EmwK"}], {"thinking_tokens": 0}),
    ],
)
def test_usage_has_the_thinking_tokens(steps: list[dict[str, Any]], details: dict[str, int]) -> None:
    assert usage(*steps, thinking=SHOWN)["output_tokens_details"] == details


HIDDEN = {"type": "adaptive", "display": "omitted"}


@pytest.mark.parametrize("max_tokens", [4, 64_000])
def test_hidden_thinking_counts_as_if_it_were_shown(max_tokens: int) -> None:
    steps = ({"thinking": "Let me see what it may be."}, TEXT)
    shown, hidden = (composed(*steps, thinking=thinking, max_tokens=max_tokens).message for thinking in (SHOWN, HIDDEN))

    assert [hidden["usage"], hidden["stop_reason"]] == [shown["usage"], shown["stop_reason"]]
    assert hidden["content"][0]["thinking"] == ""
    assert bool(hidden["content"][0]["signature"]) is bool(shown["content"][0]["signature"])


def fallback_to(model: str) -> dict[str, Any]:
    return {"block": {"type": "fallback", "from": {}, "to": {"model": model}, "trigger": {"type": "refusal"}}}


@pytest.mark.parametrize(
    ("steps", "iterations"),
    [
        ([TEXT], None),
        (
            [{"block": {"type": "server_tool_use", "id": "u_1", "name": "advisor", "input": {}}}, TEXT],
            [("message", None, 2)],
        ),
        (
            [fallback_to("claude-opus-4-8"), TEXT],
            [("message", None, 0), ("fallback_message", "claude-opus-4-8", 2)],
        ),
    ],
)
def test_usage_lists_the_iterations_of_several_models(steps: list[Any], iterations: list[Any] | None) -> None:
    entries = usage(*steps).get("iterations") or []

    assert [key for entry in entries[:1] for key in entry] == ITERATION[: len(entries) * 6]
    found = [(entry["type"], entry.get("model"), min(entry["output_tokens"], 2)) for entry in entries]
    assert found == (iterations or [])


@pytest.mark.parametrize(
    ("steps", "requests"),
    [
        ([TEXT], None),
        ([{"server_tool": {"name": "code_execution"}}, REMOTE], None),
        ([FOUND, SEARCH], {"web_search_requests": 2, "web_fetch_requests": 0}),
        ([FETCH, SEARCH], {"web_search_requests": 1, "web_fetch_requests": 1}),
        ([{"block": {"type": "server_tool_use", "id": "u_1", "name": "x", "input": {}}}], None),
    ],
)
def test_searches_and_fetches_are_counted(steps: list[dict[str, Any]], requests: dict[str, int] | None) -> None:
    assert usage(*steps).get("server_tool_use") == requests


def test_usage_step_replaces_and_adds_values() -> None:
    given = {"output_tokens": 900, "service_tier": "batch", "speed": "fast", "iterations": [{"type": "message"}]}

    assert usage(TEXT, {"usage": given}) == {**USAGE, **given}
    assert usage({"thinking": "Hm."}, {"usage": {"output_tokens_details": {"thinking_tokens": 7}}})[
        "output_tokens_details"
    ] == {"thinking_tokens": 7}


def test_last_ending_and_usage_apply() -> None:
    before: list[dict[str, Any]] = [{"usage": {"input_tokens": 5}}, {"stop_reason": "max_tokens"}]
    message = composed(*before, TEXT, {"usage": {"output_tokens": 9}}, {"stop_reason": "end_turn"}).message

    assert (message["usage"]["input_tokens"], message["usage"]["output_tokens"]) == (9, 9)
    assert message["stop_reason"] == "end_turn"


def test_incidents_are_parts_between_the_blocks() -> None:
    steps = [{"pause": "2s"}, TEXT, {"pause": "forever"}, {"disconnect": "reset"}, {"error": "overloaded_error"}]
    reply = composed(*steps)
    *parts, error = reply.parts

    assert parts == [Pause(2_000_000), {"type": "text", "text": "sevench"}, Pause(None), Disconnect("reset")]
    assert isinstance(error, ApiError)
    assert (error.type, error.status, error.message) == ("overloaded_error", 529, "Overloaded")
    assert not reply.is_plain


def test_error_has_the_values_of_the_step() -> None:
    written = {"type": "hiccup", "status": 418, "message": "${{ turn }}", "details": {"error_code": "tea"}}
    [error] = composed({"error": {**written, "headers": {"retry-after": 2, "x-echo": "${{ user }}"}}}).parts

    assert isinstance(error, ApiError)
    assert (error.type, error.status, error.message, error.details) == ("hiccup", 418, "1", {"error_code": "tea"})
    assert error.headers == {"retry-after": "2", "x-echo": "Hello"}


def test_error_has_the_filled_in_type() -> None:
    kinds = [
        part.type
        for placeholder in ("${{ user }}", "${{ turn }}", "${{ request.messages[].role }}")
        for part in composed({"error": {"type": placeholder, "status": 418}}).parts
        if isinstance(part, ApiError)
    ]

    assert kinds == ["Hello", "1", '["user"]']


def test_header_has_one_line_for_any_value() -> None:
    messages = [{"role": "user", "content": "one\r\nset-cookie: two\nthree"}]
    error = {"type": "api_error", "headers": {"x-echo": "${{ user }}", "x-roles": "${{ request.messages[].role }}"}}
    [part] = composed({"error": error}, messages=messages).parts

    assert isinstance(part, ApiError)
    assert part.headers == {"x-echo": "one set-cookie: two three", "x-roles": '["user"]'}


@given(steps=plain_replies)
def test_plain_reply_has_its_content_as_parts(steps: list[dict[str, Any]]) -> None:
    reply = composed(*steps)

    assert reply.is_plain
    assert list(reply.parts) == reply.message["content"]
    assert list(reply.message) == MESSAGE_KEYS
    assert list(reply.message["usage"])[: len(USAGE)] == list(USAGE)
