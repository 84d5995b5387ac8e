"""OpenAI's Responses API: requests in its form, answered by the API's core."""

from __future__ import annotations

from functools import partial
from typing import Any

from mockclaude.api.errors import ApiError
from mockclaude.api.fingerprint import read_object
from mockclaude.engine.adapters.adapter import CoreRequest, decide_in_dialect
from mockclaude.engine.adapters.chat_completions import check_headers, choose_headers
from mockclaude.engine.adapters.platform_body import write_object
from mockclaude.engine.adapters.responses_body import show_fields, to_messages
from mockclaude.engine.adapters.responses_dialect import InputTokensDialect, ResponsesDialect
from mockclaude.engine.adapters.responses_object import ResponseForm
from mockclaude.engine.adapters.stored_responses import StoringReply, resolve_input
from mockclaude.engine.count_tokens import count_tokens as count_in_core
from mockclaude.engine.decision import Decision, new_decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.resources import Resource, ResourcePut

_COUNTED = ("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config")
"""Fields that the API's count_tokens accepts."""

_COUNTS = InputTokensDialect()


def create(http: HttpRequest, state: ScenarioState) -> Decision:
    """Decide the response to a request for a response, and store it.

    Raises:
        ApiError: The body or a header is invalid, or the body refers to a response that is not stored.
    """
    try:
        body = read_object(http.body)
        resolved = _resolve(http, state, body)
        request = CoreRequest(write_object(to_messages(resolved)), choose_headers(http, state))
        dialect = ResponsesDialect(ResponseForm(http.now, show_fields(body)))
        kept = http.body if resolved is body else write_object({"input": resolved["input"]})
    except ApiError:
        check_headers(http, state)
        raise
    decision = decide_in_dialect(http, state, request, dialect)
    if body.get("store") is False:
        return decision
    store = partial(_store, http, dialect, kept)
    live = decision.live
    return store(decision) if live is None else decision._replace(live=StoringReply(live, store))


def count_tokens(http: HttpRequest, state: ScenarioState) -> Decision:
    """Count the input tokens of a request for a response.

    Raises:
        ApiError: The body or a header is invalid, or the body refers to a response that is not stored.
    """
    try:
        body = _resolve(http, state, read_object(http.body))
        fields = {name: value for name, value in to_messages(body).items() if name in _COUNTED}
        request = CoreRequest(write_object(fields), choose_headers(http, state), "/v1/messages/count_tokens")
    except ApiError:
        check_headers(http, state)
        raise
    return decide_in_dialect(http, state, request, _COUNTS, count_in_core)


def _resolve(http: HttpRequest, state: ScenarioState, body: dict[str, Any]) -> dict[str, Any]:
    return resolve_input(body, partial(state.store.find_resource, "response", http.head.lane))


def _store(http: HttpRequest, dialect: ResponsesDialect, request: bytes, decision: Decision) -> Decision:
    """Add the effect that stores the response, unless it is an error."""
    if dialect.written is None:
        return decision
    name, content = dialect.written
    stored = Resource("response", http.head.lane, name, http.now_us, request, content, len(content))
    return new_decision((*decision[:10], (*decision.effects, ResourcePut(stored)), *decision[11:]))
