"""The decision to refuse a request with an error that no rule causes."""

from __future__ import annotations

from mockclaude.api.errors import ApiError
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.scenario_state import ScenarioState


def refuse(http: HttpRequest, state: ScenarioState, error: ApiError) -> Decision:
    """Decide to respond with an error. Its hint is for the log only."""
    response = state.response_context(http, http.raw_fingerprints(error.message)).error(error)
    return Decision(http.translate(response), f"{error.message}; {error.hint}" if error.hint else error.message)
