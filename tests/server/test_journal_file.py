"""The journal is appended to a file as it happens, without credentials, and read back."""

from __future__ import annotations

from pathlib import Path

import pytest
from multidict import CIMultiDict

from mockclaude.server.journal import Entry
from mockclaude.server.journal_data import as_data, logged
from mockclaude.server.journal_file import JournalError, JournalFile, read_journal

ASKED = Entry(1, 5.5, "POST", "/a/v1/messages", CIMultiDict({"X-A": "1"}), endpoint="/v1/messages", body=b"{}")


def write(path: Path, *entries: Entry) -> None:
    file = JournalFile(path)
    file.write(entries)
    file.close()


def test_what_was_asked_of_the_api_is_appended_and_read_back(tmp_path: Path) -> None:
    page = Entry(2, 6, "GET", "/", {})
    write(tmp_path / "a.jsonl", ASKED, page)
    write(tmp_path / "a.jsonl", ASKED)

    assert [(entry.line, entry.data) for entry in read_journal(tmp_path / "a.jsonl")] == [
        (1, as_data(ASKED)),
        (2, as_data(ASKED)),
    ]


def test_any_header_can_be_written(tmp_path: Path) -> None:
    odd = Entry(1, 0, "GET", "/\udcff", {"x": "\udce9\u00e9"}, endpoint="/v1/models")
    write(tmp_path / "a.jsonl", odd)

    assert read_journal(tmp_path / "a.jsonl")[0].data["request"]["headers"] == {"x": "\\udce9\u00e9"}


def test_empty_lines_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("\n\n")

    assert read_journal(tmp_path / "a.jsonl") == []


@pytest.mark.parametrize("line", ["{", "[]", "1", "{}", '{"request": 1}'])
def test_a_line_that_is_no_entry_is_told(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.jsonl").write_text(f"\n{line}\n")

    with pytest.raises(JournalError, match=r"a\.jsonl:2: this is no entry of a journal; expected a line of"):
        read_journal(tmp_path / "a.jsonl")


def test_a_file_that_cannot_be_written_or_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot write this journal: Is a directory"):
        JournalFile(tmp_path)
    with pytest.raises(JournalError, match="cannot read this journal: Is a directory"):
        read_journal(tmp_path)


def test_a_full_disk_ends_the_journal_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    file = JournalFile(Path("/dev/full"))
    file.write([ASKED])
    file.write([ASKED])

    assert capsys.readouterr().err == "/dev/full: the journal ends here: No space left on device\n"


def test_what_the_log_says_of_an_entry_is_read_back() -> None:
    entry = Entry(3, 5.5, "POST", "/v1/messages", {}, status=529, streamed=True, reason="r", notes=("n",), ending="cut")

    assert logged(as_data(entry)) is not entry
    assert as_data(logged(as_data(entry))) == as_data(entry)
