"""What a client on a raw socket gets, for themes that no shipped scenario shows: as the golden file of each theme says.

A transcript shows every request with its response: the first line, how many bytes came and how the connection ended,
what the journal has of planned writes, the digest of the head with the headers that are not usual, the digest of the
body and what is in it, and the reason and the notes of the decision. A line that changes by itself is a defect.
`pytest --update-golden` writes the files anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mockclaude.testing import MockClaude
from tests.door import functions, theme_live
from tests.door.requests import ask
from tests.door.server import Door, Request
from tests.door.transcript import head_lines, lines

FOLDER = Path(__file__).parent
GOLDEN = FOLDER.parent / "golden" / "door"
THEMES: dict[str, Callable[[], Iterator[tuple[str, list[Request]]]]] = {"live": theme_live.clients}
USUAL = [ask("value 1"), ask("value 1", stream=True)]


def transcript(theme: str) -> Iterator[str]:
    """Yield the transcript of `theme`, answered by the scenario file of its name and by Python functions."""
    file = Path(f"{theme}.yaml")
    mock = MockClaude(*[file] if file.exists() else [], retry_speed="1x").start()
    try:
        functions.add(mock)
        door = Door(mock)
        usual = [line for usual in USUAL for line in head_lines(door.client("usual").send(usual))[1:]]
        for name, requests in THEMES[theme]():
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
