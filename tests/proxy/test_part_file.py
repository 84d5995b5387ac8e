from __future__ import annotations

from pathlib import Path

import pytest

from mockclaude.proxy.part_file import PartFile, count_exchanges, read_part
from mockclaude.proxy.recorder_settings import Action


@pytest.mark.parametrize("action", ["write", "append", "refresh"])
def test_lines_are_on_the_disk_at_once_with_their_action(action: Action, tmp_path: Path) -> None:
    path = tmp_path / "new" / "tide.yaml.part"
    part = PartFile(path, action)
    for line in (b'{"number":1}', b'{"number":2}\n'):
        part.append(line)

    read, lines = read_part(path.read_bytes())
    assert (read, lines.split()) == (action, [b'{"number":1}', b'{"number":2}'])
    assert count_exchanges(path.read_bytes() + b'{"num') == 2
    part.close()


def test_lines_are_replaced_and_then_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "tide.yaml.part"
    part = PartFile(path, "append")
    part.rewrite([b"0"])
    assert not path.exists()
    part.append(b"1")
    part.rewrite([b"2", b"3"])
    part.append(b"4")
    part.close()

    assert path.read_bytes() == b'{"action":"append"}\n2\n3\n4\n'
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_of_the_disk_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    part = PartFile(tmp_path / "file" / "tide.yaml.part", "write")
    for _ in range(2):
        part.append(b"1")
        part.rewrite([b"1"])
    part.close()

    assert part.problem.startswith(f"{tmp_path}/file/tide.yaml.part: cannot be written: ")


def test_a_failed_replacement_keeps_the_lines(tmp_path: Path) -> None:
    path = tmp_path / "tide.yaml.part"
    part = PartFile(path, "write")
    part.append(b"1")
    (tmp_path / "tide.yaml.part.new").mkdir()
    part.rewrite([b"2"])
    part.append(b"3")

    assert part.problem == f"{path}: cannot be written: Is a directory"
    assert path.read_bytes() == b"1\n"
