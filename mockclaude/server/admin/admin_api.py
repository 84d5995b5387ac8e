"""The admin plane: how programs in any language tell a server what to answer, and ask what it was asked.

In: a call below `/_mockclaude/`. Out: an `Answer` with JSON. Knows nothing of what a call does, but who may make one:
programs on this machine, with the token those on others, and pages that this server has served, never a page that a
browser has from elsewhere. A browser tells where a page is from in `Origin` and `Sec-Fetch-Site`; and what changes
something needs a content type that no page may send elsewhere without being allowed to, which nothing here ever allows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

import orjson

from mockclaude.api.errors import ApiError
from mockclaude.api.headers import date
from mockclaude.engine.http_request import Answer, Call
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

_PATTERN = re.compile(r"(\w+)/\{(\w+)\}")
_WITH_LAST = {found[1]: (found[2], path) for path in CALLS if (found := _PATTERN.fullmatch(path))}
"""The first part of a path whose last can be anything -> what the last part is, and the path."""


def is_for(path: str) -> bool:
    """Return whether `path`, as it was asked, is one of the admin plane."""
    return path.startswith(PREFIX) and path[len(PREFIX) : len(PREFIX) + 1] in ("", "/", "?")


async def answer(plane: Plane, call: Call) -> Answer:
    """Return the answer to `call`, whose path is as it was asked. Raises `ApiError` for what is refused."""
    _check_origin(call.headers)
    if call.path != HEALTH:
        plane.trust.check_token(call.headers)
    route, named = _route(call.method, call.path)
    if call.method not in _READING:
        _check_content_type(call.headers)
    outcome = await route.handle(plane, read(route.says, call.body, call.query, named))
    if "entries" in outcome.data and LINES in call.headers.get("accept", ""):
        lines = b"".join(orjson.dumps(entry) + b"\n" for entry in outcome.data["entries"])
        return _sent(call, outcome.status, lines, {"content-type": LINES})
    return _sent(call, outcome.status, orjson.dumps(outcome.data))


def refusal(call: Call, error: ApiError) -> Answer:
    """Return the answer that tells `error`, in the form of the API's errors."""
    body = orjson.dumps(error.envelope(_request_id(call)))
    return _sent(call, error.status, body, error.headers)._replace(reason=error.message)


def _sent(call: Call, status: int, body: bytes, headers: Mapping[str, str] = _NO_HEADERS) -> Answer:
    lines = date(call.now).put({**_HEADERS, **headers})
    return Answer(whole(status, lines, _request_id(call), Data(body)))


def _request_id(call: Call) -> str:
    return Draws(0, "admin", call.path).ids()[0]


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
    """Return what `method` does at `path`, and what the path says. Raises `ApiError` 404, 405."""
    name = path.removeprefix(PREFIX).strip("/")
    known, named = _known(name)
    if known not in CALLS:
        message = f"Not found: {PREFIX}/{name}; expected {one_of(CALLS)} after {PREFIX}/{did_you_mean(name, CALLS)}"
        raise ApiError("not_found_error", message)
    route = CALLS[known].get("GET" if method == "HEAD" else method)
    if route is None:
        allowed = ", ".join(CALLS[known])
        message = f"Method not allowed: {method} {PREFIX}/{name}; use {allowed}"
        raise ApiError("invalid_request_error", message, 405, {"allow": allowed})
    return route, named


def _known(name: str) -> tuple[str, dict[str, str]]:
    """Return the path of the table that `name` is one of, and what stands in it for the part in braces."""
    first, _, last = name.partition("/")
    if name in CALLS or not last or first not in _WITH_LAST:
        return name, {}
    key, known = _WITH_LAST[first]
    return known, {key: unquote(last)}
