"""Read scenario files, in YAML 1.2 or JSON, as plain data with the place of each value.

The reader of each format is imported with the first file of that format.
"""

from __future__ import annotations

import os
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass, field
from stat import S_ISREG
from typing import Any, NamedTuple

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.diagnostics import Diagnostic, Path, Place, ScenarioError
from mockclaude.scenario.loading.source_map import Branch, Lines

MAX_BYTES = 5_000_000

_UNPRINTABLE = compile_lazily(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters that YAML rejects outside an escape, or that end a line in YAML but not in JSON."""


class _Position(NamedTuple):
    """The end of a path: the existing part of the path, the offset of its value, and that of its key."""

    path: Path
    value: int
    key: int | None


@dataclass(frozen=True, slots=True)
class FileSource:
    """The data of a file, with the place of each value and key."""

    file: str
    data: Any
    _lines: Lines = field(repr=False)
    _offset: int = field(default=0, repr=False)
    _branch: Branch | None = field(default=None, repr=False)

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return the place of the value (or, with `key`, the key) at `path`.

        Parts that are absent from the file are skipped: a shorthand has fewer levels than its long form.
        """
        position = self._position(path)
        is_key = key and position.path[-1:] == path[-1:] and position.key is not None
        return self._lines.place(position.key if is_key and position.key is not None else position.value)

    def offset(self, path: Path, *, key: bool = False) -> int:
        """Return the offset of the value (or, with `key`, the key) at `path`."""
        position = self._position(path)
        return position.key if key and position.key is not None else position.value

    def nearest(self, path: Path) -> Path:
        """Return `path` without the parts that are absent from the file."""
        return self._position(path).path

    def _position(self, path: Path) -> _Position:
        known: list[str | int] = []
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
            known.append(part)
            data = data[part]
            branch = branch.below.get(index) if branch.below else None
        return _Position(tuple(known), value, key)


def _index(data: Any, part: str | int) -> int | None:
    """Return the index of the value at `part`, or None."""
    if isinstance(data, list):
        return part if isinstance(part, int) and part < len(data) else None
    return list(data).index(part) if part in data else None


def read(file: str, content: bytes) -> FileSource:
    """Parse the content of a file.

    It is JSON if the file's name ends in `.json`, in any case, else YAML.

    Raises:
        ScenarioError: The content is too large, not UTF-8, or malformed.
    """
    if _is_json(file):
        from mockclaude.scenario.loading.json_source import JsonReader as Reader
    else:
        from mockclaude.scenario.loading.yaml_source import YamlReader as Reader  # type: ignore[assignment]
    text = decode_text(file, content, is_printable=not _is_json(file))
    lines = Lines(file, text)
    reader = Reader(text, lines)
    data, offset, branch = reader.read()
    if reader.diagnostics:
        raise ScenarioError(reader.diagnostics)
    return FileSource(file, data, lines, offset, branch)


def read_regular_file(file: os.PathLike[str], most: int) -> bytes:
    """Read the first `most` bytes of a file. Never wait for a FIFO or a device.

    Raises:
        OSError: The file is missing or unreadable, or not a regular file.
    """
    with open(os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb") as stream:
        if not S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(0, "not a regular file; expected a regular file, not a FIFO, a device or a socket")
        return stream.read(most)


def _is_json(file: str) -> bool:
    return file.lower().endswith(".json")


def decode_text(file: str, content: bytes, *, is_printable: bool, most: int = MAX_BYTES) -> str:
    """Decode the text of a file.

    Args:
        file: The name of the file.
        content: The bytes of the file.
        is_printable: Whether all characters must be printable, as in YAML.
        most: The maximum number of bytes.

    Raises:
        ScenarioError: The content is too large, not UTF-8, or has unprintable characters.
    """
    if len(content) > most:
        limit = f"{most // 1_000_000} MB"
        message = f"larger than {limit}; expected a smaller file; split it into several files of one scenario"
        raise ScenarioError([Diagnostic(Place(file), message)])
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise ScenarioError([Diagnostic(Place(file, 1, 1), "encoding UTF-16; expected UTF-8; save the file as UTF-8")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_after(file, content[: error.start].decode("latin-1"))
        raise ScenarioError([Diagnostic(place, "invalid UTF-8; expected YAML or JSON text")]) from None
    if is_printable and (unprintable := _UNPRINTABLE.search(text)):
        place = _place_after(file, text[: unprintable.start()])
        code = f"U+{ord(unprintable[0]):04X}"
        message = f"unprintable character {code}; expected text; remove it, or write its escape in double quotes"
        raise ScenarioError([Diagnostic(place, message)])
    return text


def _place_after(file: str, text: str) -> Place:
    return Lines(file, text).place(len(text))
