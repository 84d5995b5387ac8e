"""`MockClaude` for tests in Python, and the pytest plugin.

Names are imported on first use, because each run of pytest loads the plugin, also where no test needs a server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockclaude.api.request import MessagesRequest
    from mockclaude.testing.messages_request import Asked
    from mockclaude.testing.mock import MockClaude

__all__ = ["Asked", "MessagesRequest", "MockClaude"]

_MODULES = {"Asked": "messages_request", "MessagesRequest": "messages_request", "MockClaude": "mock"}
"""Name -> its module."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
