"""The scenarios of the package, which users name with `@`: `@hello`, `@incidents/cut_mid_stream`, `@scenarios`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from mockclaude.scenario.diagnostics import Diagnostic, Place, ScenarioError, suggest

SIGN = "@"
ALL = "@scenarios"
"""The name of the folder with all of them."""

_LONGEST_NAME = 100
"""Characters of a name that are compared with the known names."""

_PACKAGE = Path(__file__).parents[2]


def shipped_folder() -> Path:
    """Return the folder of the scenarios.

    It is in the package if that was installed from a wheel, and beside the package in a clone.
    """
    installed = _PACKAGE / "scenarios"
    # With `..`, paths that names stand for differ from the paths of the clone that users write: see `display_name`.
    return installed if installed.is_dir() else _PACKAGE / ".." / "scenarios"


def shipped_names() -> list[str]:
    """Return the sorted names of the scenarios, e.g. `@hello`."""
    return sorted(_files())


def shipped_summaries() -> Iterator[tuple[str, str]]:
    """Yield the name of each scenario, with the first sentence of its comment."""
    for name, file in sorted(_files().items()):
        lines = file.read_text(encoding="utf-8").splitlines()
        comment = " ".join(line.removeprefix("# ") for line in lines if line.startswith("# "))
        yield name, comment.partition(". ")[0].rstrip(".")


def is_shipped(file: str) -> bool:
    """Return whether `file`, as in a diagnostic, is a file of the package."""
    if not os.path.lexists(file):
        return file in _files()
    return Path(os.path.abspath(file)).is_relative_to(os.path.abspath(shipped_folder()))


def display_name(path: Path) -> str:
    """Return the name of `path` in messages, pages and the journal.

    Bytes that are not UTF-8 are escaped. A file of the package has its short name, e.g. `@hello`, on each machine.
    """
    if path.is_relative_to(folder := shipped_folder()):
        return _name(path.relative_to(folder)) if path != folder else ALL
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def resolve_all(paths: Iterable[Path], *, with_folders: bool = True) -> list[Path]:
    """Replace the names that begin with `@` by the paths of their files or folders.

    An existing path that begins with `@` stays.

    Args:
        paths: Paths and names.
        with_folders: Accept the names of folders.

    Raises:
        ScenarioError: A name is unknown, or a folder without `with_folders`.
    """
    diagnostics: list[Diagnostic] = []
    resolved: list[Path] = []
    for path in paths:
        try:
            resolved.append(_resolve(path, with_folders))
        except ScenarioError as error:
            diagnostics += error.diagnostics
    if diagnostics:
        raise ScenarioError(diagnostics)
    return resolved


def suggest_shipped(path: Path) -> str:
    """Return a hint at the name with its `@`; '' if no scenario has it."""
    name = f"{SIGN}{path.as_posix().removeprefix('scenarios/').removesuffix('.yaml')}"
    return f"; did you mean '{name}'?" if name in _files() else ""


def _resolve(path: Path, with_folders: bool) -> Path:
    name = path.as_posix()
    if not name.startswith(SIGN) or os.path.lexists(path):
        return path
    files, folders = _files(), _folders()
    if file := files.get(name.removesuffix(".yaml")):
        return file
    if name not in folders:
        _raise(name, f"unknown scenario of the package; expected a name of `mockclaude scenarios`{_near_names(name)}")
    if not with_folders:
        example = min(known for known, file in files.items() if file.is_relative_to(folders[name]))
        _raise(name, f"a folder of scenarios; expected one scenario, e.g. '{example}'")
    return folders[name]


def _files() -> dict[str, Path]:
    folder = shipped_folder()
    return {_name(file.relative_to(folder)): file for file in sorted(folder.rglob("*.yaml"))}


def _folders() -> dict[str, Path]:
    """Return the folders with scenarios: `@scenarios`, and those in it."""
    folder = shipped_folder()
    return {ALL: folder} | {_name(child.relative_to(folder)): child for child in folder.iterdir() if child.is_dir()}


def _name(file: Path) -> str:
    return f"{SIGN}{file.with_suffix('').as_posix()}"


def _near_names(name: str) -> str:
    """Return a hint with the most similar names. A name without its folder counts too."""
    from difflib import get_close_matches

    names = [*_files(), *_folders()]
    by_key = {f"{SIGN}{known.rpartition('/')[2].removeprefix(SIGN)}": known for known in names}
    by_key |= {known: known for known in names}
    close = dict.fromkeys(by_key[key] for key in get_close_matches(name[:_LONGEST_NAME], by_key, cutoff=0.75))
    return suggest(close)


def _raise(name: str, problem: str) -> NoReturn:
    raise ScenarioError([Diagnostic(Place(display_name(Path(name))), problem)])
