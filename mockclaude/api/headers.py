"""The response headers of the Messages API.

In: a request id, the time, and what kind of response it is.
Out: header names and values in the order of real recordings.
Knows nothing of what the response says. Of all that a response holds, only what is drawn from the time here, `date` and
the `-reset` times, differs between two runs.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from typing import NamedTuple

ORGANIZATION_ID = "3a2f5c1e-6d0b-4f7a-9c58-2b7e41d09a66"
WORKSPACE_ID = "wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ"

REQUESTS, INPUT, OUTPUT = "requests", "input-tokens", "output-tokens"
"""What is limited per minute, as the headers of a response to `/v1/messages` name it."""

_TOKENS = "tokens"
_THOUSAND = 1_000

_EDGE = (
    "strict-transport-security: max-age=31536000; includeSubDomains; preload\r\n"
    "content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"
    "server: cloudflare\r\n"
    "cf-ray: 9e793df2cb2c16a4-SJC\r\n"
    "cf-cache-status: DYNAMIC\r\n"
    "x-robots-tag: none\r\n"
    "vary: Accept-Encoding\r\n"
    "access-control-allow-origin: *\r\n"
    "access-control-expose-headers: *\r\n"
)

_CORS_PREFLIGHT = (
    "access-control-allow-origin: *\r\n"
    "access-control-allow-methods: GET, POST, DELETE, OPTIONS\r\n"
    "access-control-max-age: 600\r\n"
    "vary: origin, access-control-request-headers\r\n"
)
_FIELD = re.compile(r"[!#$%&'+.^_`|~0-9a-z-]+")
_CONTROL = "x-mockclaude-"


def cors_preflight(requested: str = "", *, control: bool = False) -> str:
    """Return what a browser is granted before it sends a request with `anthropic-dangerous-direct-browser-access`: the
    `requested` headers, but the server's own `x-mockclaude-*` only if a page may `control` it.
    """
    names = map(str.strip, requested.lower().split(","))
    granted = [name for name in names if _FIELD.fullmatch(name) and (control or not name.startswith(_CONTROL))]
    return f"{_CORS_PREFLIGHT}access-control-allow-headers: {', '.join(granted or ['authorization'])}\r\n"


@lru_cache(maxsize=8)
def date(now: int) -> str:
    """Return the `date` header line for `now`, in seconds since the epoch."""
    return f"date: {formatdate(now, usegmt=True)}\r\n"


class Quota(NamedTuple):
    """A limit per minute, what is left of it, and the second since the epoch in which all of it is there again."""

    limit: int
    remaining: int
    reset: int

    def rounded(self) -> Quota:
        """Return what is told of tokens: thousands, of a limit below a thousand everything.

        The API rounds to the nearest thousand (documented); down, nobody is promised what is not there.
        """
        step = _THOUSAND if self.limit >= _THOUSAND else 1
        return self._replace(remaining=self.remaining // step * step)


def usual_quotas(now: int) -> dict[str, Quota]:
    """Return the quotas of an account that is far from its limits."""
    return {
        REQUESTS: Quota(4_000, 3_999, now),
        INPUT: Quota(4_000_000, 4_000_000, now),
        OUTPUT: Quota(800_000, 800_000, now),
    }


def rate_limits(quotas: Mapping[str, Quota]) -> dict[str, str]:
    """Return the `anthropic-ratelimit-*` headers for requests, input and output; `tokens` is the sum of the latter two,
    as documented for an account whose workspace has no limits of its own.
    """
    tokens = [quotas[INPUT].rounded(), quotas[OUTPUT].rounded()]
    limits, remainings, resets = zip(*tokens, strict=True)
    together = Quota(sum(limits), sum(remainings), max(resets))
    families = {REQUESTS: quotas[REQUESTS], _TOKENS: together, INPUT: tokens[0], OUTPUT: tokens[1]}
    return {
        f"anthropic-ratelimit-{family}-{what}": value
        for family, (limit, remaining, reset) in families.items()
        for what, value in (("limit", str(limit)), ("remaining", str(remaining)), ("reset", _rfc3339(reset)))
    }


@lru_cache(maxsize=64)
def _rfc3339(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _rate_limits(now: int) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in rate_limits(usual_quotas(now)).items())


@lru_cache(maxsize=8)
def json(now: int) -> str:
    """Return the lines that every JSON response carries besides its `request-id`."""
    return f"{_common(now)}content-type: application/json\r\n"


@lru_cache(maxsize=8)
def anonymous(now: int) -> str:
    """Return the lines of a JSON response to somebody who is not known: without organization and workspace."""
    return f"{date(now)}{_EDGE}content-type: application/json\r\n"


@lru_cache(maxsize=8)
def message(now: int) -> str:
    """Return the lines that a message carries besides its `request-id`."""
    return json(now) + _rate_limits(now)


@lru_cache(maxsize=8)
def stream(now: int) -> str:
    """Return the lines that a streamed message carries besides its `request-id`."""
    kind = "content-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    return f"{_common(now)}{kind}{_rate_limits(now)}"


def _common(now: int) -> str:
    ids = f"anthropic-organization-id: {ORGANIZATION_ID}\r\nanthropic-workspace-id: {WORKSPACE_ID}\r\n"
    return f"{date(now)}{ids}{_EDGE}"


def replaced(lines: str, others: Mapping[str, str]) -> str:
    """Return header `lines` with `others` added, each in place of a line of the same name."""
    named = {name.lower(): value for name, value in others.items()}
    kept = (line for line in lines.splitlines(keepends=True) if line.partition(":")[0] not in named)
    return "".join((*kept, *(f"{name}: {value}\r\n" for name, value in named.items())))
