"""Add recorded rules to the text of a recording. No other byte of it changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions.rule_index import RuleList
from mockclaude.scenario.conditions.work import TooMuchWorkError
from mockclaude.scenario.match import find_matches
from mockclaude.scenario.recording.exchange import Exchange, RecordedRule
from mockclaude.scenario.recording.file_references import list_file_stems
from mockclaude.scenario.recording.recording_places import EditError, RecordingPlaces, TextEdit, edit_text
from mockclaude.scenario.recording.rule_names import number_names
from mockclaude.scenario.recording.rule_text import DEFAULT_OPTIONS, RuleWriter, WriteOptions, join_rules
from mockclaude.scenario.recording.session_requests import read_requests
from mockclaude.scenario.rules import Rule, Scenario


class EditedRecording(NamedTuple):
    """The text of a recording with changes, and the files of its new bodies.

    Attributes:
        bodies: The bytes of each new file, by its path relative to the scenario file.
        notes: The new rules that do not stand at the end, with the reason.
    """

    text: str
    bodies: Mapping[str, bytes]
    notes: tuple[str, ...] = ()


def append_rules(
    text: str, scenario: Scenario, rules: Sequence[RecordedRule], stem: str, options: WriteOptions = DEFAULT_OPTIONS
) -> EditedRecording:
    """Add rules after those of a recording.

    A rule whose request an earlier rule matches stands in front of that rule. An earlier rule with `times` does not
    count: it was exhausted when the request arrived.

    Args:
        text: The text of the recording.
        scenario: The scenario of the text.
        rules: The new rules in their order.
        stem: The name of the file without its suffix.
        options: The optional parts of the new rules.

    Raises:
        EditError: The rules of the recording are not in block style.
    """
    places = RecordingPlaces(text, f"{stem}.yaml")
    names = number_names([rule.name for rule in rules], [str(rule.get("name")) for rule in places.rules])
    rules = [rule._replace(name=name) for rule, name in zip(rules, names, strict=True)]
    writer = RuleWriter(rules, stem, list_file_stems(places.data, stem))
    numbers = {rule: index for index, rule in enumerate(scenario.rules)}
    endless = RuleList(rule for rule in scenario.rules if rule.times is None)
    matches = _find_matches(endless, [exchange for rule in rules for exchange in rule.exchanges])
    groups: dict[int, list[str]] = {}
    notes = []
    for rule in rules:
        found = [former for exchange in rule.exchanges for former in matches.get(exchange.number, ())]
        index = min((numbers[former] for former in found), default=len(numbers))
        groups.setdefault(index, []).append(writer.format(rule, options, places.indent))
        if index < len(places.rules):
            label = scenario.rules[index].label
            notes.append(f"rule '{rule.name}' stands in front of {label}, which matches its request")
    for separator in ("\n", ""):
        edits = [edit for index, texts in sorted(groups.items()) for edit in _insert(places, index, texts, separator)]
        edited = edit_text(text, edits)
        if _keeps_rules(places, edited, len(rules)):
            return EditedRecording(edited, writer.bodies, tuple(notes))
    raise EditError(f"{stem}.yaml: no place for new rules; expected an empty line at the end of the file")


def find_contested(scenario: Scenario, exchanges: Iterable[Exchange]) -> frozenset[int]:
    """Return the numbers of exchanges whose request a recorded rule matches."""
    recorded = RuleList(rule for rule in scenario.rules if rule.recorded)
    return frozenset(number for number, rules in _find_matches(recorded, exchanges).items() if rules)


def _find_matches(rules: RuleList, exchanges: Iterable[Exchange]) -> dict[int, list[Rule]]:
    """Return the rules that match the request of each readable exchange, by its number."""
    return {request.exchange.number: _list_matches(rules, request.read()) for request in read_requests(exchanges)}


def _list_matches(rules: RuleList, request: MessagesRequest) -> list[Rule]:
    try:
        return list(find_matches(rules, request))
    except TooMuchWorkError:
        return []


def _insert(places: RecordingPlaces, index: int, texts: Sequence[str], separator: str) -> list[TextEdit]:
    """Insert rules in front of a rule, or after the last one.

    The separator precedes them there: an empty line, or none if it would be part of the last rule.
    """
    text, added = places.text, join_rules(["", *texts])
    if not places.rules:
        return places.fill_rules(added)
    at = places.find_rule(index)
    if index == len(places.rules) and not text[:at].endswith("\n\n"):
        added = separator + added
    if not text[:at].endswith("\n"):
        added = "\n" + added
    is_followed = at < len(text)
    return [TextEdit(at, at, added + ("\n" if is_followed and not added.endswith("\n\n") else ""))]


def _keeps_rules(places: RecordingPlaces, edited: str, count: int) -> bool:
    """Return whether a text has the data of another one, and `count` more rules."""
    after = RecordingPlaces(edited, "")
    later = iter(after.rules)
    is_kept = all(rule in later for rule in places.rules)
    return is_kept and len(after.rules) == len(places.rules) + count and after.settings == places.settings
