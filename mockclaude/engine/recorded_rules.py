"""Recorded rules, which also answer a request that the rules of the API refuse."""

from __future__ import annotations

from mockclaude.api.errors import ApiError
from mockclaude.engine.decide import decide
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest, new_http_request
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.valid_headers import VALIDATION_HEADER
from mockclaude.scenario.match import find_matches


def decide_recorded(http: HttpRequest, state: ScenarioState, error: ApiError) -> Decision | None:
    """Decide with a recorded rule that matches a refused request.

    Return None if no rule answers, or the request cannot be read.
    """
    lenient = to_lenient(http)
    try:
        if not _is_recorded(lenient, state):
            return None
        decision = decide(lenient, state, state.recorded_rules)
    except ApiError:
        return None
    if decision.unmatched and decision.rule is None:  # the rules are exhausted
        state.store.commit((*decision.effects, *decision.at_end))
        return None
    note = f"warning: the API's rules, as known here, would have refused it: {error.message}"
    return decision._replace(notes=(note, *decision.notes))


def to_lenient(http: HttpRequest) -> HttpRequest:
    """Return the request with validation off."""
    head = http.head.to_core(http.head.path, ((VALIDATION_HEADER, "off"),))
    return new_http_request((head, head.headers, *http[2:]))


def _is_recorded(http: HttpRequest, state: ScenarioState) -> bool:
    request, thread = state.validator.request(http, state.store)
    request.custom_id = http.head.custom_id
    if thread is not None:
        state.store.commit(thread.restore_effects())
    return any(True for _ in find_matches(state.recorded_rules, request))
