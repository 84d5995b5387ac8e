"""Runs of pytest within a test."""

from __future__ import annotations

import gc
import sys
import warnings
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path

import anthropic
import pytest

from mockclaude.scenario.loading import source, yaml_source
from mockclaude.testing import mock, plugin

IMPORTED = (anthropic, mock, source, yaml_source)
"""What a run in this process must not import for itself: it would be imported anew for each run."""


def forget_objects() -> None:
    """Exclude all present objects from garbage collection and from the search for clients: of few it takes no time."""
    gc.freeze()


def load_only_our_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let other processes load this plugin and pytest-xdist only: to import all that are installed takes seconds."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "mockclaude.testing.plugin,xdist.plugin")


def run_pytest(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run pytest with this plugin in a folder, in this process. Return its exit code and its output."""
    forget_objects()
    output, path = StringIO(), sys.path[:]
    with chdir(folder), redirect_stdout(output), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the clients of a project are never closed
        code = pytest.main(["-q", "-p", "no:cacheprovider", *arguments], [plugin])
        gc.collect()
    sys.path[:] = path
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(f"{folder}/"):
            del sys.modules[name]
    return code, output.getvalue()
