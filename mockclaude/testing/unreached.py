"""Why a test reached no server: which request, which client and which variable of the environment leads elsewhere."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from mockclaude.testing.environment import changes

_REAL_TRANSPORTS = ("HTTPTransport", "AsyncHTTPTransport")
_CREATED = {
    True: "it was created with another base_url; create it without one, or with os.environ['ANTHROPIC_BASE_URL']",
    False: "it was created before the test, or with another base_url; create it in the test, or set "
    "`mockclaude_environment = session`",
}


_NAMED: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
"""Client -> the first test that named it. The traceback of a failed test keeps its clients alive."""


def describe_unreached(url: str, error: BaseException | None, *, early: bool, test: str) -> str:
    """Describe why no request was received at `url` in a test that failed with `error`.

    Args:
        url: The base URL of the server.
        error: The exception that the test failed with, if any.
        early: Whether the environment has pointed there since before code under test was imported.
        test: The id of the test.
    """
    elsewhere = [sent for sent in urls_of_requests(error) if not sent.startswith(f"{url}/")]
    requests = [f"the failed request was sent to {sent}" for sent in elsewhere]
    reasons = [*requests, *dict.fromkeys(_clients(url, elsewhere, early, test)), *changes(url)]
    if not reasons:
        reasons = [
            "no client that sends elsewhere was found; check that the code under test sends a request, to the URL in "
            "ANTHROPIC_BASE_URL"
        ]
    return "\n".join([f"no request was received at {url}", *(f"  {reason}" for reason in reasons)])


def urls_of_requests(error: BaseException | None) -> list[str]:
    """Return the URLs of the requests that failed with `error`, with its causes, or with an error of its group."""
    found: dict[str, None] = {}
    for each in _chain(error):
        with suppress(Exception):  # a property of somebody else's exception
            url = each.request.url  # type: ignore[attr-defined]
            found[str(url)] = None
    return list(found)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    waiting, seen = [error], set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__context__, each.__cause__]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions


def _clients(url: str, elsewhere: Sequence[str], early: bool, test: str) -> Iterator[str]:
    """Yield a line for each open client of the Anthropic SDK that sends `elsewhere`, or to anything but `url`.

    A client that an earlier test named is left out, unless a module holds it or the failed request was sent there.
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
    return [each for each in gc.get_objects() if issubclass(type(each), kind) and not each.is_closed()]


def _place(client: Any) -> str:
    """Return the name of the module's variable that holds `client`, if there is one."""
    for name, module in list(sys.modules.items()):
        for variable, value in list(getattr(module, "__dict__", {}).items()):
            if value is client:
                return f"{name}.{variable}: "
    return ""
