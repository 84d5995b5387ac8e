"""Call sites in the code under test: the file and line that messages name, e.g. `tests/test_chat.py:12`."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from traceback import walk_stack
from types import FrameType

_PACKAGE = str(Path(__file__).parent)
_CALLBACKS = str(Path(__file__).with_name("callbacks.py"))
"""The module that calls the functions of a test."""

_STANDARD_LIBRARY = sysconfig.get_path("stdlib")


def find_call_site() -> str:
    """Return the innermost call from outside this package.

    The path is relative to the working directory, for files below it.
    """
    frames = (frame for frame, _ in walk_stack(sys._getframe(1)))
    return _format_frame(next(frame for frame in frames if not _is_ours(frame)))


def find_blocking_call(thread: int) -> str:
    """Return ` at <file>:<line>` of the callback that a thread runs, or nothing."""
    frames = [frame for frame, _ in walk_stack(sys._current_frames()[thread])]
    functions = (inner for inner, outer in pairwise(frames) if outer.f_code.co_filename == _CALLBACKS)
    place = next((_format_frame(frame) for frame in functions if not _is_ours(frame)), "")
    return f" at {place}" if place else ""


def find_current_line(thread: int) -> str:
    """Return the line of user code that a thread runs, or an empty string."""
    frames = walk_stack(sys._current_frames()[thread]) if thread in sys._current_frames() else ()
    return next((_format_frame(frame) for frame, _ in frames if not (_is_ours(frame) or _is_library(frame))), "")


def _is_library(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return file.startswith(("<", _STANDARD_LIBRARY)) or not {"site-packages", "dist-packages"}.isdisjoint(
        Path(file).parts
    )


def _is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_PACKAGE)


def _format_frame(frame: FrameType) -> str:
    return f"{_relative_path(frame.f_code.co_filename, os.getcwd())}:{frame.f_lineno}"


@lru_cache
def _relative_path(file: str, folder: str) -> str:
    path = Path(file).resolve()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else file
