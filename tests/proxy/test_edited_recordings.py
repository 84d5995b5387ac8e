"""Recordings that a person has edited, and that a later session changes: other bytes stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mockclaude.proxy.file_recorder import Recorder
from mockclaude.proxy.recorder_settings import Action, RecorderSettings, SavedRecording
from mockclaude.proxy.save import SaveError
from mockclaude.scenario.recording.exchange import Exchange, Reception
from tests.scenario.recording.sessions import Api, user

KEY = "sk-ant-api03-" + "Ab1x9" * 8


def ask(text: str, answer: str, **fields: str) -> list[Exchange]:
    api = Api()
    api.ask([user(text)], answer, stream=True, **fields)
    return api.exchanges


def save(file: Path, exchanges: list[Exchange], action: Action = "write", *volatile: str) -> SavedRecording:
    """Save a session as the command does."""
    recorder = Recorder(RecorderSettings(action, volatile=volatile), {})
    return recorder.save(file, [recorder.redact(exchange) for exchange in exchanges])


FORMS: dict[str, Callable[[str], str]] = {
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "byte order mark": lambda text: f"\ufeff{text}",
    "both": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    "end of the document": lambda text: f"{text}...\n",
    "no last line feed": lambda text: text.removesuffix("\n"),
    "comment in the last line": lambda text: f"{text}# the end",
    "a key in the next line": lambda text: f"{text}seed: 7\n",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_each_line_of_an_edited_file_stays(tmp_path: Path, form: Callable[[str], str]) -> None:
    file = tmp_path / "tide.yaml"
    save(file, ask("Hello", "Hi"))
    edited = form(file.read_text() + "  - when: {user: By hand}\n    reply: Kept\n").encode()
    file.write_bytes(edited)

    assert save(file, ask("Hello", "Hi"), "refresh").is_saved
    assert file.read_bytes() == edited
    assert save(file, ask("More", "B"), "append").problems == []
    assert save(file, ask("Hello", "Changed " * 700), "refresh").problems == []
    assert save(file, ask("Hello", "Other " * 900), "refresh").problems == []
    lines = file.read_bytes().splitlines(keepends=True)
    assert {line[-2:] == b"\r\n" for line in lines if line.endswith(b"\n")} == {b"\r\n" in edited}
    rest = iter(line.rstrip() for line in lines)
    assert all(line.rstrip() in rest for line in edited.splitlines(keepends=True)[-3:])
    assert file.read_bytes()[:3] == edited[:3]


@pytest.mark.parametrize("fault", ["    fault: 529\n", "    fault: {disconnect: reset}\n    times: 2\n"])
def test_a_reply_below_a_fault_is_refreshed(tmp_path: Path, fault: str) -> None:
    file = tmp_path / "tide.yaml"
    save(file, ask("Hello", "Hi"))
    head = "chaos: 529\n" if "529" in fault else "limits: {requests_per_minute: 1}\n"
    file.write_text(head + file.read_text().replace("    recorded:", f"{fault}    recorded:"))

    assert save(file, ask("Hello", "Changed"), "refresh").problems == []
    assert fault in file.read_text()
    assert file.read_text().startswith(head)


@pytest.mark.parametrize(
    ("empty", "filled"),
    [
        ("rules: [] # none ]\nseed: 7\n", "rules:  # none ]\n"),
        ("seed: 7\nrules:\n  [\n  ]", "seed: 7\nrules:\n  \n"),
    ],
)
def test_an_empty_list_is_filled(tmp_path: Path, empty: str, filled: str) -> None:
    file = tmp_path / "tide.yaml"
    file.write_text(empty)

    assert save(file, ask("Hello", "Hi"), "refresh").problems[0].startswith("request 1 matches no rule")
    assert file.read_text() == empty
    assert save(file, ask("Hello", "Hi"), "append").problems == []
    assert file.read_text().startswith(filled)
    assert "seed: 7\n" in file.read_text()


REFUSED = {
    b"rules: [\n# none\n]\n": "tide.yaml:1: comments in an empty list; expected `rules: []`",
    b"rules:\n  - when: {user: a}\r\n    reply: b\n": "lines that end with LF and others with CR",
    b"rules:\n  - {when: {user: a}, reply: b}\n": "tide.yaml:2: a rule in flow style; expected `- name: NAME`",
    b"rules:\n  -\n    when: {user: a}\n    reply: b\n": "a rule whose first key is not beside its dash",
    b"rules:\n": "missing value, got null",
    b"\xff\xfe\x00": "encoding UTF-16; expected UTF-8",
}


@pytest.mark.parametrize(("content", "problem"), REFUSED.items())
@pytest.mark.parametrize("action", ["append", "refresh"])
def test_a_file_that_cannot_be_edited_stays(tmp_path: Path, content: bytes, problem: str, action: Action) -> None:
    file = tmp_path / "tide.yaml"
    file.write_bytes(content)
    if action == "refresh" and b"none" in content:
        pytest.skip("nothing is added")
    with pytest.raises(SaveError) as raised:
        save(file, ask("Hello", "Hi"), action)

    assert problem in str(raised.value)
    assert (file.read_bytes(), [*tmp_path.iterdir()]) == (content, [file])


@pytest.mark.parametrize(("system", "volatile"), [(f"The key is {KEY}.", ()), ("Room 12.", ("Room [0-9]+",))])
def test_a_part_with_a_redacted_text_is_no_change(tmp_path: Path, system: str, volatile: tuple[str, ...]) -> None:
    file = tmp_path / "tide.yaml"
    session = ask("Hello", "Hi", system=system)
    save(file, session, "write", *volatile)
    before = file.read_text()

    assert "request: system varies" in before
    assert "no reply differs" in save(file, session, "refresh").notes
    assert file.read_text() == before
    save(file, ask("Hello", "Changed", system=system), "refresh")
    assert "request: system varies" in file.read_text()


def test_a_refreshed_sequence_has_the_hashes_that_its_requests_share(tmp_path: Path) -> None:
    file = tmp_path / "tide.yaml"
    one, two = ask("Hello", "A", model="a"), ask("Hello", "B", model="a")
    session = [*one, replace(two[0], number=2)]
    save(file, session)
    other = ask("Hello", "C", model="b")[0]

    assert "the request has changed: settings" in save(file, [session[0], replace(other, number=2)], "refresh").notes
    assert "settings varies" in file.read_text()


def test_many_short_lines_fit_in_a_recording(tmp_path: Path) -> None:
    page = Reception(502, (("content-type", "text/html"),), b"a\n" * 1_950)
    first = ask("Hello", "Hi")[0]
    session = [replace(first, number=number, reception=page) for number in range(1, 600)]

    assert save(tmp_path / "tide.yaml", [*session, replace(first, number=600)]).problems == []


def test_a_recording_that_does_not_load_replays_nothing(tmp_path: Path) -> None:
    file = tmp_path / "tide.yaml"
    file.write_text("rules:\n  - when: {turn: 1, user: {equals: Hello}}\n    reply: Hi\n")
    saved = save(file, ask("Hello", "Hi"), "append")

    assert saved.notes[0] == f"{file}: 0 of 1 replayed byte for byte"
    assert "unreachable" in saved.problems[0]
