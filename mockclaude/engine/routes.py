"""What each path of the API answers.

In: a `Call` and the scenario it goes to. Out: an `Answer`. One table: method and path -> how it is answered.
Knows nothing of sockets. Everything here follows from its arguments and from what the scenario has seen before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from mockclaude.api import models
from mockclaude.api.errors import ApiError
from mockclaude.api.headers import cors_preflight, date
from mockclaude.api.media import OneRequest
from mockclaude.engine.http_request import Answer, Call
from mockclaude.engine.messages import count_tokens, create
from mockclaude.engine.model_list import models_page
from mockclaude.engine.state.scenario_state import Served
from mockclaude.reply.response import head_only


def answer(served: Served, call: Call) -> Answer:
    """Return the answer to `call`: the API's, or the API's error."""
    if call.method == "OPTIONS":
        granted = cors_preflight(call.headers.get("access-control-request-headers", ""), control=not call.page)
        return Answer(head_only(204, date(call.now).put(granted)), "CORS preflight")
    try:
        with OneRequest():
            given = _handler(call.method, call.path)(served, call)
    except ApiError as error:
        given = Answer(served.undecided(call, call.as_it_came(error.message)).error(error), error.message)
    return served.noted(given)


def _list_models(served: Served, call: Call) -> Answer:
    served.admission.headers(call)
    return Answer(served.undecided(call).json(models_page(call.query)), "models")


def _retrieve_model(served: Served, call: Call) -> Answer:
    served.admission.headers(call)
    name = call.path.removeprefix("/v1/models/")
    model = models.find(name)
    if model is None:
        raise ApiError("not_found_error", f"model: {name}")
    return Answer(served.undecided(call).json(model.info()), "models")


Handler: TypeAlias = Callable[[Served, Call], Answer]

ENDPOINTS: dict[str, dict[str, Handler]] = {
    "/v1/messages": {"POST": create},
    "/v1/messages/count_tokens": {"POST": count_tokens},
    "/v1/models": {"GET": _list_models},
    "/v1/models/{model_id}": {"GET": _retrieve_model},
}
"""Path -> method -> how it is answered."""

_MODEL = re.compile(r"/v1/models/[^/]+")


def _handler(method: str, path: str) -> Handler:
    handlers = ENDPOINTS.get(path) or (ENDPOINTS["/v1/models/{model_id}"] if _MODEL.fullmatch(path) else None)
    if handlers is None:
        hint = "; the base URL ends before /v1" if path.startswith("/v1/v1/") else ""
        raise ApiError("not_found_error", f"Not found: {method} {path}{hint}")
    if method not in handlers:
        allowed = ", ".join(handlers)
        message = f"Method not allowed: {method} {path}; use {allowed}"
        raise ApiError("invalid_request_error", message, 405, {"allow": allowed})
    return handlers[method]
