"""The recorder of a test: requests that no rule matches go to the API, and the responses become a scenario file."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import ExitStack
from typing import Any

from mockclaude.journal.entry import JournalEntry
from mockclaude.proxy.file_recorder import Recorder
from mockclaude.proxy.recorder_settings import RecorderSettings
from mockclaude.proxy.save import SaveError
from mockclaude.proxy.session import RecordingSession
from mockclaude.proxy.session_end import Output, is_replaceable, save_session
from mockclaude.proxy.target_url import is_on_port, parse_target
from mockclaude.proxy.upstream import Upstream
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.rules import Scenario
from mockclaude.server.recording_site import RecordingSite
from mockclaude.server.relay import PASSED_ON, Relay
from mockclaude.server.site import Site
from mockclaude.testing.recording_plan import EndOfRecording, RecordingError, RecordingPlan


class RecordingRun:
    """A recorder that has begun, and keeps other recorders from the file.

    Args:
        plan: The settings.
        port: The port of the server; 0 for a free one.

    Raises:
        RecordingError: The recording cannot be begun.
    """

    def __init__(self, plan: RecordingPlan, port: int) -> None:
        self._plan = plan
        self._output = Output(plan.path, is_folder=False)
        self._is_new = plan.resolve() == "new"
        url = _parse_url(plan.to, port)
        if not (self._is_new or is_replaceable(plan.path)):
            problem = f"{plan.shown} was written by hand; expected a recording or a new file; pass another path"
            raise RecordingError(problem)
        settings = RecorderSettings(action="append" if self._is_new else "write")
        self._recorder = Recorder(settings, {**os.environ, **plan.keys})
        self._exchanges: list[Exchange] = []
        self._stack = ExitStack()
        try:
            self._stack.enter_context(self._recorder.lock(plan.path))
        except SaveError as error:
            raise RecordingError(str(error)) from None
        self._output.part.unlink(missing_ok=True)  # of a test that was killed, and runs again
        upstream = Upstream(url)
        self._session = RecordingSession(upstream.host, self._output.part, self._recorder)
        self._relay = Relay(upstream, self._session)

    def create_site(self, scenarios: Mapping[str, Scenario], **options: Any) -> Site:
        """Create a site whose unmatched requests go to the API."""
        return RecordingSite(scenarios, self._relay, grows=self._is_new, **options)

    def stop(self, run: Callable[[Coroutine[Any, Any, None]], None], *, is_failed: bool) -> None:
        """Wait for the responses of the API.

        Args:
            run: Runs a coroutine on the event loop of the server.
            is_failed: Whether the test has failed. Its responses are not waited for.
        """
        try:
            run(self._relay.cancel() if is_failed else self._relay.finish())
        except BaseException:
            run(self._relay.cancel())
            raise
        finally:
            self._exchanges = self._session.finish()

    def save(self, failure: str = "") -> EndOfRecording:
        """Save the recording.

        Args:
            failure: The reason why the recording is kept as `FILE.rejected` only; '' if the test has passed.
        """
        with self._stack:
            try:
                ended = self._reject(failure) if failure else self._save()
            except SaveError as error:
                ended = EndOfRecording(problems=[str(error)])
        notes, problems = ([self._shorten(line) for line in lines] for lines in ended)
        return EndOfRecording(notes, problems)

    def _save(self) -> EndOfRecording:
        summary, path = self._session.summary, self._plan.path
        passed, problems = summary.list_passed(), summary.problems
        if self._exchanges:
            saved = save_session(self._exchanges, self._output, self._recorder, self._output.part)
            return EndOfRecording([*saved.notes, *passed], [*problems, *saved.problems])
        is_wanted = not self._is_new and (path.exists() or not self._plan.is_optional)
        if is_wanted and not problems:
            self._recorder.save(path, ())
            return EndOfRecording([f"{path}: no request came; the recording has no rules", *passed])
        return EndOfRecording(passed, problems)

    def _reject(self, reason: str) -> EndOfRecording:
        if not self._exchanges:
            return EndOfRecording()
        path, count = self._plan.path, len(self._exchanges)
        self._recorder.save(path, self._exchanges, reason)
        self._output.part.unlink(missing_ok=True)
        kept = f"{path}.rejected has the {count} response{'s' * (count != 1)}"
        return EndOfRecording([f"not recorded, as {reason}; {kept}"])

    def _shorten(self, line: str) -> str:
        return line.replace(str(self._plan.path), self._plan.shown)


def _parse_url(text: str, port: int) -> str:
    try:
        url = parse_target(text)
    except ValueError as error:
        raise RecordingError(f"record_to: {error}, got '{text}'") from None
    if port and is_on_port(url, port):
        raise RecordingError(f"record_to: {text} is the server of the test itself; expected another URL")
    return url


def count_recorded(entries: Iterable[JournalEntry]) -> int:
    """Count the Messages requests to which the API responded."""
    return sum(entry.reason == PASSED_ON and entry.is_messages_request for entry in entries)
