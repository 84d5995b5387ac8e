"""The heads of requests: scenario, path and trust.

Accepted heads are kept without their `content-length`, so that most requests need one look-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeAlias, cast
from urllib.parse import unquote

from aiohttp import web

from mockclaude.api.errors import ApiError
from mockclaude.api.redaction import redact
from mockclaude.engine.http_request import SCENARIO_HEADER, Head, HttpRequest
from mockclaude.engine.routes import ENDPOINTS
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.trust import Trust, move_to_pages_lane
from mockclaude.engine.valid_headers import validation_mode
from mockclaude.engine.wrong_urls import explain_path, explain_scenario
from mockclaude.scenario.format.policy import LaneSource

MAX_HEADS = 1_000
"""The maximum number of known heads. At this number all are dropped."""

MAX_HEAD = 8 * 1024
"""The maximum size of a remembered head, in bytes."""

HeadKey: TypeAlias = tuple[str, str, int, tuple[tuple[bytes, bytes], ...]]
"""Method, raw path, minor version, and header lines."""

_LENGTH = (b"content-length", b"Content-Length")


class KnownHead(NamedTuple):
    """An accepted head, the name of its scenario, and its redacted path."""

    head: Head
    scenario: str
    path: str


class Heads:
    """The heads of requests to one server.

    Attributes:
        known: The accepted heads.
        served: The scenarios by name.
    """

    def __init__(self, served: Mapping[str, ScenarioState], trust: Trust) -> None:
        self.known: dict[HeadKey, KnownHead] = {}
        self.served = served
        self.check_host = lru_cache(maxsize=64)(trust.check_host)
        self._trust = trust

    def use(self, served: Mapping[str, ScenarioState]) -> None:
        """Drop all heads, and serve other scenarios."""
        self.known.clear()
        self.served = served

    def read(self, request: web.BaseRequest, key: HeadKey) -> KnownHead:
        """Read a new head.

        Raises:
            ApiError: 404, the scenario or the path is unknown; 403, a page has sent a control header.
        """
        page = self._trust.page(request.headers)
        headers = self._trust.page_headers(page, request.headers) if page else request.headers
        name, path = self._address(request)
        head = _make_head(self._trust, request, path, headers, page, self.served[name].scenario.policy.lane_from)
        known = KnownHead(head, name, redact(request.raw_path))
        has_fixed_path = "/v1/" in request.raw_path.partition("?")[0]  # others depend on the mode, which may change
        size = len(request.raw_path) + sum([len(line) + len(value) for line, value in request.raw_headers])
        if has_fixed_path and not page and size <= MAX_HEAD:  # the headers of a page are filtered for each request
            if len(self.known) >= MAX_HEADS:
                self.known.clear()
            self.known[key] = known
        return known

    def read_stray(self, request: web.BaseRequest, error: ApiError) -> Head:
        """Read the head of a request to no scenario.

        The head of an untrusted sender is in the lane of pages.
        """
        page = self._trust.page(request.headers)
        is_strange = page or error.type == "permission_error"
        headers = move_to_pages_lane(request.headers) if is_strange else request.headers
        return _make_head(self._trust, request, "", headers, page)

    def _address(self, request: web.BaseRequest) -> tuple[str, str]:
        """Return the scenario of `request`, and the API's path. Some gateways omit `/v1`."""
        path = request.raw_path.partition("?")[0]
        prefix, slash, rest = path.partition("/v1/")
        if not slash:
            prefix, slash, rest = path.partition("/messages")
        name = unquote(prefix.strip("/")) if prefix else request.headers.get(SCENARIO_HEADER, "")
        served = self.served.get(name)
        if served is None or not slash:
            raise self._unknown(path, name)
        if slash == "/v1/":
            return name, slash + rest
        if validation_mode(request.headers, served.scenario.policy) == "gateway":
            return name, f"/v1{slash}{rest}"
        raise self._unknown(path, name)

    def _unknown(self, path: str, name: str) -> ApiError:
        if "/v1/" in path:
            return ApiError("not_found_error", f"No scenario is named '{name}'{explain_scenario(name, self.served)}")
        return ApiError("not_found_error", f"Not found: {path}{explain_path(path, [*ENDPOINTS])}")


def head_key(request: web.BaseRequest) -> HeadKey:
    """Return the key of a head: its bytes without `content-length`."""
    headers = tuple([header for header in request.raw_headers if header[0] not in _LENGTH])
    return request.method, request.raw_path, request.version.minor, headers


class Connection(Protocol):
    """A connection that counts its requests."""

    requests: int


def build_http_request(head: Head, request: web.BaseRequest, body: bytes, began: float, now: float) -> HttpRequest:
    """Build the request to the engine.

    Args:
        began: The start of the server, in seconds since the epoch.
        now: The arrival of the request, in seconds since the epoch.
    """
    connection = cast("Connection", request.protocol)
    reused, connection.requests = connection.requests > 0, connection.requests + 1
    headers = head.headers if head.page else request.headers
    head = head.with_lane_of(body) if head.reads_body else head
    since_start_us, fraction_us = int((now - began) * 1e6), int(now % 1 * 1e6)
    return HttpRequest(head, headers, body, int(now), since_start_us, reused, fraction_us)


def _make_head(
    trust: Trust,
    request: web.BaseRequest,
    path: str,
    headers: Mapping[str, str],
    page: str,
    lane_from: tuple[LaneSource, ...] = (),
) -> Head:
    query = request.query if "?" in request.raw_path else {}
    guest = bool(trust.token) and trust.is_guest(request.headers)
    http11 = bool(request.version >= (1, 1))
    return Head(request.method, path, query, headers, http11=http11, page=page, guest=guest, lane_from=lane_from)
