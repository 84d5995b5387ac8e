"""Read scenario files, in YAML 1.2 or JSON, as plain data with the place of each value.

The reader of each format is imported with the first file of that format.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mockclaude.scenario.diagnostics import Diagnostic, Path, Place, ScenarioError
from mockclaude.scenario.loading.source_map import Branch, Lines

MAX_BYTES = 5_000_000

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What YAML refuses outside an escape, or takes for a line break where JSON does not."""


class _Position(NamedTuple):
    """Where a path leads: the part of the path that exists, the offset of its value, and that of its key."""

    path: Path
    value: int
    key: int | None


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file's data, and the place of each value and each key in it."""

    file: str
    data: Any
    _lines: Lines = field(repr=False)
    _offset: int = field(default=0, repr=False)
    _branch: Branch | None = field(default=None, repr=False)

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return where the value (or, with `key`, the key) at `path` stands.

        Parts of `path` that the file does not have are passed over: a shorthand has fewer levels than what it means.
        """
        here = self._position(path)
        own = key and here.path[-1:] == path[-1:] and here.key is not None
        return self._lines.place(here.key if own and here.key is not None else here.value)

    def nearest(self, path: Path) -> Path:
        """Return `path` without the parts that the file does not have."""
        return self._position(path).path

    def _position(self, path: Path) -> _Position:
        here: list[str | int] = []
        value, key = self._offset, None
        data, branch = self.data, self._branch
        for part in path:
            index = _index(data, part) if branch is not None else None
            if branch is None or index is None:
                continue
            if isinstance(data, dict):
                key, value = branch.offsets[2 * index : 2 * index + 2]
            else:
                key, value = None, branch.offsets[index]
            here.append(part)
            data = data[part]
            branch = branch.below.get(index) if branch.below else None
        return _Position(tuple(here), value, key)


def _index(data: Any, part: str | int) -> int | None:
    """Return which value of `data` is the one at `part`; None if it has none there."""
    if isinstance(data, list):
        return part if isinstance(part, int) and part < len(data) else None
    return list(data).index(part) if part in data else None


def read(file: str, content: bytes) -> FileSource:
    """Return the data of `content`, calling it `file`: JSON if it is called `.json`, in any case, else YAML.

    Raises `ScenarioError` with the mistakes of form.
    """
    if _is_json(file):
        from mockclaude.scenario.loading.json_source import JsonReader as Reader
    else:
        from mockclaude.scenario.loading.yaml_source import YamlReader as Reader  # type: ignore[assignment]
    text = _decoded(file, content)
    lines = Lines(file, text)
    reader = Reader(text, lines)
    data, offset, branch = reader.read()
    if reader.diagnostics:
        raise ScenarioError(reader.diagnostics)
    return FileSource(file, data, lines, offset, branch)


def _is_json(file: str) -> bool:
    return file.lower().endswith(".json")


def _decoded(file: str, content: bytes) -> str:
    if len(content) > MAX_BYTES:
        limit = f"{MAX_BYTES // 1_000_000} MB"
        message = f"this file has more than {limit}; expected less: split it, files named together are one scenario"
        raise ScenarioError([Diagnostic(Place(file), message)])
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise ScenarioError([Diagnostic(Place(file, 1, 1), "this is UTF-16; expected UTF-8: save it as such")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_after(file, content[: error.start].decode("latin-1"))
        raise ScenarioError([Diagnostic(place, "this is not UTF-8; expected a YAML or JSON text")]) from None
    if not _is_json(file) and (unprintable := _UNPRINTABLE.search(text)):
        place = _place_after(file, text[: unprintable.start()])
        code = f"U+{ord(unprintable[0]):04X}"
        message = f"there is a character {code} here; expected text: remove it, or write its escape in double quotes"
        raise ScenarioError([Diagnostic(place, message)])
    return text


def _place_after(file: str, text: str) -> Place:
    return Lines(file, text).place(len(text))
