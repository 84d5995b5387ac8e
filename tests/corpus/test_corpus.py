"""Each pair of the corpus holds."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

import pytest

from mockclaude.engine.decision import Decision
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.corpus import clients, context, conversations, limits, models, shapes, thinking, tokens
from tests.corpus.pair import COUNT_TOKENS, Accepted, Pair, Refused
from tests.serving import Received, http_request, received, sent_of, with_client_headers

THEMES = (thinking, tokens, limits, shapes, conversations, models, context, clients)
PAIRS = [pair for theme in THEMES for pair in theme.PAIRS]
QUESTION = {"model": "claude-sonnet-5", "max_tokens": 1024, "messages": [{"role": "user", "content": "Hello"}]}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_pair_holds(pair: Pair) -> None:
    decision = ask(pair)

    given = received(sent_of(decision))
    if isinstance(pair.expected, Refused):
        check_refusal(pair.expected, given)
    else:
        check_answer(pair.expected, given, decision)


def test_each_pair_has_a_name_of_its_own_and_a_source() -> None:
    assert len({pair.name for pair in PAIRS}) == len(PAIRS)
    assert [pair.name for pair in PAIRS if not pair.source] == []


def ask(pair: Pair) -> Decision:
    plain = QUESTION if pair.path != COUNT_TOKENS else {**QUESTION, "max_tokens": ...}
    body = {name: value for name, value in {**plain, **pair.request}.items() if value is not ...}
    headers = with_client_headers(pair.headers)
    call = http_request("POST", pair.path, {}, headers, json.dumps(body).encode())
    return answer(call, ScenarioState(load_text(pair.scenario)))


def check_refusal(expected: Refused, given: Received) -> None:
    assert (given.status, *given.error) == (expected.status, expected.type, expected.message)
    assert given.json["error"].get("details") == expected.details
    check_headers(expected, given)


def check_answer(expected: Accepted, given: Received, decision: Decision) -> None:
    assert given.status == 200, given.body
    message = read(given)
    assert {path: find(message, path) for path in expected.fields} == expected.fields
    assert {path: list(find(message, path)) for path in expected.keys} == expected.keys
    counted = {path: find(message, path) for path in expected.counts}
    assert counted == pytest.approx(expected.counts, rel=expected.bar)
    check_headers(expected, given)
    warnings = [note for note in decision.notes if note.startswith("warning: ")]
    assert expected.warning in "\n".join(warnings)
    assert bool(expected.warning) == bool(warnings)


def check_headers(expected: Accepted | Refused, given: Received) -> None:
    assert {name: given.headers.get(name) for name in expected.headers} == expected.headers


def read(given: Received) -> Any:
    """Return the message, or the data of the events of a stream."""
    if not given.headers["content-type"].startswith("text/event-stream"):
        return given.json
    return [json.loads(line[6:]) for line in given.body.decode().splitlines() if line.startswith("data: ")]


def find(message: Any, path: str) -> Any:
    """Return the value at a path; `...` if it is absent."""
    return reduce(step, path.split(".") if path else (), message)


def step(value: Any, key: str) -> Any:
    if isinstance(value, list):
        return value[int(key)]
    return ... if value is ... else value.get(key, ...)
