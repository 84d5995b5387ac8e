from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from mockclaude import __version__
from mockclaude.journal.console import log_line, wants_colour, write_error, write_line
from mockclaude.scenario.loading.loader import load_all, load_text
from mockclaude.scenario.rules import built_in
from mockclaude.server.first_screen import first_screen
from tests.journal.entries import journal_entry

LINE: dict[str, Any] = {"status": 200, "reason": "'hello' (a.yaml:3:5)", "seconds": 0.00123}


def test_first_screen_has_base_urls_settings_and_an_example() -> None:
    scenarios = {"": built_in(), "a b": load_text("seed: 7\nrules: [{reply: 'Yes', when: {user: x}}, {reply: 'No'}]")}
    screen = first_screen(scenarios, "http://127.0.0.1:4141")

    assert screen.splitlines()[:8] == [
        f"mockclaude {__version__} on http://127.0.0.1:4141",
        "",
        "  http://127.0.0.1:4141        built in (1 rule, seed 0)",
        "  http://127.0.0.1:4141/a%20b  scenario.yaml (2 rules, seed 7)",
        "",
        "  export ANTHROPIC_BASE_URL=http://127.0.0.1:4141",
        "  export ANTHROPIC_API_KEY=mock",
        "",
    ]
    assert screen.splitlines()[8].startswith(
        "  curl http://127.0.0.1:4141/v1/messages -H 'content-type: application/json'"
    )


@pytest.mark.parametrize(
    ("token", "command"),
    [
        ("", "open http://m:1/ in a browser, or curl http://m:1/"),
        ("t0", "curl http://m:1/ -H 'x-mockclaude-token: t0'"),
    ],
)
def test_first_screen_counts_many_scenarios(token: str, command: str) -> None:
    lines = first_screen(load_all([Path("@scenarios")]), "http://m:1", token).splitlines()
    text = "\n".join(lines)

    assert len(lines) <= 20
    assert re.search(r"^  http://m:1/NAME  \d\d scenarios, \d+ rules$", text, re.MULTILINE)
    assert re.search(r"^  NAME: cut_stream, (.|\n)*weather_tool, incidents/ \(\d\d\)$", text, re.MULTILINE)
    assert f"  List all: {command}" in lines


def test_first_screen_is_short_for_a_thousand_scenarios() -> None:
    screen = first_screen({"": built_in()} | {f"s{index}": built_in() for index in range(1000)}, "http://h:1")

    assert len(screen.splitlines()) <= 20


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({}, "200        POST /v1/messages  'hello' (a.yaml:3:5)  1.2 ms"),
        ({"streamed": True}, "200 stream POST /v1/messages  'hello' (a.yaml:3:5)  1.2 ms"),
        ({"ending": "reset"}, "200        POST /v1/messages  'hello' (a.yaml:3:5) [reset]  1.2 ms"),
        ({"status": 0, "ending": "close"}, "---        POST /v1/messages  'hello' (a.yaml:3:5) [close]  1.2 ms"),
        ({"reason": "é — ✓"}, "200        POST /v1/messages  é — ✓  1.2 ms"),
    ],
)
def test_line_has_status_request_reason_ending_and_time(changed: dict[str, Any], text: str) -> None:
    assert log_line(journal_entry(**{**LINE, **changed}), colour=False) == text


@pytest.mark.parametrize(
    ("status", "code"), [(200, 32), (204, 32), (400, 33), (404, 33), (429, 33), (500, 31), (529, 31), (0, 31)]
)
def test_colour_depends_on_the_status(status: int, code: int) -> None:
    line = journal_entry(**{**LINE, "status": status})

    assert log_line(line, colour=True).startswith(f"\x1b[{code}m{status or '---'}\x1b[0m ")
    assert re.sub(r"\x1b\[\d+m", "", log_line(line, colour=True)) == log_line(line, colour=False)


@pytest.mark.parametrize("character", ["\x1b", "\n", "\r", "\x00", "\x7f", "\x9b", "\u2028", "\udcff"])
def test_control_characters_of_a_client_are_escaped(character: str) -> None:
    given = log_line(journal_entry(path=f"/{character}", **LINE), colour=False)

    assert given == log_line(journal_entry(path=f"/{ascii(character)[1:-1]}", **LINE), colour=False)
    assert character not in given
    assert character not in log_line(journal_entry(**{**LINE, "reason": character}), colour=False)


def test_characters_that_the_terminal_cannot_show_are_escaped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="ascii") as out:
        monkeypatch.setattr(sys, "stdout", out)
        write_line("é and e")

    assert (tmp_path / "out").read_bytes() == b"\\xe9 and e\n"


def test_lines_are_lost_once_standard_output_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with open(writing, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        write_line("read")
        assert os.read(reading, 100) == b"read\n"
        os.close(reading)
        for _ in range(2):
            write_line("lost")


def test_full_disk_ends_the_log_and_is_reported_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open("/dev/full", "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        for _ in range(2):
            write_line("lost")

    assert capsys.readouterr().err == "standard output: the log ends here: No space left on device\n"


def test_errors_are_lost_once_standard_error_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as err:
        monkeypatch.setattr(sys, "stderr", err)
        for _ in range(2):
            write_error("lost")


@pytest.mark.parametrize(
    ("is_terminal", "variable", "coloured"),
    [(True, None, True), (True, "", True), (True, "1", False), (False, None, False)],
)
def test_a_terminal_gets_colour_unless_no_color_is_set(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, variable: str | None, coloured: bool
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if variable is not None:
        monkeypatch.setenv("NO_COLOR", variable)

    assert wants_colour() is coloured
