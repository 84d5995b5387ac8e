"""Put new replies in place of those of a recording. All else stays as it is in the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.digests import keep_unknown, merge_digests
from mockclaude.scenario.format.file import REPLY_KEYS
from mockclaude.scenario.format.recorded import VARIES
from mockclaude.scenario.loading.yaml_writer import format_flow
from mockclaude.scenario.recorded_reply import RecordedReply
from mockclaude.scenario.recording.exchange import Exchange, RecordedRule
from mockclaude.scenario.recording.exchange_summary import summarize_all, summarize_reply
from mockclaude.scenario.recording.file_references import list_file_stems
from mockclaude.scenario.recording.recorded_headers import to_written_reply
from mockclaude.scenario.recording.recording_places import RecordingPlaces, TextEdit, edit_text
from mockclaude.scenario.recording.reply_ids import pair_ids, replace_ids
from mockclaude.scenario.recording.reply_view import diff_lines, list_lines
from mockclaude.scenario.recording.rule_text import RuleWriter, WriteOptions, keep_form
from mockclaude.scenario.rules import Scenario

_DURATION = compile_lazily(r" in [0-9]+\.[0-9]s")


class MatchedExchange(NamedTuple):
    """An exchange, and the rule of a recording that matches its request.

    Attributes:
        rule: The position of the rule; None if no rule matches.
        digest: The hashes of the parts of the request.
    """

    exchange: Exchange
    rule: int | None
    digest: str


class RefreshedRecording(NamedTuple):
    """The text of a recording with new replies, and the files of their bodies.

    Attributes:
        bodies: The bytes of each new file, by its path relative to the scenario file.
        diffs: The lines of the difference by the name of each changed rule; of a dropped rule, one line.
        exact: The numbers of the exchanges whose bytes are in the text. Other replies may have other ids.
        ignored: The numbers of the exchanges with rules that a person has written.
        notes: The rules that cannot be refreshed, with the reason.
    """

    text: str
    bodies: Mapping[str, bytes]
    diffs: Mapping[str, tuple[str, ...]]
    exact: frozenset[int]
    ignored: frozenset[int]
    notes: tuple[str, ...] = ()


class _Change(NamedTuple):
    """A rule with new replies."""

    position: int
    written: RecordedRule
    options: WriteOptions
    old: Sequence[RecordedReply]


class _Refresh:
    """A refresh in progress."""

    def __init__(self, text: str, scenario: Scenario, file: str) -> None:
        self.places = RecordingPlaces(text, file)
        self.scenario = scenario
        self.diffs: dict[str, tuple[str, ...]] = {}
        self.notes: list[str] = []
        self.ignored: set[int] = set()
        self.changes: list[_Change] = []
        self.edits: list[TextEdit] = []
        self._dropped: set[int] = set()

    def compare(self, index: int, matched: Sequence[MatchedExchange]) -> None:
        """Compare the replies of a rule with the new ones."""
        rule, data = self.scenario.rules[index], self.places.rules[index]
        old = [reply.recorded for reply in rule.replies if reply.recorded]
        numbers = [item.exchange.number for item in matched]
        if "recorded" not in data or len(old) < len(rule.replies):
            self.ignored.update(numbers)
            if "recorded" in data:
                self.notes.append(f"{rule.label} has readable steps; its reply stays")
            return
        new = [item.exchange for item in matched]
        old_lines, new_lines = _list_views(old), _list_views(map(to_written_reply, new))
        kept = new[: len(new_lines)]
        lines = diff_lines(_number(old_lines), _number(new_lines))
        digest = merge_digests([item.digest for item in matched])
        if stale := _list_stale(rule.recorded, digest):
            lines.insert(0, f"the request has changed: {', '.join(stale)}")
        if lines:
            name = str(data.get("name", rule.place.line))
            self.diffs[name] = tuple(lines)
            request = keep_unknown(rule.recorded, digest) if rule.recorded else ""
            options = WriteOptions(any(reply.pace for reply in old), "requests" in data["recorded"])
            written = RecordedRule(name, data.get("when", {}), request, tuple(kept))
            self.changes.append(_Change(index, written, options, old))

    def drop(self, index: int) -> None:
        """Remove a rule that a recorder has written."""
        if "recorded" in self.places.rules[index]:
            rule = self.scenario.rules[index]
            self.diffs[str(rule.name or rule.place.line)] = ("dropped: no request matched the rule",)
            self._dropped.add(index)
            self.edits.append(TextEdit(self.places.find_rule(index), self.places.find_rule(index + 1), ""))

    def write(self, stem: str) -> Mapping[str, bytes]:
        """Add the edits of all changes. Return the files of their bodies."""
        changed = {change.position for change in self.changes}
        others = [rule for index, rule in enumerate(self.places.rules) if index not in changed]
        taken = list_file_stems({"rules": others}, stem)
        writer = RuleWriter([change.written for change in self.changes], stem, taken)
        for change in self.changes:
            self._replace(change, writer)
        self._replace_conditions()
        if self._dropped and len(self._dropped) == len(self.places.rules):
            self.edits = [self.places.replace_rules(" []\n")]
        return writer.bodies

    def _replace(self, change: _Change, writer: RuleWriter) -> None:
        data, index = self.places.rules[change.position], change.position
        key = next(key for key in REPLY_KEYS if key in data)
        origin, reply = writer.format_keys(change.written, change.options, self.places.find_column(index))
        for name, text in (("recorded", origin), (key, reply)):
            edit = self.places.find_key(index, name)
            is_last = edit.end == self.places.find_rule(index + 1) < len(self.places.text)
            has_empty_line = is_last or edit.text.endswith("\n\n")
            self.edits.append(edit._replace(text=text + ("\n" if has_empty_line and not text.endswith("\n\n") else "")))
        comment = self.places.find_comment(index)
        former = ", then ".join(summarize_reply(reply) for reply in change.old)
        if _DURATION.sub("", comment.text) == f"# {former}":
            summary = summarize_all(change.written.exchanges, times=change.options.times)
            self.edits.append(comment._replace(text=f"# {summary}"))

    def _replace_conditions(self) -> None:
        """Replace the ids of old tool calls by those of the new calls.

        Add the condition `stream` where a new message came in the other form than the client asked for.
        """
        ids: dict[str, str] = {}
        forms: dict[int, str] = {}
        for change in self.changes:
            for old, exchange in zip(change.old, change.written.exchanges, strict=False):
                ids.update(pair_ids(old, exchange.reply))
            if (when := keep_form(change.written)) != change.written.when:
                forms[change.position] = f"when: {format_flow(when)}\n"
        for index, rule in enumerate(self.places.rules):
            if (ids or index in forms) and "when" in rule and "recorded" in rule:
                edit = self.places.find_key(index, "when")
                text = replace_ids(forms.get(index, edit.text).encode(), ids).decode()
                self.edits += [edit._replace(text=text)] if text != edit.text else []


def refresh(
    text: str, scenario: Scenario, matched: Iterable[MatchedExchange], stem: str, *, prune: bool = False
) -> RefreshedRecording:
    """Replace the replies of a recording that differ from those of a new session.

    Names, conditions, paces of rules, faults and comments stay; so do rules that a person has written. A reply with the
    same status, headers and message as the recorded one stays, too, with its ids and its times.

    Args:
        text: The text of the recording.
        scenario: The scenario of the text.
        matched: The exchanges of the session in their order.
        stem: The name of the file without its suffix.
        prune: Whether recorded rules that no request matches are dropped.

    Raises:
        EditError: The rules of the recording are not in block style.
    """
    work = _Refresh(text, scenario, f"{stem}.yaml")
    groups: dict[int, list[MatchedExchange]] = {}
    for item in matched:
        if item.rule is not None:
            groups.setdefault(item.rule, []).append(item)
    for index in range(len(scenario.rules)):
        if index in groups:
            work.compare(index, groups[index])
        elif prune:
            work.drop(index)
    bodies = work.write(stem)
    exact = frozenset(exchange.number for change in work.changes for exchange in change.written.exchanges)
    edited = edit_text(text, work.edits)
    return RefreshedRecording(edited, bodies, work.diffs, exact, frozenset(work.ignored), tuple(work.notes))


def _list_views(replies: Iterable[RecordedReply]) -> list[list[str]]:
    """List the lines of each reply, without the last replies that are like the one before."""
    views = list(map(list_lines, replies))
    while len(views) > 1 and views[-1] == views[-2]:
        views.pop()
    return views


def _number(views: Sequence[Sequence[str]]) -> list[str]:
    if len(views) == 1:
        return list(views[0])
    return [line for number, lines in enumerate(views, 1) for line in (f"reply {number}:", *lines)]


def _list_stale(recorded: str, digest: str) -> list[str]:
    """List the parts of a request whose hashes differ; none without recorded hashes."""
    then, now = recorded.split(), digest.split()
    pairs = zip(then[::2], then[1::2], now[1::2], strict=False)
    return [part for part, former, latter in pairs if former not in (VARIES, latter)]
