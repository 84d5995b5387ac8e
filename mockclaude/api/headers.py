"""Response headers of the Messages API, in the order of real recordings.

Only `date` and the `-reset` times depend on the clock, so only they differ between two runs.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Mapping
from email.utils import formatdate
from functools import lru_cache
from typing import NamedTuple

ORGANIZATION_ID = "3a2f5c1e-6d0b-4f7a-9c58-2b7e41d09a66"
WORKSPACE_ID = "wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ"

REQUESTS, INPUT, OUTPUT = "requests", "input-tokens", "output-tokens"
"""The resources with a limit per minute, by their names in response headers."""

_TOKENS = "tokens"
_THOUSAND = 1_000

_EDGE = {
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "server": "cloudflare",
    "cf-ray": "9e793df2cb2c16a4-SJC",
    "cf-cache-status": "DYNAMIC",
    "x-robots-tag": "none",
    "vary": "Accept-Encoding",
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "*",
}

_CORS_PREFLIGHT = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
    "access-control-max-age": "600",
    "vary": "origin, access-control-request-headers",
}
_FIELD = re.compile(r"[!#$%&'+.^_`|~0-9a-z-]+")
_CONTROL = "x-mockclaude-"


class Headers:
    """Immutable header lines in order, with names in lower case.

    Instances are compared by identity.

    Attributes:
        lines: The lines.
        id_lines: The encoded lines with the id of the request, which is `@` in them. The id always differs.
    """

    __slots__ = ("id_lines", "lines")

    def __init__(self, lines: Iterable[tuple[str, str]] = (), id_lines: bytes = b"request-id: @\r\n") -> None:
        self.lines = tuple(lines)
        self.id_lines = id_lines

    def put(self, values: Mapping[str, str]) -> Headers:
        """Return the lines with `values` at the end instead of lines of the same name."""
        named = {name.lower(): value for name, value in values.items()}
        return Headers((*self.without(named).lines, *named.items()), self.id_lines)

    def update(self, values: Mapping[str, str]) -> Headers:
        """Return the lines with new `values`. Other names in `values` are ignored."""
        return Headers([(name, values.get(name, value)) for name, value in self.lines], self.id_lines)

    def without(self, names: Collection[str]) -> Headers:
        """Return the lines with other names."""
        return Headers([line for line in self.lines if line[0] not in names], self.id_lines)


def cors_preflight(requested: str = "", *, control: bool = False) -> dict[str, str]:
    """Return the headers of a CORS preflight, which allow the requested headers.

    Browsers send a preflight before a request with `anthropic-dangerous-direct-browser-access`.

    Args:
        requested: The value of `access-control-request-headers`.
        control: Whether the page may send `x-mockclaude-*` headers.
    """
    names = map(str.strip, requested.lower().split(","))
    granted = [name for name in names if _FIELD.fullmatch(name) and (control or not name.startswith(_CONTROL))]
    return {**_CORS_PREFLIGHT, "access-control-allow-headers": ", ".join(granted or ["authorization"])}


@lru_cache(maxsize=8)
def date(now: int) -> Headers:
    """Return the `date` header for `now`, in seconds since the epoch."""
    return Headers([("date", formatdate(now, usegmt=True))])


class RateLimitStatus(NamedTuple):
    """A limit per minute, its remaining amount, and its reset (seconds since epoch)."""

    limit: int
    remaining: int
    reset: int

    def round_down(self) -> RateLimitStatus:
        """Round the remaining amount down to a thousand, if the limit has a thousand.

        The API rounds to the nearest thousand (documented). Rounding down never reports more than remains.
        """
        step = _THOUSAND if self.limit >= _THOUSAND else 1
        return self._replace(remaining=self.remaining // step * step)


def usual_rate_limits(now: int) -> dict[str, RateLimitStatus]:
    """Return the limits of a large account with little use."""
    return {
        REQUESTS: RateLimitStatus(4_000, 3_999, now),
        INPUT: RateLimitStatus(4_000_000, 4_000_000, now),
        OUTPUT: RateLimitStatus(800_000, 800_000, now),
    }


def rate_limits(statuses: Mapping[str, RateLimitStatus]) -> dict[str, str]:
    """Build the `anthropic-ratelimit-*` headers.

    `tokens` is the sum of input and output, as documented for an account without limits of its workspace.
    """
    tokens = [statuses[INPUT].round_down(), statuses[OUTPUT].round_down()]
    limits, remainings, resets = zip(*tokens, strict=True)
    together = RateLimitStatus(sum(limits), sum(remainings), max(resets))
    families = {REQUESTS: statuses[REQUESTS], _TOKENS: together, INPUT: tokens[0], OUTPUT: tokens[1]}
    return {
        f"anthropic-ratelimit-{family}-{what}": value
        for family, (limit, remaining, reset) in families.items()
        for what, value in (("limit", str(limit)), ("remaining", str(remaining)), ("reset", _rfc3339(reset)))
    }


@lru_cache(maxsize=64)
def _rfc3339(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


@lru_cache(maxsize=8)
def json(now: int) -> Headers:
    """Return the headers of every JSON response, without `request-id`."""
    return _common(now).put(_JSON)


@lru_cache(maxsize=8)
def anonymous(now: int) -> Headers:
    """Return the headers of a JSON response without organization and workspace.

    An unknown client gets them.
    """
    return date(now).put({**_EDGE, **_JSON})


@lru_cache(maxsize=8)
def message(now: int) -> Headers:
    """Return the headers of a message, without `request-id`."""
    return json(now).put(rate_limits(usual_rate_limits(now)))


@lru_cache(maxsize=8)
def stream(now: int) -> Headers:
    """Return the headers of a streamed message, without `request-id`."""
    return _common(now).put({**_STREAM, **rate_limits(usual_rate_limits(now))})


_JSON = {"content-type": "application/json"}
_STREAM = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}


def _common(now: int) -> Headers:
    ids = {"anthropic-organization-id": ORGANIZATION_ID, "anthropic-workspace-id": WORKSPACE_ID}
    return date(now).put({**ids, **_EDGE})
