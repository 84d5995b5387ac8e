"""What a server would answer, and why, without a server.

In: a scenario, and calls. Out: text for a person.
Knows nothing of files and sockets. It asks the same functions that a server asks, so it says what a server does; limits
are left out, since they depend on who else asks and when.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mockclaude.api.errors import ApiError
from mockclaude.api.fingerprint import parse
from mockclaude.api.redaction import redact
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.match import MatchResult, explain
from mockclaude.scenario.rules import RuleKey, Scenario
from mockclaude.wire.encode import encode
from mockclaude.wire.script import Script


def explained(scenario: Scenario, requests: Sequence[HttpRequest]) -> str:
    """Explain the response to the last of `requests`, after the others: which rule, why no other, and the bytes."""
    state = ScenarioState(replace(scenario, limits=()))
    *before, http = requests
    for earlier in before:
        state.store.commit(answer(earlier, state).at_end)
    counts = state.store.counts(http.head.lane, [rule.key for rule in scenario.rules])
    decision = answer(http, state.fork())
    script = encode(decision.response, http11=http.head.http11)
    lines = [*_decision(decision), *_not_chosen(scenario, http, decision, counts), *_sent(script)]
    return redact("\n".join(lines))


def _decision(given: Decision) -> Iterator[str]:
    yield f"rule    {given.reason}" if given.rule else f"no rule {given.reason}"
    if given.draws:
        yield f"drawn   {given.draws}"
    yield from (f"note    {note}" for note in given.notes)


def _not_chosen(
    scenario: Scenario, http: HttpRequest, decision: Decision, counts: Mapping[RuleKey, int]
) -> Iterator[str]:
    """Yield the rules above the one that answers, each with what it wanted and what came, and those that it shadows."""
    above = True
    for explanation in _explanations(scenario, decision.whole or http.body, http.headers, counts):
        above = above and explanation.rule is not decision.rule
        if explanation.failed and (above or explanation.shadowed):
            yield f"not     {explanation.rule.label}: {'; '.join(map(str, explanation.failed))}"


def _explanations(
    scenario: Scenario, body: bytes, headers: Mapping[str, str], counts: Mapping[RuleKey, int]
) -> list[MatchResult]:
    try:
        return explain(scenario.rules, MessagesRequest(parse(body)[0], headers), counts)
    except (ApiError, KeyError, TypeError, AttributeError):
        return []


def _sent(script: Script) -> Iterator[str]:
    yield f"sent    status {script.status or 'none'}, in {len(script.sends)} pieces, {script.end.value}"
    yield f"        after {script.end_at / 1e6:g} s"
    yield ""
    yield b"".join(send.data for send in script.sends).decode("utf-8", "backslashreplace").replace("\r\n", "\n")
