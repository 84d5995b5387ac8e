from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def inner_objects(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect what a run of pytest within a test leaves: its open clients would warn in a later test."""
    yield
    if "pytester" in request.fixturenames:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()
