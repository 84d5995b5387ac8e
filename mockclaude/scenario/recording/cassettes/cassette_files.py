"""Read cassettes from files and folders, and import their exchanges."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.diagnostics import Diagnostic, Place, ScenarioError
from mockclaude.scenario.loading.cassette_source import MAX_CASSETTE, read_cassette_source
from mockclaude.scenario.loading.source import read_regular_file
from mockclaude.scenario.recording.cassettes.cassette import Cassette
from mockclaude.scenario.recording.cassettes.cassette_formats import count_requests, parse_cassette, parse_stream
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.recording.unique_names import UniqueNames

_SUFFIXES = (".yaml.gz", ".yml.gz", ".json.gz", ".har.gz", ".yaml", ".yml", ".json", ".har", ".sse")
_STREAM = ".sse"
_REQUEST = ".request.json"
_UNSAFE = compile_lazily(r"[^A-Za-z0-9._=+-]+")
_LONGEST_STEM = 120


class ImportResult(NamedTuple):
    """The exchanges of cassettes.

    Attributes:
        files: The exchanges of each cassette, by the name for its recording, without a suffix. A cassette without
            Messages requests has none.
        warnings: The parts that were left out or are unknown.
    """

    files: dict[str, list[Exchange]]
    warnings: list[Diagnostic]


class CassettePath(NamedTuple):
    """A cassette that was found.

    Attributes:
        path: The path of the file.
        stem: The name for its recording: the path below the folder that was searched, without a suffix.
        is_listed: Whether the path itself was given, not a folder above it.
    """

    path: Path
    stem: str
    is_listed: bool


def read_cassettes(path: Path) -> list[Exchange]:
    """Read the exchanges of a cassette.

    Raises:
        ScenarioError: The file is unreadable or not a cassette.
    """
    return [entry.exchange for entry in read_cassette(path).entries]


def read_cassette(path: Path) -> Cassette:
    """Read a cassette of vcrpy, Ruby's VCR, a HAR, or a stream in an `.sse` file.

    The body of a stream's request is in `NAME.request.json` beside `NAME.sse`. An exchange without a time has the day
    on which the file was changed.

    Raises:
        ScenarioError: The file is unreadable or not a cassette.
    """
    name = str(path)
    content = read_content(path)
    if not name.lower().endswith(_STREAM):
        return parse_cassette(read_cassette_source(name, content), find_day(path))
    beside = path.with_name(path.name[: -len(_STREAM)] + _REQUEST)
    return parse_stream(name, content, read_content(beside) if beside.exists() else None, find_day(path))


def find_day(path: Path) -> str:
    """Return the day on which a file was changed."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()


def read_content(path: Path) -> bytes:
    """Read the bytes of a cassette.

    Raises:
        ScenarioError: The file is unreadable or too large.
    """
    try:
        content = read_regular_file(path, MAX_CASSETTE + 1)
    except OSError as error:
        raise _fail(path, f"cannot read this cassette: {error.strerror}") from None
    if len(content) > MAX_CASSETTE:
        raise _fail(path, f"larger than {MAX_CASSETTE // 1_000_000} MB; expected a smaller cassette")
    return content


def _fail(path: Path, problem: str) -> ScenarioError:
    return ScenarioError([Diagnostic(Place(str(path)), problem)])


def import_cassettes(paths: Sequence[Path]) -> ImportResult:
    """Read the exchanges of cassettes, each for a recording of its own.

    In a folder, files that are not cassettes are left out with a warning.

    Args:
        paths: Cassettes, and folders that are searched for them.

    Raises:
        ScenarioError: A file is unreadable or not a cassette.
    """
    files: dict[str, list[Exchange]] = {}
    names = UniqueNames()
    warnings: list[Diagnostic] = []
    for found in find_cassettes(paths):
        try:
            cassette = read_cassette(found.path)
        except ScenarioError as error:
            if found.is_listed:
                raise
            warnings += [Diagnostic(place, f"left out: {message}") for place, message in error.diagnostics[:1]]
            continue
        warnings += [*cassette.warnings, *_warn_of_missing_bodies(cassette)]
        if cassette.entries:
            files[names.create(found.stem)] = [entry.exchange for entry in cassette.entries]
        elif not cassette.warnings:
            warnings.append(Diagnostic(Place(str(found.path)), "left out: a cassette without requests"))
    return ImportResult(files, warnings)


def _warn_of_missing_bodies(cassette: Cassette) -> Iterator[Diagnostic]:
    if empty := [entry for entry in cassette.entries if not entry.exchange.body]:
        requests = count_requests(len(empty))
        message = f"{requests} without a body; the rule matches any request, with replies in sequence"
        yield Diagnostic(empty[0].place, message)


def find_cassettes(paths: Sequence[Path], suffixes: tuple[str, ...] = ()) -> Iterator[CassettePath]:
    """Yield the cassettes at paths and below folders, sorted within a folder.

    Args:
        paths: The paths.
        suffixes: Suffixes of further files that are searched in folders.

    Raises:
        ScenarioError: A path does not exist, or a folder has no cassette.
    """
    for path in paths:
        if not path.is_dir():
            yield CassettePath(path, _to_stem(Path(path.name)), is_listed=True)
            continue
        below = [file for file in _walk(path) if _may_be_cassette(file.name, suffixes)]
        if not below:
            raise _fail(path, "no cassettes in the folder; expected files such as tide.yaml, tide.har or tide.sse")
        yield from (CassettePath(file, _to_stem(file.relative_to(path)), is_listed=False) for file in below)


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(parent, name) for name in sorted(names))


def _may_be_cassette(name: str, suffixes: tuple[str, ...]) -> bool:
    return name.lower().endswith(_SUFFIXES + suffixes) and not name.lower().endswith(_REQUEST)


def _to_stem(relative: Path) -> str:
    name = relative.name
    suffix = next((suffix for suffix in _SUFFIXES if name.lower().endswith(suffix)), "")
    parts = (*relative.parts[:-1], name.removesuffix(name[len(name) - len(suffix) :]))
    return _UNSAFE.sub("_", "-".join(parts)).strip("._")[-_LONGEST_STEM:] or "cassette"
