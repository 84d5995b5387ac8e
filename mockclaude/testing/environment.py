"""The environment variables that point SDKs to a server.

In: its URL. Out: variables, set for a while and then as they were before. Knows nothing of servers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

IN_THE_WAY = ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS")
"""Variables with which an SDK would send something else."""

_LOCAL = ("127.0.0.1", "localhost")
_NO_PROXY = ("NO_PROXY", "no_proxy")


def variables(url: str) -> dict[str, str]:
    """Return the variables that point the SDKs to `url`, past any proxy."""
    already = [host for name in _NO_PROXY for host in os.environ.get(name, "").split(",") if host]
    without_proxy = ",".join(dict.fromkeys([*_LOCAL, *already]))
    return {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "mock", **dict.fromkeys(_NO_PROXY, without_proxy)}


@contextmanager
def pointing_to(url: str) -> Iterator[None]:
    """Set the variables in this process, and afterwards what was there before."""
    wanted = variables(url)
    before = {name: os.environ.get(name) for name in (*wanted, *IN_THE_WAY)}
    try:
        os.environ.update(wanted)
        for name in IN_THE_WAY:
            os.environ.pop(name, None)
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
