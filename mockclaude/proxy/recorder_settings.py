"""The options of a recorder, and the result of saving a recording."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple, TypeAlias

Action: TypeAlias = Literal["write", "append", "refresh"]
"""Write the file anew, append new rules, or replace the replies of its rules."""


class RecorderSettings(NamedTuple):
    """The options of `record` that change the recording.

    Attributes:
        action: How the exchanges change the recording.
        is_dry_run: Whether `refresh` only shows the differences.
        prunes: Whether `refresh` drops rules that no request has matched.
        has_times: Whether replies have a pace.
        has_requests: Whether the bodies of requests are kept.
        writes_steps: Whether replies are written as steps where their events stay equal.
        headers: Further response headers that are kept.
        volatile: Regular expressions of texts that are never matched.
        redact: JMESPath expressions whose values are redacted.
        redact_regex: Regular expressions whose matches are redacted.
        not_secret: Regular expressions of texts that are not secret.
    """

    action: Action = "write"
    is_dry_run: bool = False
    prunes: bool = False
    has_times: bool = True
    has_requests: bool = False
    writes_steps: bool = False
    headers: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    redact_regex: tuple[str, ...] = ()
    not_secret: tuple[str, ...] = ()


class SavedRecording(NamedTuple):
    """The result of saving a recording.

    Attributes:
        notes: Lines for the user, e.g. `tide.yaml: 7 of 7 replayed byte for byte`.
        problems: Lines for the user that make the exit code 1, e.g. a difference in the check.
        is_saved: Whether the recording has changed.
        left_out: The numbers of the exchanges that are not in the recording.
    """

    notes: Sequence[str] = ()
    problems: Sequence[str] = ()
    is_saved: bool = True
    left_out: Collection[int] = ()
