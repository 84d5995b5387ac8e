"""The environment variables that point SDKs to a server."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

BASE_URLS = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_URL", "ANTHROPIC_API_BASE")
"""Variables with a base URL: of the SDKs and Claude Code, of LangChain, of LiteLLM."""

CONFLICTING = (
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_CUSTOM_HEADERS",
    "ANTHROPIC_PROFILE",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
)
"""Variables with which an SDK or Claude Code sends other credentials or headers, or uses another API."""

_KEY = "ANTHROPIC_API_KEY"
KEYS = (_KEY, "ANTHROPIC_AUTH_TOKEN")
"""Variables with the credentials of the SDKs."""

_MOCK = "mock"
"""The key of clients of the mock."""

_LOCAL = ("127.0.0.1", "localhost")
_NO_PROXY = ("NO_PROXY", "no_proxy")
_PROXIES = ("HTTP_PROXY", "ALL_PROXY")


def build_environment(url: str, keys: Mapping[str, str] | None = None) -> dict[str, str]:
    """Build the variables that point the SDKs to `url`, without a proxy.

    Args:
        url: The base URL.
        keys: The credentials of the SDKs. None: the key of the mock.
    """
    exempt = [host.strip() for name in _NO_PROXY for host in os.environ.get(name, "").split(",") if host.strip()]
    without_proxy = "*" if "*" in exempt else ",".join(dict.fromkeys([*_LOCAL, *exempt]))
    return {
        **dict.fromkeys(BASE_URLS, url),
        **({_KEY: _MOCK} if keys is None else keys),
        **dict.fromkeys(_NO_PROXY, without_proxy),
    }


def read_keys() -> dict[str, str]:
    """Return the credentials in the environment, except the key of the mock."""
    return {name: value for name, value in _read(KEYS).items() if value != _MOCK}


def is_mock_key(key: str) -> bool:
    """Return whether a key is that of clients of the mock."""
    return key == _MOCK


@contextmanager
def temporary_environment(url: str, keys: Mapping[str, str] | None = None) -> Iterator[None]:
    """Point this process to `url`, and restore its environment afterwards.

    Args:
        url: The base URL.
        keys: The credentials of the SDKs. None: the key of the mock.
    """
    variables = build_environment(url, keys)
    names = tuple(dict.fromkeys((*variables, *KEYS, *CONFLICTING)))
    before = _read(names)
    try:
        _write(names, before, variables)
        yield
    finally:
        _write(names, _read(names), before)


def _read(names: Iterable[str]) -> dict[str, str]:
    return {name: value for name in names if (value := os.environ.get(name)) is not None}


def _write(names: Iterable[str], before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Set the variables `names` to `after`, without the variables that are equal already."""
    for name in names:
        value = after.get(name)
        if value is None:
            if name in before:
                os.environ.pop(name, None)  # two names may be one variable on Windows
        elif value != before.get(name):
            os.environ[name] = value


def describe_overrides(url: str) -> list[str]:
    """Describe each variable that leads requests elsewhere than to `url`."""
    urls = [
        f"{name}: changed during the test, got {os.environ.get(name)!r}; expected {url!r}; remove the code that sets it"
        for name in BASE_URLS
        if os.environ.get(name) != url
    ]
    proxies = [name for name in _PROXIES if os.environ.get(name) or os.environ.get(name.lower())]
    direct = any("127.0.0.1" in os.environ.get(name, "") or os.environ.get(name) == "*" for name in _NO_PROXY)
    if proxies and not direct:
        urls.append(f"{proxies[0]}: set, and NO_PROXY lacks 127.0.0.1; expected NO_PROXY with 127.0.0.1")
    return urls
