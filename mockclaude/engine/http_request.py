"""A request to the API, without sockets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from mockclaude.api.api_headers import api_key

LANE_HEADER = "x-mockclaude-lane"
SCENARIO_HEADER = "x-mockclaude-scenario"


class Head:
    """The request line and the headers, and what follows from them alone.

    One `Head` may serve all requests that begin with the same bytes, so what is found out about it is kept with it.

    Attributes:
        method: The HTTP method.
        path: The path of the API, without the scenario.
        query: The query.
        headers: The headers; names are looked up in any case.
        http11: Whether the client speaks HTTP/1.1, and so understands chunks.
        page: The origin of the web page that sent the request, if that may not control the server.
        guest: Whether the request lacks the token that the server demands.
        validated: What a validator has found out about the headers.
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
        self.validated: Any = None

    @cached_property
    def lane(self) -> str:
        """The lane (isolation key): the lane header, or else the lane of the API key."""
        return lane_of(self.headers)


class Fingerprints(NamedTuple):
    """The hash of a whole request, which keys ids, and that of its canonical body; "" if that is the same."""

    whole: str
    canonical: str = ""


class HttpRequest(NamedTuple):
    """One request, with everything of "now" that a decision may depend on.

    Attributes:
        head: The request line and the headers.
        headers: The headers of this request. Those of `head` may have another `content-length`.
        body: The body, decompressed.
        now: When it arrived, in seconds since the epoch.
        since_start_us: Microseconds from the start of the server to its arrival.
        reused: Whether its connection has served another request.
        fraction_us: Microseconds by which it arrived later than `now`.
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
        """When it arrived, in microseconds since the epoch."""
        return self.now * 1_000_000 + self.fraction_us

    def fingerprints(self, canonical: bytes, excluded_fields: bytes = b"") -> Fingerprints:
        """Return the hashes of method, path and canonical body, and of these with the excluded fields and the query."""
        head = self.head
        state = blake2b(f"{head.method} {head.path}\n".encode(), digest_size=16)
        state.update(canonical)
        fingerprint = state.hexdigest()
        if not (excluded_fields or head.query):
            return Fingerprints(fingerprint)
        query = "&".join(map("=".join, head.query.items()))
        state.update(f"\n{query}\n".encode("utf-8", "surrogatepass") + excluded_fields)
        return Fingerprints(state.hexdigest(), fingerprint)

    def raw_fingerprints(self, extra: str = "") -> Fingerprints:
        """Return the hashes of a request whose body is not parsed, which differ with `extra`."""
        return self.fingerprints(self.body or b"{}", extra.encode("utf-8", "surrogatepass"))


def lane_of(headers: Mapping[str, str]) -> str:
    """Return the lane of a request with these headers."""
    named = headers.get(LANE_HEADER)
    return lane_of_key(api_key(headers)) if named is None else named


@lru_cache(maxsize=1024)
def lane_of_key(key: str) -> str:
    """Return the lane of requests with this API key: a hash of it, '' for none."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest() if key else ""
