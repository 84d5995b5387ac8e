"""Replay a written recording without a server, and compare the responses with the recorded ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qsl

from multidict import CIMultiDict, MultiDict

from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import LANE_HEADER, Head, HttpRequest
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.reply.response import End, Response
from mockclaude.scenario.diagnostics import ScenarioError, format_value
from mockclaude.scenario.loading.loader import load
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.recording.recorded_headers import list_headers

_NOW = 1_767_225_600
"""The time of each request, in seconds since the epoch: 2026-01-01. No recorded byte depends on it."""

_SHOWN = 20
"""The bytes of a body that a difference shows."""

_OTHER_RESPONSE = ("stale: ", "not as recorded: ")
"""The beginnings of notes that a recorded request must not get."""


def check_recording(path: Path, exchanges: Sequence[Exchange]) -> list[str]:
    """Load a recording and decide the requests of its session, in their order.

    Args:
        path: The scenario file.
        exchanges: All exchanges of the session that the file has recorded.

    Returns:
        Each difference between the file's response and the recorded one, and each note that the request is not the
        recorded one. None if the file replays the session.
    """
    try:
        scenario = load([path])
    except ScenarioError as error:
        return [str(diagnostic) for diagnostic in error.diagnostics]
    state, differences = ScenarioState(scenario), []
    for exchange in sorted(exchanges, key=lambda exchange: exchange.number):
        decision = answer(build_request(exchange, scenario.policy.api_keys), state)
        state.store.commit(decision.at_end)
        differences += [_describe(exchange, decision, problem) for problem in _compare(exchange, decision)]
    return differences


def build_request(exchange: Exchange, api_keys: Sequence[str] | frozenset[str] = ()) -> HttpRequest:
    """Build the request of an exchange, with a key that the scenario accepts.

    Args:
        exchange: The exchange.
        api_keys: The accepted keys; any key if empty.
    """
    path, _, query = exchange.path.partition("?")
    key = min(api_keys, default="mock")
    headers = CIMultiDict({**exchange.headers, "x-api-key": key, LANE_HEADER: exchange.lane})
    head = Head(exchange.method, path, MultiDict(parse_qsl(query, keep_blank_values=True)), headers)
    return HttpRequest(head, headers, exchange.body, _NOW)


def _describe(exchange: Exchange, decision: Decision, problem: str) -> str:
    rule = decision.rule
    name = f"rule '{rule.name}' in line {rule.place.line}" if rule else "no rule"
    return f"request {exchange.number}, {exchange.method} {exchange.path}: {name}: {problem}"


def _compare(exchange: Exchange, decision: Decision) -> Iterator[str]:
    response, recorded = decision.response, exchange.reception
    if decision.rule is None:
        yield f"status {response.status}, got '{decision.reason}'; expected the recorded response"
        return
    if response.status != recorded.status:
        yield f"status {response.status}; expected {recorded.status}"
    yield from _compare_headers(list_headers(recorded), response)
    yield from _compare_bodies(recorded.body, response.data)
    if (ending := _find_ending(response)) != recorded.ending:
        yield f"ending {ending or 'complete'}; expected {recorded.ending or 'complete'}"
    yield from (note for note in decision.notes if note.startswith(_OTHER_RESPONSE))


def _compare_headers(expected: Mapping[str, str | bool], response: Response) -> Iterator[str]:
    sent = {**dict(response.headers.lines), "request-id": response.request_id}
    for name, value in expected.items():
        if sent.get(name, "") != (value or ""):
            yield f"header {name} {format_value(sent.get(name, ''))}; expected {format_value(value or '')}"


def _compare_bodies(expected: bytes, sent: bytes) -> Iterator[str]:
    if sent != expected:
        pairs = enumerate(zip(expected, sent, strict=False))
        first = next((at for at, (one, other) in pairs if one != other), min(len(expected), len(sent)))
        shown = [body[first : first + _SHOWN] for body in (sent, expected)]
        yield f"body differs at byte {first:,}, got {shown[0]!r}; expected {shown[1]!r}"


def _find_ending(response: Response) -> str:
    if response.end is End.KEEP and response.complete:
        return ""
    return "close" if response.end is End.CLOSE else response.end.name.lower()
