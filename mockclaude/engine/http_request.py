"""An HTTP request, without sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from functools import cache, cached_property, partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from multidict import CIMultiDict

from mockclaude.api.api_headers import api_key, is_signed
from mockclaude.api.fingerprint import Fingerprints, hash_request
from mockclaude.api.memo import remember
from mockclaude.api.redaction import redact_header
from mockclaude.engine.paths import AdapterName, find_adapter, find_endpoint, find_stray_adapter, is_openai
from mockclaude.engine.valid_headers import ValidHeaders
from mockclaude.scenario.format.policy import LaneSource

if TYPE_CHECKING:
    from mockclaude.reply.dialect import Dialect
    from mockclaude.reply.response import Response

LANE_HEADER = "x-mockclaude-lane"
SCENARIO_HEADER = "x-mockclaude-scenario"

_LONGEST_LANE = 200
_LONGEST_KEY = 1_000
"""Characters of a value whose hash is kept."""

_MAX_LANES = 1_000
"""Lanes of one head whose heads are kept. At this number all are dropped."""

_MAX_CORES, _LONGEST_CORE = 16, 1_000
"""Requests to the core whose heads are kept with one head, and the characters of their headers."""


class Head:
    """The request line and the headers, with all values that depend on them alone.

    Requests that begin with the same bytes share one `Head`, so these values are computed once.

    Attributes:
        method: The HTTP method.
        path: The path of the API, without the scenario.
        prefix: The part of the URL's path before it, as sent, e.g. `/hello`.
        is_platform: Whether the base URL ends with `/anthropic`, or the request has a signature of AWS.
        query: The query.
        headers: The headers; names are case-insensitive.
        headers_size: The number of characters of their values.
        http11: Whether the client speaks HTTP/1.1, so that a response may have chunks.
        page: The origin of the web page that sent the request; '' if the page may control the server.
        guest: Whether the request lacks the server's token.
        is_message: Whether the request is a Messages request.
        endpoint: The name of the endpoint in conditions; '' for an unknown path.
        adapter: The dialect of the client.
        lane_from: The sources of the lane.
        validated: The result of the last validation of the headers.
        custom_id: The id of the request in its batch; None for others.
        handler: The handler of the method and the path, with the path parameters; None before the first request.
    """

    custom_id: str | None = None

    def __init__(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        *,
        http11: bool = True,
        page: str = "",
        guest: bool = False,
        lane_from: tuple[LaneSource, ...] = (),
        prefix: str = "",
        is_platform: bool = False,
    ) -> None:
        self.method = method
        self.path = path
        self.prefix = prefix
        self.is_platform = is_platform or is_signed(headers)
        self.query = query
        self.headers = headers
        self.headers_size = sum(map(len, headers.values()))
        self.http11 = http11
        self.page = page
        self.guest = guest
        self.endpoint = find_endpoint(path)
        self.is_message = method == "POST" and self.endpoint == "messages"
        find = find_adapter if self.endpoint else find_stray_adapter
        self.adapter: AdapterName = "openai" if self.endpoint == "models" and is_openai(headers) else find(path)
        self.lane_from = lane_from
        self.reads_body = any(source.kind == "body" for source in lane_from)
        self.validated: ValidHeaders | None = None
        self.handler: Callable[..., Any] | None = None
        self._in_lanes: dict[str, Head] = {}
        self._of_core: dict[tuple[str, tuple[tuple[str, str], ...]], Head] = {}

    @cached_property
    def lane(self) -> str:
        """The lane (isolation key), as far as it depends on the headers."""
        return find_lane(self.headers, self.lane_from)

    def with_lane_of(self, body: bytes) -> Head:
        """Return a head, shared within its lane, for a request with this body."""
        fields = read_fields(body)
        lane = find_lane(self.headers, self.lane_from, _name_user(fields) if self.adapter == "openai" else fields)
        head = self._in_lanes.get(lane)
        if head is None:
            if len(self._in_lanes) >= _MAX_LANES:
                self._in_lanes.clear()
            head = self._in_lanes[lane] = copy(self)
            head.lane, head._of_core = lane, {}
        return head

    def to_core(self, path: str, headers: tuple[tuple[str, str], ...]) -> Head:
        """Return the head of an adapter's request to the core.

        Later requests share it, unless its headers are long.

        Args:
            path: The path of the API.
            headers: The headers that are added or replaced.
        """
        core = self._of_core.get((path, headers))
        if core is None:
            core = self._build_core(path, headers)
            if sum([len(value) for _, value in headers]) <= _LONGEST_CORE:
                if len(self._of_core) >= _MAX_CORES:
                    self._of_core.clear()
                self._of_core[path, headers] = core
        return core if core.custom_id == self.custom_id else core.with_custom_id(self.custom_id)

    def with_custom_id(self, custom_id: str | None) -> Head:
        """Return the head of a request with this id in its batch."""
        head = copy(self)
        head.custom_id = custom_id
        return head

    def _build_core(self, path: str, headers: tuple[tuple[str, str], ...]) -> Head:
        lines = replace_headers(self.headers, headers)
        core = Head("POST", path, {}, lines, http11=self.http11, page=self.page, guest=self.guest, prefix=self.prefix)
        core.adapter, core.lane = self.adapter, self.lane
        core.is_platform = self.is_platform
        return core


@cache
def _import_translate() -> Callable[[Response, Dialect], Response]:
    """Import the translation, which a request in the API's own dialect does not need."""
    from mockclaude.reply.dialect import translate

    return translate


class HttpRequest(NamedTuple):
    """One request, with every time that a decision may depend on.

    Attributes:
        head: The request line and the headers.
        headers: The headers of this request. The headers of `head` may have another `content-length`.
        body: The body, decompressed.
        now: The time of arrival, in whole seconds since the epoch.
        since_start_us: Microseconds from the start of the server to the arrival.
        reused: Whether the connection has served another request.
        fraction_us: Microseconds from `now` to the arrival.
        dialect: The dialect of the response; None for the API's own.
    """

    head: Head
    headers: Mapping[str, str]
    body: bytes
    now: int
    since_start_us: int = 0
    reused: bool = False
    fraction_us: int = 0
    dialect: Dialect | None = None

    @property
    def now_us(self) -> int:
        """The time of arrival, in microseconds since the epoch."""
        return self.now * 1_000_000 + self.fraction_us

    def translate(self, response: Response) -> Response:
        """Translate a response to the dialect of the client."""
        return response if self.dialect is None else _import_translate()(response, self.dialect)

    def fingerprints(self, canonical: bytes, excluded_fields: bytes = b"") -> Fingerprints:
        """Hash the request with this canonical body and these excluded fields."""
        return hash_request(self.head.method, self.head.path, self.head.query, canonical, excluded_fields)

    def raw_fingerprints(self, extra: str = "") -> Fingerprints:
        """Hash a request with an unparsed body, or a form without its boundary."""
        body, content_type = self.body, self.headers.get("content-type", "")
        if content_type[:10].lower() == "multipart/":
            from mockclaude.api.multipart import hash_form

            body = hash_form(content_type, body)
        return self.fingerprints(body or b"{}", extra.encode("utf-8", "surrogatepass"))


new_http_request: Callable[[tuple[Head, Mapping[str, str], bytes, int, int, bool, int, Dialect | None]], HttpRequest]
new_http_request = partial(tuple.__new__, HttpRequest)
"""A constructor that calls no Python code."""


def replace_headers(headers: Mapping[str, str], lines: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return headers with added or replaced lines."""
    replaced = CIMultiDict(headers)
    replaced.update(lines)
    return replaced


def find_lane(
    headers: Mapping[str, str], lane_from: tuple[LaneSource, ...] = (), body: Mapping[str, Any] | None = None
) -> str:
    """Return the lane header, the first source with a value, or the lane of the key."""
    named = headers.get(LANE_HEADER)
    if named is not None:
        return named
    values = (_value_to_lane(source, _find_value(source, headers, body or {})) for source in lane_from)
    return next(filter(None, values), "") or hash_key_to_lane(api_key(headers))


def read_fields(body: bytes) -> Mapping[str, Any]:
    """Return the fields of a body; none if it is not a JSON object."""
    try:
        fields = orjson.loads(body)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _name_user(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of a request to OpenAI's API with the user in `metadata`, as in a Messages request."""
    metadata = fields.get("metadata")
    user = fields.get("user") or fields.get("safety_identifier")
    return {**fields, "metadata": {"user_id": user, **(metadata if isinstance(metadata, dict) else {})}}


def _find_value(source: LaneSource, headers: Mapping[str, str], body: Mapping[str, Any]) -> str:
    if source.kind == "headers":
        return headers.get(source.path[0], "")
    if source.kind == "cookies":
        cookies = (cookie.strip().partition("=") for cookie in headers.get("cookie", "").split(";"))
        return next((value for name, _, value in cookies if name == source.path[0]), "")
    value: Any = body
    for name in source.path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


@remember(1024, _LONGEST_LANE)
def _value_to_lane(source: LaneSource, value: str) -> str:
    """Return the lane of a value: the value itself, or its hash if it may be a credential or is unfit for the log."""
    name = "cookie" if source.kind == "cookies" else source.path[-1]
    is_plain = len(value) <= _LONGEST_LANE and value.isprintable() and redact_header(name, value) == value
    return value if is_plain else hash_key_to_lane(value)


@remember(1024, _LONGEST_KEY)
def hash_key_to_lane(key: str) -> str:
    """Return the lane of an API key: the key's hash, or '' for no key."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest() if key else ""
