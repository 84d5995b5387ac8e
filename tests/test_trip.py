"""The trip of a request: how many modules and functions of the package it visits in the server."""

import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, NamedTuple

import pytest

import mockclaude
from mockclaude.testing import MockClaude
from tests.serving import Running, post

PACKAGE = f"{mockclaude.__path__[0]}/"


class Trip(NamedTuple):
    """A request for a scenario of one rule, and its budgets."""

    stream: bool
    options: dict[str, Any]
    modules: int
    functions: int


TRIPS = {
    "one rule": Trip(False, {}, modules=23, functions=53),
    "a dropped ping": Trip(True, {"fault": {"drop": "ping"}}, modules=32, functions=100),
}


class Visits:
    """Functions of the package that are called while `counting`, as modules and names."""

    def __init__(self) -> None:
        self.counting = False
        self.functions: set[tuple[str, str]] = set()

    def note(self, frame: FrameType, event: str, _argument: object) -> None:
        """Note a call, as `threading.setprofile` reports it."""
        code = frame.f_code
        if self.counting and event == "call" and code.co_filename.startswith(PACKAGE) and code.co_name[0] != "<":
            self.functions.add((code.co_filename.removeprefix(PACKAGE), code.co_name))

    @property
    def modules(self) -> list[str]:
        return sorted({module for module, _ in self.functions})


@pytest.fixture
def visits() -> Iterator[Visits]:
    visits = Visits()
    threading.setprofile(visits.note)
    yield visits
    threading.setprofile(None)


@pytest.mark.parametrize("name", TRIPS)
def test_a_request_keeps_to_its_budget(name: str, visits: Visits) -> None:
    trip = TRIPS[name]
    # Heads are kept for a second, which never ends here; notes of the log for the process, in which the seed is unique.
    with MockClaude(speed="manual", seed=26_060) as mock:
        mock.reply("hi", **trip.options)
        server, request = Running(int(mock.url.rpartition(":")[2])), post("x", stream=trip.stream)
        server.ask(request)
        server.ask(request)  # from the second request on, everything that is prepared once is there
        visits.counting = True
        server.ask(request)
        assert server.ask(request).status == 200  # when it has been answered, the one before has ended
        visits.counting = False

    assert len(visits.modules) <= trip.modules, visits.modules
    assert len(visits.functions) <= trip.functions, sorted(visits.functions)
