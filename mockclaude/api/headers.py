"""The response headers of the Messages API.

In: a request id, the time, and what kind of response it is.
Out: header names and values in the order of real recordings.
Knows nothing of what the response says. Of all that a response holds, only what is drawn from the time here, `date` and
the `-reset` times, differs between two runs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache

ORGANIZATION_ID = "3a2f5c1e-6d0b-4f7a-9c58-2b7e41d09a66"
WORKSPACE_ID = "wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ"

REQUEST_LIMIT = 4000
TOKEN_LIMITS = {"tokens": 4_800_000, "input-tokens": 4_000_000, "output-tokens": 800_000}
"""Limit per minute of each family that a response to `/v1/messages` reports."""

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

CORS_PREFLIGHT = (
    "access-control-allow-origin: *\r\n"
    "access-control-allow-methods: GET, POST, DELETE, OPTIONS\r\n"
    "access-control-allow-headers: *, authorization\r\n"
    "access-control-max-age: 600\r\n"
)
"""What a browser asks for before it sends a request with `anthropic-dangerous-direct-browser-access`."""


@lru_cache(maxsize=8)
def date(now: int) -> str:
    """Return the `date` header line for `now`, in seconds since the epoch."""
    return f"date: {formatdate(now, usegmt=True)}\r\n"


def _rate_limits(now: int) -> str:
    """Return the `anthropic-ratelimit-*` lines of an account that is far from its limits."""
    reset = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    families = {"requests": (REQUEST_LIMIT, REQUEST_LIMIT - 1)}
    families |= {name: (limit, limit) for name, limit in TOKEN_LIMITS.items()}
    return "".join(
        f"anthropic-ratelimit-{family}-limit: {limit}\r\n"
        f"anthropic-ratelimit-{family}-remaining: {remaining}\r\n"
        f"anthropic-ratelimit-{family}-reset: {reset}\r\n"
        for family, (limit, remaining) in families.items()
    )


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
