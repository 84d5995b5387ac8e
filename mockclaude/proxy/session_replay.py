"""Decide the requests of a session again, without a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal
from urllib.parse import parse_qsl

import orjson
from multidict import CIMultiDict, MultiDict

from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import LANE_HEADER, Head, HttpRequest
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.reply.response import End, Response
from mockclaude.scenario.diagnostics import Place
from mockclaude.scenario.digests import digest_request
from mockclaude.scenario.recorded_reply import RecordedReply
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.recording.refresh import MatchedExchange
from mockclaude.scenario.recording.reply_ids import pair_ids, replace_ids
from mockclaude.scenario.rules import Scenario
from mockclaude.scenario.volatile import compile_volatile_parts

_NOW = 1_767_225_600
"""The time of each request, in seconds since the epoch: 2026-01-01. No recorded byte depends on it."""


class SessionReplay:
    """A scenario that decides the requests of a session in their order.

    A reply of the scenario may have other ids than that of the session. Later requests then get the scenario's ids.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._state = ScenarioState(_without_faults(scenario))
        self._ids: dict[str, str] = {}

    def decide(self, exchange: Exchange) -> Decision:
        """Decide the request of an exchange."""
        decision = answer(self._build_request(exchange), self._state)
        self._state.store.commit(decision.at_end)
        if decision.rule is not None and decision.response.data != exchange.reception.body:
            headers = dict(decision.response.headers.lines)
            self._ids.update(pair_ids(exchange.reply, to_reply(decision.response, headers)))
        return decision

    def _build_request(self, exchange: Exchange) -> HttpRequest:
        path, _, query = exchange.path.partition("?")
        key = min(self._state.scenario.policy.api_keys, default="mock")
        headers = CIMultiDict({**exchange.headers, "x-api-key": key, LANE_HEADER: exchange.lane})
        head = Head(exchange.method, path, MultiDict(parse_qsl(query, keep_blank_values=True)), headers)
        return HttpRequest(head, headers, replace_ids(exchange.body, self._ids), _NOW)


def _without_faults(scenario: Scenario) -> Scenario:
    """Return a scenario without the faults and limits that a person has added: the replies are compared."""
    rules = tuple([replace(rule, faults=()) if rule.faults else rule for rule in scenario.rules])
    return scenario._replace(rules=rules, chaos=(), limits=())


def match_session(
    scenario: Scenario, exchanges: Iterable[Exchange], volatile: Sequence[str] = ()
) -> list[MatchedExchange]:
    """Find the rule of a recording for each request of a new session.

    Args:
        scenario: The scenario of the recording.
        exchanges: The exchanges of the session in their order.
        volatile: Expressions of RE2 for texts that differ in a replay.
    """
    replay = SessionReplay(scenario)
    numbers = {rule.place: index for index, rule in enumerate(scenario.rules)}
    varies = compile_volatile_parts(tuple(volatile)).are_unknown_in
    return [_match(exchange, replay.decide(exchange), numbers, varies) for exchange in exchanges]


def _match(
    exchange: Exchange, decision: Decision, numbers: Mapping[Place, int], varies: Callable[[bytes], bool]
) -> MatchedExchange:
    if decision.rule is None:
        return MatchedExchange(exchange, None, "")
    body = exchange.document if decision.whole is None else orjson.loads(decision.whole)
    return MatchedExchange(exchange, numbers[decision.rule.place], digest_request(body, varies))


def to_reply(response: Response, headers: Mapping[str, str | Literal[False]]) -> RecordedReply:
    """Return a response as a recorded reply with these headers."""
    return RecordedReply(response.status, headers, response.data, None, True, find_ending(response))


def find_ending(response: Response) -> str:
    """Return the ending of a response as a step names it; '' for a complete response."""
    if response.end is End.KEEP and response.complete:
        return ""
    return "close" if response.end is End.CLOSE else response.end.name.lower()
