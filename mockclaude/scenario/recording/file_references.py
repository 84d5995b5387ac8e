"""Find the files that a recording names, and give them other names in its text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockclaude.scenario.diagnostics import Path, ScenarioError
from mockclaude.scenario.loading.source import read
from mockclaude.scenario.loading.yaml_writer import format_flow, format_line_scalar

_KEYS = ("rules", "reply", "sequence", "turns", "choice", "fault", "script", "respond", "recorded")
"""Keys below which files are named. The data of other keys may look the same."""


def list_files(text: str) -> list[str]:
    """List the files that a scenario file names; none if it is not readable."""
    try:
        data = read("", text.encode("utf-8", "surrogatepass")).data
    except ScenarioError:
        return []
    return [name for _, name in _walk(data, ())]


def list_file_stems(data: Any, folder: str) -> list[str]:
    """List the files of a scenario file's data in a folder, without suffixes."""
    names = [name.removeprefix(f"{folder}/") for _, name in _walk(data, ()) if name.startswith(f"{folder}/")]
    return [name.partition(".")[0] for name in names]


def rename_files(text: str, names: Mapping[str, str]) -> str:
    """Replace the names of files in the text of a recording. All other bytes stay.

    Args:
        text: The text, as `write_recording` has written it.
        names: The new name for each old one.
    """
    source = read("", text.encode())
    parts, end = [], 0
    mark = len("\ufeff") * text.startswith("\ufeff")  # places do not count it
    paths = [(path, name) for path, name in _walk(source.data, ()) if name in names]
    for offset, name in sorted((source.offset(path) + mark, name) for path, name in paths):
        for written in {format_flow(name), format_line_scalar(name)}:
            if text.startswith(written, offset):
                parts += [text[end:offset], format_flow(names[name])]
                end = offset + len(written)
                break
    return "".join([*parts, text[end:]])


def _walk(data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the path and the name of each file."""
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from _walk(item, (*path, index))
    elif isinstance(data, Mapping):
        for key in _KEYS:
            if key in data:
                yield from _walk(data[key], (*path, key))
        for key in ("file", "requests"):
            yield from _list_names(data.get(key), (*path, key)) if path[-1:] in (("respond",), ("recorded",)) else ()


def _list_names(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    items = [(path, value)] if not isinstance(value, list) else [((*path, at), name) for at, name in enumerate(value)]
    yield from ((place, name) for place, name in items if isinstance(name, str))
