"""Edits of the context: old thinking and old tool results leave the prompt, and the message reports it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.clearing import clear_tool_uses
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.api.asking import asked
from tests.corpus.pair import COUNT_TOKENS, MESSAGES
from tests.counting import calls
from tests.serving import Received, http_request, received, sent_of, with_client_headers

STATE = ScenarioState(load_text("{validation: off, rules: [reply: Sunny.]}"))
STRICT = ScenarioState(load_text("rules: [reply: Sunny.]"))
BETA = "context-management-2025-06-27"
TOOL_USES, THINKING = "clear_tool_uses_20250919", "clear_thinking_20251015"
PAGE = "a line of a file\n" * 400
TOOLS = [{"name": name, "input_schema": {"type": "object"}} for name in ("read", "list")]


def amount(kind: str, value: int) -> dict[str, Any]:
    return {"type": kind, "value": value}


def pages(*names: str, result: Any = PAGE) -> list[dict[str, Any]]:
    """Return a conversation in which each named tool was called once."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Read them all."}]
    for index, name in enumerate(names):
        call = {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": {"path": f"{index}.txt" * 20}}
        messages.append({"role": "assistant", "content": [call]})
        returned = {"type": "tool_result", "tool_use_id": f"toolu_{index}", "content": result}
        messages.append({"role": "user", "content": [returned]})
    return messages


def thoughts(count: int) -> list[dict[str, Any]]:
    """Return a conversation of turns with thinking."""
    messages: list[dict[str, Any]] = []
    for index in range(count):
        thought = {"type": "thinking", "thinking": f"{index} is a number. " * 20, "signature": "s"}
        messages += [
            {"role": "user", "content": f"{index}?"},
            {"role": "assistant", "content": [thought, text("Yes.")]},
        ]
    return [*messages, {"role": "user", "content": "Thanks."}]


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def ask(
    messages: list[dict[str, Any]],
    *edits: Any,
    state: ScenarioState = STATE,
    path: str = MESSAGES,
    beta: str = BETA,
    **fields: Any,
) -> Received:
    body = {"model": "claude-sonnet-4-6", "max_tokens": 100, "tools": TOOLS, "messages": messages, **fields}
    if path == COUNT_TOKENS:
        del body["max_tokens"]
    if edits:
        body["context_management"] = {"edits": [*edits]}
    headers = with_client_headers({"anthropic-beta": beta} if beta else {})
    return received(sent_of(answer(http_request("POST", path, {}, headers, json.dumps(body).encode()), state)))


def applied(messages: list[dict[str, Any]], *edits: Any, **fields: Any) -> list[dict[str, Any]]:
    given = ask(messages, *edits, **fields)
    assert given.status == 200, given.body
    entries: list[dict[str, Any]] = given.json["context_management"]["applied_edits"]
    return entries


def tool_uses(trigger: int = 2, keep: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": TOOL_USES, "trigger": amount("tool_uses", trigger), "keep": amount("tool_uses", keep), **more}


FOUR = pages("read", "list", "read", "read")


def test_old_tool_results_are_cleared_and_no_longer_counted() -> None:
    full = ask(FOUR).json["usage"]["input_tokens"]
    given = ask(FOUR, tool_uses(), state=STRICT).json

    left = given["usage"]["input_tokens"]
    cleared = {"type": TOOL_USES, "cleared_tool_uses": 3, "cleared_input_tokens": full - left}
    assert given["context_management"] == {"applied_edits": [cleared]}
    assert list(given)[-1] == "context_management"
    assert list(given["context_management"]["applied_edits"][0]) == list(cleared)
    assert left < full / 2


def test_count_tokens_reports_the_tokens_before_and_after() -> None:
    full, left = (ask(FOUR, *edits).json["usage"]["input_tokens"] for edits in ((), (tool_uses(),)))

    assert ask(FOUR, tool_uses(), path=COUNT_TOKENS, state=STRICT).json == {
        "input_tokens": left,
        "context_management": {"original_input_tokens": full},
    }
    assert ask(FOUR, tool_uses(trigger=9), path=COUNT_TOKENS).json == {
        "input_tokens": full,
        "context_management": {"original_input_tokens": full},
    }
    assert ask(FOUR, path=COUNT_TOKENS).json == {"input_tokens": full}


TOOL_EDITS = [
    (tool_uses(), 3),
    (tool_uses(trigger=4), 0),
    (tool_uses(trigger=3, keep=4), 0),
    (tool_uses(keep=0), 4),
    (tool_uses(clear_at_least=amount("input_tokens", 10)), 3),
    (tool_uses(clear_at_least=amount("input_tokens", 1_000_000)), 0),
    (tool_uses(exclude_tools=["read"]), 0),
    (tool_uses(exclude_tools=["read"], keep=0), 1),
    (tool_uses(exclude_tools=["list"]), 2),
    ({"type": TOOL_USES}, 0),
    ({"type": TOOL_USES, "trigger": amount("input_tokens", 1_000)}, 1),
]


@pytest.mark.parametrize(("edit", "count"), TOOL_EDITS)
def test_the_parameters_of_the_edit_select_the_results(edit: dict[str, Any], count: int) -> None:
    entries = applied(FOUR, edit, state=STRICT)

    assert [entry["cleared_tool_uses"] for entry in entries] == ([count] if count else [])


def test_results_that_are_shorter_than_the_placeholder_stay() -> None:
    assert applied(pages("read", "read", "read", result="1"), tool_uses()) == []


@pytest.mark.parametrize(("inputs", "is_more"), [(True, True), (["read"], True), (["list"], False), (False, False)])
def test_inputs_are_cleared_on_request(inputs: Any, is_more: bool) -> None:
    history = pages("read", "read", "read")
    (results,), (both,) = applied(history, tool_uses()), applied(history, tool_uses(clear_tool_inputs=inputs))

    assert (both["cleared_input_tokens"] > results["cleared_input_tokens"]) is is_more


def test_results_of_server_tools_are_cleared_too() -> None:
    content = {"type": "web_fetch_result", "url": "https://example.com", "content": PAGE}
    blocks: list[dict[str, Any]] = []
    for index in range(3):
        call = {"type": "server_tool_use", "id": f"srvtoolu_{index}", "name": "web_fetch", "input": {}}
        blocks += [call, {"type": "web_fetch_tool_result", "tool_use_id": f"srvtoolu_{index}", "content": content}]
    orphan = {"type": "web_fetch_tool_result", "tool_use_id": "another", "content": content}
    messages: list[Any] = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [*blocks, orphan]}]

    assert applied(messages, tool_uses())[0]["cleared_tool_uses"] == 2


@pytest.mark.parametrize(
    ("keep", "count", "model"),
    [
        ("all", 0, "claude-sonnet-4-6"),
        ({"type": "all"}, 0, "claude-sonnet-4-5"),
        (amount("thinking_turns", 1), 2, "claude-sonnet-4-6"),
        (amount("thinking_turns", 2), 1, "claude-sonnet-4-6"),
        (amount("thinking_turns", 3), 0, "claude-sonnet-4-6"),
        (..., 0, "claude-sonnet-4-6"),
        (..., 2, "claude-sonnet-4-5"),
    ],
)
def test_thinking_of_old_turns_is_cleared(keep: Any, count: int, model: str) -> None:
    edit = {"type": THINKING} if keep is ... else {"type": THINKING, "keep": keep}
    full = ask(thoughts(3), model=model).json["usage"]["input_tokens"]
    given = ask(thoughts(3), edit, model=model).json

    freed = full - given["usage"]["input_tokens"]
    entry = {"type": THINKING, "cleared_thinking_turns": count, "cleared_input_tokens": freed}
    assert given["context_management"]["applied_edits"] == ([entry] if count else [])


def test_a_turn_with_tool_results_is_one_turn() -> None:
    thought = {"type": "redacted_thinking", "data": "d"}
    calls = pages("read", "read")
    for message in calls[1::2]:
        message["content"].insert(0, thought)

    assert applied(calls, {"type": THINKING, "keep": amount("thinking_turns", 1)}) == []


def test_each_edit_sees_the_result_of_the_one_before() -> None:
    history = [*thoughts(3), *FOUR]
    full = ask(history).json["usage"]["input_tokens"]
    thinking = {"type": THINKING, "keep": amount("thinking_turns", 1)}
    trigger = amount("input_tokens", full - 1)

    both = applied(history, thinking, {"type": TOOL_USES, "trigger": trigger, "keep": amount("tool_uses", 0)})
    alone = applied(history, {"type": TOOL_USES, "trigger": trigger, "keep": amount("tool_uses", 0)})

    assert [entry["type"] for entry in both] == [THINKING]
    assert [entry["type"] for entry in alone] == [TOOL_USES]
    assert [entry["type"] for entry in applied(history, thinking, tool_uses())] == [THINKING, TOOL_USES]


def test_a_stream_reports_the_edits_in_its_message_delta() -> None:
    events = [
        json.loads(line[6:])
        for line in ask(FOUR, tool_uses(), stream=True).body.decode().splitlines()
        if line.startswith("data: ")
    ]
    message = ask(FOUR, tool_uses()).json

    assert list(events[-2]) == ["type", "delta", "usage", "context_management"]
    assert events[-2]["context_management"] == message["context_management"]
    assert events[-2]["usage"]["input_tokens"] == message["usage"]["input_tokens"]


def test_the_beta_alone_adds_the_field() -> None:
    assert ask(FOUR, state=STRICT).json["context_management"] == {"applied_edits": []}
    assert "context_management" not in ask(FOUR, beta="").json
    assert "context_management" not in ask(FOUR, beta="compact-2026-01-12").json


def test_everything_before_the_newest_compaction_is_dropped() -> None:
    summary = {"type": "compaction", "content": "They counted."}
    onward = [text("One more."), {"role": "user", "content": "On."}]
    before = [*FOUR, {"role": "assistant", "content": [text(PAGE), summary, onward[0]]}, onward[1]]
    failed = [{"type": "compaction", "content": None}, text("Again.")]

    short = ask([{"role": "assistant", "content": [summary, onward[0]]}, onward[1]]).json["usage"]
    whole = ask(before).json["usage"]

    assert whole == short
    assert ask([*before, {"role": "assistant", "content": failed}]).json["usage"] != ask(before).json["usage"]
    no_op = [*FOUR, {"role": "assistant", "content": failed}]
    assert ask(no_op).json["usage"]["input_tokens"] > 1_000


def test_a_cached_prefix_ends_before_the_first_cleared_result() -> None:
    state = ScenarioState(load_text("rules: [reply: Sunny.]"))
    history = pages("read", "read", "read")
    marked = [*history[:-1], {**history[-1], "content": [{**history[-1]["content"][0], "cache_control": EPHEMERAL}]}]

    usages = [ask(marked, *edits, state=state).json["usage"] for edits in ((), (), (tool_uses(),), (tool_uses(),))]

    assert [usage["cache_read_input_tokens"] > 0 for usage in usages] == [False, True, False, True]


EPHEMERAL = {"type": "ephemeral"}

EDITS = st.one_of(
    st.builds(
        lambda trigger, keep, least, inputs: tool_uses(
            trigger, keep, clear_at_least=amount("input_tokens", least), clear_tool_inputs=inputs
        ),
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(0, 3_000),
        st.booleans(),
    ),
    st.builds(lambda keep: {"type": THINKING, "keep": amount("thinking_turns", keep)}, st.integers(1, 4)),
)


@given(st.lists(EDITS, max_size=3), st.lists(st.sampled_from(["read", "list"]), max_size=4), st.integers(0, 3))
def test_edits_never_add_tokens_and_both_endpoints_agree(edits: list[Any], names: list[str], turns: int) -> None:
    history = [*thoughts(turns), *pages(*names, result="page " * 40)]
    full = ask(history).json["usage"]["input_tokens"]

    message, counted = (ask(history, *edits, path=path, stream=False).json for path in (MESSAGES, COUNT_TOKENS))

    entries = message["context_management"]["applied_edits"]
    left = full - sum(entry["cleared_input_tokens"] for entry in entries)
    assert message["usage"]["input_tokens"] == counted["input_tokens"] == left <= full


@pytest.mark.parametrize(
    "settings",
    [
        "x",
        {"edits": "x"},
        {"edits": ["x", {}, {"type": {}}, {"type": "another"}]},
        {"edits": [{"type": TOOL_USES, "trigger": "x", "keep": [], "exclude_tools": 1, "clear_tool_inputs": 1}]},
        {"edits": [{"type": TOOL_USES, "trigger": amount("tool_uses", 0), "keep": amount("tool_uses", -9)}]},
        {"edits": [{"type": THINKING, "keep": amount("thinking_turns", -1)}]},
    ],
)
def test_odd_edits_are_answered_without_validation(settings: Any) -> None:
    assert ask([*thoughts(2), *FOUR], context_management=settings).status == 200


def test_the_work_of_many_edits_is_bounded() -> None:
    edit = tool_uses(clear_at_least=amount("input_tokens", 10**6))

    assert calls(lambda: ask(FOUR, *[edit] * 160)) < 2 * calls(lambda: ask(FOUR, *[edit] * 16))


def test_each_excluded_name_is_compared_with_few_tools() -> None:
    compared = 0

    class Name(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    names = [Name(f"other_{number}") for number in range(100)]
    request = asked(messages=pages(*["read"] * 100))

    assert clear_tool_uses(request, tool_uses(exclude_tools=names, clear_tool_inputs=names)) is not None
    assert compared < 1_000
