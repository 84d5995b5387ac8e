"""Lint the faults of scenario files that are well formed, and the order of steps in replies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mockclaude.scenario.diagnostics import Diagnostic, Path, SourceMap, join_words
from mockclaude.scenario.format.steps import CONTENT_STEPS, StepModel

if TYPE_CHECKING:
    from mockclaude.scenario.format import file as written
    from mockclaude.scenario.format.faults import Fault

_NEEDED: Mapping[str, Sequence[str]] = {
    "content_block_start": CONTENT_STEPS,
    "content_block_stop": CONTENT_STEPS,
    "content_block_delta": [kind for kind in CONTENT_STEPS if kind != "redacted_thinking"],
    "text_delta": ("text", "json", "block", "message", "respond", "generate"),
    "thinking_delta": ("thinking", "block", "message", "respond", "generate"),
    "signature_delta": ("thinking", "block", "message", "respond", "generate"),
    "input_json_delta": ("tool_use", "server_tool", "block", "message", "respond", "generate"),
    "citations_delta": ("text", "block", "message", "respond"),
    "compaction_delta": ("block", "message", "respond"),
}
"""Event -> the steps of which one is needed for it to come."""


def lint_faults(files: Sequence[tuple[SourceMap, written.ScenarioFile]]) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each fault without effect and each unreachable step."""
    chaos = [fault for _, file in files for fault in file.chaos or ()]
    for source, file in files:
        if file.chaos:
            yield from _too_likely(source, ("chaos",), chaos)
        for index, rule in enumerate(file.rules):
            path: Path = ("rules", index)
            if rule.fault:
                yield from _too_likely(source, (*path, "fault"), rule.fault)
                yield from _impossible(source, (*path, "fault"), rule)
            for where, steps in list_replies(path, rule):
                yield from _never_reached(source, where, steps)


def _too_likely(source: SourceMap, path: Path, faults: Sequence[Fault]) -> Iterator[Diagnostic]:
    """Yield a diagnostic if the probabilities of faults with the same triggers add up to more than 1."""
    totals: dict[str, float] = {}
    for fault in faults:
        conditions = _conditions(fault)
        totals[conditions] = totals.get(conditions, 0.0) + _likely(fault)
    if (total := totals.pop(_NONE, 0.0) + max(totals.values(), default=0.0)) > 1 + 1e-9:
        yield Diagnostic(
            source.place(path),
            f"the sum of `p` is {total:g}; expected at most 1, because at most one of these faults is applied",
        )


def _conditions(fault: Fault) -> str:
    """Return the triggers of a fault but its probability."""
    return str([getattr(fault, key) for key in _DUE])


_DUE = ("when", "occurrence", "requests", "time", "connection", "burst")
_NONE = str([None] * len(_DUE))


def _likely(fault: Fault) -> float:
    return max(fault.ramp.start, fault.ramp.end) if fault.ramp else fault.p or 0.0


def _impossible(source: SourceMap, path: Path, rule: written.RuleModel) -> Iterator[Diagnostic]:
    is_stream = rule.when.endpoint is None or "messages" in rule.when.endpoint
    replies = [steps for _, steps in list_replies((), rule)] if is_stream else []
    for fault in rule.fault or ():
        missing = next((event for event in _events(fault) if not any(_comes(event, steps) for steps in replies)), None)
        if missing:
            steps = f"a step with {join_words(_NEEDED[missing])}" if missing in _NEEDED else "a reply that gets so far"
            steps = steps if is_stream else "headers, body or end"
            problem = f"the event {missing} is never sent in this reply; expected {steps}"
            yield Diagnostic(source.place(path), problem)


def _comes(event: str, steps: Sequence[StepModel]) -> bool:
    """Return whether an event of this name can be in the stream of a reply."""
    ends = next((index for index, step in enumerate(steps) if _ends(step)), None)
    kinds = {step.kind for step in steps[:ends]}.intersection(CONTENT_STEPS)
    if event in _NEEDED:
        return not kinds.isdisjoint(_NEEDED[event])
    if event == "message_start":
        return bool(kinds) or ends is None
    return ends is None if event in ("message_delta", "message_stop") else True


def _events(fault: Fault) -> Iterator[str]:
    for attempt in fault.scripted:
        yield from _events(attempt)
    yield from (selector.event for selector in fault.selectors)
    if fault.position and fault.position.selector.event:
        yield fault.position.selector.event


def list_replies(path: Path, rule: written.RuleModel) -> Iterator[tuple[Path, Sequence[StepModel]]]:
    """Yield the replies of the rule at `path`, each with its path."""
    if rule.reply:
        yield (*path, "reply"), rule.reply
    for key in ("sequence", "turns"):
        for index, reply in enumerate(getattr(rule, key) or ()):
            yield (*path, key, index), reply
    for index, choice in enumerate(rule.choice or ()):
        yield (*path, "choice", index, "reply"), choice.reply


def _never_reached(source: SourceMap, path: Path, steps: Sequence[StepModel]) -> Iterator[Diagnostic]:
    """Yield the first step after the end of the reply, if the step would send something."""
    for index, step in enumerate(steps[:-1]):
        if _ends(step) and steps[index + 1].kind not in ("stop_reason", "usage"):
            problem = f"unreachable step: the reply ends with the {step.kind} before it; expected that step last"
            yield Diagnostic(source.place((*path, index + 1)), problem)
            return


def _ends(step: StepModel) -> bool:
    return step.kind in ("error", "disconnect") or step.pause == "forever"
