"""The environment variables that point SDKs to a server: set for a while, and then as they were before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

BASE_URLS = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_URL", "ANTHROPIC_API_BASE")
"""Variables with a base URL: of the SDKs and Claude Code, of LangChain, of LiteLLM."""

IN_THE_WAY = (
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_CUSTOM_HEADERS",
    "ANTHROPIC_PROFILE",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
)
"""Variables with which an SDK or Claude Code would send other credentials or headers, or to another API."""

_LOCAL = ("127.0.0.1", "localhost")
_NO_PROXY = ("NO_PROXY", "no_proxy")
_PROXIES = ("HTTP_PROXY", "ALL_PROXY")


def variables(url: str) -> dict[str, str]:
    """Return the variables that point the SDKs to `url`, past any proxy."""
    already = [host.strip() for name in _NO_PROXY for host in os.environ.get(name, "").split(",") if host.strip()]
    without_proxy = "*" if "*" in already else ",".join(dict.fromkeys([*_LOCAL, *already]))
    return {
        **dict.fromkeys(BASE_URLS, url),
        "ANTHROPIC_API_KEY": "mock",
        **dict.fromkeys(_NO_PROXY, without_proxy),
    }


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


def changes(url: str) -> list[str]:
    """Describe each variable with which requests would not be sent to `url`."""
    urls = [
        f"{name} is {os.environ.get(name)!r}; expected {url!r}; remove the code that changes it during the test"
        for name in BASE_URLS
        if os.environ.get(name) != url
    ]
    proxies = [name for name in _PROXIES if os.environ.get(name) or os.environ.get(name.lower())]
    direct = any("127.0.0.1" in os.environ.get(name, "") or os.environ.get(name) == "*" for name in _NO_PROXY)
    if proxies and not direct:
        urls.append(f"{proxies[0]} is set and NO_PROXY lacks 127.0.0.1; expected NO_PROXY with 127.0.0.1")
    return urls
