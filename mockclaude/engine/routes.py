"""The paths of the API: method and path -> handler, a pure function of a request and its scenario's state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mockclaude.api import models
from mockclaude.api.errors import ApiError
from mockclaude.api.headers import cors_preflight, date
from mockclaude.api.media import OneRequest
from mockclaude.engine.count_tokens import count_tokens
from mockclaude.engine.decide import decide
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.model_list import models_page
from mockclaude.engine.router import Router
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.reply.response import head_only


def answer(http: HttpRequest, state: ScenarioState) -> Decision:
    """Return the response of the API to a request, which may be one of the API's errors, and commit its effects."""
    head = http.head
    if head.method == "OPTIONS":
        granted = cors_preflight(head.headers.get("access-control-request-headers", ""), control=not head.page)
        return Decision(head_only(204, date(http.now).put(granted)), "CORS preflight")
    try:
        with OneRequest():
            decision = _dispatch(http, state)
    except ApiError as error:
        decision = refuse(http, state, error)
    return commit(state, decision)


def refuse(http: HttpRequest, state: ScenarioState, error: ApiError) -> Decision:
    """Return the decision to respond with an error."""
    return Decision(state.undecided(http, http.raw_fingerprints(error.message)).error(error), error.message)


def commit(state: ScenarioState, decision: Decision) -> Decision:
    """Change the store as a decision says; return the decision with notes on what bounds have dropped since the last.

    The notes of a live reply are those of its last part.
    """
    state.store.commit(decision.effects)
    if decision.live is None and (dropped := state.store.take_notes()):
        return decision._replace(notes=(*decision.notes, *dropped))
    return decision


def _dispatch(http: HttpRequest, state: ScenarioState) -> Decision:
    head = http.head
    route = _ROUTER.find(head.method, head.path)
    if route is None:
        hint = "; the base URL ends before /v1" if head.path.startswith("/v1/v1/") else ""
        raise ApiError("not_found_error", f"Not found: {head.method} {head.path}{hint}")
    return route.handler(http, state, **route.parameters)


def _list_models(http: HttpRequest, state: ScenarioState) -> Decision:
    state.validator.headers(http.head)
    return Decision(state.undecided(http).json(models_page(http.head.query)), "models")


def _retrieve_model(http: HttpRequest, state: ScenarioState, model_id: str) -> Decision:
    state.validator.headers(http.head)
    model = models.find(model_id)
    if model is None:
        raise ApiError("not_found_error", f"model: {model_id}")
    return Decision(state.undecided(http).json(model.info()), "models")


Handler: TypeAlias = Callable[..., Decision]
"""Called with the request, the scenario's state, and the path parameters by name."""

ENDPOINTS: dict[str, dict[str, Handler]] = {
    "/v1/messages": {"POST": decide},
    "/v1/messages/count_tokens": {"POST": count_tokens},
    "/v1/models": {"GET": _list_models},
    "/v1/models/{model_id}": {"GET": _retrieve_model},
}
"""Path pattern -> method -> handler."""

_ROUTER = Router(ENDPOINTS)
