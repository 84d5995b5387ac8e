"""Replace the recorded replies of a rule by readable steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mockclaude.reply.readable_reply import to_readable_reply
from mockclaude.scenario.format.shorthand import as_list
from mockclaude.scenario.recorded_reply import RecordedReply
from mockclaude.scenario.recording.exchange import Exchange, RecordedRule
from mockclaude.scenario.recording.recorded_pace import find_speed, measure_speed
from mockclaude.scenario.recording.rule_text import is_streamed
from mockclaude.scenario.recording.step_forms import Loss, Steps
from mockclaude.scenario.rules import ReplyTemplate, Rule


class ReadableRule(NamedTuple):
    """A rule with readable steps.

    Attributes:
        data: The rule as in a file.
        notes: The bytes and values that the steps do not keep.
    """

    data: dict[str, Any]
    notes: tuple[str, ...]


def to_readable_rule(data: Mapping[str, Any], rule: Rule) -> ReadableRule:
    """Replace the recorded replies of a rule by readable steps and a pace.

    Args:
        data: The rule as in its file.
        rule: The compiled rule.
    """
    conversion = _Conversion(rule.replies)
    replaced = {key: conversion.replace(key, value) for key, value in data.items()}
    if not conversion.is_changed:
        return ReadableRule(dict(data), tuple(conversion.notes))
    replaced |= {"as_written": True, **({"pace": conversion.pace} if conversion.pace else {})}
    replies = {key: replaced.pop(key) for key in _REPLIES if key in replaced}
    return ReadableRule({**replaced, **replies}, tuple(conversion.notes))


_REPLIES = ("reply", "sequence", "turns", "choice")


OWN_PACE = Loss("the paces of further replies", "its own pace")


class RecordedSteps(NamedTuple):
    """The keys of a rule with readable steps in place of recorded replies.

    Attributes:
        data: The keys as in a file.
        losses: The kinds of loss of each reply.
    """

    data: dict[str, Any]
    losses: list[set[str]]


def to_recorded_steps(rule: RecordedRule, *, times: bool) -> RecordedSteps | None:
    """Return the keys of a recorded rule with steps; None if a value would differ.

    Args:
        rule: The recorded rule.
        times: Whether the replies have the speed at which they arrived.
    """
    replies, losses = list[Steps](), list[set[str]]()
    pace: dict[str, Any] = {}
    for exchange in rule.exchanges:
        steps, lost, differences = to_readable_reply(exchange.reply)
        if not steps or differences or not _is_in_form(exchange):
            return None
        speed = measure_speed(exchange) if times else {}
        kinds = {loss.kind for loss in lost}
        if "error" in steps[0]:
            steps = [{"pause": speed["ttft"]}, *steps] if "ttft" in speed else steps
        else:
            kinds |= {OWN_PACE.kind} if pace and speed != pace else set()
            kinds |= {"the times of events"} if "tokens_per_second" in speed else set()
            pace = pace or speed
        replies.append(steps)
        losses.append(kinds)
    key, value = ("reply", replies[0]) if len(replies) == 1 else ("sequence", replies)
    return RecordedSteps({"as_written": True, **({"pace": pace} if pace else {}), key: value}, losses)


def _is_in_form(exchange: Exchange) -> bool:
    """Return whether a response is in the form that the client asked for. Steps compose no other form."""
    return exchange.assembled is None or exchange.reply.is_stream == is_streamed(exchange)


class _Conversion:
    """The conversion of the replies of one rule, in their order."""

    def __init__(self, replies: Sequence[ReplyTemplate]) -> None:
        self.pace: Any = None
        self.notes: list[str] = []
        self.is_changed = False
        self._replies: Iterator[tuple[int, ReplyTemplate]] = iter(enumerate(replies, 1))
        self._count = len(replies)

    def replace(self, key: str, value: Any) -> Any:
        """Return the value of a key of the rule with readable replies."""
        if key == "choice":
            return [{**choice, "reply": self._convert(choice["reply"])} for choice in value]
        if key in _REPLIES:
            return self._convert(value) if key == "reply" else [self._convert(reply) for reply in value]
        return value

    def _convert(self, value: Any) -> Any:
        number, template = next(self._replies)
        recorded = template.recorded
        if recorded is None:
            return value
        steps, losses, differences = to_readable_reply(recorded)
        lost = [loss.text for loss in losses]
        where = f"reply {number}: " if self._count > 1 else ""
        self.notes += [f"{where}{'changed' if steps else 'kept as it is'}: {text}" for text in differences]
        if not steps:
            return value
        self.is_changed = True
        pace = _convert_pace(as_list(value)[0]["respond"].get("pace"), recorded)
        if pace and "error" in steps[0] and isinstance(pace, Mapping):
            steps = [{"pause": pace["ttft"]}, *steps] if isinstance(pace.get("ttft"), str) else steps
        elif pace and self.pace not in (None, pace):
            lost.append(OWN_PACE.text)
        elif pace:
            self.pace = pace
        if lost:
            self.notes.append(f"{where}not kept: {', '.join(lost)}")
        return steps


def _convert_pace(pace: Any, recorded: RecordedReply) -> Any:
    """Return the pace with a speed in place of the times of single events."""
    if not isinstance(pace, Mapping) or recorded.pace is None or not recorded.pace.gaps:
        return pace
    gaps, count = recorded.pace.gaps, len(recorded.events) - 1
    total = sum(gaps[:count]) + gaps[-1] * max(0, count - len(gaps))
    return {**{key: value for key, value in pace.items() if key != "gaps"}, **find_speed(recorded, total)}
