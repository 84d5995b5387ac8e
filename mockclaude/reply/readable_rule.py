"""Replace the recorded replies of a rule by readable steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mockclaude.api import tokens
from mockclaude.api.request import MessagesRequest
from mockclaude.reply.readable_reply import to_readable_reply
from mockclaude.scenario.format.shorthand import as_list
from mockclaude.scenario.recorded_reply import RecordedReply
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
        steps, lost, differences = to_readable_reply(recorded)
        where = f"reply {number}: " if self._count > 1 else ""
        self.notes += [f"{where}{'changed' if steps else 'kept as it is'}: {text}" for text in differences]
        if not steps:
            return value
        self.is_changed = True
        pace = _convert_pace(as_list(value)[0]["respond"].get("pace"), recorded)
        if pace and "error" in steps[0] and isinstance(pace, Mapping):
            steps = [{"pause": pace["ttft"]}, *steps] if isinstance(pace.get("ttft"), str) else steps
        elif pace and self.pace not in (None, pace):
            lost = (*lost, "its own pace")
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
    size = _count_tokens(recorded)
    speed = {"tokens_per_second": max(0.1, round(size * 1_000_000 / total, 1))} if total and size else {}
    return {**{key: value for key, value in pace.items() if key != "gaps"}, **speed}


def _count_tokens(recorded: RecordedReply) -> int:
    message = recorded.assembled.message if recorded.assembled else {"content": []}
    weights = MessagesRequest({"model": message.get("model") or "", "messages": []}).constants.weights
    return sum([tokens.of_output(block, weights) for block in message["content"]])
