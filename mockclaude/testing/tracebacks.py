"""Tracebacks of errors that a mistake in a test causes: they end at the line of the test."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from types import TracebackType

from mockclaude.scenario.diagnostics import ScenarioError

USER_ERRORS = (ScenarioError, AssertionError, RuntimeError, TypeError, ValueError)
"""Errors that the package raises for a mistake in a test. Other errors raised in its frames are its own defects."""

_PACKAGE = str(Path(__file__).parent.parent)


def is_user_error(error: BaseException) -> bool:
    """Return whether this package raised `error` because of an invalid call."""
    frames = _links(error.__traceback__)
    is_invalid_call = isinstance(error, USER_ERRORS) and not isinstance(error, AssertionError)
    return isinstance(error, ScenarioError) or (is_invalid_call and bool(frames) and _is_ours(frames[-1]))


def hide_frames(error: BaseException) -> None:
    """Remove the frames of this package from a traceback.

    The traceback of a defect of the package stays complete.
    """
    frames = _links(error.__traceback__)
    if frames and (isinstance(error, USER_ERRORS) or not _is_ours(frames[-1])):
        kept = [link for link in frames if not _is_ours(link)]
        for link, following in zip_longest(kept, kept[1:]):
            link.tb_next = following
        error.__traceback__ = kept[0] if kept else None


def _links(traceback: TracebackType | None) -> list[TracebackType]:
    links = []
    while traceback is not None:
        links.append(traceback)
        traceback = traceback.tb_next
    return links


def _is_ours(link: TracebackType) -> bool:
    return link.tb_frame.f_code.co_filename.startswith(_PACKAGE)
