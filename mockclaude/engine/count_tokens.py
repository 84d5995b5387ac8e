"""`POST /v1/messages/count_tokens`."""

from __future__ import annotations

from mockclaude.api.body import Body
from mockclaude.engine.decision import Decision
from mockclaude.engine.endpoint_reply import decide_document
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.request_context import RequestContext
from mockclaude.engine.scenario_state import ScenarioState


def count_tokens(http: HttpRequest, state: ScenarioState) -> Decision:
    """Count the input tokens of a request.

    Raises:
        ApiError: The request is invalid.
    """
    request, _ = state.validator.request(http, state.store, counting=True)
    counted: Body = {"input_tokens": request.input_tokens}
    if request.body.get("context_management") is not None:
        original = request.prompt.original_tokens if request.prompt else request.input_tokens
        counted["context_management"] = {"original_input_tokens": original}
    fingerprints = http.fingerprints(request.canonical, request.excluded_fields)
    return decide_document(RequestContext(http, state, request, fingerprints), counted)
