"""`POST /v1/messages/count_tokens`."""

from __future__ import annotations

from mockclaude.api.body import Body
from mockclaude.engine.http_request import Call, Decision
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.threads import ThreadRequest


def count_tokens(call: Call, state: ScenarioState) -> Decision:
    """Return how many input tokens a request has. Raises `ApiError` for what the API refuses."""
    thread = ThreadRequest(state.store, call.now, hold=False)
    request = state.admission.request(call, thread.resolve, counting=True)
    counted: Body = {"input_tokens": request.input_tokens}
    if request.body.get("context_management") is not None:
        counted["context_management"] = {"original_input_tokens": request.input_tokens}
    context = state.undecided(call, call.fingerprints(request.canonical, request.excluded_fields))
    warnings = tuple(f"warning: {warning}" for warning in request.warnings)
    return Decision(context.json(counted), "count_tokens", notes=warnings)
