"""Runs of pytest within a test."""

from __future__ import annotations

import gc

import anthropic
import pytest

from mockclaude.scenario.loading import source, yaml_source
from mockclaude.testing import mock

IMPORTED = (anthropic, mock, source, yaml_source)
"""What a run in this process must not import for itself: it would be imported anew for each run."""


def forget_objects() -> None:
    """Exclude all present objects from garbage collection and from the search for clients: of few it takes no time."""
    gc.freeze()


def load_only_our_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let other processes load this plugin and pytest-xdist only: to import all that are installed takes seconds."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "mockclaude.testing.plugin,xdist.plugin")
