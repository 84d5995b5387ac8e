"""For tests in Python: `MockClaude`, and what it tells of requests.

In: nothing. Out: names, imported when they are asked for: the pytest plugin is loaded by runs that need no server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockclaude.api.request import MessagesRequest
    from mockclaude.testing.messages_request import Asked
    from mockclaude.testing.mock import MockClaude

__all__ = ["Asked", "MessagesRequest", "MockClaude"]

_HOME = {"Asked": "messages_request", "MessagesRequest": "messages_request", "MockClaude": "mock"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
