"""The journal is appended to a file as it happens, without credentials, and read back."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from multidict import CIMultiDict

from mockclaude.journal.console import log_line
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.entry_json import entry_to_json, log_fields
from mockclaude.journal.journal_file import JournalError, JournalFile, read_journal
from tests.journal.entries import journal_entry

_HEADERS = CIMultiDict({"X-A": "1"})


def entry(number: int = 1, path: str = "/a/v1/messages", headers: Mapping[str, str] = _HEADERS) -> JournalEntry:
    return journal_entry(number, 5.5, "POST", path, headers, body=b"{}")


ASKED, SECOND = entry(1), entry(2)


def read(path: Path) -> tuple[list[int], list[str]]:
    """Return the numbers of the entries of a journal, and the warnings."""
    warnings: list[str] = []
    return [entry.data["number"] for entry in read_journal(path, warnings.append)], warnings


def write(path: Path, *entries: JournalEntry) -> None:
    file = JournalFile(path)
    file.write(entries)
    file.close()


def test_requests_to_the_api_are_appended_and_read_back(tmp_path: Path) -> None:
    page = JournalEntry(2, 6, "GET", "/", {})
    write(tmp_path / "a.jsonl", ASKED, page)
    write(tmp_path / "a.jsonl", ASKED)

    assert [(entry.line, entry.data) for entry in read_journal(tmp_path / "a.jsonl", pytest.fail)] == [
        (1, entry_to_json(ASKED)),
        (2, entry_to_json(ASKED)),
    ]


def test_any_header_can_be_written(tmp_path: Path) -> None:
    odd = journal_entry(1, 0, "GET", "/\udcff", {"x": "\udce9\u00e9"}, endpoint="/v1/models")
    write(tmp_path / "a.jsonl", odd)

    assert read_journal(tmp_path / "a.jsonl", pytest.fail)[0].data["request"]["headers"] == {"x": "\\udce9\u00e9"}


def test_empty_lines_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("\n\n")

    assert read_journal(tmp_path / "a.jsonl", pytest.fail) == []


@pytest.mark.parametrize("line", ["{]", "[]", "1", "{}", '{"request": 1}'])
def test_line_that_is_not_an_entry_is_reported(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.jsonl").write_text(f"\n{line}\n")

    with pytest.raises(JournalError, match=r"a\.jsonl:2: not a journal entry; expected a JSON line written by"):
        read_journal(tmp_path / "a.jsonl", pytest.fail)


def test_file_that_cannot_be_written_or_read_is_reported(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot write this journal: Is a directory"):
        JournalFile(tmp_path)
    with pytest.raises(JournalError, match="cannot read this journal: Is a directory"):
        read_journal(tmp_path, pytest.fail)


def test_full_disk_ends_the_journal_only(capsys: pytest.CaptureFixture[str]) -> None:
    file = JournalFile(Path("/dev/full"))
    file.write([ASKED])
    file.write([ASKED])

    assert capsys.readouterr().err == "/dev/full: the journal ends here: No space left on device\n"


def test_log_line_of_an_entry_is_read_back() -> None:
    entry = journal_entry(3, 5.5, status=529, streamed=True, reason="r", notes=("n",), ending="cut")

    assert log_line(log_fields(entry_to_json(entry)), colour=False) == log_line(entry, colour=False)


def test_new_journal_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", ASKED)

    assert stat.S_IMODE((tmp_path / "a.jsonl").stat().st_mode) == 0o600


def test_existing_journal_becomes_private(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jsonl").touch(mode=0o644)
    write(tmp_path / "a.jsonl", ASKED)

    assert stat.S_IMODE((tmp_path / "a.jsonl").stat().st_mode) == 0o600
    assert capsys.readouterr().err == ""


def test_mode_that_cannot_be_changed_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    path = tmp_path / "a.jsonl"
    path.touch(mode=0o644)
    write(path, ASKED)

    problem = "other users may read this journal: Operation not permitted; change its mode to 600"
    assert (capsys.readouterr().err, read(path)) == (f"{path}: {problem}\n", ([1], []))


def test_restart_begins_a_new_line_after_a_torn_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.jsonl"
    write(path, ASKED, ASKED)
    path.write_bytes(path.read_bytes()[:-20])
    torn = len(path.read_bytes().splitlines()[1])
    write(path, entry(3))

    assert capsys.readouterr().err == f"{path}: the last line is incomplete; new requests begin on the next line\n"
    warning = f"{path}:2: incomplete entry, {torn} bytes without their end; it is left out"
    assert read(path) == ([1, 3], [warning])


def test_every_cut_of_a_journal_leaves_its_whole_entries(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(path, ASKED, SECOND)
    data = path.read_bytes()
    first = data.index(b"\n") + 1
    for size in range(first, len(data)):
        path.write_bytes(data[:size])
        numbers, warnings = read(path)
        whole = size == len(data) - 1
        assert (numbers, len(warnings)) == ([1, 2] if whole else [1], int(not whole and size > first))


def test_entry_appended_to_a_torn_line_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(path, ASKED, SECOND)
    first, second = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([first, first[:100] + second, first, first[:50] + second[:60] + second, b""]))

    numbers, warnings = read(path)
    assert numbers == [1, 2, 1, 2]
    assert [warning.partition(" ")[0] for warning in warnings] == [f"{path}:2:", f"{path}:4:"]


def test_every_whole_entry_of_a_line_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(path, ASKED, SECOND)
    first, second = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([first + second, first + second[:70], first[:40] + second + first[:50] + second, b""]))

    numbers, warnings = read(path)
    assert numbers == [1, 2, 1, 2, 2]
    assert warnings == [
        f"{path}:2: incomplete entry, 70 bytes without their end; it is left out",
        f"{path}:3: incomplete entry, 90 bytes without their end; it is left out",
    ]


def test_zeros_after_a_crash_are_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(path, ASKED)
    path.write_bytes(path.read_bytes() + b"\0" * 9)

    assert read(path) == ([1], [f"{path}:2: incomplete entry, 9 bytes without their end; it is left out"])


def test_partial_writes_are_continued(tmp_path: Path) -> None:
    class Slow:
        """Takes seven bytes at a time, as a system may."""

        closed = False
        taken = b""

        def write(self, data: bytes) -> int:
            self.taken += data[:7]
            return len(data[:7])

    file, slow = JournalFile(tmp_path / "a.jsonl"), Slow()
    file.close()
    file._file = slow  # type: ignore[assignment]
    file.write([ASKED])
    (tmp_path / "a.jsonl").write_bytes(slow.taken)

    assert read(tmp_path / "a.jsonl") == ([1], [])


def test_first_line_without_its_beginning_is_torn(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(path, ASKED, ASKED, SECOND)
    path.write_bytes(path.read_bytes()[100:])
    torn = len(path.read_bytes().split(b"\n")[0])

    assert read(path) == ([1, 2], [f"{path}:1: incomplete entry, {torn} bytes without their beginning; it is left out"])


def test_first_of_many_invalid_lines_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("one\ntwo\n")

    with pytest.raises(JournalError, match=r"a\.jsonl:1: not a journal entry"):
        read(path)


def test_entry_is_marked_if_its_path_or_a_header_is_redacted() -> None:
    plain, in_path = entry_to_json(ASKED), entry_to_json(entry(path="/v1/messages?api_key=sk-ant-api03-abcdef"))
    in_header = entry_to_json(entry(headers=CIMultiDict({"x-mockclaude-lane": "sk-ant-api03-abcdef"})))

    assert [data["request"]["redacted"] for data in (plain, in_path, in_header)] == [False, True, True]
