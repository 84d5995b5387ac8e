"""What a client on a raw socket gets, for themes that no shipped scenario shows: as the golden file of each theme says.

A transcript shows every request with its response: the first line, how many bytes came and how the connection ended,
what the journal has of planned writes, the digest of the head with the headers that are not usual, the digest of the
body and what is in it, and the reason and the notes of the decision. A line that changes by itself is a defect.
`pytest --update-golden` writes the files anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from mockclaude.testing import MockClaude
from tests.door import functions
from tests.door.requests import ask
from tests.door.server import Door, Request
from tests.door.themes import admin, faults, http, live, state
from tests.door.transcript import head_lines, lines

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


def transcript(theme: str) -> Iterator[str]:
    """Yield the transcript of `theme`, answered by Python functions and its scenario file."""
    file, clients = THEMES[theme]
    mock = MockClaude(f"{file}.yaml", retry_speed="1x").start()
    try:
        functions.add(mock, functions.FUNCTIONS)
        door = Door(mock)
        usual = [line for usual in USUAL for line in head_lines(door.client("usual").send(usual))[1:]]
        for name, requests in clients():
            client = door.client(name)
            yield f"# {name}"
            for request in requests:
                yield f"> {request.title}"
                yield from lines(client.send(request), usual)
        door.close()
    finally:
        mock.stop()


@pytest.mark.parametrize("theme", THEMES)
def test_transcript_is_the_golden_one(theme: str, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    monkeypatch.chdir(FOLDER)  # places in messages are relative to it
    renewed = "\n".join(transcript(theme)) + "\n"
    golden = GOLDEN / f"{theme}.txt"
    if pytestconfig.getoption("--update-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(renewed)

    assert renewed.splitlines() == golden.read_text().splitlines()
