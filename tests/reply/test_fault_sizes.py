"""However much a fault is asked to make, a response stays finite and small, and the note says what was left out."""

from __future__ import annotations

import json

import pytest

from mockclaude.engine.decision import Decision
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.reply.faults import resolve
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading.loader import load_text
from tests.scenario.talk import complaints
from tests.serving import CLIENT, asking, http_request, sent_of


def answered(scenario: str, file: str = "a.yaml", *, stream: bool = True) -> Decision:
    call = http_request("POST", "/v1/messages", {}, CLIENT, asking(stream=stream), 0)
    return answer(call, ScenarioState(load_text(scenario, file)))


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        ("{duplicate: every ping, copies: 10000}", "duplicate every ping"),
        ("{slice: 1}", "slice 1"),
        ("{rate: 10B/s}", "rate 10.0"),
        ("{restart: true}", "restart"),
    ],
)
def test_a_fault_that_makes_too_many_pieces_is_left_out(
    fault: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "MAX_PIECES", 12)
    decision = answered(f"rules: [{{reply: Hello, fault: {fault}}}]")

    assert f"fault: {shown}, not applied: makes more than 12 pieces or 64 MB" in decision.notes
    assert sent_of(decision).count(b"event: message_stop") == 1


def test_a_fault_that_makes_too_many_bytes_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve, "MAX_BYTES", 5_000)
    block = "{type: hologram, beam: " + "x" * 1_000 + "}"
    fault = "{duplicate: content_block_start, copies: 9}"
    decision = answered(f"rules: [{{reply: [block: {block}], fault: {fault}}}]")

    assert sent_of(decision).count(b"event: content_block_start") == 1


def test_faults_that_double_a_body_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve, "MAX_PIECES", 5_000)
    decision = answered(f"rules: [{{reply: Hello, fault: [{', '.join(['{restart: true}'] * 50)}]}}]")

    assert len(decision.response.body) <= resolve.MAX_PIECES + 2
    assert decision.notes[-2] == "fault: restart, not applied: makes more than 5,000 pieces or 64 MB"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "fault: {stall: forever, after: message_start, pings: 10ms}",
            "`pings`: more than 100,000 events; expected a longer time between them",
        ),
        (
            "fault: {stall: 10h, after: message_start, pings: 1ms}",
            "`pings`: more than 100,000 events; expected a longer time between them",
        ),
        ("fault: {corrupt: 10001}", "invalid value, got number 10001; expected at most 10000"),
        ("fault: {garbage: 1000001}", "invalid value, got number 1000001; expected at most 1000000"),
        (f"fault: [{'reset, ' * 51}]", "wrong number of items, got 51; expected at most 50"),
        (
            f"fault: {{edit: message_start, delete: {'a.' * 64}a}}",
            "a path has more than 64 keys; expected fewer",
        ),
        ("pace: {tokens_per_second: 1.0e-7}", "rate out of range, got 1e-07; expected a number from 1e-06 to 1e+12"),
        (
            "pace: {tokens_per_second: 1.0e13}",
            "rate out of range, got 10000000000000.0; expected a number from 1e-06 to 1e+12",
        ),
        (
            "pace: {gap: 1s, jitter: {uniform: [0, 1.0e7]}}",
            "factor out of range, got 10000000.0; expected at most 1e+06",
        ),
    ],
)
def test_endless_times_are_invalid(rule: str, message: str) -> None:
    (line,) = complaints(f"rules: [{{reply: x, {rule}}}]")

    assert line.endswith(f": {message}")


@pytest.mark.parametrize(
    "pace",
    [
        "{tokens_per_second: 1.0e-6, jitter: {uniform: [0, 1.0e6]}}",
        "{tokens_per_second: {uniform: [1.0e-6, 1.0e12]}}",
        "{ttft: 999999999h, gap: 999999999h, jitter: {lognormal: {p50: 1.0e6, p99: 1.0e6}}}",
        "{gap: {lognormal: {p50: 1us, p99: 999999999h}}}",
        "{gap: {lognormal: {median: 999999999h, sigma: 10}}}",
        "{gap: {normal: {mean: 999999999h, sd: 999999999h}}}",
        "{gap: {exponential: {mean: 999999999h}}}",
        "{gaps: [999999999h, 0s]}",
    ],
)
def test_every_pace_takes_a_finite_time(pace: str) -> None:
    decision = answered(f"rules: [{{reply: [Hello hello hello, {{pause: 999999999h}}, x], pace: {pace}}}]")

    assert decision.response.status == 200
    assert all(isinstance(at, int) for at, _ in decision.response.body)


@pytest.mark.parametrize(
    "respond",
    [
        {"body": "<html>"},
        {"body": "data: 1", "headers": {"content-type": "text/event-stream"}},
        {"body": ""},
        {"body": "\n\ndata: {", "headers": {"content-type": "text/event-stream"}},
    ],
)
@pytest.mark.parametrize("event", ["body", "every ping", "message_start"])
@pytest.mark.parametrize("stream", [True, False])
def test_a_body_without_json_has_nothing_to_edit(respond: dict[str, object], event: str, stream: bool) -> None:
    faults = [{"respond": respond}, {"edit": event, "set": {"a": 1}}]
    file = json.dumps({"chaos": faults, "rules": [{"reply": "x"}]})
    decision = answered(file, "a.json", stream=stream)

    assert decision.response.status == 200
    assert (
        f"fault: edit {event.removesuffix(' 1')}, not applied: the response has no such event or position"
        in decision.notes
    )


def test_longest_path_is_set() -> None:
    path = ".".join("a" * 64)
    file = json.dumps({"rules": [{"reply": "x", "fault": {"edit": "message_start", "set": {path: 1}}}]})

    assert b'{"a":' * 62 + b'{"a":1' in sent_of(answered(file, "a.json"))


def test_stall_may_have_the_maximum_of_pings() -> None:
    load_text("rules: [{reply: x, fault: {stall: 100s, after: message_start, pings: 1ms}}]")
    with pytest.raises(ScenarioError, match="`pings`: more than 100,000 events"):
        load_text("rules: [{reply: x, fault: {stall: 100001ms, after: message_start, pings: 1ms}}]")
