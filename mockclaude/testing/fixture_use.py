"""The use of the fixture by one test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockclaude.testing.recording import FAILURE, ServedRecording

if TYPE_CHECKING:
    from mockclaude.journal.entry import JournalEntry
    from mockclaude.testing.mock import MockClaude
    from mockclaude.testing.settings import Settings


@dataclass
class FixtureUse:
    """The use of the fixture by one test.

    Attributes:
        mock: The server.
        settings: The settings of the test.
        ended: The journal entries at the end of the fixture.
        ended_unmatched: Those of unmatched requests.
        error: The errors of Python functions at the end of the fixture.
        checked: The number of the last entry that a phase of the test has checked for unmatched requests.
        has_passed: Whether the test itself has passed.
        recording: The recording of the test.
        notes: Lines about the recording for the summary.
    """

    mock: MockClaude
    settings: Settings
    ended: list[JournalEntry] | None = None
    ended_unmatched: list[JournalEntry] | None = None
    error: BaseException | None = None
    checked: int = 0
    has_passed: bool = False
    recording: ServedRecording | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def entries(self) -> list[JournalEntry]:
        """The journal entries, also after the end of the fixture."""
        return self.mock.journal if self.ended is None else self.ended

    @property
    def unmatched(self) -> list[JournalEntry]:
        """The entries of unmatched requests, also after the end of the fixture."""
        return self.mock.unmatched_requests if self.ended_unmatched is None else self.ended_unmatched

    def end(self) -> None:
        """Save the data for the test report and reset the server.

        The recording of a failed test is rejected. The other is saved after the teardown of all fixtures.
        """
        if self.recording is not None:
            self._end_recording()
        self.ended, self.error = self.mock.journal, self.mock._take_callback_errors()
        self.ended_unmatched = self.mock.unmatched_requests
        self.mock._reconfigure()

    def _end_recording(self) -> None:
        try:
            self.mock._server.end_recording(is_failed=not self.has_passed)
        except BaseException:
            self.save_recording(FAILURE)
            raise
        if not self.has_passed:  # the teardown of an interrupted test is not reported
            self.save_recording(FAILURE)

    def save_recording(self, failure: str = "") -> Sequence[str]:
        """Save the recording, if it was made and is not saved yet; return problems.

        Args:
            failure: The reason why the recording is rejected; '' if the test has passed.
        """
        if self.recording is None:
            return ()
        ended = self.recording.save(failure)
        self.notes += ended.notes
        return ended.problems
