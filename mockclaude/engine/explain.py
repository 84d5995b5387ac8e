"""The explanation of a response: the selected rule, the failed conditions of earlier rules, and the bytes.

It decides with the server's own functions. Limits are left out, because they depend on the time and on other requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mockclaude.api.errors import ApiError
from mockclaude.api.fingerprint import parse
from mockclaude.api.redaction import redact
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest, replace_headers
from mockclaude.engine.paths import RESOURCES
from mockclaude.engine.request_context import resource_request
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.resources import MAX_LANE_BYTES
from mockclaude.scenario.match import MatchResult, explain
from mockclaude.scenario.rules import RuleKey, Scenario
from mockclaude.wire.encode import encode
from mockclaude.wire.script import Script

_SHOWN_ITEMS = 12
"""The items of a batch whose decisions are shown."""


def explain_response(
    scenario: Scenario,
    requests: Sequence[HttpRequest],
    *,
    max_upload: int = MAX_LANE_BYTES,
    is_instant: bool = False,
) -> str:
    """Explain the response to the last request, after those to the earlier ones.

    Args:
        scenario: The scenario.
        requests: The requests, in their order.
        max_upload: The maximum number of bytes of an upload, and of the files of a lane.
        is_instant: Whether the clock is instant, so that polls end batches.
    """
    state = ScenarioState(scenario._replace(limits=()), max_upload=max_upload)
    state.is_instant = is_instant
    *before, http = requests
    for earlier in before:
        state.store.commit(answer(earlier, state).at_end)
    counts = state.store.counts(http.head.lane, [rule.key for rule in scenario.rules])
    decision = answer(http, state.fork())
    script = encode(decision.response, http11=http.head.http11)
    lines = [*_decision_lines(decision), *_rule_lines(scenario, http, decision, counts), *_response_lines(script)]
    return redact("\n".join(lines))


def _decision_lines(decision: Decision) -> Iterator[str]:
    yield f"rule    {decision.reason}" if decision.rule else f"no rule {decision.reason}"
    if decision.draws:
        yield f"drawn   {decision.draws}"
    yield from (f"note    {note}" for note in decision.notes)
    for http, item in decision.batch.items[:_SHOWN_ITEMS] if decision.batch else ():
        yield f"item    {http.head.custom_id}: {item.reason}"


def _rule_lines(
    scenario: Scenario, http: HttpRequest, decision: Decision, counts: Mapping[RuleKey, int]
) -> Iterator[str]:
    """Yield the failed conditions of rules before the selected one, and of the rules that it shadows."""
    is_before = True
    if decision.core_headers:
        http = http._replace(headers=replace_headers(http.headers, decision.core_headers))
    for result in _match_results(scenario, decision.whole or http.body, http, counts):
        is_before = is_before and result.rule is not decision.rule
        if result.failed and (is_before or result.shadowed):
            yield f"not     {result.rule.label}: {'; '.join(map(str, result.failed))}"


def _match_results(
    scenario: Scenario, body: bytes, http: HttpRequest, counts: Mapping[RuleKey, int]
) -> list[MatchResult]:
    endpoint = http.head.endpoint
    rules = [rule for rule in scenario.rules if rule.is_for(endpoint)]
    try:
        if endpoint in RESOURCES:
            request = resource_request(endpoint, http.head.path, http.headers, http.head.adapter)
        else:
            request = MessagesRequest(parse(body)[0], http.headers, endpoint=endpoint, adapter=http.head.adapter)
            request.custom_id = http.head.custom_id
        return explain(rules, request, counts)
    except (ApiError, KeyError, TypeError, AttributeError):
        return []


def _response_lines(script: Script) -> Iterator[str]:
    yield f"sent    status {script.status or 'none'}, in {len(script.sends)} pieces, {script.end.value}"
    yield f"        after {script.end_at / 1e6:g} s"
    yield ""
    yield b"".join(send.data for send in script.sends).decode("utf-8", "backslashreplace").replace("\r\n", "\n")
