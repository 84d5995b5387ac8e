"""What a client on a raw socket gets, for themes that no shipped scenario shows: as the golden file of each theme says.

A transcript shows every request with its response: the first line, how many bytes came and how the connection ended,
what the journal has of planned writes, the digest of the head with the headers that are not usual, the digest of the
body and what is in it, and the reason and the notes of the decision. A line that changes by itself is a defect.
`pytest --update-golden` writes the files anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from mockclaude.scenario.loading.loader import load_text
from mockclaude.testing import MockClaude
from tests.door import functions
from tests.door.requests import ask
from tests.door.server import Door, Exchange, Request
from tests.door.themes import admin, faults, http, journal, live, sites, state
from tests.door.transcript import head_lines, lines
from tests.serving import ServerThread

FOLDER = Path(__file__).parent
GOLDEN = FOLDER.parent / "golden" / "door"
Theme: TypeAlias = Callable[[], Iterator[tuple[str, list[Request]]]]
"""The requests of each client, with its name, which is its API key."""

THEMES: dict[str, tuple[str, Theme]] = {
    "live": ("replies", live.clients),
    "threads": ("replies", state.threads),
    "cache": ("replies", state.cache),
    "limits": ("limits", state.limits),
    "counters": ("replies", state.counters),
    "chaos": ("chaos", state.chaos),
    "endpoints": ("replies", http.endpoints),
    "refusals": ("replies", http.refusals),
    "modes": ("replies", http.modes),
    "policy": ("policy", http.policy),
    "connections": ("replies", http.connections),
    "errors": ("replies", faults.of_errors),
    "faults": ("replies", faults.of_replies),
    "wishes": ("replies", faults.wishes),
    "cuts": ("replies", faults.prefills),
    "admin": ("replies", admin.clients),
}
"""Theme -> the scenario file that answers it, and its requests."""

USUAL = [ask("value 1"), ask("value 1", stream=True)]


def exchanges(door: Door, clients: Theme) -> Iterator[tuple[str, Exchange]]:
    """Yield each response with the lines that come before it: the request, after the name of a new client."""
    for name, requests in clients():
        client, heading = door.client(name), f"# {name}\n"
        for request in requests:
            yield f"{heading}> {request.title}", client.send(request)
            heading = ""


def transcript(door: Door, clients: Theme, usual_requests: Iterable[Request] = USUAL) -> Iterator[str]:
    usual = [line for usual in usual_requests for line in head_lines(door.client("usual").send(usual))[1:]]
    for request, exchange in exchanges(door, clients):
        yield request
        yield from lines(exchange, usual)


def entries(door: Door, clients: Theme) -> Iterator[str]:
    for request, exchange in exchanges(door, clients):
        yield request
        shown = (item for entry in exchange.entries for item in without_measured(entry).items())
        yield from (f"  {name} {json.dumps(value)}" for name, value in shown)


def without_measured(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry of the journal without what the machine's speed decides."""
    request, response = (
        {**entry[part], name: None} for part, name in (("request", "since_start_us"), ("response", "sent_us"))
    )
    return {**entry, "request": request, "response": response, "seconds": None}


@contextmanager
def opened(file: str) -> Iterator[Door]:
    """Serve a scenario file, and the functions."""
    mock = MockClaude(f"{file}.yaml", retry_speed="1x").start()
    try:
        functions.add(mock, functions.FUNCTIONS)
        door = Door.of(mock)
        yield door
        door.close()
    finally:
        mock.stop()


def check(name: str, renewed: str, config: pytest.Config) -> None:
    golden = GOLDEN / f"{name}.txt"
    if config.getoption("--update-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(f"{renewed}\n", "utf-8")

    assert renewed.splitlines() == golden.read_text("utf-8").splitlines()


@pytest.fixture(autouse=True)
def places_are_relative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)


@pytest.mark.parametrize("theme", THEMES)
def test_transcript_is_the_golden_one(theme: str, pytestconfig: pytest.Config) -> None:
    file, clients = THEMES[theme]
    with opened(file) as door:
        check(theme, "\n".join(transcript(door, clients)), pytestconfig)


def test_transcript_of_several_scenarios_is_the_golden_one(pytestconfig: pytest.Config) -> None:
    scenarios = {
        name: load_text(Path(f"{file}.yaml").read_text("utf-8"), f"{file}.yaml") for name, file in sites.FILES.items()
    }
    door = Door()
    with ServerThread(scenarios, clock=door.clock) as running:
        door.port = running.port
        check("sites", "\n".join(transcript(door, sites.clients, sites.USUAL)), pytestconfig)


def test_journal_is_the_golden_one(pytestconfig: pytest.Config) -> None:
    with opened("replies") as door:
        check("journal", "\n".join(entries(door, journal.clients)), pytestconfig)
