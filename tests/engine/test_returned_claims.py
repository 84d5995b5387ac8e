"""However a request ends, its permit is returned, and what it continued without a reply can be continued again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from mockclaude.api.errors import ApiError
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.routes import answer, commit
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.store import Store
from mockclaude.scenario.conditions.conditions import Condition
from mockclaude.scenario.diagnostics import Place
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import PendingReply, ReplyTemplate, Rule
from tests.engine.deciding import CREATE, after, call, send

SCENARIO = load_text("""
limits: {in_flight: 1, input_tokens_per_minute: 1000}
rules:
  - {when: {user: {equals: error}}, reply: {error: overloaded_error}}
  - {when: {user: {equals: fault}}, reply: Hello!, fault: 529}
  - {when: {user: {equals: nothing}}, reply: {disconnect: reset}}
  - {when: {user: [Hello, more]}, reply: Hello!}
""")
HELLO = SCENARIO.rules[-1].replies[0]


async def fail_later(_: MessagesRequest) -> ReplyTemplate:
    raise ApiError("api_error")


async def fail_at_first(request: MessagesRequest) -> AsyncGenerator[ReplyTemplate, None]:
    if request.user:
        raise ApiError("api_error")
    yield HELLO


async def fail_at_last(_: MessagesRequest) -> AsyncGenerator[ReplyTemplate, None]:
    yield HELLO
    raise ApiError("api_error")


async def crash_at_last(_: MessagesRequest) -> AsyncGenerator[ReplyTemplate, None]:
    yield HELLO
    raise ValueError("a defect of the function")


async def stop_midway(_: MessagesRequest) -> AsyncGenerator[ReplyTemplate, None]:
    yield HELLO
    yield HELLO


def fail(_: MessagesRequest) -> ReplyTemplate:
    raise ApiError("api_error")


def crash(_: MessagesRequest) -> ReplyTemplate:
    raise ValueError("a defect of the function")


FUNCTIONS: dict[str, Callable[[MessagesRequest], ReplyTemplate | PendingReply]] = {
    function.__name__: function
    for function in (fail, crash, fail_later, fail_at_first, fail_at_last, crash_at_last, stop_midway)
}


def state_on(store: Store) -> ScenarioState:
    """Return a scenario that has the functions too, each for its name, and conditions that fail."""
    rules = [Rule(name, Place("test"), (_condition(name),), function=made) for name, made in FUNCTIONS.items()]
    failing = [
        Rule("failing", Place("test"), (_condition("failing condition", fail),)),
        Rule("crashing", Place("test"), (_condition("crashing condition", crash),)),
    ]
    return ScenarioState(SCENARIO._replace(rules=(*rules, *failing, *SCENARIO.rules)), store=store)


def _condition(text: str, look: Callable[[MessagesRequest], Any] = bool) -> Condition:
    return Condition("user", "", lambda request: request.user == text and look(request), bool)


LONG = {"role": "user", "content": "more" * 1000}
FAILURES: dict[str, tuple[int, dict[str, Any]]] = {
    "more": (400, {"max_tokens": -1}),
    "more, but otherwise": (400, {"system": "Other."}),
    "more, at no pace": (400, {"headers": {"x-mockclaude-pace": "none"}}),
    "more than the limit": (429, {"messages": [LONG]}),
    "unmatched": (410, {}),
    "error": (529, {}),
    "fault": (529, {}),
    "nothing": (0, {}),
    "fail": (500, {}),
    "fail_later": (500, {}),
    "fail_at_first": (500, {}),
    "fail_at_last": (200, {"stream": True}),
    "failing condition": (500, {}),
}


@pytest.fixture
def first(store: Store) -> str:
    """Return the id of a message that begins a thread."""
    created = send(state_on(store), call(thread=CREATE)).response
    assert created.status == 200
    return str(created.json["id"])


def assert_nothing_is_held(state: ScenarioState, message_id: str) -> None:
    assert send(state, call("more", thread=after(message_id))).response.status == 200


@pytest.mark.parametrize("text", FAILURES)
def test_failure_returns_the_permit_and_restores_the_thread(store: Store, first: str, text: str) -> None:
    status, fields = FAILURES[text]
    state = state_on(store)

    assert send(state, call(text, thread=after(first), **fields)).script.status == status
    assert_nothing_is_held(state, first)


@pytest.mark.parametrize("text", ["crash", "crash_at_last", "crashing condition"])
def test_defect_of_a_function_returns_the_permit_and_restores_the_thread(store: Store, first: str, text: str) -> None:
    state = state_on(store)

    with pytest.raises(ValueError, match="a defect of the function"):
        send(state, call(text, thread=after(first), stream=True))
    assert_nothing_is_held(state, first)


def test_client_that_goes_returns_the_permit_and_restores_the_thread(store: Store, first: str) -> None:
    state = state_on(store)
    left = send(state, call("stop_midway", thread=after(first), stream=True), is_client_there=False)

    assert left.script.status == 200
    assert_nothing_is_held(state, first)


def test_end_of_a_failed_reply_frees_no_thread_that_another_request_continues(store: Store, first: str) -> None:
    state = state_on(store)
    failed = answer(call("fail", thread=after(first)), state)
    other = state_on(store)
    other.use(other.scenario._replace(limits=()))
    decision = answer(continuing(first), other)
    store.commit(failed.at_end)
    refused = answer(continuing(first), other)

    assert failed.response.status == 500
    assert decision.live
    assert (refused.response.status, refused.reason.partition(" ")[0]) == (400, "Another")


async def ended(state: ScenarioState, decision: Decision) -> None:
    """Play the live reply of `decision` to its end."""
    assert decision.live
    *_, (_, whole) = [part async for part in decision.live.parts()]
    assert whole
    commit(state, whole)
    state.store.commit(whole.at_end)


def continuing(first: str) -> HttpRequest:
    return call("stop_midway", thread=after(first), stream=True)


async def test_live_reply_holds_its_thread_and_its_permit_until_it_ends(store: Store, first: str) -> None:
    one, other = state_on(store), state_on(store)
    decision = answer(continuing(first), one)
    while_sent = [answer(continuing(first), other), answer(call(), other)]
    await ended(one, decision)
    later = [answer(continuing(first), other), answer(call(), other)]

    assert [each.response.status for each in (*while_sent, *later)] == [400, 529, 400, 200]
    assert [each.reason.partition(" ")[0] for each in (while_sent[0], later[0])] == ["Another", "The"]
