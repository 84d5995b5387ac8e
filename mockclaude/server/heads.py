"""The heads of requests: scenario, path and trust.

Accepted heads are kept by their bytes without the value of `content-length`, so that most requests need one look-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote

from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from mockclaude.api.api_headers import is_signed
from mockclaude.api.errors import ApiError
from mockclaude.api.redaction import redact
from mockclaude.engine.http_request import SCENARIO_HEADER, Head, HttpRequest, new_http_request
from mockclaude.engine.paths import WITHOUT_VERSION, ApiAddress, find_address, find_stray_adapter
from mockclaude.engine.route_table import KNOWN, SHOWN
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.trust import Trust, move_to_pages_lane
from mockclaude.engine.valid_headers import validation_mode
from mockclaude.engine.wrong_urls import explain_path, explain_scenario
from mockclaude.scenario.format.policy import LaneSource
from mockclaude.server.handled_request import ClientConnection
from mockclaude.server.request_body import DEFAULT_LIMIT, find_limit

MAX_HEADS = 1_000
"""The maximum number of known heads. At this number all are dropped."""

MAX_HEAD = 8 * 1024
"""The maximum size of a remembered head, in bytes."""

_NAME = "content-length"
_LENGTH = b"\r\ncontent-length:"
_CODING = b"\r\ntransfer-encoding:"
_END = b"\r\n\r\n"
_MAX_DIGITS = 9
_CHANGES_THE_BODY = ("content-encoding", "expect", "transfer-encoding", "upgrade")


SplitHead: TypeAlias = tuple[bytes, str, int, int]
"""The key of a head, the value of `content-length`, and the positions of the body and of its end.

The key is the head without that value. The end is -1 if the head does not specify it.
"""

NO_HEAD: SplitHead = (b"", "", 0, -1)


def split_head(data: bytes) -> SplitHead:
    """Return the head of `data`; `NO_HEAD` if incomplete or of an unusual length."""
    head_end = data.find(_END)
    if head_end < 0:
        return NO_HEAD
    head, body_at = data[:head_end], head_end + len(_END)
    lines = head.lower()
    line = lines.find(_LENGTH)
    if line < 0:
        return head, "", body_at, body_at if lines.find(_CODING) < 0 else -1
    start = line + len(_LENGTH)
    line_end = data.find(b"\r\n", start)
    length = data[start:line_end].strip(b" ")
    if not length.isdigit() or len(length) > _MAX_DIGITS:
        return NO_HEAD
    return head[:start] + head[line_end:], length.decode(), body_at, body_at + int(length)


class KnownHead(NamedTuple):
    """An accepted head.

    Attributes:
        key: Its key.
        before: The part of the key before the value of `content-length`; the whole key without one.
        after: The part of the key after that value, and the end of the head.
        head: The head.
        scenario: The name of its scenario.
        path: Its redacted path.
        length_name: The spelling of its header `content-length`.
        length: The value of that header; '' without it.
        is_plain: Whether the body is in no other form and has no limit of its own, and the connection stays open after
            the response.
    """

    key: bytes
    before: bytes
    after: bytes
    head: Head
    scenario: str
    path: str
    length_name: str
    length: str
    is_plain: bool

    def split(self, data: bytes) -> SplitHead | None:
        """Do what `split_head` does; return None for another head.

        A head without `content-length` is always another one.
        """
        if not self.length or not data.startswith(self.before):
            return None
        start = len(self.before)
        end = data.find(b"\r\n", start)
        length = data[start:end].strip(b" ")
        if not length.isdigit() or len(length) > _MAX_DIGITS or not data.startswith(self.after, end):
            return None
        body_at = end + len(self.after)
        return self.key, length.decode(), body_at, body_at + int(length)

    def change_length(self, length: str) -> Mapping[str, str]:
        """Return the headers with another `content-length`."""
        headers = CIMultiDict(self.head.headers)
        headers[self.length_name] = length
        return headers


class Heads:
    """The heads of requests to one server.

    Attributes:
        known: The accepted heads.
        served: The scenarios by name.
    """

    def __init__(self, served: Mapping[str, ScenarioState], trust: Trust) -> None:
        self.known: dict[bytes, KnownHead] = {}
        self.served = served
        self.check_host = lru_cache(maxsize=64)(trust.check_host)
        self._trust = trust

    def use(self, served: Mapping[str, ScenarioState]) -> None:
        """Drop all heads, and serve other scenarios."""
        self.known.clear()
        self.served = served

    def read(self, request: web.BaseRequest, key: bytes = b"") -> KnownHead:
        """Read a new head, and keep it by `key` unless that is empty.

        Raises:
            ApiError: 404, the scenario or the path is unknown; 403, a page has sent a control header.
        """
        page = self._trust.page(request.headers)
        headers = self._trust.page_headers(page, request.headers) if page else request.headers
        address, by_mode = self._find_address(request)
        name = address.scenario
        lane_from = self.served[name].scenario.policy.lane_from
        head = _make_head(self._trust, request, address, headers, page, lane_from)
        length_name, length = next((line for line in request.headers.items() if line[0].lower() == _NAME), (_NAME, ""))
        line = key.lower().find(_LENGTH)
        value_at = len(key) if line < 0 else line + len(_LENGTH)
        parts = key, key[:value_at], key[value_at:] + _END
        known = KnownHead(*parts, head, name, redact(request.raw_path), length_name, length, _is_plain(request))
        # the headers of a page are filtered each time, and a signature differs each time
        if not (by_mode or page or is_signed(headers)) and 0 < len(key) <= MAX_HEAD:
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
        head = _make_head(self._trust, request, ApiAddress("", ""), headers, page)
        head.adapter = find_stray_adapter(request.raw_path.partition("?")[0])
        return head

    def _find_address(self, request: web.BaseRequest) -> tuple[ApiAddress, bool]:
        """Return the address of `request`, and whether it depends on the mode: some gateways omit `/v1`."""
        path, named = request.raw_path.partition("?")[0], request.headers.get(SCENARIO_HEADER, "")
        address = find_address(path, named, self.served)
        if address is not None:
            return address, False
        begin = next((begin for begin in ("/v1/", *WITHOUT_VERSION) if begin in path), "/v1/")
        prefix, start, _ = path.partition(begin)
        name = unquote(prefix.strip("/")) if prefix else named
        served = self.served.get(name)
        if served is None or not start or validation_mode(request.headers, served.scenario.policy) == "anthropic":
            raise self._unknown(path, name)
        return ApiAddress(name, f"/v1{path[len(prefix) :]}", prefix), True

    def _unknown(self, path: str, name: str) -> ApiError:
        if "/v1/" in path:
            return ApiError("not_found_error", f"No scenario is named '{name}'{explain_scenario(name, self.served)}")
        return ApiError("not_found_error", f"Not found: {path}{explain_path(path, SHOWN, KNOWN)}")


def build_http_request(
    head: Head, headers: Mapping[str, str], body: bytes, began: float, now: float, connection: ClientConnection
) -> HttpRequest:
    """Build the request to the engine, and count it.

    Args:
        began: The start of the server, in seconds since the epoch.
        now: The arrival of the request, in seconds since the epoch.
    """
    reused, connection.requests = connection.requests > 0, connection.requests + 1
    headers = head.headers if head.page else headers
    head = head.with_lane_of(body) if head.reads_body else head
    since_start_us, fraction_us = int((now - began) * 1e6), int(now % 1 * 1e6)
    return new_http_request((head, headers, body, int(now), since_start_us, reused, fraction_us, None))


def to_origin_form(request: web.BaseRequest) -> web.BaseRequest:
    """Convert a request to a whole URL to one with a path and a `Host` header."""
    if "://" not in request.raw_path:
        return request
    headers = CIMultiDict(request.headers)
    headers["host"] = request.url.host_port_subcomponent or ""
    return request.clone(rel_url=URL(request.url.raw_path_qs, encoded=True), headers=headers)


def _is_plain(request: web.BaseRequest) -> bool:
    if request.version != (1, 1) or not request.keep_alive or request.method == "CONNECT":  # whose body aiohttp ignores
        return False
    if request.method == "POST" and find_limit(request.raw_path) is not DEFAULT_LIMIT:  # `read_body` has that limit
        return False
    return not any(name in request.headers for name in _CHANGES_THE_BODY)


def _make_head(
    trust: Trust,
    request: web.BaseRequest,
    address: ApiAddress,
    headers: Mapping[str, str],
    page: str,
    lane_from: tuple[LaneSource, ...] = (),
) -> Head:
    query = request.query if "?" in request.raw_path else {}
    guest = bool(trust.token) and trust.is_guest(request.headers)
    http11 = bool(request.version >= (1, 1))
    return Head(
        request.method,
        address.path,
        query,
        headers,
        http11=http11,
        page=page,
        guest=guest,
        lane_from=lane_from,
        prefix=address.prefix,
        is_platform=address.is_platform,
    )
