"""The recording of a test in its server: it is replayed, or made. The recorder is imported only if it is made."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from mockclaude.testing.environment import KEYS, is_mock_key, read_keys
from mockclaude.testing.recording_plan import (
    API,
    Action,
    EndOfRecording,
    RecordingPlan,
    RecordMode,
    check_mode,
)

if TYPE_CHECKING:
    from mockclaude.journal.entry import JournalEntry
    from mockclaude.server.site import Site
    from mockclaude.testing.recording_run import RecordingRun

MOCK_KEY = "has the key of the mock, as its client was created before the test; create the client in the test"
NO_KEYS = f"neither {' nor '.join(KEYS)} is set; expected the key of the API to record"

FAILURE = "the test failed"
"""The reason why a recording is rejected."""

RunOnServer: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]


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
        """Describe the recording; count its responses in the journal."""
        if self.is_made:
            from mockclaude.testing.recording_run import count_recorded

            return Recording(self.plan.path, self.mode, count_recorded(entries))
        replayed = sum(entry.rule is not None and bool(entry.rule.recorded) for entry in entries)
        return Recording(self.plan.path, self.mode, replayed)

    def explain(self, entries: Sequence[JournalEntry]) -> list[str]:
        """List hints for a failed test: the missing recording, rule or key.

        Args:
            entries: The requests of the test.
        """
        if not self.is_made:
            return [self.plan.describe_unmatched()] if any(entry.unmatched for entry in entries) else []
        if not self.plan.keys:
            return [] if self.plan.client_keys is None else [NO_KEYS]
        from mockclaude.api.api_headers import api_key

        with_mock_key = (entry.number for entry in entries if is_mock_key(api_key(entry.http.headers)))
        number = next(with_mock_key, None)
        return [] if number is None else [f"request {number} {MOCK_KEY}"]

    def stop(self, run: RunOnServer, *, is_failed: bool) -> None:
        """Wait for the responses of the API. Those of a failed test are cancelled."""
        if self._recorder is not None:
            self._recorder.stop(run, is_failed=is_failed)

    def save(self, failure: str = "") -> EndOfRecording:
        """Save the recording once, if it was made.

        Args:
            failure: The reason why the recording is kept as `FILE.rejected` only; '' if the test has passed.
        """
        recorder, self._recorder = self._recorder, None
        return EndOfRecording() if recorder is None else recorder.save(failure)


def plan_recording(mode: RecordMode | None, to: str | None, out: str | Path | None) -> ServedRecording | None:
    """Build the recording of a server without pytest; None without a mode.

    Raises:
        ValueError: An argument is invalid.
        RecordingError: The mode would call the API in CI, or the recording does not exist.
    """
    if mode is None:
        return None
    check_mode(mode)
    if out is None:
        raise ValueError("`record`: needs a file; expected `out`, e.g. out='recordings/tide.yaml'")
    return ServedRecording(RecordingPlan(mode, Path(out).absolute(), to or API, keys=read_keys()))
