"""Reasons why a test sent no request to the server: requests, clients and variables that lead elsewhere."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from mockclaude.testing.environment import describe_overrides

_REAL_TRANSPORTS = ("HTTPTransport", "AsyncHTTPTransport")
_CREATED = {
    True: "it was created with another base_url; create it without one, or with os.environ['ANTHROPIC_BASE_URL']",
    False: "it was created before the test, or with another base_url; create it in the test, or set "
    "`mockclaude_environment = session`",
}


_NAMED: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
"""Client -> the first test that named it. The traceback of a failed test keeps its clients alive."""


def describe_unreached(url: str, error: BaseException | None, *, early: bool, test: str) -> str:
    """Describe why no request was received at `url` in a failed test.

    Args:
        url: The base URL of the server.
        error: The exception that the test failed with, if any.
        early: Whether the environment has pointed there since before code under test was imported.
        test: The id of the test.
    """
    elsewhere = [sent for sent in urls_of_requests(error) if not sent.startswith(f"{url}/")]
    requests = [f"the failed request was sent to {sent}" for sent in elsewhere]
    reasons = [*requests, *dict.fromkeys(_clients(url, elsewhere, early, test)), *describe_overrides(url)]
    if not reasons:
        reasons = [
            "no client with another URL found; check that the code under test sends a request, to the URL in "
            "ANTHROPIC_BASE_URL"
        ]
    return "\n".join([f"no request was received at {url}", *(f"  {reason}" for reason in reasons)])


def urls_of_requests(error: BaseException | None) -> list[str]:
    """Return the URLs of the requests in `error`, its causes and its group."""
    urls: dict[str, None] = {}
    for linked in _chain(error):
        with suppress(Exception):  # a property of another library's exception
            url = linked.request.url  # type: ignore[attr-defined]
            urls[str(url)] = None
    return list(urls)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    waiting, seen = [error], set()
    while waiting:
        linked = waiting.pop()
        if linked is None or id(linked) in seen:
            continue
        seen.add(id(linked))
        yield linked
        waiting += [linked.__context__, linked.__cause__]
        if isinstance(linked, BaseExceptionGroup):
            waiting += linked.exceptions


def _clients(url: str, elsewhere: Sequence[str], early: bool, test: str) -> Iterator[str]:
    """Yield a line for each open client of the Anthropic SDK whose requests do not reach `url`.

    If the failed request was sent `elsewhere`, only clients with that URL are named. Otherwise, clients that an
    earlier test named are skipped, unless a module holds them.
    """
    for client in _open_clients():
        place = _place(client)
        is_of_earlier_test = _NAMED.setdefault(client, test) != test and not place
        name = f"{place}{type(client).__name__}"
        base_url = str(client.base_url).rstrip("/")
        transport = type(getattr(getattr(client, "_client", None), "_transport", None)).__name__
        if not any(sent.startswith(base_url) for sent in elsewhere) if elsewhere else is_of_earlier_test:
            continue
        if not base_url.startswith(url):
            yield f"{name} sends to {base_url}: {_CREATED[early]}"
        elif transport not in _REAL_TRANSPORTS:
            yield f"{name} sends through {transport}, which need not use the network; create it without `http_client`"


def _open_clients() -> list[Any]:
    kind = getattr(sys.modules.get("anthropic._base_client"), "BaseClient", None)
    if kind is None:
        return []
    return [client for client in gc.get_objects() if issubclass(type(client), kind) and not client.is_closed()]


def _place(client: Any) -> str:
    """Return the name of the module variable that holds `client`, or an empty string."""
    for name, module in list(sys.modules.items()):
        for variable, value in list(getattr(module, "__dict__", {}).items()):
            if value is client:
                return f"{name}.{variable}: "
    return ""
