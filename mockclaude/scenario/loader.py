"""Scenario files, from the disk to a `Scenario`.

In: paths, as the user named them. Out: a scenario, or every mistake that was found.
Knows nothing of what a scenario says. A folder is a set of scenarios, one per file below it. YAML is imported with the
first file, since the built-in scenario needs none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from mockclaude.api.betas import Accepted
from mockclaude.api.validation import Mode
from mockclaude.scenario.format import ScenarioFile
from mockclaude.scenario.mistakes import Mistake, Place, ScenarioError, did_you_mean, one_of
from mockclaude.scenario.rules import Scenario, build, built_in

if TYPE_CHECKING:
    from mockclaude.scenario.source import Source

SUFFIXES = (".yaml", ".yml", ".json")


def load_all(
    paths: Sequence[Path],
    seed: int | None = None,
    validation: Mode | None = None,
    betas: Accepted | None = None,
) -> dict[str, Scenario]:
    """Return what `paths` name, by the name it is served under; what else is given goes before the files' own.

    The files among them are one scenario, at the root (''), where otherwise the built-in one is; each folder is a set.
    Raises `ScenarioError` with the mistakes of all files.
    """
    scenarios = {"": built_in()}
    found: list[Mistake] = []
    for folder in (path for path in paths if path.is_dir()):
        for name, file in _named_files(folder):
            if name in scenarios:
                found.append(Mistake(Place(str(file)), f"another file is served as '{name}' too; rename one"))
            found += _add(scenarios, name, [file])
        if not any(_named_files(folder)):
            found.append(
                Mistake(Place(str(folder)), f"no scenario files here; expected one ending in {one_of(SUFFIXES)}")
            )
    if files := [path for path in paths if not path.is_dir()]:
        found += _add(scenarios, "", files)
    if found:
        raise ScenarioError(found)
    return {name: _overridden(scenario, seed, validation, betas) for name, scenario in scenarios.items()}


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files that `paths` name, and the scenario files of each folder among them."""
    for path in paths:
        if path.is_dir():
            yield from (file for _, file in _named_files(path))
        else:
            yield path


def _overridden(scenario: Scenario, seed: int | None, validation: Mode | None, betas: Accepted | None) -> Scenario:
    policy = scenario.policy.overridden(validation=validation, betas=betas)
    return replace(scenario, seed=scenario.seed if seed is None else seed, policy=policy)


def load(files: Sequence[Path]) -> Scenario:
    """Return `files`, in the order given, as one scenario. Raises `ScenarioError` with the mistakes of all."""
    checked: list[tuple[Source, ScenarioFile]] = []
    found: list[Mistake] = []
    for file in files:
        try:
            checked.append(_checked(_source(file)))
        except ScenarioError as error:
            found += error.mistakes
    if found:
        raise ScenarioError(found)
    return build(checked)


def load_text(text: str, file: str = "scenario.yaml") -> Scenario:
    """Return the scenario that `text` describes, calling it `file`. Raises `ScenarioError`."""
    from mockclaude.scenario.source import read

    return build([_checked(read(file, text.encode("utf-8", "surrogatepass")))])


def _named_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the scenario files below `folder`, each with the name it is served under: its path without the suffix."""
    for file in sorted(folder.rglob("*")):
        if file.suffix in SUFFIXES and file.is_file():
            yield file.relative_to(folder).with_suffix("").as_posix(), file


def _add(scenarios: dict[str, Scenario], name: str, files: Sequence[Path]) -> list[Mistake]:
    try:
        scenarios[name] = load(files)
    except ScenarioError as error:
        return error.mistakes
    return []


def _source(file: Path) -> Source:
    from mockclaude.scenario.source import MAX_BYTES, read

    try:
        with file.open("rb") as stream:
            return read(str(file), stream.read(MAX_BYTES + 1))
    except OSError as error:
        message = f"cannot read this file: {error.strerror}{_nearby(file)}"
        raise ScenarioError([Mistake(Place(str(file)), message)]) from None


def _nearby(file: Path) -> str:
    if not file.parent.is_dir():
        return f"; there is no folder '{file.parent}' either"
    return did_you_mean(file.name, sorted({other.name for other in file.parent.glob("*")} - {file.name}))


def _checked(source: Source) -> tuple[Source, ScenarioFile]:
    try:
        return source, ScenarioFile.model_validate(source.data)
    except ValidationError as error:
        from mockclaude.scenario.complaints import mistakes

        raise ScenarioError(mistakes(error, ScenarioFile, source)) from None
