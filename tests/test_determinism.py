"""Two servers in two processes give the same bytes for the same requests, in any order."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from mockclaude.engine.http_request import LANE_HEADER
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from mockclaude.wire.script import Script
from tests.conftest import Start
from tests.counting import examples
from tests.serving import CLIENT, NOW, Running, asking, http_request, request, script_of

SCENARIO = r"""
pace: {ttft: 1ms, tokens_per_second: 100000, jitter: 50%}
rules:
  - when: {user: chance}
    choice: [{weight: 50, reply: Heads}, {weight: 50, reply: Tails}, {weight: 20, reply: {error: overloaded_error}}]
  - when: {user: who}
    reply: '${{ fake.name }} from ${{ fake.city }}'
  - when: {user: schema}
    reply: {json: from_schema}
  - when: {user: tool}
    reply: [{thinking: Which tool?}, {tool_use: look_up}]
"""
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "email": {"type": "string", "format": "email"},
        "n": {"enum": [1, 2, 3]},
    },
    "required": ["name", "email", "n"],
    "additionalProperties": False,
}
FIELDS = {
    "tools": [{"name": "look_up", "input_schema": SCHEMA}],
    "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
}
TEXTS = [
    "schema",
    "tool",
    "nothing answers this",
    *(f"{what} {n}" for n in range(8) for what in ("chance", "who")),
]
QUESTIONS = [
    request("POST", path, asking(text, stream=stream, **FIELDS), x_api_key=key)
    for text in TEXTS
    for path in ("/v1/messages", "/made/v1/messages")
    for stream in (False, True)
    for key in ("one", "two")
]
FAULTS = """
limits: {requests_per_minute: 6}
chaos:
  - {error: 500, p: 10%}
  - {corrupt: 3, ramp: {end: 90%, over: 6}}
  - {headers: {x-burst: '1'}, burst: {enter: 20%, leave: 50%}}
rules:
  - {when: {user: choice}, choice: [{reply: Heads.}, {reply: Tails.}], fault: {error: 529, requests: 1..1}}
  - {when: {user: script}, sequence: [One., Two.], fault: {script: [529, ok]}}
  - {when: {user: once}, times: 1, reply: Once.}
"""
SCHEDULES = examples(20)
CLOCK = re.compile(rb"(?m)^(date|anthropic-ratelimit-[a-z-]+-reset): .*\r\n")


def answers(server: Running, questions: Sequence[bytes]) -> dict[bytes, bytes]:
    with server.connect() as wire:
        given = {}
        for question in questions:
            wire.send(question)
            given[question] = CLOCK.sub(b"", wire.response().raw)
    return given


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "made.yaml").write_text(SCENARIO)
    return tmp_path


def test_two_processes_answer_alike_in_any_order(start_interpreter: Start, folder: Path) -> None:
    shuffled = random.Random(1).sample(QUESTIONS, len(QUESTIONS))
    first = answers(start_interpreter(folder, PYTHONHASHSEED="1").server, QUESTIONS)
    second = answers(start_interpreter(folder, PYTHONHASHSEED="2").server, shuffled)

    assert first == second
    assert len({*first.values()}) == len(first)


def test_a_process_that_starts_anew_answers_streams_and_repetitions_alike(
    start_interpreter: Start, folder: Path
) -> None:
    questions = QUESTIONS + QUESTIONS
    first, second = (answers(start_interpreter(folder, PYTHONHASHSEED=seed).server, questions) for seed in "12")

    assert first == second


def test_another_seed_answers_otherwise(start: Start, folder: Path) -> None:
    first, second = (answers(start(folder, "--seed", seed).server, QUESTIONS) for seed in (0, 1))

    assert not [question for question in QUESTIONS if first[question] == second[question]]
    texts = [re.findall(rb'"(?:text|input)":("[^"]*"|\{[^}]*\})', b"".join(each.values())) for each in (first, second)]
    assert texts[0] != texts[1]


Sent: TypeAlias = tuple[Script, tuple[str, ...]]
"""All bytes and times of a response, and the notes on it."""


def sent(served: ScenarioState, body: bytes, lane: str = "", path: str = "/v1/messages") -> Sent:
    given = answer(
        http_request("POST", path, {}, {**CLIENT, "x-api-key": f"key {lane}", LANE_HEADER: lane}, body, NOW), served
    )
    served.store.commit(given.at_end)
    return script_of(given)._replace(sends=tuple(script_of(given).sends)), given.notes


def variations(text: str) -> Iterable[bytes]:
    """Yield six requests with one question."""
    streams: list[dict[str, Any]] = [{}, {"stream": True}, {"stream": False}]
    for stream, metadata in product(streams, [{}, {"metadata": {"user_id": "somebody"}}]):
        yield asking(text, **stream, **metadata)


def test_24_requests_of_one_lane_get_the_same_bytes_in_any_order() -> None:
    scenario = load_text(SCENARIO + "chaos: [{error: 500, p: 30%}, {corrupt: 1, p: 30%}]")
    requests = [body for text in ("chance", "who", "tool", "unmatched") for body in variations(text)]
    assert len(requests) == 24
    served = ScenarioState(scenario)
    first = {body: sent(served, body) for body in requests}

    for seed in range(20):
        served, shuffled = ScenarioState(scenario), random.Random(seed).sample(requests, 24)
        assert {body: sent(served, body) for body in shuffled} == first


def test_requests_that_are_refused_get_the_same_bytes_in_any_order() -> None:
    scenario = load_text("rules: [{reply: x}]")
    bodies = (b"", b"{", b"[]", asking(), asking(stream=True), asking(max_tokens=0), asking(messages=[]))
    requests = list(product(bodies, ("/v1/messages", "/v1/messages/count_tokens", "/v1/complete")))
    served = ScenarioState(scenario)
    first = {request: sent(served, request[0], path=request[1]) for request in requests}

    for seed in range(5):
        served, shuffled = ScenarioState(scenario), random.Random(seed).sample(requests, len(requests))
        assert {request: sent(served, request[0], path=request[1]) for request in shuffled} == first


TEXTS_OF_CLIENT = ("choice", "script", "script", "unmatched", "once", "once", "choice")
TALK = [asking(text, stream=bool(number % 2)) for number, text in enumerate(TEXTS_OF_CLIENT)]
"""What each client sends, one request after the other: the last one is more than its limit."""


def told(order: Iterable[str]) -> dict[str, list[Sent]]:
    """Return what each lane gets if requests arrive in this order of lanes."""
    served = ScenarioState(load_text(FAULTS))
    given: dict[str, list[Sent]] = {}
    for lane in order:
        responses = given.setdefault(lane, [])
        responses.append(sent(served, TALK[len(responses)], lane))
    return given


@pytest.mark.slow
def test_50_clients_get_the_same_bytes_however_their_requests_mix() -> None:
    lanes = [f"lane {number}" for number in range(50)]
    order = [lane for lane in lanes for _ in TALK]
    first = told(order)
    statuses = {script.status for responses in first.values() for script, _ in responses}

    assert statuses >= {200, 410, 429, 500, 529}
    for seed in range(SCHEDULES):
        assert told(random.Random(seed).sample(order, len(order))) == first
