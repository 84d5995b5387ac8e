"""The use of the fixture is found in the source of tests, without importing them."""

from __future__ import annotations

from pathlib import Path

import pytest

import mockclaude
from mockclaude.testing.discovery import find_module, uses_fixture


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
def test_mention_without_use_is_not_found(tmp_path: Path, source: str) -> None:
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


def test_a_conftest_beside_a_path_outside_the_root_is_read(tmp_path: Path) -> None:
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed/conftest.py").write_text("def mock(mockclaude): pass")
    (tmp_path / "installed/test_it.py").touch()
    (tmp_path / "root").mkdir()

    assert uses_fixture([tmp_path / "installed/test_it.py"], tmp_path / "root")


@pytest.mark.parametrize(
    "source",
    [
        "pytest_plugins = 'package.fixtures'",
        "pytest_plugins: list[str] = ['other', 'package.fixtures']",
        "pytest_plugins += ('package.fixtures',)",
        "if True:\n    pytest_plugins.append('package.fixtures')",
        "pytest_plugins = ['package']",
    ],
)
def test_a_use_is_found_in_modules_of_pytest_plugins(tmp_path: Path, source: str) -> None:
    package = tmp_path / "src/package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("pytest_plugins = ['package.gone', 'package.fixtures']\nraise ImportError")
    (package / "fixtures.py").write_text("pytest_plugins = 'package'\ndef fake(mockclaude): pass")
    (tmp_path / "conftest.py").write_text(source)

    assert uses_fixture([tmp_path / "conftest.py"], tmp_path, search=[str(tmp_path / "src")])
    assert not uses_fixture([tmp_path / "conftest.py"], tmp_path)


@pytest.mark.parametrize("source", ["plugins = 'fixtures'", "pytest_plugins = 'other'", "pytest_plugins = [name]"])
def test_only_plugin_modules_are_read(tmp_path: Path, source: str) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "__init__.py").touch()
    (tests / "conftest.py").write_text(f"{source}  # not pytest_plugins")
    (tmp_path / "fixtures.py").write_text("def fake(mockclaude): pass")

    assert not uses_fixture([tests], tmp_path)

    (tests / "conftest.py").write_text("pytest_plugins = 'fixtures'")
    assert uses_fixture([tests], tmp_path)


def test_a_plugin_is_read(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.write_text("def fake(mockclaude): pass")

    assert uses_fixture([], tmp_path, plugins=[plugin])


def test_a_module_is_found_without_importing_it(tmp_path: Path) -> None:
    inner = tmp_path / "package/inner"
    inner.mkdir(parents=True)
    (tmp_path / "package/__init__.py").write_text("raise ImportError")
    (inner / "module.py").write_text("raise ImportError")

    def find(name: str) -> Path | None:
        return find_module(name, [str(tmp_path)])

    assert find("package") == tmp_path / "package/__init__.py"
    assert find("package.inner") == inner
    assert find("package.inner.module") == inner / "module.py"
    assert find("mockclaude.testing") == Path(mockclaude.__file__).parent / "testing/__init__.py"
    assert [find(name) for name in ("gone", "gone.module", "package.gone", "package.inner.module.x", "sys", "")] == [
        None
    ] * 6
    assert [find(name) for name in ("package/__init__.py", "./package", "__main__.x")] == [None] * 3
