"""The admin plane: how programs in any language tell a server what to answer, and ask what it was asked.

In: a call below `/_mockclaude/`. Out: an `Decision` with JSON. Knows nothing of what a call does, but who may make one:
programs on this machine, with the token those on others, and pages that this server has served, never a page that a
browser has from elsewhere. A browser tells where a page is from in `Origin` and `Sec-Fetch-Site`; and what changes
something needs a content type that no page may send elsewhere without being allowed to, which nothing here ever allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

import orjson

from mockclaude.api.errors import ApiError
from mockclaude.api.headers import date
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.router import REST, Router
from mockclaude.engine.trust import AGAINST_OTHER_SITES, is_own
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import Data, whole
from mockclaude.scenario.diagnostics import did_you_mean, one_of
from mockclaude.server.admin.handlers import CALLS, Plane, Route
from mockclaude.server.admin.parameters import read

PREFIX = "/_mockclaude"
HEALTH = f"{PREFIX}/health"
"""What is answered without the token: whether the server is there."""

LINES = "application/x-ndjson"

_HEADERS = {
    "content-type": "application/json",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    **AGAINST_OTHER_SITES,
}
_OWN_SITES = (None, "same-origin", "none")
"""What `sec-fetch-site` is where it is no other site that asks."""

_READING = ("GET", "HEAD")
_NO_HEADERS: Mapping[str, str] = {}

_ROUTER = Router({f"{PREFIX}/{path}": methods for path, methods in CALLS.items()}, REST, head=True)


def is_for(path: str) -> bool:
    """Return whether `path`, as it was asked, is one of the admin plane."""
    return path.startswith(PREFIX) and path[len(PREFIX) : len(PREFIX) + 1] in ("", "/", "?")


async def answer(plane: Plane, http: HttpRequest) -> Decision:
    """Return the answer to `http`, whose path is as it was asked. Raises `ApiError` for what is refused."""
    _check_origin(http.head.headers)
    if http.head.path != HEALTH:
        plane.trust.check_token(http.head.headers)
    route, named = _route(http.head.method, http.head.path)
    if http.head.method not in _READING:
        _check_content_type(http.head.headers)
    outcome = await route.handle(plane, read(route.says, http.body, http.head.query, named))
    if "entries" in outcome.data and LINES in http.head.headers.get("accept", ""):
        lines = b"".join(orjson.dumps(entry) + b"\n" for entry in outcome.data["entries"])
        return _sent(http, outcome.status, lines, {"content-type": LINES})
    return _sent(http, outcome.status, orjson.dumps(outcome.data))


def refusal(http: HttpRequest, error: ApiError) -> Decision:
    """Return the answer that tells `error`, in the form of the API's errors."""
    body = orjson.dumps(error.envelope(_request_id(http)))
    return _sent(http, error.status, body, error.headers)._replace(reason=error.message)


def _sent(http: HttpRequest, status: int, body: bytes, headers: Mapping[str, str] = _NO_HEADERS) -> Decision:
    lines = date(http.now).put({**_HEADERS, **headers})
    return Decision(whole(status, lines, _request_id(http), Data(body)))


def _request_id(http: HttpRequest) -> str:
    return Draws(0, "admin", http.head.path).ids()[0]


def _check_origin(headers: Mapping[str, str]) -> None:
    """Raise `ApiError` 403 for what a browser sends on behalf of another site."""
    origin = headers.get("origin")
    own = origin is None or is_own(origin, headers)
    if not own or headers.get("sec-fetch-site") not in _OWN_SITES:
        asking = f"a page of {origin}" if origin else "a page of another site"
        raise ApiError(
            "permission_error",
            f"The admin plane does not answer {asking}; call it from a program, such as the one that runs the tests",
        )


def _check_content_type(headers: Mapping[str, str]) -> None:
    given = headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != "application/json":
        message = f"The content type is {given or 'missing'}; send content-type: application/json"
        raise ApiError("invalid_request_error", message, 415)


def _route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Return what `method` does at `path`, and the path parameters, unquoted.

    Raises:
        ApiError: 404 for an unknown path, 405 for another method.
    """
    name = path.removeprefix(PREFIX).strip("/")
    route = _ROUTER.find(method, f"{PREFIX}/{name}")
    if route is None:
        message = f"Not found: {PREFIX}/{name}; expected {one_of(CALLS)} after {PREFIX}/{did_you_mean(name, CALLS)}"
        raise ApiError("not_found_error", message)
    return route.handler, {key: unquote(text) for key, text in route.parameters.items()}
