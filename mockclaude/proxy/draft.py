"""Build the text of a recording that is not saved yet: a new file, appended rules, or new replies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from mockclaude.proxy.recorder_settings import RecorderSettings
from mockclaude.proxy.session_replay import match_session
from mockclaude.proxy.step_choice import StepChoice
from mockclaude.scenario.loading.loader import load
from mockclaude.scenario.recording.append_rules import append_rules, find_contested
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.recording.recorded_rules import build_rules
from mockclaude.scenario.recording.recording_places import TextForm, split_form
from mockclaude.scenario.recording.refresh import refresh
from mockclaude.scenario.recording.rule_text import WrittenRecording, write_recording
from mockclaude.scenario.recording.session_requests import find_unreadable


class Draft(NamedTuple):
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


def build_draft(
    path: Path, exchanges: Sequence[Exchange], settings: RecorderSettings, as_recorded: frozenset[int] = frozenset()
) -> Draft:
    """Build the text of a recording from the exchanges of a session.

    Args:
        path: The scenario file, which new rules or replies are added to.
        exchanges: The redacted exchanges of one lane.
        settings: The options of `record`.
        as_recorded: The numbers of exchanges whose rules have no readable steps.

    Raises:
        EditError: The text of the file cannot be changed.
        ScenarioError: The file is invalid.
    """
    if settings.action == "refresh":
        return _refresh(path, exchanges, settings)
    choice = StepChoice(settings, as_recorded)
    unreadable = find_unreadable(exchanges)
    recorded = [exchange for exchange in exchanges if exchange not in unreadable]
    former = load([path]) if settings.action == "append" and path.exists() else None
    contested = () if former is None else find_contested(former, recorded)
    rules = build_rules(recorded, settings.volatile, contested)
    notes = [f"rule '{rule.name}': {rule.problem}" for rule in rules if rule.problem]
    problems = tuple(
        f"request {exchange.number} is not recorded: its body is not a Messages request" for exchange in unreadable
    )
    if former is not None:
        text, form = _read(path)
        edited = append_rules(text, former, rules, path.stem, choice.options)
        written = WrittenRecording(form.restore(edited.text), edited.bodies)
        notes += edited.notes
    else:
        times, requests, to_readable = choice.options
        written = write_recording(rules, path.stem, times=times, requests=requests, to_readable=to_readable)
    return Draft(written, recorded, (*notes, *choice.list_notes()), problems)


def _refresh(path: Path, exchanges: Sequence[Exchange], settings: RecorderSettings) -> Draft:
    scenario = load([path])
    text, form = _read(path)
    matched = match_session(scenario, exchanges, settings.volatile)
    new = refresh(text, scenario, matched, path.stem, prune=settings.prunes)
    diffs = [line for name, lines in new.diffs.items() for line in (f"rule '{name}':", *lines)]
    notes = (*(diffs or ["no reply differs"]), *new.notes)
    missing = [item.exchange for item in matched if item.rule is None]
    problems = [
        f"request {exchange.number} matches no rule; mockclaude record --mode new appends one" for exchange in missing
    ]
    if settings.is_dry_run and diffs:
        problems.append(f"{path}: {len(new.diffs)} rule{'s' * (len(new.diffs) != 1)} would change")
    answered = [item.exchange for item in matched if item.rule is not None]
    written = WrittenRecording(form.restore(new.text), new.bodies)
    return Draft(written, answered, notes, tuple(problems), new.exact, new.ignored)


def _read(path: Path) -> tuple[str, TextForm]:
    """Return the text of a valid scenario file with LF alone, and its form."""
    return split_form(path.read_bytes().decode(), str(path))
