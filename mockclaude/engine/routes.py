"""The router of the API and of the admin API, and the decision on any request to the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Generic, NamedTuple, TypeVar

from mockclaude.api.errors import ApiError
from mockclaude.api.headers import cors_preflight, date
from mockclaude.api.media import OPENED
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import Head, HttpRequest
from mockclaude.engine.refusal import refuse
from mockclaude.engine.route_table import ENDPOINTS, KNOWN, OF_OPENAI, OF_PLATFORM, SHOWN, Handler, resolve_handler
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.wrong_urls import explain_path
from mockclaude.reply.response import build_bodiless

H = TypeVar("H")

SEGMENT, REST = "[^/]+", ".+"
"""Regular expressions of a path parameter: one segment of the path, or the rest of the path."""

_PARAMETER = re.compile(r"\{(\w+)(\*?)\}")


class Route(NamedTuple, Generic[H]):
    """A handler, and the path parameters as written in the path."""

    handler: H
    parameters: Mapping[str, str]


class Router(Generic[H]):
    """Selects the handler of a request by method and path.

    Args:
        table: Path pattern -> method -> handler. A pattern has path parameters in braces, e.g. `/v1/models/{model_id}`.
            `{model_id*}` matches the rest of the path. A path without parameters is selected before a pattern.
        parameter: The regular expression that a path parameter matches.
        head: Whether HEAD selects the handler of GET.
    """

    def __init__(self, table: Mapping[str, Mapping[str, H]], parameter: str = SEGMENT, *, head: bool = False) -> None:
        self.find = lru_cache(maxsize=1_024)(self._find)
        """Select the route of a method and a path; None if no pattern matches the path.

        Raises:
            ApiError: 405 with the header `allow`; the path has no handler for the method.
        """
        self._head = head
        self._paths = {path: methods for path, methods in table.items() if "{" not in path}
        self._patterns = [
            (re.compile(_PARAMETER.sub(partial(_group, parameter), path)), methods)
            for path, methods in table.items()
            if "{" in path
        ]

    def _find(self, method: str, path: str) -> Route[H] | None:
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


def _group(parameter: str, name: re.Match[str]) -> str:
    return f"(?P<{name[1]}>{REST if name[2] else parameter})"


_NO_PARAMETERS: Mapping[str, str] = {}


def answer(http: HttpRequest, state: ScenarioState) -> Decision:
    """Decide the response to a request, which may be an error, and commit its effects."""
    head = http.head
    if head.method == "OPTIONS":
        granted = cors_preflight(head.headers.get("access-control-request-headers", ""), control=not head.page)
        return Decision(build_bodiless(204, date(http.now).put(granted)), "CORS preflight")
    token = OPENED.set([])
    try:
        handler = head.handler or find_handler(head)
        decision: Decision = handler(http, state)
    except ApiError as error:
        decision = refuse(http, state, error)
    finally:
        OPENED.reset(token)
    return commit(state, decision) if decision.effects or state.store.notes else decision


def commit(state: ScenarioState, decision: Decision) -> Decision:
    """Commit a decision's effects; return the decision with notes on dropped values.

    The last part of a live reply has the notes of the whole reply.
    """
    state.store.commit(decision.effects)
    if decision.live is None and (dropped := state.store.take_notes()):
        return decision._replace(notes=(*decision.notes, *dropped))
    return decision


def find_handler(head: Head) -> Handler:
    """Find the handler of the method and the path, and keep it in `head`.

    Raises:
        ApiError: 404 for an unknown path, 405 for another method.
    """
    route = _ROUTER.find(head.method, head.path)
    if route is None:
        hint = explain_path(head.path, SHOWN, KNOWN)
        raise ApiError("not_found_error", f"Not found: {head.method} {head.path}{hint}")
    named = route.handler
    if head.is_platform:
        named = OF_PLATFORM.get(head.path, named)
    elif head.adapter == "openai":
        named = OF_OPENAI.get(named, named)
    handler = resolve_handler(named)
    head.handler = partial(handler, **route.parameters) if route.parameters else handler
    return head.handler


_ROUTER = Router(ENDPOINTS)
