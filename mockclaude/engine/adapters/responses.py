"""OpenAI's Responses API: requests in its form, answered by the API's core."""

from __future__ import annotations

from mockclaude.api.errors import ApiError
from mockclaude.api.fingerprint import read_object
from mockclaude.engine.adapters.adapter import CoreRequest, decide_in_dialect
from mockclaude.engine.adapters.chat_completions import choose_headers
from mockclaude.engine.adapters.platform_body import write_object
from mockclaude.engine.adapters.responses_body import show_fields, to_messages
from mockclaude.engine.adapters.responses_dialect import ResponsesDialect
from mockclaude.engine.adapters.responses_object import ResponseForm
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.scenario_state import ScenarioState


def create(http: HttpRequest, state: ScenarioState) -> Decision:
    """Decide the response to a request for a response.

    Raises:
        ApiError: 400; the body is invalid.
    """
    body = read_object(http.body)
    request = CoreRequest(write_object(to_messages(body)), choose_headers(http, state))
    form = ResponseForm(http.now, show_fields(body))
    return decide_in_dialect(http, state, request, ResponsesDialect(form))


def find(_: HttpRequest, __: ScenarioState, response_id: str) -> Decision:
    """Refuse to return or delete a response: none is stored.

    Raises:
        ApiError: 404.
    """
    raise ApiError("not_found_error", f"Response with id '{response_id}' not found.")
