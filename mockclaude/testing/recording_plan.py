"""The settings of the recording of a test: a scenario file with responses of the real API."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from mockclaude.scenario.diagnostics import format_value, join_words
from mockclaude.testing.environment import KEYS

RecordMode: TypeAlias = Literal["once", "all", "new", "none"]
"""The way in which a test is recorded. `once`: `none` if the recording exists, or else `all`."""

Action: TypeAlias = Literal["all", "new", "none"]

MODES: tuple[RecordMode, ...] = ("once", "all", "new", "none")
API = "https://api.anthropic.com"

_NO_CI = ("", "0", "false", "no", "off")


class RecordingError(Exception):
    """A recording that cannot be made, replayed or saved."""


class EndOfRecording(NamedTuple):
    """Lines for the user at the end of a recording.

    Attributes:
        notes: Lines about the recording.
        problems: Lines that make the test fail.
    """

    notes: Sequence[str] = ()
    problems: Sequence[str] = ()


class RecordingPlan(NamedTuple):
    """The settings of the recording of a test.

    Attributes:
        mode: The mode.
        path: The scenario file.
        to: The base URL of the API.
        test: The name of the test; '' without one.
        is_explicit: Whether the mode comes from the command line, which may also record in CI.
        is_optional: Whether a test without a recording is allowed: the mode is that of all tests.
        keys: The credentials of the environment, which clients need to record.
    """

    mode: RecordMode
    path: Path
    to: str = API
    test: str = ""
    is_explicit: bool = False
    is_optional: bool = False
    keys: Mapping[str, str] = MappingProxyType({})

    @property
    def client_keys(self) -> Mapping[str, str] | None:
        """The credentials of the clients of a recorder. None: the key of the mock."""
        from mockclaude.engine.trust import is_loopback

        return None if not self.keys and is_loopback(urlsplit(self.to).hostname or "") else self.keys

    @property
    def shown(self) -> str:
        """The path in messages: relative to the working directory, if it is below that."""
        folder = Path.cwd()
        return str(self.path.relative_to(folder) if self.path.is_relative_to(folder) else self.path)

    def resolve(self) -> Action:
        """Return the mode of this run.

        Raises:
            RecordingError: The mode would call the API in CI, or the recording does not exist.
        """
        is_ci, is_there = is_in_ci(), self.path.is_file()
        if self.mode in ("all", "new") and is_ci and not self.is_explicit:
            fix = f", or --mockclaude-record={self.mode} on the command line" if self.test else ""
            raise RecordingError(f'record="{self.mode}" in CI would call the real API; expected none or once{fix}')
        if not is_there and not self.is_optional and (self.mode == "none" or (self.mode == "once" and is_ci)):
            raise RecordingError(self.describe_missing())
        if self.mode == "once":
            return "none" if is_there or is_ci else "all"
        return self.mode

    def describe_missing(self) -> str:
        """Describe how to make the recording that is missing."""
        run = "run it once without CI" if is_in_ci() else f"run it once with {self._describe_option('once')}"
        subject = f" for {self.test}" if self.test else ""
        return f"no recording{subject} ({self.shown}); {run}, with {KEYS[0]} set"

    def describe_unmatched(self) -> str:
        """Describe how to record a request that the recording does not answer."""
        if not self.path.is_file():
            return self.describe_missing()
        return f"{self.shown} has no rule for it; {self._describe_option('new')} records it"

    def _describe_option(self, mode: RecordMode) -> str:
        return f"--mockclaude-record={mode}" if self.test else f'record="{mode}"'


def is_in_ci(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the variable `CI` is set, as in continuous integration."""
    return environment.get("CI", "").strip().lower() not in _NO_CI


def check_mode(mode: object) -> None:
    """Check a mode.

    Raises:
        ValueError: The mode is unknown.
    """
    if mode not in MODES:
        raise ValueError(f"`record`: unknown mode, got {format_value(mode)}; expected {join_words(MODES)}")
