"""Agent loops with thinking, tools, context editing and caching: own answers go on, and all counts agree."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.store import Store
from tests.corpus.pair import COUNT_TOKENS, MESSAGES
from tests.engine.deciding import Sent, send
from tests.engine.forms import Form, Steps, state_of, yielding_later
from tests.reply.client import events_of, message_of
from tests.serving import Received, http_request, with_client_headers

BETAS = (
    "context-management-2025-06-27,compact-2026-01-12,compact-2026-09-04,interleaved-thinking-2025-05-14,"
    "thinking-binding-controls-2026-08-01"
)
SUMMARIZED = {"type": "adaptive", "display": "summarized"}
ENFORCED = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "error"}}
ENABLED = {"type": "enabled", "budget_tokens": 1024}
MODELS: dict[str, tuple[Any, ...]] = {
    "claude-haiku-4-5": (ENABLED,),
    "claude-sonnet-4-6": (ENABLED, {"type": "adaptive"}),
    "claude-opus-4-8": (SUMMARIZED, {"type": "adaptive"}),
    "claude-opus-5-5": (None, SUMMARIZED, ENFORCED),
    "claude-fable-5-2": (None, SUMMARIZED, ENFORCED),
}
TOOLS = [{"name": name, "input_schema": {"type": "object"}} for name in ("read", "list")]
READ, LIST = ({"tool_use": {"name": tool["name"], "input": {"page": 7}}} for tool in TOOLS)
HM, WELL = ({"thinking": {"thinking": text}} for text in ("Hm, what is there?", "Well."))
REPLIES: list[Steps] = [
    [HM, {"text": "It is done."}],
    [HM, READ],
    [HM, WELL, {"text": "I read."}, READ, LIST],
    [HM, {"text": "I read."}, WELL, LIST],
    [{"generate": "auto"}],
]
CLEAR_THINKING = {"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns", "value": 1}}
CLEAR_TOOLS = {
    "type": "clear_tool_uses_20250919",
    "trigger": {"type": "tool_uses", "value": 1},
    "keep": {"type": "tool_uses", "value": 1},
    "clear_tool_inputs": True,
}
COMPACT = {"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": 50_000}}
EDITS: list[list[dict[str, Any]]] = [[], [CLEAR_TOOLS], [CLEAR_THINKING, CLEAR_TOOLS], [CLEAR_THINKING, COMPACT]]
EPHEMERAL = {"type": "ephemeral"}


class Turn(NamedTuple):
    """A reply, its form, whether its stream is read, and a fault before it."""

    steps: Steps
    form: Form | None
    stream: bool
    fault: str


def as_strings(body: dict[str, Any]) -> None:
    for message in body["messages"]:
        content = message["content"]
        if isinstance(content, list) and [block["type"] for block in content] == ["text"]:
            message["content"] = content[0]["text"]


def as_rebuilt(body: dict[str, Any]) -> None:
    """Leave out of the calls, and add to the results, what a gateway may."""
    for block in blocks_of(body, "tool_use"):
        block.pop("caller", None)
    for block in blocks_of(body, "tool_result"):
        block["is_error"] = False


def cached(body: dict[str, Any]) -> None:
    for block in blocks_of(body, "text", "tool_result"):
        block.pop("cache_control", None)
    last = body["messages"][-1]
    if isinstance(last["content"], list):
        last["content"][-1]["cache_control"] = EPHEMERAL


def without_first_thinking(body: dict[str, Any]) -> None:
    if (body.get("thinking") or {}).get("type") != "enabled":
        remove(body, blocks_of(body, "thinking")[:1])


def without_thinking(body: dict[str, Any]) -> None:
    if (body.get("thinking") or {}).get("type") != "enabled":
        remove(body, blocks_of(body, "thinking"))


def remove(body: dict[str, Any], blocks: list[dict[str, Any]]) -> None:
    for message in body["messages"]:
        if isinstance(message["content"], list):
            message["content"] = [block for block in message["content"] if block not in blocks]


def blocks_of(body: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    contents = [message["content"] for message in body["messages"] if isinstance(message["content"], list)]
    return [block for content in contents for block in content if block["type"] in kinds]


CHANGES = [as_strings, as_rebuilt, cached, without_first_thinking, without_thinking]
TURNS = st.builds(
    Turn,
    st.sampled_from(REPLIES),
    st.sampled_from([None, yielding_later]),
    st.booleans(),
    st.sampled_from(["", "cut", "529"]),
)


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Build the first request of a loop."""
    model = draw(st.sampled_from(sorted(MODELS)))
    body: dict[str, Any] = {"model": model, "max_tokens": 4_000, "tools": TOOLS}
    if thinking := draw(st.sampled_from(MODELS[model])):
        body["thinking"] = thinking
    if edits := draw(st.sampled_from(EDITS)):
        body["context_management"] = {"edits": edits}
    if draw(st.booleans()):
        body["system"] = [{"type": "text", "text": "Be kind.", "cache_control": EPHEMERAL}]
    words = 30_000 if COMPACT in edits and draw(st.booleans()) else draw(st.sampled_from([1, 3_000]))
    return {**body, "messages": [{"role": "user", "content": "count words " * words}]}


@given(bodies(), st.sampled_from(["old", "new"]), st.lists(TURNS, min_size=3, max_size=5))
def test_an_agent_loop_goes_on(body: dict[str, Any], account: str, turns: list[Turn]) -> None:
    store = MemoryStore()
    for turn in turns:
        checker = Checker(turn, f"account: {account}\n")
        message = checker.check(body)
        checker.check_retry(body, message, store)
        answered = {"role": "assistant", "content": message["content"]}
        body = {**body, "messages": [*body["messages"], answered, next_message(message)]}
        checker.check_changes(body)


class Checker:
    """One turn of a loop, answered by several processes."""

    def __init__(self, turn: Turn, head: str) -> None:
        self.turn = turn
        self.head = head

    def check(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the message that answers a request, about which all ways to ask agree."""
        whole, again = self.post(body), self.post(body)
        stream = self.post({**body, "stream": True})
        assert whole.status == 200, whole.body
        assert whole.raw == again.raw

        message, events = whole.json, events_of(stream.body)
        streamed, usage = message_of(events), message["usage"]
        assert without_ids(streamed) == without_ids(message)
        assert streamed["stop_reason"] == message["stop_reason"]
        assert streamed["input_transformations"] == message["input_transformations"] == []
        assert events[-2]["usage"] == {key: usage[key] for key in events[-2]["usage"]}
        assert events[-2].get("context_management") == message.get("context_management")
        assert input_tokens(message) == self.count(body).json["input_tokens"]
        last = usage.get("iterations", [usage])[-1]
        assert {key: last[key] for key in (*INPUT, "output_tokens")}.items() <= usage.items()
        return streamed if self.turn.stream else message

    def check_retry(self, body: dict[str, Any], message: dict[str, Any], store: Store) -> None:
        """Check that a server with the earlier turns in its cache answers alike, also after a fault."""
        if self.turn.fault:
            self.send({**body, "stream": self.turn.stream}, store=store, fault=self.turn.fault)
        retried = self.post(body, store=store).json
        assert without_ids(retried) == without_ids(message)
        assert input_tokens(retried) == pytest.approx(input_tokens(message), abs=CACHED_TAIL)

    def check_changes(self, body: dict[str, Any]) -> None:
        """Check that a history in another form, or without some thinking, is accepted."""
        for change in CHANGES:
            changed = deepcopy(body)
            change(changed)
            counted = self.count(changed)
            assert counted.status == 200, (change, counted.body)

    def count(self, body: dict[str, Any]) -> Received:
        return self.post({name: value for name, value in body.items() if name != "max_tokens"}, COUNT_TOKENS)

    def post(self, body: dict[str, Any], path: str = MESSAGES, store: Store | None = None) -> Received:
        """Return the response of a process with this store, or with a new one."""
        return self.send(body, path, store).response

    def send(self, body: dict[str, Any], path: str = MESSAGES, store: Store | None = None, fault: str = "") -> Sent:
        headers = with_client_headers({"anthropic-beta": BETAS, "x-mockclaude-fault": fault or None})
        state = state_of(self.turn.form, self.turn.steps, self.head, store)
        return send(state, http_request("POST", path, {}, headers, orjson.dumps(body)))


INPUT = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
CACHED_TAIL = 6
"""Tokens after the last breakpoint that depend on the cache."""


def input_tokens(message: dict[str, Any]) -> int:
    """Return the tokens of the request: before a compaction, if there is one."""
    usage = message["usage"]
    return sum(usage.get("iterations", [usage])[0][key] for key in INPUT)


def without_ids(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: value for key, value in block.items() if key != "id"} for block in message["content"]]


def next_message(message: dict[str, Any]) -> dict[str, Any]:
    """Return the results of the calls, or a question."""
    calls = [block["id"] for block in message["content"] if block["type"] == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": call, "content": "a line of a file\n" * 200} for call in calls]
    return {"role": "user", "content": results or [{"type": "text", "text": "Go on."}]}
