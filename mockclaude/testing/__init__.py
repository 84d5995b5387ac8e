"""`MockClaude` for tests in Python, and the pytest plugin.

Names are imported on first use, because each run of pytest loads the plugin, also where no test needs a server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockclaude.api.request import MessagesRequest
    from mockclaude.journal.entry import JournalEntry
    from mockclaude.scenario.diagnostics import ScenarioError
    from mockclaude.testing.messages_request import Asked
    from mockclaude.testing.mock import MockClaude
    from mockclaude.testing.recording_plan import RecordingError
    from mockclaude.testing.rule_builder import AddedRule, RuleBuilder

__all__ = [
    "AddedRule",
    "Asked",
    "JournalEntry",
    "MessagesRequest",
    "MockClaude",
    "RecordingError",
    "RuleBuilder",
    "ScenarioError",
]

_MODULES = {
    "AddedRule": "testing.rule_builder",
    "Asked": "testing.messages_request",
    "JournalEntry": "journal.entry",
    "MessagesRequest": "testing.messages_request",
    "MockClaude": "testing.mock",
    "RecordingError": "testing.recording_plan",
    "RuleBuilder": "testing.rule_builder",
    "ScenarioError": "scenario.diagnostics",
}
"""Name -> its module."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"mockclaude.{_MODULES[name]}"), name)
