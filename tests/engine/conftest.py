"""The stores that every test of the interface `Store` runs against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.store import Store
from tests.engine.remote_store import StoreProcess

NewStore: TypeAlias = Callable[[], Store]


@pytest.fixture(scope="session")
def store_process() -> Iterator[StoreProcess]:
    """Return a process for remote stores."""
    with StoreProcess() as process:
        yield process


@pytest.fixture(scope="session", params=["memory", pytest.param("remote", marks=pytest.mark.process)])
def new_store(request: pytest.FixtureRequest) -> NewStore:
    """Return a function that makes an empty store: in this process, or in another."""
    if request.param == "memory":
        return MemoryStore
    process: StoreProcess = request.getfixturevalue("store_process")
    return process.new_store


@pytest.fixture
def store(new_store: NewStore) -> Store:
    """Return an empty store."""
    return new_store()
