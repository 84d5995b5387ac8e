"""The folder of the file that is being loaded, from which its replies read the bytes of their bodies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from mockclaude.scenario.loading.source import read_regular_file

MAX_BODY_FILE = 64_000_000
"""The maximum number of bytes of a body in a file of its own."""


class BodyFolder:
    """A folder, and the files below it that have been read.

    Attributes:
        bodies: The bytes of each file, by its path relative to the folder.
        others: The paths of files that belong to the scenario, and are not read.
    """

    def __init__(self, folder: Path) -> None:
        self.bodies: dict[str, bytes] = {}
        self.others: list[str] = []
        self.folder = folder

    def read(self, name: str) -> bytes:
        """Read a file, by its path relative to the folder.

        Raises:
            ValueError: The file is unreadable, too large, or not below the folder.
        """
        if (attempted := _ATTEMPTED.get()) is not None:
            attempted.add(os.fspath(self.folder / name))
        if name not in self.bodies:
            self.bodies[name] = self._read(name)
        return self.bodies[name]

    def _read(self, name: str) -> bytes:
        path = self.folder / name
        try:
            if "\0" in name or not _is_below(path, self.folder):
                raise ValueError(f"a file outside the folder of the scenario file, got {name!r}; expected one below it")
            content = read_regular_file(path, MAX_BODY_FILE + 1)
        except OSError as error:
            problem = f"cannot read {name!r}: {error.strerror}"
            raise ValueError(f"{problem}; expected a file, relative to the scenario file") from None
        if len(content) > MAX_BODY_FILE:
            raise ValueError(f"{name!r} is larger than {MAX_BODY_FILE // 1_000_000} MB; expected a smaller file")
        return content


def _is_below(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


_ATTEMPTED: ContextVar[set[str] | None] = ContextVar("attempted_bodies", default=None)


@contextmanager
def collecting_bodies() -> Iterator[set[str]]:
    """Collect the paths of all bodies in files of this context, also unreadable ones."""
    attempted: set[str] = set()
    token = _ATTEMPTED.set(attempted)
    try:
        yield attempted
    finally:
        _ATTEMPTED.reset(token)


_FOLDER: ContextVar[BodyFolder | None] = ContextVar("body_folder", default=None)


@contextmanager
def loading_from(folder: Path) -> Iterator[BodyFolder]:
    """Make `folder` the one of the files that are validated in this context."""
    bodies = BodyFolder(folder)
    token = _FOLDER.set(bodies)
    try:
        yield bodies
    finally:
        _FOLDER.reset(token)


def read_body(name: str) -> bytes:
    """Read a body below the folder of the file that is being loaded.

    Raises:
        ValueError: The file cannot be read, or the rules are not in a file.
    """
    folder = _FOLDER.get()
    if folder is None:
        raise ValueError("a file for a rule that is not in a scenario file; expected `body` or `base64`")
    return folder.read(name)


def register_file(name: str) -> str:
    """Return the name of a file that belongs to the scenario and is not read."""
    folder = _FOLDER.get()
    if folder is not None:
        folder.others.append(name)
    return name


def check_body_file(name: str) -> str:
    """Return the name of a file that can be read.

    Raises:
        ValueError: The file cannot be read, or the rules are not in a file.
    """
    read_body(name)
    return name
