"""Choose the rules of a recording that are written with readable steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from mockclaude.proxy.recorder_settings import RecorderSettings
from mockclaude.reply.readable_rule import to_recorded_steps
from mockclaude.scenario.loading.yaml_writer import format_flow
from mockclaude.scenario.recording.exchange import RecordedRule
from mockclaude.scenario.recording.rule_text import WriteOptions

MAX_SIZE = 1_000_000
"""The maximum number of characters of all steps of a file. Steps have no files of their own."""


class StepChoice:
    """Converts the rules whose replies keep all values as steps.

    Args:
        settings: The options of `record`. Without `writes_steps`, all rules are written as recorded.
        as_recorded: The numbers of exchanges whose rules are written as recorded.

    Attributes:
        options: The options of the writer.
    """

    def __init__(self, settings: RecorderSettings, as_recorded: frozenset[int] = frozenset()) -> None:
        to_readable = self._to_readable if settings.writes_steps else None
        self.options = WriteOptions(settings.has_times, settings.has_requests, to_readable)
        self._excluded = as_recorded
        self._losses: Counter[str] = Counter()
        self._as_recorded = self._size = 0

    def _to_readable(self, rule: RecordedRule) -> Mapping[str, Any] | None:
        """Return the keys of a rule with readable steps; None for a rule that is written as recorded."""
        is_excluded = any(exchange.number in self._excluded for exchange in rule.exchanges)
        steps = None if is_excluded else to_recorded_steps(rule, times=self.options.times)
        size = len(format_flow(steps.data)) if steps else 0
        if self._size + size > MAX_SIZE:
            steps = None
        if steps is None:
            self._as_recorded += 1
            return None
        self._size += size
        for kinds in steps.losses:
            self._losses.update(kinds)
        return steps.data

    def list_notes(self) -> list[str]:
        """Describe each kind of loss, and the rules without steps."""
        notes = [
            f"steps do not keep {kind} ({count} repl{'ies' if count != 1 else 'y'})"
            for kind, count in sorted(self._losses.items())
        ]
        count = self._as_recorded
        are = f"{count} rules have" if count != 1 else "1 rule has"
        return [*notes, f"{are} no steps, which would change values or be too long"] if count else notes
