"""Read the recordings of `drift`: scenario files, cassettes, journals, and folders of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from mockclaude.journal.journal_file import BEGIN, JournalError, read_journal
from mockclaude.proxy.drift_cases import (
    DriftCase,
    is_recording,
    list_cassette_cases,
    list_journal_cases,
    list_recording_cases,
)
from mockclaude.scenario.diagnostics import Diagnostic, Place, ScenarioError
from mockclaude.scenario.format.body_folder import loading_from
from mockclaude.scenario.loading.cassette_source import read_cassette_source
from mockclaude.scenario.loading.source import read_regular_file
from mockclaude.scenario.recording.cassettes.cassette_files import find_cassettes, find_day, read_cassette, read_content
from mockclaude.scenario.recording.cassettes.cassette_formats import parse_cassette

_JOURNALS = (".jsonl", ".ndjson")
_STREAM = ".sse"

Warn = Callable[[object], None]


def read_recordings(paths: Sequence[Path], warn: Warn) -> Iterator[list[DriftCase]]:
    """Yield the requests of each recording.

    In a folder, other files and the bodies of recordings are left out.

    Args:
        paths: Recordings, and folders that are searched for them.
        warn: Called with each warning.

    Raises:
        ScenarioError: A file is unreadable or not a recording.
    """
    bodies: set[Path] = set()
    for found in find_cassettes(paths, _JOURNALS):
        if bodies.isdisjoint(found.path.parents):
            try:
                cases = _read(found.path, bodies, warn)
            except ScenarioError as error:
                if found.is_listed:
                    raise
                warn(Diagnostic(error.diagnostics[0].place, f"left out: {error.diagnostics[0].message}"))
                continue
            yield cases


def _read(path: Path, bodies: set[Path], warn: Warn) -> list[DriftCase]:
    """Return the requests of a recording, and add the folder of its bodies to `bodies`."""
    if _is_journal(path):
        return _read_journal(path, warn)
    if not path.name.lower().endswith(_STREAM):
        source = read_cassette_source(str(path), read_content(path))
        if is_recording(source.data):
            bodies.add(path.with_suffix(""))
            with loading_from(path.parent) as folder:
                return list(list_recording_cases(source, folder))
        cassette = parse_cassette(source, find_day(path))
    else:
        cassette = read_cassette(path)
    for warning in cassette.warnings:
        warn(warning)
    return list(list_cassette_cases(cassette))


def _is_journal(path: Path) -> bool:
    if path.name.lower().endswith(_JOURNALS):
        return True
    with suppress(OSError):
        return read_regular_file(path, len(BEGIN)) == BEGIN
    return False


def _read_journal(path: Path, warn: Warn) -> list[DriftCase]:
    try:
        entries = read_journal(path, warn)
    except JournalError as error:
        line, _, problem = str(error).removeprefix(f"{path}").removeprefix(":").partition(": ")
        place = Place(str(path), int(line), 1) if line.isdigit() else Place(str(path))
        raise ScenarioError([Diagnostic(place, problem)]) from None
    return list(list_journal_cases(str(path), entries))
