"""Messages as a whole: the prompt cache, threads, diagnostics and counting, from one request to the next."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.engine.decision import Decision
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import NOW, Received, asking, http_request, received, sent_of, with_client_headers

BETAS = "message-threads-2026-08-12,context-management-2025-06-27"
LONG = {"type": "text", "text": "All that is known of it. " * 1000, "cache_control": {"type": "ephemeral"}}
QUESTION = {"role": "user", "content": "Hello"}


@pytest.fixture
def served() -> ScenarioState:
    return ScenarioState(
        load_text("""
rules:
  - {when: {user: fail}, reply: {error: overloaded_error}}
  - {when: {user: written}, as_written: true, reply: Much more than four tokens.}
  - {reply: Much more than four tokens.}
""")
    )


def send(served: ScenarioState, path: str = "/v1/messages", key: str = "mock", **fields: Any) -> Received:
    headers = with_client_headers({"x-api-key": key, "anthropic-beta": BETAS})
    given = answer(http_request("POST", path, {}, headers, asking(**fields), NOW), served)
    served.store.commit(given.at_end)
    return received(sent_of(given))


def notes(served: ScenarioState, **fields: Any) -> tuple[str, ...]:
    given: Decision = answer(
        http_request("POST", "/v1/messages", {}, with_client_headers({}), asking(**fields), NOW), served
    )
    return given.notes


def texts(rule: str, count: int) -> list[str]:
    """Return the text of each of `count` equal requests to a scenario with one rule."""
    served = ScenarioState(load_text(f"rules: [{{{rule}}}]"))
    return [send(served).json["content"][0]["text"] for _ in range(count)]


def test_sequence_repeats_its_last_reply() -> None:
    assert texts("sequence: [one, two]", 4) == ["one", "two", "two", "two"]


def test_each_turn_has_its_reply_in_any_order() -> None:
    served = ScenarioState(load_text("rules: [{turns: [one, two, three]}]"))
    said = {"role": "assistant", "content": "x"}
    conversations = [[QUESTION, *[said, QUESTION] * earlier] for earlier in (2, 0, 1, 0, 5)]

    replies = [send(served, messages=messages).json["content"][0]["text"] for messages in conversations]

    assert replies == ["three", "one", "two", "one", "three"]


def test_choice_is_drawn_by_weight_for_each_occurrence() -> None:
    rule = "choice: [{weight: 80, reply: fine}, {weight: 20, reply: bad}]"

    drawn = texts(rule, 500)

    assert drawn.count("fine") / 500 == pytest.approx(0.8, abs=0.06)
    assert drawn[:50] == texts(rule, 50)


def test_written_input_tokens_outlast_a_fault() -> None:
    rule = "reply: [{text: Hello}, {usage: {input_tokens: 5}}], fault: {drop: ping}"

    body = send(ScenarioState(load_text(f"rules: [{{{rule}}}]")), stream=True).body

    assert b'"input_tokens":5,' in body


FAULTS = """
chaos:
  - {error: 529, requests: 3..3}
  - {error: 503, time: 1h..2h}
rules: [reply: Hello]
"""


def test_the_log_says_what_a_fault_was_decided_by_besides_the_draws() -> None:
    served = ScenarioState(load_text(FAULTS))
    of_each = [notes(served, content=said) for said in ("One", "Two", "Three")]
    clock = "not deterministic: the fault 'error service_unavailable' depends on the clock"

    assert [each[-1] for each in of_each] == [f"request {number} of its lane" for number in (1, 2, 3)]
    assert {each[-2].partition(" the fault")[0] for each in of_each} == {clock.partition(" the fault")[0]}
    assert [each[0] for each in of_each[2:]] == ["fault: error overloaded_error"]


def usage(message: Received) -> tuple[int, int, int]:
    used = message.json["usage"]
    return used["input_tokens"], used["cache_creation_input_tokens"], used["cache_read_input_tokens"]


def test_the_first_request_creates_what_the_second_reads_for_each_key(served: ScenarioState) -> None:
    first, second = (usage(send(served, system=[LONG])) for _ in range(2))

    assert first[1] == second[2] > 1000
    assert first[2] == second[1] == 0
    assert sum(first) == sum(second) == sum(usage(send(served, system=[{**LONG, "cache_control": None}])))
    assert usage(send(served, key="other", system=[LONG])) == first


def test_why_the_cache_was_missed_is_told_to_those_who_ask(served: ScenarioState) -> None:
    first = send(served, system=[LONG], diagnostics={"previous_message_id": None}).json
    asked = {"previous_message_id": first["id"]}

    assert first["diagnostics"] is None
    assert send(served, system=[LONG], diagnostics=asked).json["diagnostics"] is None
    assert send(served, system="Other", diagnostics=asked).json["diagnostics"]["cache_miss_reason"] == {
        "type": "system_changed",
        "cache_missed_input_tokens": sum(usage(send(served, system=[LONG]))),
    }


def test_context_management_is_answered_where_it_is_asked_for(served: ScenarioState) -> None:
    asked: Any = {"context_management": {"edits": []}}

    assert send(served, **asked).json["context_management"] == {"applied_edits": []}


def test_tokens_are_counted_as_usage_says(served: ScenarioState) -> None:
    counted = http_request(
        "POST",
        "/v1/messages/count_tokens",
        {},
        with_client_headers({"anthropic-beta": BETAS}),
        b'{"model":"claude-sonnet-5","messages":[{"role":"user","content":"Hello"}],"context_management":{"edits":[]}}',
        NOW,
    )
    count = received(sent_of(answer(counted, served))).json
    used = usage(send(served, messages=[QUESTION]))

    assert count == {"input_tokens": sum(used), "context_management": {"original_input_tokens": sum(used)}}


def test_a_thread_goes_on_once_from_a_reply_and_again_after_one_that_failed(served: ScenarioState) -> None:
    first = send(served, thread={"type": "create"}, system="Be kind.").json
    goes_on = {"type": "continue", "previous_message_id": first["id"]}

    assert send(served, thread=goes_on, messages=[{"role": "user", "content": "fail"}]).status == 529
    second = send(served, thread=goes_on, messages=[QUESTION])
    assert second.status == 200
    assert usage(second)[0] > first["usage"]["input_tokens"]
    again = send(served, thread=goes_on, messages=[QUESTION])
    assert (again.status, again.json["error"]["details"]["error_code"]) == (400, "thread_already_continued")


def test_turns_of_a_thread_count_the_messages_that_it_keeps() -> None:
    served = ScenarioState(load_text("rules: [{turns: [one, two]}]"))

    first = send(served, thread={"type": "create"}).json
    second = send(served, thread={"type": "continue", "previous_message_id": first["id"]}).json

    assert [message["content"][0]["text"] for message in (first, second)] == ["one", "two"]


def test_a_thread_that_is_not_there_is_a_404(served: ScenarioState) -> None:
    missing = send(served, thread={"type": "continue", "previous_message_id": "msg_1"}, messages=[QUESTION])

    assert (missing.status, missing.json["error"]["details"]["error_code"]) == (404, "thread_not_found")


def test_what_gave_way_is_noted_but_not_where_a_reply_is_as_written(served: ScenarioState) -> None:
    assert notes(served, max_tokens=4) == ("cut at max_tokens (4)",)
    assert notes(served, content="written", max_tokens=4) == ()


def planned(served: ScenarioState, **headers: str) -> Decision:
    call = http_request("POST", "/v1/messages", {}, with_client_headers(headers), asking(), NOW)
    return answer(call, served)


def test_a_request_says_how_fast_it_is_to_be_answered(served: ScenarioState) -> None:
    assert planned(served).response.end_at == 0
    assert planned(served, x_mockclaude_pace="ttft=400ms").response.end_at == 400_000


def test_a_pace_that_is_none_is_a_400(served: ScenarioState) -> None:
    given = planned(served, x_mockclaude_pace="opsu")

    assert given.response.status == 400
    assert "x-mockclaude-pace: unknown pace 'opsu'; expected instant, haiku" in given.reason


@pytest.mark.parametrize("stream", [False, True])
def test_a_reply_ends_where_the_context_window_is_full(served: ScenarioState, stream: bool) -> None:
    long = {"role": "user", "content": "_" * 263_145}
    call: dict[str, Any] = {"model": "claude-haiku-4-5", "messages": [long], "stream": stream}

    assert b'"stop_reason":"model_context_window_exceeded"' in send(served, **call).raw
    assert notes(served, **call) == ("cut at the end of the context window",)


TRIGGERED = """
chaos:
  - {error: 503, when: {user: storm}}
rules:
  - fault: {error: 529, when: {user: busy}}
    reply: Hello
"""


@pytest.mark.parametrize(("said", "status"), [("busy", 529), ("storm", 503), ("calm", 200)])
@pytest.mark.parametrize("stream", [True, False])
def test_a_fault_with_a_when_is_applied_where_it_matches_and_nowhere_else(said: str, status: int, stream: bool) -> None:
    served = ScenarioState(load_text(TRIGGERED))

    assert send(served, messages=[{"role": "user", "content": said}], stream=stream).status == status


CITY = """
rules:
  - when: {system: {regex: 'in (?P<city>Oslo|Rome)'}, user: {regex: '(Hello|Hi)'}}
    reply: '${{ match.1 }} from ${{ match.city }}'
"""


def test_a_reply_fills_in_what_the_patterns_of_user_and_system_capture() -> None:
    given = send(ScenarioState(load_text(CITY)), system="You live in Rome.", messages=[QUESTION])

    assert given.json["content"][0]["text"] == "Hello from Rome"


NEAR = """
rules:
  - {name: forecast, when: {user: weather, tools: get_weather}, reply: Rain.}
"""


def test_the_error_of_an_unmatched_request_says_what_may_have_been_meant() -> None:
    tool = {"name": "get_wether", "input_schema": {"type": "object"}}
    question = {"role": "user", "content": "How is the weather?"}

    error = send(ScenarioState(load_text(NEAR)), messages=[question], tools=[tool]).json["error"]

    assert "forecast" in error["message"]
    assert error["message"].endswith("tools: expected 'get_weather', got 'get_wether'; did you mean 'get_wether'?")
