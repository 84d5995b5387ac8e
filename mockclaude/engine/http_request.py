"""An HTTP request, without sockets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import NamedTuple

from mockclaude.api.api_headers import api_key
from mockclaude.api.fingerprint import Fingerprints, hash_request
from mockclaude.engine.valid_headers import ValidHeaders

_ENDPOINTS = {"/v1/messages": "messages", "/v1/messages/count_tokens": "count_tokens", "/v1/models": "models"}

LANE_HEADER = "x-mockclaude-lane"
SCENARIO_HEADER = "x-mockclaude-scenario"


class Head:
    """The request line and the headers, with all values that depend on them alone.

    Requests that begin with the same bytes share one `Head`, so these values are computed once.

    Attributes:
        method: The HTTP method.
        path: The path of the API, without the scenario.
        query: The query.
        headers: The headers; names are case-insensitive.
        http11: Whether the client speaks HTTP/1.1, so that a response may have chunks.
        page: The origin of the web page that sent the request; '' if the page may control the server.
        guest: Whether the request lacks the server's token.
        is_message: Whether the request is a Messages request.
        endpoint: The name of the endpoint in conditions; '' for an unknown path.
        validated: The result of the last validation of the headers.
    """

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
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.http11 = http11
        self.page = page
        self.guest = guest
        self.is_message = method == "POST" and path == "/v1/messages"
        self.endpoint = _ENDPOINTS.get("/v1/models" if path.startswith("/v1/models/") else path, "")
        self.validated: ValidHeaders | None = None

    @cached_property
    def lane(self) -> str:
        """The lane (isolation key): the lane header, or else the lane of the API key."""
        return find_lane(self.headers)


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
    """

    head: Head
    headers: Mapping[str, str]
    body: bytes
    now: int
    since_start_us: int = 0
    reused: bool = False
    fraction_us: int = 0

    @property
    def now_us(self) -> int:
        """The time of arrival, in microseconds since the epoch."""
        return self.now * 1_000_000 + self.fraction_us

    def fingerprints(self, canonical: bytes, excluded_fields: bytes = b"") -> Fingerprints:
        """Hash the request with this canonical body and these excluded fields."""
        return hash_request(self.head.method, self.head.path, self.head.query, canonical, excluded_fields)

    def raw_fingerprints(self, extra: str = "") -> Fingerprints:
        """Hash a request with an unparsed body and `extra`."""
        return self.fingerprints(self.body or b"{}", extra.encode("utf-8", "surrogatepass"))


def find_lane(headers: Mapping[str, str]) -> str:
    """Return the lane of a request with these headers."""
    named = headers.get(LANE_HEADER)
    return hash_key_to_lane(api_key(headers)) if named is None else named


@lru_cache(maxsize=1024)
def hash_key_to_lane(key: str) -> str:
    """Return the lane of an API key: the key's hash, or '' for no key."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest() if key else ""
