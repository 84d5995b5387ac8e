"""The admin API: programs in any language add rules, read the journal and verify requests below `/_mockclaude/`.

Programs on this machine, programs with the token, and pages of this server may use it. A browser sends the site of a
page as `Origin` and `Sec-Fetch-Site`; other sites are refused. A request with another method than GET or HEAD needs a
content type that a page may send to another site only after a preflight, which is never granted.
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
from mockclaude.server.admin import PREFIX
from mockclaude.server.admin.handlers import HANDLERS, AdminApi, AdminHandler
from mockclaude.server.admin.parameters import parse_parameters

HEALTH = f"{PREFIX}/health"
"""The health check, which needs no token."""

LINES = "application/x-ndjson"

_HEADERS = {
    "content-type": "application/json",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    **AGAINST_OTHER_SITES,
}
_OWN_SITES = (None, "same-origin", "none")
"""Values of `sec-fetch-site` for requests from no other site."""

_READING = ("GET", "HEAD")
_NO_HEADERS: Mapping[str, str] = {}

_ROUTER = Router({f"{PREFIX}/{path}": methods for path, methods in HANDLERS.items()}, REST, head=True)


async def answer(admin: AdminApi, http: HttpRequest) -> Decision:
    """Handle a request to a raw path.

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
        return _build_response(http, response.status, lines, {"content-type": LINES})
    return _build_response(http, response.status, orjson.dumps(response.data))


def refusal(http: HttpRequest, error: ApiError) -> Decision:
    """Build the response with an error, in the form of the API's errors."""
    body = orjson.dumps(error.envelope(_request_id(http)))
    return _build_response(http, error.status, body, error.headers)._replace(reason=error.message)


def _build_response(http: HttpRequest, status: int, body: bytes, headers: Mapping[str, str] = _NO_HEADERS) -> Decision:
    lines = date(http.now).put({**_HEADERS, **headers})
    return Decision(build_response(status, lines, _request_id(http), Data(body)))


def _request_id(http: HttpRequest) -> str:
    return Draws(0, "admin", http.head.path).ids()[0]


def _check_origin(headers: Mapping[str, str]) -> None:
    """Check that the request does not come from another site.

    Raises:
        ApiError: 403; it does.
    """
    origin = headers.get("origin")
    own = origin is None or is_own(origin, headers)
    if not own or headers.get("sec-fetch-site") not in _OWN_SITES:
        site = f"origin '{origin}'" if origin else "another site"
        raise ApiError(
            "permission_error", f"admin API: {site} is not allowed; expected a request from outside a browser"
        )


def _check_content_type(headers: Mapping[str, str]) -> None:
    content_type = headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        message = f"The content type is {content_type or 'missing'}; send content-type: application/json"
        raise ApiError("invalid_request_error", message, 415)


def _route(method: str, path: str) -> tuple[AdminHandler, dict[str, str]]:
    """Select the handler of `method` and `path`; return it with the unquoted path parameters.

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
