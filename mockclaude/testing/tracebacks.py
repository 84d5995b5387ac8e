"""Tracebacks of errors that a mistake in a test causes: they end at the test's own line."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from types import TracebackType

from mockclaude.scenario.diagnostics import ScenarioError

MISTAKES = (ScenarioError, AssertionError, RuntimeError, TypeError, ValueError)
"""Errors that the package raises for a mistake of the test. Other errors in its frames are its own faults."""

_PACKAGE = str(Path(__file__).parent.parent)


def is_mistake(error: BaseException) -> bool:
    """Return whether this package raised `error` for how it was called, not for what it was asked."""
    frames = _links(error.__traceback__)
    called = isinstance(error, MISTAKES) and not isinstance(error, AssertionError)
    return isinstance(error, ScenarioError) or (called and bool(frames) and _is_ours(frames[-1]))


def hide_frames(error: BaseException) -> None:
    """Remove the frames of this package from the traceback of `error`, unless the fault is the package's own."""
    frames = _links(error.__traceback__)
    if frames and (isinstance(error, MISTAKES) or not _is_ours(frames[-1])):
        kept = [link for link in frames if not _is_ours(link)]
        for link, after in zip_longest(kept, kept[1:]):
            link.tb_next = after
        error.__traceback__ = kept[0] if kept else None


def _links(traceback: TracebackType | None) -> list[TracebackType]:
    links = []
    while traceback is not None:
        links.append(traceback)
        traceback = traceback.tb_next
    return links


def _is_ours(link: TracebackType) -> bool:
    return link.tb_frame.f_code.co_filename.startswith(_PACKAGE)
