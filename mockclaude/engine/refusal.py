"""The decision to refuse a request with an error that no rule causes."""

from __future__ import annotations

from mockclaude.api.errors import ApiError
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.scenario_state import ScenarioState


def refuse(http: HttpRequest, state: ScenarioState, error: ApiError) -> Decision:
    """Decide to respond with an error, unless a recorded rule answers.

    The hint of the error is for the log only.
    """
    if state.recorded_rules and http.head.is_message:
        from mockclaude.engine.recorded_rules import decide_recorded

        recorded = decide_recorded(http, state, error)
        if recorded is not None:
            return recorded
    if http.dialect is None and http.head.adapter != "anthropic":
        from mockclaude.engine.adapters.error_dialects import find_error_dialect

        http = http._replace(dialect=find_error_dialect(http.head.adapter))
    response = state.response_context(http, http.raw_fingerprints(error.message)).error(error)
    return Decision(http.translate(response), f"{error.message}; {error.hint}" if error.hint else error.message)
