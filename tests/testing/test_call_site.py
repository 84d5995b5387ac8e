"""A place is named relative to where the process runs, if it is below."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mockclaude.testing.call_site import find_call_site


def test_call_site_is_relative_below_the_working_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = os.path.relpath(__file__)
    assert find_call_site().startswith(f"{here}:")

    monkeypatch.chdir(tmp_path)
    assert find_call_site().startswith(f"{__file__}:")
