"""The server of `MockClaude`: one scenario that a test can replace, with a journal and a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from mockclaude.api.mode import Mode
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.journal.journal import Journal
from mockclaude.scenario.format.policy import Stale
from mockclaude.scenario.loading.loader import load, override
from mockclaude.scenario.rules import Rule, RuleKey, Scenario
from mockclaude.server.clock import Clock, ManualClock, create_clock, parse_speed
from mockclaude.server.site import Site
from mockclaude.testing.background import BackgroundServer
from mockclaude.testing.recording import ServedRecording
from mockclaude.testing.recording_plan import RecordingError


class LocalServer(BackgroundServer):
    """A background server for one scenario and for a recording.

    Raises:
        ScenarioError: A file is unreadable or invalid.
        ValueError: A speed is invalid.
    """

    def __init__(
        self,
        files: Iterable[str | Path],
        *,
        seed: int | None,
        validation: Mode | None,
        speed: str,
        retry_speed: str,
        stale: Stale,
        port: int,
        max_body: int,
        max_upload: int,
        recording: ServedRecording | None = None,
    ) -> None:
        self._seed, self._validation, self._stale, self.recording = seed, validation, stale, recording
        scenarios, clock = {"": self._load(files)}, self._create_clock(speed)
        journal = Journal(max_body=max_body)
        site = Site(
            scenarios, clock=clock, journal=journal, retry_speed=parse_speed(retry_speed), max_upload=max_upload
        )
        super().__init__(site, port)

    def start(self) -> int:
        """Start the server, and begin the recording. Return the port.

        Raises:
            CannotListenError: The port is in use.
            RuntimeError: The server was started before.
            RecordingError: The recording cannot be begun.
        """
        port = super().start()
        if self.recording is not None and self.recording.is_made:
            try:
                self.recording.begin(port)
            except BaseException:
                self.stop()
                raise
            self.reset()
        return port

    def end_recording(self, *, is_failed: bool) -> None:
        """Wait for the responses of the API, which the recording then has."""
        if self.recording is not None:
            self.recording.stop(self.run, is_failed=is_failed)

    def save_recording(self, failure: str) -> None:
        """Save the recording, if it was made.

        Args:
            failure: The reason why the recording is rejected; '' if the test has passed.

        Raises:
            RecordingError: The recording of a test that has passed cannot be saved, or is not whole.
        """
        problems = () if self.recording is None else self.recording.save(failure).problems
        if problems and not failure:
            raise RecordingError("\n".join(problems))

    @property
    def keys(self) -> Mapping[str, str] | None:
        """The credentials of clients. None: the key of the mock."""
        return self.recording.plan.client_keys if self.recording is not None and self.recording.is_made else None

    @property
    def journal(self) -> Journal:
        """The journal since the last reset."""
        return self.site.journal

    @property
    def _state(self) -> ScenarioState:
        return self.site.served[""]

    def configure(
        self,
        files: Iterable[str | Path],
        *,
        seed: int | None,
        validation: Mode | None,
        speed: str,
        retry_speed: str,
        stale: Stale,
        recording: ServedRecording | None = None,
    ) -> None:
        """Reset the server and serve `files` with these settings.

        Raises:
            ScenarioError: A file is unreadable or invalid. The server keeps its rules and requests.
            RecordingError: The recording cannot be begun. The server keeps its rules and requests.
        """
        self._seed, self._validation, self._stale, self.recording = seed, validation, stale, recording
        scenario, clock = self._load(files), self._create_clock(speed)
        if recording is not None and recording.is_made:
            recording.begin(self.port)
        self._renew({"": scenario}, clock, parse_speed(retry_speed))

    def load(self, files: Iterable[str | Path]) -> None:
        """Serve `files` in place of the files before. Rules added from Python stay.

        Raises:
            ScenarioError: A file is unreadable or invalid.
        """
        scenario = self._load(files)

        def begin() -> None:
            self._state.use(scenario)
            self.site.forget_heads()

        self.call(begin)

    def add_rule(self, rule: Any, where: str, bind: Callable[[Rule], Rule] | None) -> Rule:
        """Add a rule before the rules of the files.

        Args:
            rule: The rule as in a scenario file.
            where: The call site, for messages.
            bind: Adds Python functions to the rule. None: it has none.

        Raises:
            ScenarioError: The rule is invalid.
            RuntimeError: The server does not run, or runs in another process.
        """
        self.check_running()
        (added,) = self._state.add(rule, where, bind=bind)
        return added

    def count_matches(self) -> Mapping[RuleKey, int]:
        """Return how often each rule was selected, by the key of the rule."""
        return self._state.store.totals()

    def advance(self, seconds: float) -> None:
        """Advance the manual clock.

        Raises:
            RuntimeError: The clock is not manual.
        """
        clock = self.site.clock
        if not isinstance(clock, ManualClock):
            raise RuntimeError(
                '`advance()`: the clock is not manual; expected `speed="manual"`; pass it to the mark or to MockClaude'
            )
        clock.advance(seconds)

    def reset(self) -> None:
        """Remove the rules added from Python, the counters and the journal."""
        site, numbers = self.site, self.site.numbers
        self._renew(site.scenarios, site.clock, self._state.retry_speed)
        if self.recording is not None:
            self.site.numbers = numbers  # exchanges are in the order of their numbers

    def _renew(self, scenarios: Mapping[str, Scenario], clock: Clock, retry_speed: float) -> None:
        create = None if self.recording is None else self.recording.create_site
        self.replace_site(self.site.renew(scenarios, clock, retry_speed, create))

    def _load(self, files: Iterable[str | Path]) -> Scenario:
        paths = [*map(Path, files), *(self.recording.files if self.recording else ())]
        if not paths:
            return _empty(self._seed, self._validation, self._stale)
        return override(load(paths), self._seed, validation=self._validation, stale=self._stale)

    def _create_clock(self, speed: str) -> Clock:
        """Create the clock; while the API responds, time is real."""
        is_real = self.recording is not None and self.recording.is_made and speed != "manual"
        return create_clock("1x" if is_real else speed)


@lru_cache
def _empty(seed: int | None, validation: Mode | None, stale: Stale) -> Scenario:
    return override(Scenario(()), seed, validation=validation, stale=stale)
