"""Scenario files, from the disk to a `Scenario`.

In: paths, as the user named them. Out: a scenario, or every mistake that was found.
Knows nothing of what a scenario says. A folder is a set of scenarios, one per file below it. YAML is imported with the
first file, since the built-in scenario needs none.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, TypeVar

from mockclaude.api.betas import AcceptedBetas
from mockclaude.api.mode import Mode
from mockclaude.scenario.diagnostics import Diagnostic, Place, ScenarioError, did_you_mean, join_words
from mockclaude.scenario.format.file import ScenarioFile
from mockclaude.scenario.loading.validation import validate
from mockclaude.scenario.rules import Scenario, build, built_in

if TYPE_CHECKING:
    from mockclaude.scenario.loading.source import FileSource

T = TypeVar("T")

SUFFIXES = (".yaml", ".yml", ".json")


def load_all(
    paths: Sequence[Path],
    seed: int | None = None,
    validation: Mode | None = None,
    betas: AcceptedBetas | None = None,
) -> dict[str, Scenario]:
    """Return what `paths` name, by the name it is served under; what else is given goes before the files' own.

    The files among them are one scenario, at the root (''), where otherwise the built-in one is; each folder is a set.
    Raises `ScenarioError` with the mistakes of all files.
    """
    scenarios = {"": built_in()}
    found: list[Diagnostic] = []
    for folder in (path for path in paths if os.path.isdir(path)):
        for name, file in _named_files(folder):
            if name in scenarios:
                found.append(
                    Diagnostic(Place(display_name(file)), f"another file is served as '{name}' too; rename one")
                )
            found += _add(scenarios, name, [file])
        if not any(_named_files(folder)):
            message = f"no scenario files here; expected one ending in {join_words(SUFFIXES)}"
            found.append(Diagnostic(Place(display_name(folder)), message))
    if files := [path for path in paths if not os.path.isdir(path)]:
        found += _add(scenarios, "", files)
    if found:
        raise ScenarioError(found)
    return {name: _overridden(scenario, seed, validation, betas) for name, scenario in scenarios.items()}


def display_name(path: Path) -> str:
    """Return how messages, pages and the journal call `path`: with an escape for each byte that is not UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files that `paths` name, and the scenario files of each folder among them."""
    for path in paths:
        if os.path.isdir(path):
            yield from (file for _, file in _named_files(path))
        else:
            yield path


def _overridden(scenario: Scenario, seed: int | None, validation: Mode | None, betas: AcceptedBetas | None) -> Scenario:
    policy = scenario.policy.overridden(validation=validation, betas=betas)
    return replace(scenario, seed=scenario.seed if seed is None else seed, policy=policy)


def load(files: Sequence[Path]) -> Scenario:
    """Return `files`, in the order given, as one scenario. Raises `ScenarioError` with the mistakes of all."""
    checked: list[tuple[FileSource, ScenarioFile]] = []
    found: list[Diagnostic] = []
    for file in files:
        try:
            checked.append(_guarded(display_name(file), partial(_read, file)))
        except ScenarioError as error:
            found += error.diagnostics
    if found:
        raise ScenarioError(found)
    return _guarded(", ".join(map(display_name, files)), lambda: build(checked))


def load_text(text: str, file: str = "scenario.yaml") -> Scenario:
    """Return the scenario that `text` describes, calling it `file`. Raises `ScenarioError`."""
    from mockclaude.scenario.loading.source import read

    return _guarded(file, lambda: build([_checked(read(file, text.encode("utf-8", "surrogatepass")))]))


def _guarded(file: str, load: Callable[[], T]) -> T:
    """Return what `load` returns. Any exception but `ScenarioError`, which is a bug of ours, becomes one."""
    try:
        with _without_garbage_collection():
            return load()
    except ScenarioError:
        raise
    except Exception as error:
        message = f"cannot load this file, because of a bug in mockclaude: {type(error).__name__}: {error}"
        raise ScenarioError([Diagnostic(Place(file), f"{message}; please report it")]) from error


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Collect no garbage meanwhile: a file becomes many objects, which stay, and each collection visits them all."""
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()


def _named_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the scenario files below `folder`, each with the name it is served under: its path without the suffix."""
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in SUFFIXES and os.path.isfile(file):
            yield display_name(file.relative_to(folder).with_suffix("")).replace(os.sep, "/"), file


def _add(scenarios: dict[str, Scenario], name: str, files: Sequence[Path]) -> list[Diagnostic]:
    try:
        scenarios[name] = load(files)
    except ScenarioError as error:
        return error.diagnostics
    return []


def _read(file: Path) -> tuple[FileSource, ScenarioFile]:
    from mockclaude.scenario.loading.source import read

    try:
        content = _content(file)
    except OSError as error:
        message = f"cannot read this file: {error.strerror}{_nearby(file)}"
        raise ScenarioError([Diagnostic(Place(display_name(file)), message)]) from None
    return _checked(read(display_name(file), content))


def _content(file: Path) -> bytes:
    """Return what is in `file`, or more than a file may have. Never waits, as a FIFO or a device would let it."""
    from mockclaude.scenario.loading.source import MAX_BYTES

    with open(os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb") as stream:
        if not S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(0, "it is not a regular file; expected one: a FIFO, a device or a socket is never read")
        return stream.read(MAX_BYTES + 1)


def _nearby(file: Path) -> str:
    if os.path.exists(file):
        return ""
    if not os.path.isdir(file.parent):
        return f"; there is no folder '{display_name(file.parent)}' either"
    others = sorted({display_name(Path(other.name)) for other in file.parent.glob("*")})
    return did_you_mean(display_name(Path(file.name)), others)


def _checked(source: FileSource) -> tuple[FileSource, ScenarioFile]:
    return source, validate(source)
