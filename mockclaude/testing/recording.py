"""The recording of a test: a scenario file with responses of the real API, which is replayed, or made.

The recorder is imported only if a recording is made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from mockclaude.proxy.recorder import RecordingError
from mockclaude.scenario.diagnostics import format_value, join_words
from mockclaude.testing.environment import KEYS, read_keys

if TYPE_CHECKING:
    from mockclaude.journal.entry import JournalEntry
    from mockclaude.server.site import Site
    from mockclaude.testing.recording_run import EndOfRecording, RecordingRun

RecordMode: TypeAlias = Literal["once", "all", "new", "none"]
"""The way in which a test is recorded. `once`: `none` if the recording exists, or else `all`."""

Action: TypeAlias = Literal["all", "new", "none"]

FAILURE = "the test failed"
"""The reason why a recording is rejected."""

MODES: tuple[RecordMode, ...] = ("once", "all", "new", "none")
API = "https://api.anthropic.com"

_NO_CI = ("", "0", "false", "no", "off")


class Recording(NamedTuple):
    """The recording of a test, at the time of the call.

    Attributes:
        path: The scenario file.
        mode: `all`, `new` or `none`, also for `once`.
        exchanges: The number of responses that have been recorded, or replayed, since the last reset.
    """

    path: Path
    mode: Action
    exchanges: int


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
    def shown(self) -> str:
        """The path in messages: relative to the working directory, if it is below that."""
        folder = Path.cwd()
        return str(self.path.relative_to(folder) if self.path.is_relative_to(folder) else self.path)

    def resolve(self) -> Action:
        """Return the mode of this run.

        Raises:
            RecordingError: The mode would call the API in CI, or there is no recording to replay.
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


RunOnServer: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]


class ServedRecording:
    """A recording that is replayed, or made.

    Attributes:
        plan: The settings.
        mode: The mode of this run: `all`, `new` or `none`.

    Raises:
        RecordingError: The recording must not be made, or does not exist.
    """

    def __init__(self, plan: RecordingPlan) -> None:
        self.plan = plan
        self.mode = plan.resolve()
        self._recorder: RecordingRun | None = None

    @property
    def is_made(self) -> bool:
        """Whether requests that no rule matches go to the API."""
        return self.mode != "none"

    @property
    def files(self) -> Sequence[Path]:
        """The recording, if its rules are served."""
        return () if self.mode == "all" or not self.plan.path.is_file() else (self.plan.path,)

    def begin(self, port: int) -> None:
        """Begin to record with the server on this port.

        Raises:
            RecordingError: The recording cannot be begun.
        """
        from mockclaude.testing.recording_run import RecordingRun

        self._recorder = RecordingRun(self.plan, port)

    @property
    def create_site(self) -> Callable[..., Site] | None:
        """Creates the site of a recorder; None for a usual site."""
        return None if self._recorder is None else self._recorder.create_site

    def describe(self, entries: Iterable[JournalEntry]) -> Recording:
        """Describe the recording; count the replayed responses in the journal."""
        if self._recorder is not None:
            return Recording(self.plan.path, self.mode, self._recorder.count)
        replayed = sum(entry.rule is not None and bool(entry.rule.recorded) for entry in entries)
        return Recording(self.plan.path, self.mode, replayed)

    def stop(self, run: RunOnServer, *, is_failed: bool) -> None:
        """Wait for the responses of the API. Those of a failed test are cancelled."""
        if self._recorder is not None:
            self._recorder.stop(run, is_failed=is_failed)

    def save(self, failure: str = "") -> EndOfRecording | None:
        """Save the recording that was made, once. Return None if there is none.

        Args:
            failure: The reason why the recording is kept as `FILE.rejected` only; '' if the test has passed.
        """
        recorder, self._recorder = self._recorder, None
        return None if recorder is None else recorder.save(failure)

    def save_or_raise(self, failure: str) -> None:
        """Save the recording, as `save` does.

        Raises:
            RecordingError: The recording cannot be saved, or is not whole.
        """
        ended = self.save(failure)
        if ended is not None and ended.problems:
            raise RecordingError("\n".join(ended.problems))


def plan_recording(mode: RecordMode | None, to: str, out: str | Path | None) -> ServedRecording | None:
    """Build the recording of a server without pytest; None without a mode.

    Raises:
        ValueError: An argument is invalid.
        RecordingError: The mode would call the API in CI, or there is no recording to replay.
    """
    if mode is None:
        return None
    check_mode(mode)
    if out is None:
        raise ValueError("`record`: needs a file; expected `out`, e.g. out='recordings/tide.yaml'")
    return ServedRecording(RecordingPlan(mode, Path(out).absolute(), to, keys=read_keys()))
