"""The router of the API and of the admin API, and the table of the API's paths.

A response of the API is a function of the request and of the scenario's state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from mockclaude.api import models
from mockclaude.api.errors import ApiError
from mockclaude.api.headers import cors_preflight, date
from mockclaude.api.media import OneRequest
from mockclaude.engine.http_request import Answer, Call
from mockclaude.engine.messages import count_tokens, create
from mockclaude.engine.model_list import models_page
from mockclaude.engine.state.scenario_state import Served
from mockclaude.reply.script import head_only

H = TypeVar("H")

SEGMENT, REST = "[^/]+", ".+"
"""What a path parameter matches: one segment of the path, or all that follows."""

_PARAMETER = re.compile(r"\{(\w+)\}")


class Route(NamedTuple, Generic[H]):
    """A handler and the path parameters, as they stand in the path."""

    handler: H
    parameters: Mapping[str, str]


class Router(Generic[H]):
    """Selects the handler of a request by method and path.

    Args:
        table: Path pattern -> method -> handler. A pattern has path parameters in braces, e.g. `/v1/models/{model_id}`.
            A path without parameters is selected before a pattern.
        parameter: The regular expression that a path parameter matches.
        head: Whether HEAD selects the handler of GET.
    """

    def __init__(self, table: Mapping[str, Mapping[str, H]], parameter: str = SEGMENT, *, head: bool = False) -> None:
        self._head = head
        self._paths = {path: methods for path, methods in table.items() if "{" not in path}
        self._patterns = [
            (re.compile(_PARAMETER.sub(rf"(?P<\1>{parameter})", path)), methods)
            for path, methods in table.items()
            if "{" in path
        ]

    def find(self, method: str, path: str) -> Route[H] | None:
        """Return the route of a request, or `None` if no pattern matches the path.

        Raises:
            ApiError: 405 with the header `allow`, if the path has no handler for the method.
        """
        methods, parameters = self._paths.get(path), _NO_PARAMETERS
        if methods is None:
            methods, parameters = self._match(path)
        if methods is None:
            return None
        handler = methods.get("GET" if self._head and method == "HEAD" else method)
        if handler is None:
            allowed = ", ".join(methods)
            message = f"Method not allowed: {method} {path}; use {allowed}"
            raise ApiError("invalid_request_error", message, 405, {"allow": allowed})
        return Route(handler, parameters)

    def _match(self, path: str) -> tuple[Mapping[str, H] | None, Mapping[str, str]]:
        matches = ((pattern.fullmatch(path), methods) for pattern, methods in self._patterns)
        return next(((methods, match.groupdict()) for match, methods in matches if match), (None, _NO_PARAMETERS))


_NO_PARAMETERS: Mapping[str, str] = {}


def answer(served: Served, call: Call) -> Answer:
    """Return the response of the API to a request, which may be one of the API's errors."""
    if call.method == "OPTIONS":
        granted = cors_preflight(call.headers.get("access-control-request-headers", ""), control=not call.page)
        return Answer(head_only(204, date(call.now) + granted), "CORS preflight")
    try:
        with OneRequest():
            route = _ROUTER.find(call.method, call.path)
            if route is None:
                raise _not_found(call)
            given = route.handler(served, call, **route.parameters)
    except ApiError as error:
        given = Answer(served.undecided(call, call.as_it_came(error.message)).error(error), error.message)
    return served.noted(given)


def _not_found(call: Call) -> ApiError:
    hint = "; the base URL ends before /v1" if call.path.startswith("/v1/v1/") else ""
    return ApiError("not_found_error", f"Not found: {call.method} {call.path}{hint}")


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
