"""Scenario files, from the disk to a `Scenario`.

In: paths, as the user named them. Out: a scenario, or every mistake that was found.
Knows nothing of what a scenario says. A folder is a set of scenarios, one per file below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from mockclaude.scenario.complaints import mistakes
from mockclaude.scenario.format import ScenarioFile
from mockclaude.scenario.mistakes import Mistake, Place, ScenarioError
from mockclaude.scenario.rules import Scenario, build
from mockclaude.scenario.source import MAX_BYTES, Source, read

SUFFIXES = (".yaml", ".yml", ".json")


def load(files: Sequence[Path]) -> Scenario:
    """Return `files`, in the order given, as one scenario. Raises `ScenarioError`."""
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
    return build([_checked(read(file, text.encode()))])


def load_folder(folder: Path) -> dict[str, Scenario]:
    """Return the scenarios below `folder` by name: the path of the file, without its suffix. Raises `ScenarioError`."""
    files = sorted(file for file in folder.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    scenarios: dict[str, Scenario] = {}
    found: list[Mistake] = []
    for file in files:
        name = file.relative_to(folder).with_suffix("").as_posix()
        try:
            if name in scenarios:
                raise ScenarioError([Mistake(Place(str(file)), f"another file is named '{name}' too; rename one")])
            scenarios[name] = load([file])
        except ScenarioError as error:
            found += error.mistakes
    if found or not scenarios:
        missing = Mistake(Place(str(folder)), f"no scenario files here; expected one ending in {', '.join(SUFFIXES)}")
        raise ScenarioError(found or [missing])
    return scenarios


def _source(file: Path) -> Source:
    try:
        with file.open("rb") as stream:
            return read(str(file), stream.read(MAX_BYTES + 1))
    except OSError as error:
        nearby = "" if file.parent.is_dir() else f"; there is no folder '{file.parent}' either"
        raise ScenarioError([Mistake(Place(str(file)), f"cannot read this file: {error.strerror}{nearby}")]) from None


def _checked(source: Source) -> tuple[Source, ScenarioFile]:
    try:
        return source, ScenarioFile.model_validate(source.data)
    except ValidationError as error:
        raise ScenarioError(mistakes(error, ScenarioFile, source)) from None
