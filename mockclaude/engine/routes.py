"""The paths of the API: method and path -> handler, a pure function of a request and its scenario's state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mockclaude.api import models
from mockclaude.api.errors import ApiError
from mockclaude.api.headers import cors_preflight, date
from mockclaude.api.media import OneRequest
from mockclaude.engine.http_request import Answer, Call
from mockclaude.engine.messages import count_tokens, create
from mockclaude.engine.model_list import models_page
from mockclaude.engine.router import Router
from mockclaude.engine.state.scenario_state import Served
from mockclaude.reply.script import head_only


def answer(served: Served, call: Call) -> Answer:
    """Return the response of the API to a request, which may be one of the API's errors."""
    if call.method == "OPTIONS":
        granted = cors_preflight(call.headers.get("access-control-request-headers", ""), control=not call.page)
        return Answer(head_only(204, date(call.now) + granted), "CORS preflight")
    try:
        with OneRequest():
            given = _dispatch(served, call)
    except ApiError as error:
        given = Answer(served.undecided(call, call.as_it_came(error.message)).error(error), error.message)
    return served.noted(given)


def _dispatch(served: Served, call: Call) -> Answer:
    route = _ROUTER.find(call.method, call.path)
    if route is None:
        hint = "; the base URL ends before /v1" if call.path.startswith("/v1/v1/") else ""
        raise ApiError("not_found_error", f"Not found: {call.method} {call.path}{hint}")
    return route.handler(served, call, **route.parameters)


def _list_models(served: Served, call: Call) -> Answer:
    served.admission.headers(call)
    return Answer(served.undecided(call).json(models_page(call.query)), "models")


def _retrieve_model(served: Served, call: Call, model_id: str) -> Answer:
    served.admission.headers(call)
    model = models.find(model_id)
    if model is None:
        raise ApiError("not_found_error", f"model: {model_id}")
    return Answer(served.undecided(call).json(model.info()), "models")


Handler: TypeAlias = Callable[..., Answer]
"""Called with the scenario's state, the request, and the path parameters by name."""

ENDPOINTS: dict[str, dict[str, Handler]] = {
    "/v1/messages": {"POST": create},
    "/v1/messages/count_tokens": {"POST": count_tokens},
    "/v1/models": {"GET": _list_models},
    "/v1/models/{model_id}": {"GET": _retrieve_model},
}
"""Path pattern -> method -> handler."""

_ROUTER = Router(ENDPOINTS)
