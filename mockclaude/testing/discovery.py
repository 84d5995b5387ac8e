"""Find out whether test files use the fixture, by parsing them before anything is imported."""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path

FIXTURE = "mockclaude"
_REQUESTING = ("usefixtures", "getfixturevalue")
_PLUGINS = "pytest_plugins"
_WORD = re.compile(rb"\bmockclaude\b(?!\.|\s+import\b)|\bpytest_plugins\b")
_NOT_PARSED = (SyntaxError, ValueError, RecursionError, MemoryError)


def uses_fixture(
    paths: Iterable[Path],
    root: Path,
    ignored: Sequence[str] = (),
    plugins: Iterable[Path] = (),
    search: Sequence[str] = (),
) -> bool:
    """Return whether Python files or their plugins use the fixture or its mark.

    Args:
        paths: Files, and folders that are searched recursively.
        root: The topmost folder whose `conftest.py` is read.
        ignored: Patterns of folders to skip, besides virtual environments.
        plugins: Files of plugins.
        search: Folders with modules that precede `sys.path`.
    """
    seen: set[Path] = set()
    return any(_uses(file, search, seen) for files in (plugins, _files(paths, root, ignored)) for file in files)


def find_module(name: str, search: Sequence[str] = ()) -> Path | None:
    """Find the file of a module, or the folder of a package, without an import."""
    top, *below = name.split(".")
    spec = PathFinder.find_spec(top, search) or _find_top(top)
    if spec is None:
        return None
    if not below and spec.has_location and spec.origin:
        return Path(spec.origin)
    paths = [Path(folder, *below) for folder in spec.submodule_search_locations or ()]
    forms = [form for path in paths for form in (path / "__init__.py", path.with_suffix(".py"), path)]
    return next((form for form in forms if form.exists()), None)


def _find_top(name: str) -> ModuleSpec | None:
    with suppress(ImportError, ValueError):
        return find_spec(name)
    return None


def _files(paths: Iterable[Path], root: Path, ignored: Sequence[str]) -> Iterator[Path]:
    for path in paths:
        folder = path if path.is_dir() else path.parent
        yield from (parent / "conftest.py" for parent in (folder, *folder.parents) if parent not in root.parents)
        if path == folder:
            yield from _walk(folder, ignored)
        else:
            yield path


def _walk(folder: Path, ignored: Sequence[str]) -> Iterator[Path]:
    for name, folders, files in os.walk(folder):
        path = Path(name)
        if "pyvenv.cfg" in files or "conda-meta" in folders:
            folders.clear()
            continue
        folders[:] = [child for child in folders if not any((path / child).match(pattern) for pattern in ignored)]
        yield from (path / file for file in files if file.endswith(".py"))


def _uses(file: Path, search: Sequence[str], seen: set[Path]) -> bool:
    if file in seen:
        return False
    seen.add(file)
    nodes = _parse(file)
    if any(map(_is_use, nodes)):
        return True
    plugins = [find_module(name, [_import_root(file), *search]) for node in nodes for name in _plugin_names(node)]
    return any(_uses(module, search, seen) for module in plugins if module is not None)


def _import_root(file: Path) -> str:
    """Return the folder from which pytest imports a test file."""
    return str(next((folder for folder in file.parents if not (folder / "__init__.py").exists()), file.parent))


def _parse(file: Path) -> list[ast.AST]:
    try:
        source = file.read_bytes()
    except OSError:
        return []
    if not _WORD.search(source):
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return list(ast.walk(ast.parse(source)))
        except _NOT_PARSED:
            return []


def _is_use(node: ast.AST) -> bool:
    match node:
        case ast.arg(arg=name):
            return name == FIXTURE
        case ast.Attribute(value=ast.Name(id="mark") | ast.Attribute(attr="mark"), attr=name):
            return name == FIXTURE
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=arguments):
            return called in _REQUESTING and any(
                isinstance(argument, ast.Constant) and argument.value == FIXTURE for argument in arguments
            )
    return False


def _plugin_names(node: ast.AST) -> list[str]:
    """Return the names in an assignment to `pytest_plugins`, or in a call of its methods."""
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name)])
            | ast.AnnAssign(target=ast.Name(id=name))
            | ast.AugAssign(target=ast.Name(id=name))
            | ast.Call(func=ast.Attribute(value=ast.Name(id=name)))
        ) if name == _PLUGINS:
            constants = (child for child in ast.walk(node) if isinstance(child, ast.Constant))
            return [constant.value for constant in constants if isinstance(constant.value, str)]
    return []
