"""The house: a module imports from its own floor or from floors above it, and some libraries stay where they belong."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "mockclaude"
FLOORS = ["api", "scenario", "reply", "wire", "engine", "journal", "server", "testing", "cli"]
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
ONLY_IN: dict[str, str | tuple[str, ...]] = {
    "aiohttp": ("server/", "testing/background.py"),
    "pytest": ("testing/plugin.py", "testing/session.py", "testing/settings.py"),
    "yaml": "scenario/loading/yaml_source.py",
    "faker": ("scenario/template/fakes.py", "reply/generate/plausible.py"),
    "click": ("cli/", "journal/console.py"),
    "uvloop": "server/run.py",
    "re2": (
        "api/credentials.py",
        "scenario/conditions/regex.py",
        "scenario/conditions/regex_set.py",
        "scenario/volatile.py",
    ),
    "ahocorasick_rs": "reply/stops.py",
    "regex": (),  # backtracks: the result of a search would depend on a time limit
}


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((PACKAGE / module).read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_only_from_its_own_floor_and_those_above(module: Path) -> None:
    floor = module.parts[0].removesuffix(".py")
    below = FLOORS[FLOORS.index(floor) + 1 :] if floor in FLOORS else []
    assert not [name for name in imported(module) for other in below if name.startswith(f"mockclaude.{other}")]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_library_is_imported_only_where_it_belongs(module: Path) -> None:
    libraries = {name.partition(".")[0] for name in imported(module)}
    assert not [library for library in libraries if not str(module).startswith(ONLY_IN.get(library, ""))]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_begins_with_what_it_is_for(module: Path) -> None:
    assert ast.get_docstring(ast.parse((PACKAGE / module).read_text()))
