"""Compaction: a summary in place of the conversation, at a threshold or on demand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.corpus.pair import COUNT_TOKENS, MESSAGES
from tests.reply.client import message_of
from tests.serving import Received, http_request, received, sent_of, with_client_headers

THRESHOLD, SUMMARY = "compact-2026-01-12", "compact-2026-09-04"
LONG = [{"role": "user", "content": "count words " * 30_000}]
SUMMARIZE = {"type": "summarize"}
COUNTS = [
    *("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
    "cache_creation",
]


def ask(reply: str = "Sunny.", path: str = MESSAGES, state: ScenarioState | None = None, **fields: Any) -> Received:
    betas = f"{THRESHOLD},context-management-2025-06-27" if "compaction" not in fields else SUMMARY
    body = {"model": "claude-sonnet-4-6", "max_tokens": 100, "messages": LONG, **fields}
    if path == COUNT_TOKENS:
        del body["max_tokens"]
    headers = with_client_headers({"anthropic-beta": betas})
    state = state or ScenarioState(load_text(f"rules: [reply: {reply}]"))
    return received(sent_of(answer(http_request("POST", path, {}, headers, json.dumps(body).encode()), state)))


def compact(tokens: int = 50_000, **more: Any) -> dict[str, Any]:
    return {"edits": [{"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": tokens}, **more}]}


def test_a_summary_comes_first_at_the_threshold() -> None:
    before = ask(path=COUNT_TOKENS).json["input_tokens"]
    message = ask(context_management=compact()).json

    summary, text = message["content"]
    usage, (compaction, iteration) = message["usage"], message["usage"]["iterations"]
    assert list(summary) == ["type", "content"]
    assert summary["content"] == "Summary of the conversation so far. Messages: 1."
    assert (text["text"], message["stop_reason"]) == ("Sunny.", "end_turn")
    assert [list(entry) for entry in (compaction, iteration)] == [[*COUNTS, "type"]] * 2
    assert [entry["type"] for entry in (compaction, iteration)] == ["compaction", "message"]
    assert {key: usage[key] for key in COUNTS} == {key: iteration[key] for key in COUNTS}
    assert compaction["input_tokens"] == before > 50_000 > 1_000 > iteration["input_tokens"] > 0
    assert message["context_management"] == {"applied_edits": []}


def test_the_message_pauses_after_the_compaction_if_asked() -> None:
    message = ask(context_management=compact(pause_after_compaction=True)).json

    assert [block["type"] for block in message["content"]] == ["compaction"]
    assert message["stop_reason"] == "compaction"
    assert (message["usage"]["input_tokens"], message["usage"]["output_tokens"]) == (0, 0)
    assert [entry["type"] for entry in message["usage"]["iterations"]] == ["compaction"]


def test_there_is_one_iteration_below_the_threshold() -> None:
    before = ask(path=COUNT_TOKENS).json["input_tokens"]
    message = ask(context_management=compact(before + 1)).json

    assert [block["type"] for block in message["content"]] == ["text"]
    assert [(entry["type"], entry["input_tokens"]) for entry in message["usage"]["iterations"]] == [("message", before)]
    assert ask(context_management=compact(before)).json["content"][0]["type"] == "compaction"
    assert "iterations" not in ask(context_management={"edits": []}).json["usage"]


def test_a_summary_is_returned_on_demand() -> None:
    message = ask(messages=[{"role": "user", "content": "Hi"}], compaction=SUMMARIZE).json

    assert [list(block) for block in message["content"]] == [["type", "content", "signature"]]
    assert message["stop_reason"] == "compaction"
    assert (message["usage"]["input_tokens"], message["usage"]["output_tokens"]) == (0, 0)
    assert [entry["type"] for entry in message["usage"]["iterations"]] == ["compaction"]
    assert "context_management" not in message


def test_the_summary_is_accepted_in_place_of_the_conversation() -> None:
    onward = {"role": "user", "content": "On."}
    for asked in ({"context_management": compact()}, {"compaction": SUMMARIZE}):
        answered = {"role": "assistant", "content": ask(**asked).json["content"]}
        again = {key: value for key, value in asked.items() if key != "compaction"}
        short, whole = (ask_again([*before, answered, onward], asked, again) for before in ((), LONG))

        assert (short.status, whole.status) == (200, 200), (short.body, whole.body)
        assert short.json["usage"]["input_tokens"] == whole.json["usage"]["input_tokens"] < 1_000


def ask_again(messages: list[Any], asked: dict[str, Any], fields: dict[str, Any]) -> Received:
    headers = with_client_headers({"anthropic-beta": SUMMARY if "compaction" in asked else THRESHOLD})
    body = {"model": "claude-sonnet-4-6", "max_tokens": 100, "messages": messages, **fields}
    state = ScenarioState(load_text("rules: [reply: Sunny.]"))
    return received(sent_of(answer(http_request("POST", MESSAGES, {}, headers, json.dumps(body).encode()), state)))


@pytest.mark.parametrize(
    "fields",
    [
        {"context_management": compact()},
        {"context_management": compact(pause_after_compaction=True)},
        {"context_management": compact(150_000)},
        {"compaction": SUMMARIZE},
    ],
)
def test_a_stream_has_the_same_message(fields: dict[str, Any]) -> None:
    events = stream(**fields)

    message, whole = message_of(events), ask(**fields).json
    assert message["content"] == whole["content"]
    assert message["stop_reason"] == whole["stop_reason"]
    assert events[-2]["usage"]["iterations"] == whole["usage"]["iterations"]


def stream(**fields: Any) -> list[dict[str, Any]]:
    lines = ask(stream=True, **fields).body.decode().splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


def test_a_stream_has_one_delta_with_the_summary_of_a_threshold() -> None:
    events = stream(context_management=compact())

    start, delta = (next(event for event in events if event["type"] == f"content_block_{kind}") for kind in STARTS)
    assert start["content_block"] == {"type": "compaction", "content": None}
    assert delta["delta"]["type"] == "compaction_delta"
    assert events[0]["message"]["context_management"] is None
    assert events[0]["message"]["usage"]["input_tokens"] == events[-2]["usage"]["iterations"][0]["input_tokens"]


STARTS = ("start", "delta")


def test_a_stream_has_the_summary_on_demand_at_once() -> None:
    events = stream(compaction=SUMMARIZE)

    assert [event["type"] for event in events] == [
        *("message_start", "content_block_start", "ping", "content_block_stop", "message_delta", "message_stop")
    ]
    assert events[1]["content_block"]["content"]
    assert "context_management" not in events[0]["message"]


@pytest.mark.parametrize(
    "reply",
    ["[block: {type: compaction, content: Mine.}]", "[message: {content: [{type: compaction, content: Mine.}]}]"],
)
def test_a_summary_of_the_scenario_is_the_only_one(reply: str) -> None:
    message = ask(reply, context_management=compact()).json

    assert message["content"] == [{"type": "compaction", "content": "Mine."}]
    assert "iterations" not in message["usage"]


@pytest.mark.parametrize("fields", [{"context_management": compact()}, {"compaction": SUMMARIZE}])
def test_an_error_of_the_scenario_takes_the_place_of_the_summary(fields: dict[str, Any]) -> None:
    for is_streamed in (False, True):
        assert ask("[error: 529]", stream=is_streamed, **fields).status == 529


def test_a_recorded_message_stays_as_it_is() -> None:
    state = ScenarioState(load_text("rules: [{as_written: true, reply: Sunny.}]"))

    assert "iterations" not in ask(state=state, context_management=compact()).json["usage"]


def test_the_compaction_counts_what_the_cache_creates_and_reads() -> None:
    state = ScenarioState(load_text("rules: [reply: Sunny.]"))
    cached: dict[str, Any] = {"cache_control": {"type": "ephemeral"}, "context_management": compact()}
    first, second = (ask(state=state, **cached).json["usage"] for _ in range(2))

    (created, _), (read, message) = first["iterations"], second["iterations"]
    assert created["cache_creation_input_tokens"] == read["cache_read_input_tokens"] > 50_000
    assert message["cache_read_input_tokens"] == second["cache_read_input_tokens"] == 0


def test_a_paused_message_is_continued_as_it_is() -> None:
    paused = ask(context_management=compact(pause_after_compaction=True)).json["content"]
    messages = [*LONG, {"role": "assistant", "content": paused}]

    assert ask(messages=messages, context_management=compact()).json["content"] == [{"type": "text", "text": "Sunny."}]


@pytest.mark.parametrize("kind", ["compaction", "message"])
def test_iterations_of_the_scenario_replace_those_of_the_same_type(kind: str) -> None:
    state = ScenarioState(
        load_text(f"rules: [reply: [Sunny., usage: {{iterations: [{{type: {kind}, input_tokens: 7}}]}}]]")
    )

    iterations = ask(state=state, context_management=compact()).json["usage"]["iterations"]

    assert [entry["type"] for entry in iterations] == ["compaction", "message"][: 1 + (kind == "message")]
    assert iterations[-1]["input_tokens"] == 7


def test_a_limit_counts_the_tokens_of_the_compaction() -> None:
    plain, paused = remaining(), remaining(context_management=compact(pause_after_compaction=True))

    assert plain == paused < 450_000


def remaining(**fields: Any) -> int:
    """Return the tokens that a limit has left after a request with these fields."""
    state = ScenarioState(load_text("limits: [{input_tokens_per_minute: 500000}]\nrules: [reply: Sunny.]"))
    return int(ask(state=state, **fields).headers["anthropic-ratelimit-input-tokens-remaining"])


def test_count_tokens_makes_no_compaction() -> None:
    plain = ask(path=COUNT_TOKENS).json["input_tokens"]

    assert ask(path=COUNT_TOKENS, compaction=SUMMARIZE).json == {"input_tokens": plain}
    assert ask(path=COUNT_TOKENS, context_management=compact()).json["input_tokens"] == plain


@pytest.mark.parametrize("pauses", [False, True])
def test_thinking_after_a_compaction_begins_the_answer(pauses: bool) -> None:
    state = ScenarioState(load_text("rules: [reply: [thinking: Hm., tool_use: get]]"))
    fields: dict[str, Any] = {"model": "claude-sonnet-4-6", "thinking": {"type": "enabled", "budget_tokens": 1024}}
    fields |= {"tools": [{"name": "get", "input_schema": {"type": "object"}}], "state": state, "max_tokens": 2000}
    fields |= {"context_management": compact(pause_after_compaction=pauses)}
    messages: list[Any] = [*LONG]
    for _ in range(3):
        answered = ask(messages=messages, **fields)
        assert answered.status == 200, answered.json
        messages.append({"role": "assistant", "content": answered.json["content"]})
        if answered.json["stop_reason"] == "tool_use":
            call = answered.json["content"][-1]["id"]
            result = {"type": "tool_result", "tool_use_id": call, "content": "x"}
            messages.append({"role": "user", "content": [result]})
