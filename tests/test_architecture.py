"""The house: a module imports from its own floor or from floors above it, and some libraries stay where they belong."""

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "mockclaude"
FLOORS = ["api", "scenario", "reply", "wire", "engine", "journal", "proxy", "server", "testing", "cli"]
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
ONLY_IN: dict[str, str | tuple[str, ...]] = {
    "aiohttp": ("server/", "proxy/", "testing/background.py"),
    "pytest": ("testing/plugin.py", "testing/session.py", "testing/settings.py"),
    "yaml": "scenario/loading/yaml_source.py",
    "faker": ("scenario/template/fakes.py", "reply/generate/plausible.py"),
    "click": ("cli/", "journal/console.py"),
    "uvloop": "server/run.py",
    "re2": (
        "api/credentials.py",
        "api/fingerprint.py",
        "scenario/conditions/regex.py",
        "scenario/conditions/regex_set.py",
        "scenario/recording/secret_forms.py",
        "scenario/volatile.py",
    ),
    "ahocorasick_rs": ("reply/stops.py", "scenario/recording/secret_search.py"),
    "regex": (),  # backtracks: the result of a search would depend on a time limit
}


NAMES = set(map(str, MODULES))
MAX_LINES, MAX_LINES_OF_FUNCTION, MAX_IMPORTS = 350, 40, 15


@cache
def parsed(module: Path) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


@cache
def imported(module: Path) -> tuple[str, ...]:
    return tuple(_imported(module))


def _imported(module: Path) -> Iterator[str]:
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def broken(rule: Callable[[Path], Iterable[str]]) -> dict[str, list[str]]:
    """Return what breaks a rule in each module that breaks it."""
    problems = {str(module): list(rule(module)) for module in MODULES}
    return {module: names for module, names in problems.items() if names}


def test_a_module_imports_only_from_its_own_floor_and_those_above() -> None:
    def from_below(module: Path) -> Iterator[str]:
        floor = module.parts[0].removesuffix(".py")
        below = FLOORS[FLOORS.index(floor) + 1 :] if floor in FLOORS else []
        yield from (name for name in imported(module) for other in below if name.startswith(f"mockclaude.{other}"))

    assert broken(from_below) == {}


def test_a_library_is_imported_only_where_it_belongs() -> None:
    def misplaced(module: Path) -> Iterator[str]:
        libraries = {name.partition(".")[0] for name in imported(module)}
        yield from (library for library in libraries if not str(module).startswith(ONLY_IN.get(library, "")))

    assert broken(misplaced) == {}


def test_a_module_begins_with_what_it_is_for() -> None:
    assert [str(module) for module in MODULES if not ast.get_docstring(parsed(module))] == []


@cache
def imported_modules(module: Path) -> set[Path]:
    """Return the modules of the package that a module imports; a name of a module counts as the module."""
    names = (name.split(".")[1:] for name in imported(module) if name.startswith("mockclaude."))
    places = (
        [f"{'/'.join(parts)}.py", f"{'/'.join(parts[:-1])}.py", "/".join([*parts, "__init__.py"])] for parts in names
    )
    return {Path(place) for candidates in places for place in candidates if place in NAMES} - {module}


def test_imports_form_no_circle() -> None:
    TopologicalSorter({module: imported_modules(module) for module in MODULES}).prepare()  # raises CycleError


def test_module_keeps_to_its_budgets() -> None:
    def too_large(module: Path) -> Iterator[str]:
        for node in ast.walk(parsed(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                yield from [f"{node.name}: {lines} lines"] if lines > MAX_LINES_OF_FUNCTION else []
        lines = len((PACKAGE / module).read_text(encoding="utf-8").splitlines())
        yield from [f"{lines} lines"] if lines > MAX_LINES else []
        imports = len(imported_modules(module))
        yield from [f"{imports} imports"] if imports > MAX_IMPORTS else []

    assert broken(too_large) == {}


def twice(names: Iterator[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def test_no_two_modules_of_a_floor_have_one_name() -> None:
    names = (f"{module.parts[0]}: {module.stem}" for module in MODULES if module.stem != "__init__")
    assert twice(names) == []


def test_no_two_public_classes_have_one_name() -> None:
    nodes = (node for module in MODULES for node in parsed(module).body if isinstance(node, ast.ClassDef))
    assert twice(node.name for node in nodes if not node.name.startswith("_")) == []
