"""Where a test says something: the file and line that messages name.

In: the stack of this thread, or of another. Out: `tests/test_chat.py:12`. Knows nothing of what is said there.
"""

from __future__ import annotations

import sys
import sysconfig
from itertools import pairwise
from pathlib import Path
from traceback import walk_stack
from types import FrameType

_HERE = str(Path(__file__).parent)
_CALLING = str(Path(__file__).with_name("callbacks.py"))
"""The file that calls a test's functions."""

_STANDARD_LIBRARY = sysconfig.get_path("stdlib")


def caller() -> str:
    """Return the place of the innermost call from outside this package, relative to where the process runs."""
    frames = (frame for frame, _ in walk_stack(sys._getframe(1)))
    return _named(next(frame for frame in frames if not _is_ours(frame)))


def busy(thread: int) -> str:
    """Return the place in a function of a test at which a running thread is, or nothing."""
    frames = [frame for frame, _ in walk_stack(sys._current_frames()[thread])]
    functions = (inner for inner, outer in pairwise(frames) if outer.f_code.co_filename == _CALLING)
    place = next((_named(frame) for frame in functions if not _is_ours(frame)), "")
    return f" at {place}" if place else ""


def current_line(thread: int) -> str:
    """Return the place at which a running thread is, in code that is no library; nothing if there is none."""
    frames = walk_stack(sys._current_frames()[thread]) if thread in sys._current_frames() else ()
    return next((_named(frame) for frame, _ in frames if not (_is_ours(frame) or _is_library(frame))), "")


def _is_library(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return file.startswith(("<", _STANDARD_LIBRARY)) or not {"site-packages", "dist-packages"}.isdisjoint(
        Path(file).parts
    )


def _is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_HERE)


def _named(frame: FrameType) -> str:
    return f"{_relative(frame.f_code.co_filename)}:{frame.f_lineno}"


def _relative(file: str) -> str:
    path, here = Path(file).resolve(), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file
