"""Load scenario files and folders.

A folder is a set of scenarios, one for each file below it. YAML is imported with the first file, since the built-in
scenario needs none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mockclaude.api.betas import AcceptedBetas
from mockclaude.api.mode import Mode
from mockclaude.scenario.diagnostics import Diagnostic, Place, ScenarioError, did_you_mean, join_words
from mockclaude.scenario.format.file import ScenarioFile
from mockclaude.scenario.garbage import without_garbage_collection
from mockclaude.scenario.loading.shipped import display_name, resolve_all, suggest_shipped
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
    *,
    with_built_in: bool = True,
) -> dict[str, Scenario]:
    """Load files and folders as scenarios by name.

    The files are one scenario with the name '', which without files is the built-in scenario. Each file of a
    folder is a scenario of its own, with its path as the name.

    Args:
        paths: Files and folders, or names of the package's scenarios, e.g. `@hello`.
        seed: Overrides the seed of the files.
        validation: Overrides the validation mode of the files.
        betas: Overrides the accepted betas of the files.
        with_built_in: Whether the built-in scenario replaces missing files. Otherwise a scenario without rules does.

    Raises:
        ScenarioError: A file is unreadable or invalid. Holds the diagnostics of all files.
    """
    paths = resolve_all(paths)
    scenarios = {"": built_in() if with_built_in else Scenario(())}
    diagnostics: list[Diagnostic] = []
    for folder in (path for path in paths if os.path.isdir(path)):
        for name, file in _named_files(folder):
            if name in scenarios:
                message = f"duplicate scenario name '{name}'; expected unique names; rename the file"
                diagnostics.append(Diagnostic(Place(display_name(file)), message))
            diagnostics += _add(scenarios, name, [file])
        if not any(_named_files(folder)):
            message = f"no scenario files in the folder; expected a file that ends in {join_words(SUFFIXES)}"
            diagnostics.append(Diagnostic(Place(display_name(folder)), message))
    if files := [path for path in paths if not os.path.isdir(path)]:
        diagnostics += _add(scenarios, "", files)
    if diagnostics := _drop_bodies(scenarios, diagnostics):
        raise ScenarioError(diagnostics)
    return {name: override(of, seed, validation=validation, betas=betas) for name, of in scenarios.items()}


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files in `paths`, and the scenario files of each folder in `paths`."""
    for path in resolve_all(paths):
        if os.path.isdir(path):
            yield from (file for _, file in _named_files(path))
        else:
            yield path


def override(scenario: Scenario, seed: int | None, **chosen: Any) -> Scenario:
    """Return the scenario with a seed and values of its policy that are not None."""
    policy = scenario.policy.overridden(**chosen)
    return scenario._replace(seed=scenario.seed if seed is None else seed, policy=policy)


def load(files: Sequence[Path]) -> Scenario:
    """Load scenario files as one scenario.

    Args:
        files: Files in rule order: rules of earlier files are matched first. A name of the package's scenarios, e.g.
            `@hello`, is a file too.

    Raises:
        ScenarioError: A file is unreadable or invalid. Holds the diagnostics of all files.
    """
    checked: list[tuple[FileSource, ScenarioFile]] = []
    bodies: list[str] = []
    diagnostics: list[Diagnostic] = []
    files = resolve_all(files, with_folders=False)
    for file in files:
        try:
            checked.append(_report_bugs(display_name(file), partial(_read, file, bodies)))
        except ScenarioError as error:
            diagnostics += error.diagnostics
    if diagnostics:
        raise ScenarioError(diagnostics)
    scenario = _report_bugs(", ".join(map(display_name, files)), lambda: build(checked))
    return scenario._replace(body_files=tuple(bodies))


def load_text(text: str, file: str = "scenario.yaml") -> Scenario:
    """Load a scenario from `text`. Diagnostics call it `file`.

    Raises:
        ScenarioError: The text is invalid.
    """
    from mockclaude.scenario.loading.source import read

    return _report_bugs(file, lambda: build([_checked(read(file, text.encode("utf-8", "surrogatepass")))]))


def _report_bugs(file: str, load: Callable[[], T]) -> T:
    """Return the result of `load`. An unexpected exception, a bug of mockclaude, becomes a `ScenarioError`."""
    try:
        with without_garbage_collection():
            return load()
    except ScenarioError:
        raise
    except Exception as error:
        message = f"cannot load the file because of a bug in mockclaude: {type(error).__name__}: {error}"
        raise ScenarioError([Diagnostic(Place(file), f"{message}; please report it")]) from error


def _named_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the scenario files below `folder`, each with its name: its path without the suffix."""
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in SUFFIXES and os.path.isfile(file):
            yield display_name(file.relative_to(folder).with_suffix("")).replace(os.sep, "/"), file


def _add(scenarios: dict[str, Scenario], name: str, files: Sequence[Path]) -> list[Diagnostic]:
    try:
        scenarios[name] = load(files)
    except ScenarioError as error:
        return error.diagnostics
    return []


def _drop_bodies(scenarios: dict[str, Scenario], diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Remove the files of a folder that are bodies of replies. Return the diagnostics of other files."""
    bodies = {body for scenario in scenarios.values() for body in scenario.body_files}
    for name in [name for name, scenario in scenarios.items() if name and not bodies.isdisjoint(scenario.files)]:
        del scenarios[name]
    return [diagnostic for diagnostic in diagnostics if diagnostic.place.file not in bodies]


def _read(file: Path, bodies: list[str]) -> tuple[FileSource, ScenarioFile]:
    """Read a file, and add the files of its bodies to `bodies`."""
    from mockclaude.scenario.loading.source import MAX_BYTES, read, read_regular_file

    try:
        content = read_regular_file(file, MAX_BYTES + 1)
    except OSError as error:
        message = f"cannot read the file: {error.strerror}{_nearby(file)}"
        raise ScenarioError([Diagnostic(Place(display_name(file)), message)]) from None
    source = read(display_name(file), content)
    if b"respond" not in content and b"\\" not in content:  # an escape can be a part of the word
        return _checked(source)
    from mockclaude.scenario.format.body_folder import loading_from

    with loading_from(file.parent) as folder:
        checked = _checked(source)
    bodies += [display_name(folder.folder / name) for name in (*folder.bodies, *folder.others)]
    return checked


def _nearby(file: Path) -> str:
    if os.path.exists(file):
        return ""
    if hint := suggest_shipped(file):
        return hint
    if not os.path.isdir(file.parent):
        return f"; the folder '{display_name(file.parent)}' does not exist"
    others = sorted({display_name(Path(other.name)) for other in file.parent.glob("*")})
    return did_you_mean(display_name(Path(file.name)), others) or "; expected a scenario file or a folder"


def _checked(source: FileSource) -> tuple[FileSource, ScenarioFile]:
    return source, validate(source)
