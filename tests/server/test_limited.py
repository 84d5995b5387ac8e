"""Requests to a scenario with limits: what is let in, what it is told, and when it counts."""

from __future__ import annotations

import calendar
import time
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from mockclaude.api.errors import ApiError
from mockclaude.engine.decision import Decision
from mockclaude.engine.explain import explain_response
from mockclaude.engine.routes import answer, commit
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.conditions.conditions import Condition
from mockclaude.scenario.diagnostics import Place
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import ReplyTemplate, Rule
from mockclaude.server.clock import ManualClock
from mockclaude.wire.encode import BatchEncoder
from tests.conftest import Serve
from tests.serving import (
    NOW,
    Received,
    Running,
    asking,
    http_request,
    post,
    received,
    request,
    sent_of,
    with_client_headers,
)

LONG = {"type": "text", "text": "All that is known of it. " * 1000, "cache_control": {"type": "ephemeral"}}
RULES = """
rules:
  - {when: {user: many}, reply: [Hello!, {usage: {input_tokens: 900, output_tokens: 700}}]}
  - {when: {user: broken}, reply: {error: api_error}}
  - {when: {user: once}, times: 1, reply: The only one.}
  - {when: {user: cut}, reply: [{text: 'The first half, and'}, {disconnect: reset}]}
  - {when: {user: told}, reply: Hello!, fault: {headers: {anthropic-ratelimit-requests-limit: 7}}}
  - {when: {user: [hello, Hello]}, reply: Hello!}
"""
FAMILIES = ("requests", "tokens", "input-tokens", "output-tokens")


def limited(limits: str) -> ScenarioState:
    return ScenarioState(load_text(f"limits: {limits}\n{RULES}"))


def given(served: ScenarioState, content: Any = "hello", later: float = 0, **fields: Any) -> Decision:
    """Return the answer to a request that comes so many seconds `later` than `NOW`."""
    seconds, fraction = divmod(round(later * 1_000_000), 1_000_000)
    headers, body = with_client_headers({}), asking(content, **fields)
    return answer(http_request("POST", "/v1/messages", {}, headers, body, NOW + seconds, fraction=fraction), served)


def sent(served: ScenarioState, content: Any = "hello", later: float = 0, **fields: Any) -> Received:
    return received(sent_of(given(served, content, later, **fields)))


def remaining(response: Received, *families: str) -> list[int]:
    return [int(response.headers[f"anthropic-ratelimit-{family}-remaining"]) for family in families or FAMILIES]


def test_the_headers_count_down_and_keep_their_place() -> None:
    served = limited("{requests_per_minute: 50, input_tokens_per_minute: 900, output_tokens_per_minute: 800}")
    free = sent(ScenarioState(load_text(RULES)))
    first, second = sent(served), sent(served, stream=True)

    assert list(first.headers) == list(free.headers)
    assert remaining(first) == [49, 1689, 891, 798]
    assert remaining(second) == [48, 1678, 882, 796]
    assert first.headers["anthropic-ratelimit-output-tokens-reset"] == "2026-11-18T11:06:41Z"


def test_a_429_has_them_too_and_the_time_to_come_back_is_true_to_the_microsecond() -> None:
    served = limited("{requests_per_minute: 2}")
    for _ in range(2):
        sent(served, later=0.25)
    refused = sent(served, later=1.5)

    assert (refused.status, refused.error[0]) == (429, "rate_limit_error")
    assert (refused.headers["retry-after"], refused.headers["x-should-retry"]) == ("29", "true")
    assert remaining(refused, "requests") == [0]
    assert refused.headers["anthropic-ratelimit-requests-reset"] == "2026-11-18T11:07:41Z"
    assert [sent(served, later=later).status for later in (30.249999, 30.25)] == [429, 200]


def test_the_log_says_which_limit_it_was_and_that_the_order_decides() -> None:
    served = limited("{requests_per_minute: 1}")
    first, second = given(served), given(served)

    assert first.notes == ()
    assert second.notes == ("limit: requests per minute (depends on the order of requests)",)
    assert second.reason.startswith("This request would exceed your organization's rate limit of 1 requests per minute")


def test_a_request_that_is_refused_asks_no_rule_and_one_that_is_wrong_uses_nothing() -> None:
    served = limited("{requests_per_minute: 1}")

    assert sent(served, max_tokens=-1).status == 400
    assert sent(served).status == 200
    assert sent(served, "once").status == 429
    assert sent(served, "once", later=60).json["content"][0]["text"] == "The only one."


def test_what_is_read_from_the_cache_does_not_count_and_what_is_created_does() -> None:
    served = limited("{input_tokens_per_minute: 10000}")
    responses = [sent(served, system=[LONG]) for _ in range(3)]

    created = responses[0].json["usage"]["cache_creation_input_tokens"]
    assert created > 7000
    assert [response.status for response in responses] == [200, 200, 200]
    assert remaining(responses[2], "input-tokens") == [(10_000 - created) // 1000 * 1000]


@pytest.mark.parametrize("stream", [False, True])
def test_usage_that_is_written_is_what_counts(stream: bool) -> None:
    served = limited("{input_tokens_per_minute: 950, output_tokens_per_minute: 900}")

    assert remaining(sent(served, "many", stream=stream), "input-tokens", "output-tokens") == [50, 200]
    assert sent(served, "many").status == 200
    assert sent(served).status == 429


@pytest.mark.parametrize("content", ["broken", "cut", "nothing answers this"])
def test_what_never_was_a_message_has_no_output(content: str) -> None:
    served = limited("{output_tokens_per_minute: 100}")

    assert given(served, content).response.status != 200
    assert remaining(sent(served, "hello"), "output-tokens") == [98]


def test_a_fault_changes_the_headers_last() -> None:
    told = sent(limited("{requests_per_minute: 50}"), "told").headers

    assert told["anthropic-ratelimit-requests-limit"] == "7"
    assert told["anthropic-ratelimit-requests-remaining"] == "49"


def test_a_model_that_no_limit_is_for_is_answered_as_without_limits() -> None:
    served = limited("{model: claude-opus-5, requests_per_minute: 1}")

    assert [remaining(sent(served), "requests") for _ in range(2)] == [[3999], [3999]]
    assert [sent(served, model="claude-opus-5").status for _ in range(2)] == [200, 429]


def test_a_reset_gives_everything_back() -> None:
    served = limited("{requests_per_minute: 1, in_flight: 1}")
    assert [sent(served).status for _ in range(2)] == [200, 429]
    served.reset()

    assert sent(served).status == 200


def test_rules_that_are_added_leave_the_limits_as_they_are() -> None:
    served = limited("{requests_per_minute: 1}")
    sent(served)
    served.add({"reply": "Hi."}, "test")

    assert sent(served).status == 429


def test_limits_of_another_scenario_begin_anew() -> None:
    served = limited("{requests_per_minute: 1, in_flight: 1}")
    first = given(served)
    served.use(limited("{requests_per_minute: 1, in_flight: 1}").scenario)
    statuses = [sent(served).status for _ in range(2)]
    served.store.commit(first.at_end)

    assert statuses == [200, 429]
    assert sent(served, later=60).status == 529


def test_a_request_is_in_flight_until_its_answer_is_done() -> None:
    served = limited("{in_flight: 1}")
    first = given(served)
    assert given(served).response.status == 529
    served.store.commit(first.at_end)

    assert given(served).response.status == 200


def with_rule(limits: str, **rule: Any) -> ScenarioState:
    """Return what serves a rule, of more than a file can say, before those of the file."""
    scenario = load_text(f"limits: {limits}\n{RULES}")
    return ScenarioState(scenario._replace(rules=(Rule("first", Place("test"), **rule), *scenario.rules)))


def test_a_request_that_fails_while_rules_are_asked_is_not_in_flight() -> None:
    def fail(_: object) -> bool:
        raise ApiError("api_error")

    served = with_rule("{in_flight: 1}", conditions=(Condition("function", "", fail, bool),))

    assert [given(served).response.status for _ in range(2)] == [500, 500]


async def test_a_reply_that_is_made_while_it_is_sent_counts_once_it_is_whole() -> None:
    async def live(_: object) -> AsyncGenerator[ReplyTemplate, None]:
        for _ in range(2):
            yield load_text(RULES).rules[-1].replies[0]

    served = with_rule("{output_tokens_per_minute: 100}", function=live, times=1)
    making = given(served, stream=True).live
    assert making
    encoder = BatchEncoder(http11=True)
    parts = [part async for part in making.parts()]
    scripts = [encoder.encode(part.response) for part in parts]
    assert parts[-1].whole
    commit(served, parts[-1].whole)

    assert remaining(received(b"".join(send.data for script in scripts for send in script.sends)), "output-tokens") == [
        98
    ]
    assert remaining(sent(served), "output-tokens") == [94]


def test_an_explanation_leaves_limits_out() -> None:
    scenario = load_text(f"limits: {{requests_per_minute: 1, in_flight: 1}}\n{RULES}")
    asked = http_request("POST", "/v1/messages", {}, with_client_headers({}), asking("hello"), NOW)

    assert "status 200" in explain_response(scenario, [asked] * 3)


SLOW = """
limits: {in_flight: {most: 2, release: 0}}
rules:
  - {when: {user: hang}, reply: [{text: Wait}, {pause: forever}]}
  - {when: {user: cut}, reply: [{text: Wait}, {pause: 1ms}, {disconnect: reset}]}
  - reply: Hello!
"""


def test_a_response_is_in_flight_until_its_client_goes(serve: Serve) -> None:
    server = serve(SLOW)
    wires = [server.connect(), server.connect()]
    for wire in wires:
        wire.send(post("hang", stream=True))
        wire.head()
    seen = [server.ask(post()).status]
    for wire in wires:
        wire.reset()
        while server.line().ending != "client gone":
            pass
        seen.append(server.ask(post()).status)

    assert seen == [529, 529, 200]


def test_a_response_is_in_flight_until_it_ends_however_it_does(serve: Serve) -> None:
    server = serve(SLOW)
    for _ in range(3):
        with server.connect() as wire:
            wire.send(post("cut", stream=True))
            wire.until_reset()
        assert server.ask(post()).status == 200


class Patient:
    """A client that sends when the headers of its last response allow it, and else lets the clock pass until then."""

    def __init__(self, server: Running, clock: ManualClock) -> None:
        self.server = server
        self.clock = clock
        self.told: dict[str, str] = {}

    def ask(self, content: str) -> Received:
        for family, needed in (("requests", 1), ("input-tokens", 50), ("output-tokens", 1)):
            if self.told and int(self.told[f"anthropic-ratelimit-{family}-remaining"]) < needed:
                self.wait_until(self.told[f"anthropic-ratelimit-{family}-reset"])
        response = self.server.ask(request("POST", "/v1/messages", asking(content)))
        self.told = response.headers
        return response

    def wait_until(self, reset: str) -> None:
        seconds = calendar.timegm(time.strptime(reset, "%Y-%m-%dT%H:%M:%SZ"))
        self.clock.advance(max(0, seconds - self.clock.now()))


def test_a_client_that_honours_the_headers_never_sees_a_429(serve: Serve) -> None:
    clock = ManualClock(NOW)
    limits = "limits: {requests_per_minute: 5, input_tokens_per_minute: 100, output_tokens_per_minute: 40}"
    server = serve(f"{limits}\nrules: [{{reply: 'You said: ${{{{ user }}}}'}}]", clock=clock)
    client = Patient(server, clock)

    assert {client.ask("The more I say, the more is said. " * (n % 5 + 1)).status for n in range(60)} == {200}
    assert clock.now() > NOW + 600


def test_one_that_does_not_is_told_when_it_may_come_back(serve: Serve) -> None:
    clock = ManualClock(NOW)
    server = serve("limits: {requests_per_minute: 4}\nrules: [{reply: Hello!}]", clock=clock)
    statuses = [server.ask(post()).status for _ in range(5)]
    wait = int(server.ask(post()).headers["retry-after"])
    clock.advance(wait)

    assert (statuses, wait) == ([200, 200, 200, 200, 429], 15)
    assert [server.ask(post()).status for _ in range(2)] == [200, 429]
