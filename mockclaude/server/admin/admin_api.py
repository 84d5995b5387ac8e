"""The admin API: programs in any language add rules, read the journal and verify requests below `/_mockclaude/`.

Programs on this machine may use it, programs elsewhere with the token, and pages that this server has served. A browser
names the site of a page in `Origin` and `Sec-Fetch-Site`; other sites are refused. A request that changes something
needs a content type that a page may send to another site only after a preflight, which is never granted.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

import orjson

from mockclaude.api.errors import ApiError
from mockclaude.api.headers import date
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.routes import REST, Router
from mockclaude.engine.trust import AGAINST_OTHER_SITES, is_own
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import Data, build_response
from mockclaude.scenario.diagnostics import did_you_mean, join_words
from mockclaude.server.admin.handlers import HANDLERS, AdminApi, AdminHandler
from mockclaude.server.admin.parameters import parse_parameters

PREFIX = "/_mockclaude"
HEALTH = f"{PREFIX}/health"
"""The path that needs no token: whether the server is up."""

LINES = "application/x-ndjson"

_HEADERS = {
    "content-type": "application/json",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    **AGAINST_OTHER_SITES,
}
_OWN_SITES = (None, "same-origin", "none")
"""Values of `sec-fetch-site` for requests that no other site caused."""

_READING = ("GET", "HEAD")
_NO_HEADERS: Mapping[str, str] = {}

_ROUTER = Router({f"{PREFIX}/{path}": methods for path, methods in HANDLERS.items()}, REST, head=True)


def is_for(path: str) -> bool:
    """Return whether a raw path belongs to the admin API."""
    return path.startswith(PREFIX) and path[len(PREFIX) : len(PREFIX) + 1] in ("", "/", "?")


async def answer(admin: AdminApi, http: HttpRequest) -> Decision:
    """Handle a request, whose path is the raw one.

    Raises:
        ApiError: The request is refused or invalid.
    """
    _check_origin(http.headers)
    if http.head.path != HEALTH:
        admin.trust.check_token(http.headers)
    handler, named = _route(http.head.method, http.head.path)
    if http.head.method not in _READING:
        _check_content_type(http.headers)
    response = await handler.handle(admin, parse_parameters(handler.parameters, http.body, http.head.query, named))
    if "entries" in response.data and LINES in http.headers.get("accept", ""):
        lines = b"".join(orjson.dumps(entry) + b"\n" for entry in response.data["entries"])
        return _sent(http, response.status, lines, {"content-type": LINES})
    return _sent(http, response.status, orjson.dumps(response.data))


def refusal(http: HttpRequest, error: ApiError) -> Decision:
    """Build the response with an error, in the form of the API's errors."""
    body = orjson.dumps(error.envelope(_request_id(http)))
    return _sent(http, error.status, body, error.headers)._replace(reason=error.message)


def _sent(http: HttpRequest, status: int, body: bytes, headers: Mapping[str, str] = _NO_HEADERS) -> Decision:
    lines = date(http.now).put({**_HEADERS, **headers})
    return Decision(build_response(status, lines, _request_id(http), Data(body)))


def _request_id(http: HttpRequest) -> str:
    return Draws(0, "admin", http.head.path).ids()[0]


def _check_origin(headers: Mapping[str, str]) -> None:
    """Check that no browser sends the request for another site.

    Raises:
        ApiError: 403.
    """
    origin = headers.get("origin")
    own = origin is None or is_own(origin, headers)
    if not own or headers.get("sec-fetch-site") not in _OWN_SITES:
        site = f"origin '{origin}'" if origin else "another site"
        raise ApiError(
            "permission_error", f"admin API: {site} is not allowed; expected a request from outside a browser"
        )


def _check_content_type(headers: Mapping[str, str]) -> None:
    given = headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != "application/json":
        message = f"The content type is {given or 'missing'}; send content-type: application/json"
        raise ApiError("invalid_request_error", message, 415)


def _route(method: str, path: str) -> tuple[AdminHandler, dict[str, str]]:
    """Return what `method` does at `path`, and the path parameters, unquoted.

    Raises:
        ApiError: 404 for an unknown path, 405 for another method.
    """
    name = path.removeprefix(PREFIX).strip("/")
    route = _ROUTER.find(method, f"{PREFIX}/{name}")
    if route is None:
        message = (
            f"Not found: {PREFIX}/{name}; expected {join_words(HANDLERS)} after {PREFIX}/{did_you_mean(name, HANDLERS)}"
        )
        raise ApiError("not_found_error", message)
    return route.handler, {key: unquote(text) for key, text in route.parameters.items()}
