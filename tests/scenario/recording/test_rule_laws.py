"""Whatever a client has sent: the rules of a session replay it."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.scenario.recording.exchange import Exchange, Reception
from mockclaude.scenario.recording.recorded_rules import build_rules
from mockclaude.scenario.recording.session_requests import find_unreadable
from tests.scenario.recording.replaying import ask, load_rules
from tests.scenario.recording.sessions import DAY, HOME, MODEL, OVERLOADED, SMALL_MODEL, TOOLS, to_stream

WORDS = [
    "",
    "a",
    "b",
    "a*b",
    "it's",
    "\\",
    "`",
    '"',
    DAY,
    "10:15:02",
    "REDACTED_1",
    f"{HOME}/x",
    "<tag>",
    "\n",
    "é\u2028",
]
TEXTS = st.lists(st.sampled_from([*WORDS, "a longer line about tides\n", "x" * 150, "y\n" * 90]), max_size=4).map(
    "".join
)
CALLS = [f"toolu_{number:024d}" for number in range(3)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from([1.0, 0.5]) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b c", "metadata"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@st.composite
def blocks(draw: st.DrawFn, role: str) -> dict[str, Any]:
    """Draw a content block of a message."""
    kind = draw(st.sampled_from(["text", "call" if role == "assistant" else "result", "text"]))
    if kind == "text":
        return {"type": "text", "text": draw(TEXTS)}
    call = draw(st.sampled_from(CALLS))
    if kind == "call":
        return {"type": "tool_use", "id": call, "name": draw(st.sampled_from(["run", "x*", "other"])), "input": {}}
    return {"type": "tool_result", "tool_use_id": call, "content": draw(TEXTS), "is_error": draw(st.booleans())}


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    role = draw(st.sampled_from(["user", "assistant", "user", "system"]))
    return {"role": role, "content": draw(TEXTS | st.lists(blocks(role), max_size=3))}


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from([MODEL, SMALL_MODEL, "m*"]),
        "stream": st.booleans(),
        "system": TEXTS,
        "tools": st.lists(st.sampled_from(TOOLS), max_size=2),
        "tool_choice": st.sampled_from([{"type": "auto"}, {"type": "any"}]),
        "max_tokens": st.sampled_from([1, 2, None]),
        "thinking": st.just({"type": "disabled"}),
        "thread": st.just({"type": "create"}) | st.just({"type": "continue", "previous_message_id": "msg_1"}),
        "x y": JSON,
    },
)
BODIES = st.builds(
    lambda talk, settings: orjson.dumps({"model": MODEL, "max_tokens": 9, "messages": talk, **settings}),
    st.lists(messages(), min_size=1, max_size=4),
    SETTINGS,
)


@st.composite
def exchanges(draw: st.DrawFn) -> list[Exchange]:
    """Draw the exchanges of a session."""
    sent = draw(st.lists(BODIES, min_size=1, max_size=6))
    sent += draw(st.lists(st.sampled_from(sent) | st.sampled_from([b"{", b"[]"]), max_size=4))
    return [_exchange(number, body, draw(st.sampled_from([200, 200, 400, 529]))) for number, body in enumerate(sent, 1)]


def _exchange(number: int, body: bytes, status: int) -> Exchange:
    calls = [{"type": "tool_use", "id": CALLS[number % 3], "name": "run", "input": {}}] * (number % 2)
    content = [{"type": "text", "text": str(number)}, *calls]
    usage = {"input_tokens": 1, "output_tokens": 1}
    ids = {"id": f"msg_{number}", "model": MODEL, "stop_reason": "end_turn", "stop_sequence": None}
    message = {**ids, "type": "message", "role": "assistant", "content": content, "usage": usage}
    error = orjson.dumps({**OVERLOADED, "request_id": str(number)})
    streamed = number % 3 == 0
    data = error if status != 200 else to_stream(message) if streamed else orjson.dumps(message)
    kind = "text/event-stream" if status == 200 and streamed else "application/json"
    response = Reception(status, (("content-type", kind), ("request-id", str(number))), data)
    headers = {"anthropic-beta": "message-threads-2026-08-12"} if number % 4 else {}
    return Exchange(number, "POST", "/v1/messages", headers, body, response, "example.com", DAY)


@given(exchanges())
def test_the_rules_of_a_session_replay_it_in_order(session: list[Exchange]) -> None:
    rules = build_rules(session)
    unreadable = find_unreadable(session)
    state = load_rules(rules)
    replayed = [(each, ask(state, each)) for each in session if each not in unreadable]

    assert [rule.problem for rule in rules if rule.problem] == []
    differing = [each.number for each, sent in replayed if sent.response.body != each.reception.body]
    assert differing == []
    assert [note for _, sent in replayed for note in sent.notes if note.startswith("stale")] == []


@given(exchanges())
def test_the_same_session_has_the_same_rules(session: list[Exchange]) -> None:
    rules = build_rules(session)

    assert build_rules(session[::-1]) == rules
    assert len({rule.name for rule in rules}) == len(rules)
