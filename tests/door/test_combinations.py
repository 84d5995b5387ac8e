"""Laws of requests in which two or three features meet, whatever these are: held through a real server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockclaude.api.model_constants import find_constants
from mockclaude.api.tokens import of_output
from mockclaude.testing import MockClaude
from tests.counting import examples
from tests.door import functions
from tests.door.effects import EFFECTS, Effect, events_in, positions
from tests.door.plans import FUNCTIONS, Plan, plans
from tests.door.requests import ask, plain
from tests.door.server import Door, Exchange, Request
from tests.reply.client import events_of, message_of
from tests.serving import read_response

FOLDER = Path(__file__).parent
KIND = ("content-type", "cache-control")
FRAMING = ("transfer-encoding", "connection")
LIMITS = ("anthropic-ratelimit-",)
YIELDING = ("texts x", "blocks x", "generator x")
"""Replies of functions that yield them part by part."""

AFTER_TEXT = "stall=2s; after=text_delta"
_IDS = re.compile(rb'"((?:msg|req|toolu)_[^"]*)"')


class Server:
    """A server that forgets everything before each conversation."""

    def __init__(self) -> None:
        self._mock = MockClaude(FOLDER / "combinations.yaml", retry_speed="1x").start()
        self._door = Door.of(self._mock)

    def talk(self, key: str, requests: list[Request]) -> list[Exchange]:
        """Return the responses to requests that a client with `key` sends one after the other."""
        self._mock.reset()
        functions.add(self._mock, FUNCTIONS)
        self._door.forget()
        client = self._door.client(key)
        return [client.send(request) for request in requests]

    def last(self, plan: Plan, *, stream: bool, fault: Any = None) -> Exchange:
        return self.talk(plan.key, plan.requests(stream=stream, fault=fault))[-1]

    def stop(self) -> None:
        self._mock.stop()


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    first, second = Server(), Server()
    yield first, second
    first.stop()
    second.stop()


def status(exchange: Exchange) -> int:
    return int(exchange.raw.split(b" ", 2)[1])


def headers(exchange: Exchange, *, but: tuple[str, ...] = ()) -> list[str]:
    """Return the header lines but the id of the request and those in `but`, sorted: a fault changes their order."""
    lines = exchange.raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return sorted(line for line in lines if not line.startswith(("request-id", *but)))


def ended_us(exchange: Exchange) -> int:
    """Return when the last bytes were planned, in microseconds after the beginning."""
    return int(exchange.planned[-1][0])


def end(exchange: Exchange) -> str:
    return str(exchange.entries[-1]["response"]["end"])


def without_ids(data: bytes) -> bytes:
    return _IDS.sub(b'"id"', data)


def message(exchange: Exchange) -> Any:
    """Return the message that came, streamed or not, without ids."""
    body = without_ids(exchange.body)
    return message_of(events_of(body)) if b"\r\ncontent-type: text/event-stream" in exchange.raw else json.loads(body)


def law(most: int) -> settings:
    return settings(derandomize=True, max_examples=examples(most), database=None)


@law(30)
@given(plan=plans(), stream=st.booleans())
def test_another_server_sends_the_same_bytes(servers: tuple[Server, Server], plan: Plan, stream: bool) -> None:
    first, second = (server.talk(plan.key, plan.requests(stream=stream)) for server in servers)

    assert [exchange.raw for exchange in first] == [exchange.raw for exchange in second]
    assert [exchange.planned for exchange in first] == [exchange.planned for exchange in second]


@law(50)
@given(plan=plans())
def test_streamed_message_equals_json_message(servers: tuple[Server, Server], plan: Plan) -> None:
    streamed, whole = (servers[0].last(plan, stream=stream) for stream in (True, False))

    assert message(streamed) == message(whole)
    assert headers(streamed, but=KIND) == headers(whole, but=KIND)
    assert ended_us(streamed) == ended_us(whole)


@law(30)
@given(plan=plans(but=("thread",)))
def test_usage_adds_up(servers: tuple[Server, Server], plan: Plan) -> None:
    *_, whole, counted = servers[0].talk(plan.key, [*plan.requests(stream=False), plan.token_count()])
    usage, weights = message(whole)["usage"], find_constants(message(whole)["model"]).weights

    created, read = usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]
    assert usage["input_tokens"] + created + read == json.loads(counted.body)["input_tokens"]
    assert created == sum(usage["cache_creation"].values())
    assert (created + read > 0) is ("cache" in plan.features)
    shown = [block for block in message(whole)["content"] if block["type"] != "thinking"]
    thinking_tokens = usage.get("output_tokens_details", {}).get("thinking_tokens", 0)
    assert usage["output_tokens"] == thinking_tokens + sum(of_output(block, weights) for block in shown)


@law(25)
@given(plan=plans())
def test_reply_obeys_max_tokens_and_stop_sequences(servers: tuple[Server, Server], plan: Plan) -> None:
    whole = message(servers[0].last(plan, stream=False))
    most, stops = plan.features.get("max_tokens", 1024), plan.features.get("stop_sequences", [])
    texts = [block["text"] for block in whole["content"] if block["type"] == "text"]

    assert whole["usage"]["output_tokens"] <= most
    assert not [text for text in texts for stop in stops if stop in text]
    assert (whole["stop_reason"] == "stop_sequence") is (whole["stop_sequence"] in stops)


@law(40)
@given(plan=plans(), stream=st.booleans())
def test_pace_and_http_version_change_no_byte_of_a_body(
    servers: tuple[Server, Server], plan: Plan, stream: bool
) -> None:
    first, second = servers[0].last(plan, stream=stream), servers[1].last(plan.without("pace", "http"), stream=stream)

    assert first.body == second.body
    assert headers(first, but=FRAMING) == headers(second, but=FRAMING)


@law(15)
@given(plan=plans(but=("before",)), method=st.sampled_from(["HEAD", "GET"]), stream=st.booleans())
def test_refused_methods_change_no_later_response(
    servers: tuple[Server, Server], plan: Plan, method: str, stream: bool
) -> None:
    refused = Plan({**plan.features, "before": [method]})

    assert servers[0].last(refused, stream=stream).raw == servers[1].last(plan, stream=stream).raw


@pytest.mark.parametrize("path", ["/", "/v1/messages", "/v1/none", "/none", "/_mockclaude/health", "/_mockclaude/none"])
def test_head_has_the_headers_of_get_without_a_body(servers: tuple[Server, Server], path: str) -> None:
    whole, alone = servers[0].talk("free", [plain("GET", path), plain("HEAD", path)])

    assert headers(alone) == headers(whole)
    assert (status(alone), alone.body) == (status(whole), b"")


NO_ENTRIES = plain("GET", "/_mockclaude/journal", accept="application/x-ndjson", connection=None)
NO_CONTENT, NO_BODY = (
    ask("agent", fault={"respond": {"status": status, "body": ""}}, headers={"connection": None})
    for status in (204, 520)
)


@pytest.mark.parametrize(
    "empty",
    [
        pytest.param(NO_BODY, id="respond 520"),
        pytest.param(NO_CONTENT, id="respond 204"),
        pytest.param(NO_ENTRIES, id="no lines"),
    ],
)
def test_connection_goes_on_after_an_empty_body(servers: tuple[Server, Server], empty: Request) -> None:
    exchange = servers[0].talk("free", [Request("", raw=empty.encode("free", []) + ask("agent").encode("free", []))])[0]
    reader = BytesIO(exchange.raw)

    assert read_response(reader).body == b""
    assert read_response(reader).status == 200


@law(25)
@given(plan=plans(), stream=st.booleans())
def test_limits_change_only_what_is_left_of_them(servers: tuple[Server, Server], plan: Plan, stream: bool) -> None:
    limited = Plan({**plan.features, "limit": True})
    exchanges = servers[0].talk(limited.key, limited.requests(stream=stream))
    free = servers[1].last(plan.without("limit"), stream=stream)

    assert message(exchanges[-1]) == message(free)
    assert headers(exchanges[-1], but=LIMITS) == headers(free, but=LIMITS)
    answered = sum(status(exchange) == 200 for exchange in exchanges)
    assert f"anthropic-ratelimit-requests-remaining: {50 - answered}" in headers(exchanges[-1])


@pytest.mark.parametrize("text", YIELDING)
def test_fault_keeps_all_parts_of_generator_over_http_1_0(servers: tuple[Server, Server], text: str) -> None:
    plan = Plan({"reply": text, "http": "1.0"})
    usual, faulted = (servers[0].last(plan, stream=True, fault=fault) for fault in (None, "slice=utf8"))

    assert faulted.body == usual.body


@law(150)
@given(plan=plans(), effect=st.sampled_from(EFFECTS), stream=st.booleans())
def test_fault_changes_only_what_its_kind_says(
    servers: tuple[Server, Server], plan: Plan, effect: Effect, stream: bool
) -> None:
    usual, faulted = servers[0].last(plan, stream=stream), servers[1].last(plan, stream=stream, fault=effect.fault)
    before = events_in(usual.body)
    after = effect.streamed(before) if stream else [usual.body if effect.whole is None else effect.whole]
    is_applied = after != before if stream else effect.whole is not None

    expected = effect.ends[not stream] if is_applied else "keep"
    assert without_ids(faulted.body) == without_ids(b"".join(after))
    assert end(faulted) == ("close" if expected == "keep" and "http" in plan.features else expected)
    if effect.delay_us is not None:
        is_reached = not stream or effect.fault != AFTER_TEXT or positions(before, "text_delta")
        assert ended_us(faulted) - ended_us(usual) == (effect.delay_us if is_reached else 0)
    if faulted.raw and status(faulted) == 200 and "headers" not in effect.fault:
        assert headers(faulted) == headers(usual)
