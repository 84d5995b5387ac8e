"""Redact exchanges, build their rules, and write, check and save the scenario file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from mockclaude.proxy.check import check_recording
from mockclaude.proxy.recorder import Recorder, RecorderSettings, SavedRecording
from mockclaude.proxy.save import SaveError, lock_recording, save_recording
from mockclaude.proxy.session_replay import match_session
from mockclaude.scenario.loading.loader import load
from mockclaude.scenario.recording.append_rules import append_rules
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.recording.exchange_lines import read_lines, to_line
from mockclaude.scenario.recording.recorded_rules import build_rules
from mockclaude.scenario.recording.recording_places import EditError
from mockclaude.scenario.recording.redaction import Redaction
from mockclaude.scenario.recording.refresh import refresh
from mockclaude.scenario.recording.rule_text import WriteOptions, WrittenRecording, write_recording
from mockclaude.scenario.recording.secret_lint import lint_secrets
from mockclaude.scenario.recording.session_requests import find_unreadable


class _Draft(NamedTuple):
    """A recording that is not saved yet.

    Attributes:
        exchanges: The exchanges that it replays.
        exact: The numbers of the exchanges whose bytes it has; None for all.
        ignored: The numbers of the exchanges that the check leaves out.
    """

    written: WrittenRecording
    exchanges: Sequence[Exchange]
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    exact: Collection[int] | None = None
    ignored: Collection[int] = ()


class FileRecorder:
    """A recorder that saves scenario files.

    Args:
        settings: The options of `record`.
        environment: The environment variables, which may hold secrets.

    Raises:
        ValueError: An expression is invalid.
    """

    def __init__(self, settings: RecorderSettings, environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._options = WriteOptions(settings.has_times, settings.has_requests)
        self._redaction = Redaction(
            environment, expressions=settings.redact, regexes=settings.redact_regex, headers=settings.headers
        )
        lint_secrets({}, settings.not_secret)  # raises what a later call would raise
        build_rules([], settings.volatile)

    def lock(self, path: Path) -> AbstractContextManager[None]:
        """Keep other recorders from a file.

        Raises:
            SaveError: Another recorder writes the file.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
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

    def save(self, path: Path, exchanges: Sequence[Exchange]) -> SavedRecording:
        """Check and save the recording of exchanges.

        They are redacted again with the secrets of all requests.

        Raises:
            SaveError: The recording cannot be written.
        """
        redacted = [self._redaction.redact(exchange) for exchange in exchanges]
        try:
            draft = self._build(path, redacted)
        except EditError as error:
            raise SaveError(str(error)) from None
        if self._settings.is_dry_run:
            return SavedRecording(draft.notes, draft.problems, is_written=False)
        files = {str(path): draft.written.text.encode(), **draft.written.bodies}
        if left := sorted({name for data in files.values() for name in self._redaction.find_left(data)}):
            problem = f"{path}: not written, as it would hold a secret: {', '.join(left)}"
            return SavedRecording((), [problem], is_written=False)
        check = partial(check_recording, exchanges=draft.exchanges, exact=draft.exact, ignored=draft.ignored)
        problems = save_recording(path, draft.written, check)
        count = len(draft.exchanges) - len(draft.ignored)
        differing = {problem.partition(",")[0] for problem in problems}
        replayed = f"{path}: {max(count - len(differing), 0)} of {count} replayed byte for byte"
        rejected = [f"{path}: rejected by the check; it is kept as {path}.rejected"] if problems else []
        warnings = lint_secrets(files, self._settings.not_secret)
        left_out = {exchange.number for exchange in exchanges} - {exchange.number for exchange in draft.exchanges}
        return SavedRecording([replayed, *draft.notes, *warnings], [*draft.problems, *problems, *rejected], left_out)

    def _build(self, path: Path, exchanges: Sequence[Exchange]) -> _Draft:
        if self._settings.action == "refresh":
            return self._refresh(path, exchanges)
        unreadable = find_unreadable(exchanges)
        recorded = [exchange for exchange in exchanges if exchange not in unreadable]
        rules = build_rules(recorded, self._settings.volatile)
        notes = tuple(f"rule '{rule.name}': {rule.problem}" for rule in rules if rule.problem)
        problems = tuple(
            f"request {exchange.number} is not recorded: its body is not a Messages request" for exchange in unreadable
        )
        if self._settings.action == "append" and path.exists():
            text = _read(path)
            edited = append_rules(text, load([path]), rules, path.stem, self._options)
            written = WrittenRecording(edited.text, edited.bodies)
            return _Draft(written, recorded, (*notes, *edited.notes), problems)
        times, requests = self._options
        written = write_recording(rules, path.stem, times=times, requests=requests)
        return _Draft(written, recorded, notes, problems)

    def _refresh(self, path: Path, exchanges: Sequence[Exchange]) -> _Draft:
        scenario = load([path])
        matched = match_session(scenario, exchanges)
        new = refresh(_read(path), scenario, matched, path.stem, prune=self._settings.prunes)
        diffs = [line for name, lines in new.diffs.items() for line in (f"rule '{name}':", *lines)]
        notes = (*(diffs or ["no reply differs"]), *new.notes)
        missing = [item.exchange for item in matched if item.rule is None]
        problems = [
            f"request {exchange.number} matches no rule; mockclaude record --mode new appends one"
            for exchange in missing
        ]
        if self._settings.is_dry_run and diffs:
            problems.append(f"{path}: {len(new.diffs)} rule{'s' * (len(new.diffs) != 1)} would change")
        answered = [item.exchange for item in matched if item.rule is not None]
        written = WrittenRecording(new.text, new.bodies)
        return _Draft(written, answered, notes, tuple(problems), new.exact, new.ignored)


def create_recorder(settings: RecorderSettings, environment: Mapping[str, str]) -> Recorder:
    """Create the recorder with these settings.

    Raises:
        ValueError: An expression is invalid, or an option is unknown.
    """
    if settings.writes_steps:
        raise ValueError("--steps: not written yet; expected no --steps; `mockclaude steps RECORDING` prints steps")
    return FileRecorder(settings, environment)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SaveError(f"{path}: cannot read: {error.strerror}") from None
