"""Which test files use the fixture: found by parsing them, before anything is imported."""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

FIXTURE = "mockclaude"
_REQUESTING = ("usefixtures", "getfixturevalue")
_WORD = re.compile(rb"\bmockclaude\b(?!\.|\s+import\b)")
_NOT_PARSED = (SyntaxError, ValueError, RecursionError, MemoryError)


def uses_fixture(paths: Iterable[Path], root: Path, ignored: Sequence[str] = ()) -> bool:
    """Return whether Python files use the fixture or its mark.

    Args:
        paths: Files, and folders with all that is below them.
        root: The folder down to which `conftest.py` is read in the folders above each path.
        ignored: Patterns of folders that are left out, besides virtual environments.
    """
    return any(_parsed_uses(file) for file in dict.fromkeys(_files(paths, root, ignored)))


def _files(paths: Iterable[Path], root: Path, ignored: Sequence[str]) -> Iterator[Path]:
    for path in paths:
        folder = path if path.is_dir() else path.parent
        yield from (above / "conftest.py" for above in (folder, *folder.parents) if above.is_relative_to(root))
        if path == folder:
            yield from _below(folder, ignored)
        else:
            yield path


def _below(folder: Path, ignored: Sequence[str]) -> Iterator[Path]:
    for name, folders, files in os.walk(folder):
        here = Path(name)
        if "pyvenv.cfg" in files or "conda-meta" in folders:
            folders.clear()
            continue
        folders[:] = [each for each in folders if not any((here / each).match(pattern) for pattern in ignored)]
        yield from (here / file for file in files if file.endswith(".py"))


def _parsed_uses(file: Path) -> bool:
    try:
        source = file.read_bytes()
    except OSError:
        return False
    if not _WORD.search(source):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(source)
        except _NOT_PARSED:
            return False
    return any(map(_is_use, ast.walk(tree)))


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
