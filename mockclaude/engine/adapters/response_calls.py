"""Calls that return or delete a stored response of OpenAI's Responses API."""

from __future__ import annotations

import orjson

from mockclaude.api.errors import ApiError
from mockclaude.engine.adapters.chat_completions import check_headers
from mockclaude.engine.adapters.openai_errors import OPENAI_ERRORS
from mockclaude.engine.adapters.stored_responses import HINT
from mockclaude.engine.decision import Decision
from mockclaude.engine.endpoint_reply import Answer, decide_document
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.request_context import RequestContext, resource_request
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.resources import Resource, ResourceDeleted


def retrieve(http: HttpRequest, state: ScenarioState, name: str) -> Decision:
    """Return a stored response.

    Raises:
        ApiError: 404; a header is invalid.
    """
    return _send(http, state, Answer(orjson.loads(_find(http, state, f"resp_{name}").content)))


def delete(http: HttpRequest, state: ScenarioState, name: str) -> Decision:
    """Delete a stored response.

    Raises:
        ApiError: 404; a header is invalid.
    """
    deleted = _find(http, state, f"resp_{name}")
    document = {"id": deleted.id, "object": "response", "deleted": True}
    effect = ResourceDeleted(deleted.kind, deleted.lane, deleted.id)
    return _send(http, state, Answer(document, effects=(effect,)))


def _find(http: HttpRequest, state: ScenarioState, response_id: str) -> Resource:
    check_headers(http, state)
    stored = state.store.find_resource("response", http.head.lane, response_id)
    if stored is None:
        raise ApiError("not_found_error", f"Response with id '{response_id}' not found.", hint=HINT)
    return stored


def _send(http: HttpRequest, state: ScenarioState, answer: Answer) -> Decision:
    request = resource_request("response", http.head.path, http.headers, http.head.adapter)
    in_dialect = http._replace(dialect=OPENAI_ERRORS)
    return decide_document(RequestContext(in_dialect, state, request, http.raw_fingerprints()), lambda _: answer)
