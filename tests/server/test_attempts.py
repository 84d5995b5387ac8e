"""What faults count: the requests of a lane, equal requests, and the attempts of a turn."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from anthropic import Anthropic

from mockclaude.engine.http_request import LANE_HEADER
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state import counters
from mockclaude.scenario.loading.loader import load_text
from tests.conftest import Serve
from tests.serving import NOW, asking, http_request, post, sent_of, with_client_headers


class Client:
    """Sends requests to a scenario, in a lane."""

    def __init__(self, text: str) -> None:
        self.served = ScenarioState(load_text(text))
        self.notes: tuple[str, ...] = ()

    def ask(self, content: Any = "Hello", lane: str = "a", headers: Any = None, **fields: Any) -> int:
        """Return the status of the response."""
        given = {**with_client_headers({LANE_HEADER: lane}), **(headers or {})}
        got = answer(http_request("POST", "/v1/messages", {}, given, asking(content, **fields), NOW), self.served)
        self.notes = got.notes
        return got.response.status


SCRIPT = "rules: [{reply: At last., fault: {script: [529, 529, ok]}}]"
SONNET, HAIKU = "claude-sonnet-5", "claude-haiku-4-5"


@pytest.mark.parametrize(
    "attempts",
    [
        [{}, {}, {}],
        [{"system": f"It is 15:09:{second}."} for second in (20, 34, 47)],
        [{"content": f"<env>Today: 2026-11-{day}</env> Hello"} for day in (28, 29, 30)],
        [{"stream": True}, {"stream": True}, {"stream": False, "max_tokens": 64}],
        [{"model": SONNET}, {"model": SONNET}, {"model": HAIKU}],
        [{"metadata": {"user_id": user}} for user in "abc"],
        [{"headers": {"x-stainless-retry-count": count}} for count in "012"],
        [{"headers": {"idempotency-key": key}} for key in "abc"],
    ],
)
def test_a_script_counts_the_attempts_of_a_turn(attempts: list[dict[str, Any]]) -> None:
    client = Client(SCRIPT)

    assert [client.ask(**attempt) for attempt in attempts] == [529, 529, 200]
    assert client.notes[-1] == "attempt 3 of its turn"
    assert client.ask(**attempts[0]) == 200


def test_a_script_begins_anew_with_each_turn_and_lane() -> None:
    client, more = Client(SCRIPT), [{"role": "assistant", "content": "Hi!"}, {"role": "user", "content": "Hello"}]
    first = [{"role": "user", "content": "Hello"}]

    assert [client.ask(messages=first) for _ in range(2)] == [529, 529]
    assert [client.ask(messages=first + more) for _ in range(3)] == [529, 529, 200]
    assert client.ask("Another question") == 529
    assert client.ask(system="Make a title.") == 529
    assert client.ask(lane="b") == 529
    assert client.ask(messages=first) == 200


def test_a_script_of_a_rule_counts_what_this_rule_answers() -> None:
    client = Client("rules: [{times: 1, reply: Once.}, {reply: Then., fault: {script: [529, ok]}}]")

    assert [client.ask() for _ in range(3)] == [200, 529, 200]


def test_a_script_of_chaos_counts_what_any_rule_answers() -> None:
    client = Client(f"""
chaos: {{script: [529, 500, ok]}}
rules: [{{when: {{model: {HAIKU}}}, reply: Small., fault: {{script: [400]}}}}, {{reply: Large.}}]
""")

    assert [client.ask(), client.ask()] == [529, 500]
    assert client.ask(model=HAIKU) == 400
    assert client.notes[-2:] == ("attempt 1 of its turn, for `fault`", "attempt 3 of its turn, for `chaos`")


@pytest.mark.parametrize("name", ["chaos", "wish", "fault", "other"])
def test_a_script_of_chaos_and_one_of_a_rule_are_counted_apart_whatever_the_rule_is_called(name: str) -> None:
    client = Client(f"""
chaos: {{script: [529, 529, ok]}}
rules: [{{name: {name}, reply: Hi, fault: {{script: [ok, ok, ok, 503]}}}}]
""")

    assert [client.ask() for _ in range(4)] == [529, 529, 200, 503]
    assert client.notes[-1] == "attempt 4 of its turn"


def test_a_request_without_a_script_names_no_attempt() -> None:
    client = Client("rules: [{reply: x, fault: {error: 529, occurrence: 1}}]")

    assert client.ask() == 529
    assert not any("attempt" in note for note in client.notes)


def test_an_occurrence_counts_equal_bodies() -> None:
    client = Client("rules: [{reply: x, fault: {error: 529, occurrence: 2}}]")

    assert [client.ask(), client.ask(stream=True), client.ask(), client.ask(stream=True)] == [200, 200, 529, 529]
    assert [client.ask(system=f"It is 15:0{minute}") for minute in (1, 2)] == [200, 200]


COUNTED = """
limits: {requests_per_minute: 7}
rules:
  - {when: {user: plain}, reply: No fault.}
  - {when: {user: counted}, reply: x, fault: {error: 529, FAULT}}
"""
EARLIER: list[dict[str, Any]] = [
    {"content": "plain"},
    {"content": "nothing answers this"},
    {"messages": []},
    {"headers": {"content-type": "text/plain"}},
    {"content": "plain", "stream": True},
]
"""Five requests that a fault does not depend on: answered, unmatched, and refused."""


@pytest.mark.parametrize("fault", ["requests: 6..6", "ramp: {start: 0, end: 1, over: 5}"])
def test_all_messages_requests_of_a_lane_are_counted(fault: str) -> None:
    client = Client(COUNTED.replace("FAULT", fault))
    statuses = [client.ask(**earlier) for earlier in EARLIER]

    assert statuses == [200, 410, 400, 415, 200]
    assert client.ask("counted") == 529
    assert client.notes[-1] == "request 6 of its lane"
    assert client.ask("counted", lane="b") == 200
    assert client.notes[-1] == "request 1 of its lane"


def test_a_burst_counts_all_messages_requests_of_a_lane() -> None:
    burst = "burst: {enter: 50%, leave: 50%}"
    only = Client(f"rules: [{{reply: x, fault: {{error: 529, {burst}}}}}]")
    drawn = [only.ask() for _ in range(12)]
    mixed = Client(f"rules: [{{when: {{user: plain}}, reply: x}}, {{reply: x, fault: {{error: 529, {burst}}}}}]")

    assert {*drawn} == {200, 529}
    assert [mixed.ask("plain" if number % 2 else "Hello") for number in range(12)][::2] == drawn[::2]


def test_requests_that_a_limit_refuses_are_counted() -> None:
    client = Client("""
limits: {model: claude-haiku-*, requests_per_minute: 1}
rules: [{reply: x, fault: {error: 529, requests: 4..4}}]
""")

    assert [client.ask(model=HAIKU) for _ in range(3)] == [200, 429, 429]
    assert client.ask() == 529


def test_other_paths_are_not_counted() -> None:
    client = Client("rules: [{reply: x, fault: {error: 529, requests: 2..2}}]")
    headers = with_client_headers({LANE_HEADER: "a"})
    for path in ("/v1/messages/count_tokens", "/v1/other"):
        answer(http_request("POST", path, {}, headers, asking(), NOW), client.served)

    assert [client.ask(), client.ask()] == [200, 529]


def test_an_sdk_gets_to_the_end_of_a_script(serve: Serve) -> None:
    server = serve(SCRIPT, retry_speed=0)
    with Anthropic(base_url=server.url, api_key="mock", max_retries=0) as client:
        question: Any = {"model": SONNET, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
        with pytest.raises(anthropic.OverloadedError):
            client.messages.create(system="It is 15:09:20.", stream=True, **question)
        message = client.with_options(max_retries=1).messages.create(system="It is 15:09:34.", **question)

    assert message.content[0].to_dict() == {"type": "text", "text": "At last."}
    assert [server.line().notes[-1] for _ in range(3)] == [f"attempt {number} of its turn" for number in (1, 2, 3)]


def test_what_is_dropped_is_in_the_journal(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "GENERATION", 2)
    server = serve("rules: [{when: {user: Hello}, reply: x}]")
    for text in ("Hello 1", "Hello 2", "Hello 3"):
        server.ask(post(text, x_mockclaude_lane="a"))
    server.ask(post("nothing answers this", x_mockclaude_lane="a"))
    server.ask(post("Hello", x_mockclaude_lane="b"))

    dropped = "dropped: 2 counts of lane 'a', which keeps 2 to 4"
    assert [server.line().notes for _ in range(5)] == [(), (), (), (dropped,), ()]


def ids(served: ScenarioState, *bodies: bytes) -> dict[bytes, bytes]:
    headers = with_client_headers({})
    calls = {body: http_request("POST", "/v1/messages", {"beta": "true"}, headers, body, NOW) for body in bodies}
    return {body: sent_of(answer(call, served)) for body, call in calls.items()}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"stream": True}),
        ({}, {"stream": False}),
        ({"stream": True}, {"stream": True, "metadata": {"user_id": "x"}}),
        ({}, {"thread": {"type": "create"}}),
        ({"model": SONNET}, {"model": f"{SONNET}+slow"}),
    ],
)
def test_requests_with_one_question_do_not_race_for_ids(one: dict[str, Any], other: dict[str, Any]) -> None:
    scenario, bodies = load_text("rules: [{reply: x}]"), (asking(**one), asking(**other))
    given = ids(ScenarioState(scenario), *bodies)

    assert ids(ScenarioState(scenario), *reversed(bodies)) == given
    assert len({*given.values()}) == 2
