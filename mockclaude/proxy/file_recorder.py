"""Redact exchanges, build their rules, and write, check and save the scenario file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from mockclaude.proxy.check import REQUEST, check_recording
from mockclaude.proxy.draft import build_draft
from mockclaude.proxy.recorder_settings import RecorderSettings, SavedRecording
from mockclaude.proxy.save import SaveError, lock_recording, save_recording
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.recording.exchange_lines import read_lines, to_line
from mockclaude.scenario.recording.recorded_rules import build_rules
from mockclaude.scenario.recording.recording_places import EditError
from mockclaude.scenario.recording.redaction import Redaction
from mockclaude.scenario.recording.secret_lint import lint_secrets


class Recorder:
    """Redacts exchanges, and saves those of one lane as a scenario file.

    A session calls it in a thread of its own, one call at a time.

    Args:
        settings: The options of `record`.
        environment: The environment variables, which may hold secrets.

    Raises:
        ValueError: An expression is invalid, or two options exclude each other.
    """

    def __init__(self, settings: RecorderSettings, environment: Mapping[str, str]) -> None:
        if settings.writes_steps and settings.action == "refresh":
            raise ValueError("--steps: --refresh writes replies as recorded; expected one of them")
        self._settings = settings
        self._redaction = Redaction(
            environment, expressions=settings.redact, regexes=settings.redact_regex, headers=settings.headers
        )
        lint_secrets({}, settings.not_secret)  # raises what a later call would raise
        build_rules([], settings.volatile)

    def lock(self, path: Path) -> AbstractContextManager[None]:
        """Keep other recorders from a file.

        Raises:
            SaveError: Another recorder writes the file, or its folder cannot be created.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"{path.parent}: cannot create the folder: {error.strerror}; expected a writable folder"
            raise SaveError(message) from None
        return lock_recording(path)

    def add_request(self, headers: Mapping[str, str]) -> bool:
        """Redact the credentials of a request from now on; return whether one is new."""
        return self._redaction.add_request(headers)

    def redact_text(self, text: str) -> str:
        """Return a text for the user without secrets."""
        return self._redaction.redact_text(text)

    def redact(self, exchange: Exchange) -> Exchange:
        """Return the exchange without secrets."""
        return self._redaction.redact(exchange)

    def to_line(self, exchange: Exchange) -> bytes:
        """Encode a redacted exchange as a line of `FILE.part`."""
        return to_line(exchange)

    def read_lines(self, data: bytes, file: str) -> tuple[list[Exchange], list[str]]:
        """Decode the lines of `FILE.part`.

        Returns:
            The exchanges, and a problem for each broken line.
        """
        lines = read_lines(data, file)
        return lines.exchanges, [str(diagnostic) for diagnostic in lines.diagnostics]

    def save(self, path: Path, exchanges: Sequence[Exchange], rejection: str = "") -> SavedRecording:
        """Check and save the recording of exchanges.

        They are redacted again with the secrets of all requests. Rules whose readable steps the check rejects are
        written as recorded: a request that the API's rules refuse gets a recorded reply only.

        Args:
            path: The scenario file.
            exchanges: The exchanges in the order of their requests.
            rejection: The reason why only `FILE.rejected` is written; '' for the check.

        Raises:
            SaveError: The recording cannot be written.
        """
        redacted = [self._redaction.redact(exchange) for exchange in exchanges]
        path.parent.mkdir(parents=True, exist_ok=True)
        numbers = frozenset([exchange.number for exchange in redacted])
        as_recorded: frozenset[int] = frozenset()
        while True:
            saved = self._save(path, redacted, rejection, as_recorded)
            if saved.is_saved or rejection or as_recorded == numbers or not self._settings.writes_steps:
                return saved
            named = {problem.partition(",")[0] for problem in saved.problems}
            failing = frozenset([number for number in numbers if f"{REQUEST}{number}" in named])
            as_recorded = failing if failing and not as_recorded else numbers

    def _save(
        self, path: Path, exchanges: Sequence[Exchange], rejection: str, as_recorded: frozenset[int]
    ) -> SavedRecording:
        """Save redacted exchanges, some without readable steps."""
        try:
            draft = build_draft(path, exchanges, self._settings, as_recorded)
        except EditError as error:
            raise SaveError(str(error)) from None
        except ScenarioError as error:
            raise SaveError(str(error.diagnostics[0])) from None
        if self._settings.is_dry_run:
            return SavedRecording(draft.notes, draft.problems, is_saved=False)
        files = {str(path): draft.written.text.encode(), **draft.written.bodies}
        if left := sorted({name for data in files.values() for name in self._redaction.find_left(data)}):
            problem = f"{path}: not written, as it would hold a secret: {', '.join(left)}"
            return SavedRecording((), [problem], is_saved=False)
        if rejection:
            problems = save_recording(path, draft.written, lambda _: [rejection])
            return SavedRecording(draft.notes, problems, is_saved=False)
        check = partial(check_recording, exchanges=draft.exchanges, exact=draft.exact, ignored=draft.ignored)
        problems = save_recording(path, draft.written, check)
        count = len(draft.exchanges) - len(draft.ignored)
        is_readable = all(problem.startswith(REQUEST) for problem in problems)
        differing = {problem.partition(",")[0] for problem in problems}
        equal = "with equal values" if self._settings.writes_steps else "byte for byte"
        replayed = f"{path}: {max(count - len(differing), 0) if is_readable else 0} of {count} replayed {equal}"
        rejected = [f"{path}: rejected by the check; it is kept as {path}.rejected"] if problems else []
        warnings = lint_secrets(files, self._settings.not_secret)
        notes, all_problems = [replayed, *draft.notes, *warnings], [*draft.problems, *problems, *rejected]
        left_out = {exchange.number for exchange in exchanges} - {exchange.number for exchange in draft.exchanges}
        return SavedRecording(notes, all_problems, is_saved=not problems, left_out=tuple(sorted(left_out)))
