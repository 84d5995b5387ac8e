"""The use of the fixture is found in the source of tests, without importing them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockclaude.testing.discovery import uses_fixture


@pytest.mark.parametrize(
    "source",
    [
        "def test_hello(mockclaude): pass",
        "async def test_hello(self, mockclaude, /): pass",
        "def test_hello(*, mockclaude: MockClaude): pass",
        "@pytest.mark.mockclaude\ndef test_hello(): pass",
        "from pytest import mark\npytestmark = [mark.mockclaude('a.yaml')]",
        "pytestmark = pytest.mark.usefixtures('other', 'mockclaude')",
        "@usefixtures('mockclaude')\nclass TestHello: pass",
        "def mock(request): return request.getfixturevalue('mockclaude')",
    ],
)
def test_a_use_is_found(tmp_path: Path, source: str) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(source)

    assert uses_fixture([tmp_path], tmp_path)
    assert uses_fixture([file], tmp_path)


@pytest.mark.parametrize(
    "source",
    [
        "import mockclaude",
        "import mockclaude as m",
        "from mockclaude.testing import MockClaude",
        "from mockclaude import testing",
        "# def test_hello(mockclaude): pass",
        "run(['mockclaude', 'check'])",
        "mockclaude = MockClaude()\nmockclaude.mockclaude()",
        "mark.other('mockclaude')",
        "def test_mockclaude(mockclaudes): pass",
        "def test_hello(mockclaude) pass",
        "x = '\\N{mockclaude}'",
        "def mockclaude(): '\\d'",
        "(" * 10_000 + "mockclaude",
    ],
)
def test_another_mention_is_no_use(tmp_path: Path, source: str) -> None:
    (tmp_path / "test_it.py").write_text(source)

    assert not uses_fixture([tmp_path], tmp_path)


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("conftest.py", True),
        ("tests/conftest.py", True),
        ("tests/unit/deep/helper.py", True),
        ("tests/conftest.txt", False),
        ("tests/test_other.py", False),
        ("tests/unit/build/test_it.py", False),
        ("tests/unit/.hidden/test_it.py", False),
        ("tests/unit/env/lib/test_it.py", False),
        ("tests/unit/conda/lib/test_it.py", False),
    ],
)
def test_files_are_those_that_pytest_imports(tmp_path: Path, file: str, found: bool) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "tests/unit/env").mkdir(parents=True, exist_ok=True)
    (tmp_path / "tests/unit/env/pyvenv.cfg").touch()
    (tmp_path / "tests/unit/conda/conda-meta").mkdir(parents=True)
    (tmp_path / file).write_text("def test_it(mockclaude): pass")

    assert uses_fixture([tmp_path / "tests/unit"], tmp_path, [".*", "build"]) is found


def test_a_conftest_above_the_root_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("def mock(mockclaude): pass")
    root = tmp_path / "root"
    root.mkdir()
    (root / "test_it.py").touch()

    assert not uses_fixture([root / "test_it.py", root / "gone.py"], root)
