"""`python -m tests.betas` finds new names in the SDK and in files, and writes the list."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockclaude.api.betas import FILE, LISTED, Beta, BetaList, parse_list
from tests.betas import gone, main, names_in, names_of_sdk, new, written

TEXT = FILE.read_text(encoding="utf-8")


@pytest.fixture
def list_file(tmp_path: Path) -> Path:
    """A list without one name of the SDK and without one that opens a gate."""
    file = tmp_path / "betas.txt"
    missing = ("pdfs-2024-09-25", "per-turn-control-2026-07-01")
    file.write_text("".join(line for line in TEXT.splitlines(keepends=True) if not line.startswith(missing)))
    return file


def test_list_is_sorted_and_aligned() -> None:
    assert written(LISTED) == TEXT


def test_names_stand_in_double_quotes() -> None:
    data = b'x="a-b-2027-01-01",y=\'c-2027-01-01\',"2027-01-01","bedrock-2023-05-31","d-2027-01-011","E-2027-01-01"'

    assert names_in(b"\xff\x00" + data) == {"a-b-2027-01-01"}


def test_new_names_are_those_the_list_does_not_have() -> None:
    listed = BetaList("2026-01-01", (Beta("a-2026-01-01", (), "past"),))
    found = [("c-2026-01-01", "sdk 1"), ("a-2026-01-01", "sdk 1"), ("b-2026-01-01", "sdk 1"), ("c-2026-01-01", "file")]

    assert new(listed, found) == [Beta("b-2026-01-01", (), "sdk 1"), Beta("c-2026-01-01", (), "sdk 1")]


def test_gone_names_are_those_of_an_older_sdk() -> None:
    sources = ("sdk 1.0.0", "sdk parse", "past", "sdk 2.0.0")
    listed = BetaList(
        "2026-01-01", tuple(Beta(f"{name}-2026-01-01", (), s) for name, s in zip("abcd", sources, strict=True))
    )

    assert gone(listed, frozenset({"d-2026-01-01"})) == ["a-2026-01-01"]


def test_new_name_is_printed_and_is_exit_code_1(list_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = list_file.read_text()

    assert main([], list_file) == 1
    assert "new: pdfs-2024-09-25 (sdk " in capsys.readouterr().out
    assert list_file.read_text() == before


def test_new_names_are_written_with_their_source(list_file: Path, tmp_path: Path) -> None:
    (tmp_path / "agent").write_bytes(b'["per-turn-control-2026-07-01","new-2027-01-01"]')

    assert main(["--write", "--source", "agent 1.0", str(tmp_path / "agent")], list_file) == 0
    fresh = {beta.name: beta.source for beta in parse_list(list_file.read_text()).betas}
    assert fresh["per-turn-control-2026-07-01"] == fresh["new-2027-01-01"] == "agent 1.0"
    assert fresh["pdfs-2024-09-25"].startswith("sdk ")
    assert fresh.keys() >= names_of_sdk()
    assert main([str(tmp_path / "agent")], list_file) == 0
