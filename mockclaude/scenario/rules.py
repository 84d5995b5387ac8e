"""A scenario ready to match requests: rules with compiled conditions and replies."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import orjson
from pydantic import BaseModel

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario import volatile
from mockclaude.scenario.conditions.conditions import Condition, Test, conditions
from mockclaude.scenario.conditions.searches import spend
from mockclaude.scenario.diagnostics import Diagnostic, Place, ScenarioError, SourceMap
from mockclaude.scenario.format import file as written
from mockclaude.scenario.format import steps as written_steps
from mockclaude.scenario.format.policy import UNMATCHED, BatchPlan, Policy
from mockclaude.scenario.lint.file_warnings import list_warnings
from mockclaude.scenario.lint.scenario_lint import lint_scenario
from mockclaude.scenario.scoped_limits import ScopedLimit, scoped_limits
from mockclaude.scenario.template import fakes
from mockclaude.scenario.template.templates import Template, compile_template

if TYPE_CHECKING:
    from mockclaude.scenario.format.faults import Fault
    from mockclaude.scenario.recorded_reply import RecordedReply

_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
"""Sorted keys. Keys may be expressions, which are a subclass of `str`."""

_FIXED = {"text", "redacted_thinking", "json", "block", "error", "pause", "disconnect", "batch", "stop_reason", "usage"}


class CompiledStep(NamedTuple):
    """A step of a reply: its kind, and its value in the long form as a template."""

    kind: str
    value: Template

    @property
    def fixed(self) -> bool:
        """Whether the blocks of the step are the same for every request."""
        return self.kind in _FIXED and self.value.fixed and self.value.data != written_steps.FROM_SCHEMA


@dataclass(frozen=True, slots=True, eq=False)
class ReplyTemplate:
    """The compiled steps of a reply.

    It is equal only to itself, so that work on it can be kept.

    Attributes:
        steps: The steps, in order.
        fixed: Whether no step depends on the request: every reply has the same content.
        recorded: The reply of a `respond` step, in place of steps.
        continues: Whether the first step extends the last block of the part before, if both are of one kind. Only parts
            of a live reply are made one by one.
    """

    steps: tuple[CompiledStep, ...]
    fixed: bool
    continues: bool = False
    recorded: RecordedReply | None = None


PendingReply: TypeAlias = Awaitable[ReplyTemplate] | AsyncGenerator[ReplyTemplate, None]
"""A reply that takes time: a whole one, or its parts one by one."""


class ConditionalFault(NamedTuple):
    """A fault, its place, and the conditions of its `when`."""

    fault: Fault
    place: Place
    conditions: tuple[Condition, ...] = ()

    def applies(self, request: MessagesRequest) -> bool:
        """Return whether the conditions match `request`.

        Raises:
            TooMuchWorkError: The conditions exceed the work limit of one request.
        """
        for condition in self.conditions:
            spend(condition.searches, request)
            if not condition.holds(condition.look(request)):
                return False
        return True


class RuleKey(NamedTuple):
    """The identity of a rule in the state.

    It is the same in every process, and after a reload that does not change the rule.

    Attributes:
        batch: 0 for the scenario's own rules, else the number of the batch that added the rule.
        id: The rule's name, or else the hash of its content.
        ordinal: The number of earlier rules of the batch with this id.
    """

    batch: int
    id: str
    ordinal: int


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule with compiled conditions and replies.

    Attributes:
        id: The key of the rule in every draw.
        replies: The replies of a sequence, with `weights` those of a choice, with `by_turn` those of the turns.
        recorded: The hashes of the recorded request; '' for a rule that is not recorded.
        function: The Python callable that builds the reply, for a rule added by a test.
    """

    id: str
    place: Place
    conditions: tuple[Condition, ...] = ()
    replies: tuple[ReplyTemplate, ...] = ()
    weights: tuple[float, ...] | None = None
    by_turn: bool = False
    times: int | None = None
    pace: written.Pace = written.NO_PACE
    name: str | None = None
    as_written: bool = False
    chunk_size: int | None = None
    faults: tuple[ConditionalFault, ...] = ()
    recorded: str = ""
    function: Callable[[MessagesRequest], ReplyTemplate | PendingReply] | None = None
    batch: int = 0
    ordinal: int = 0

    @cached_property
    def key(self) -> RuleKey:
        """The key of the rule's counters."""
        return RuleKey(self.batch, self.id, self.ordinal)

    @cached_property
    def needle(self) -> str:
        """A text that the current turn must contain. It alone excludes most rules."""
        searches = [
            search for condition in self.conditions for search in condition.searches if search.subject == "user"
        ]
        texts = [needle.text for search in searches for needle in search.needles if not needle.folded]
        return texts[0] if len(texts) == 1 and len(searches[0].needles) == 1 else ""

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        """What each condition looks at, its test, and its searches."""
        return tuple((condition.look, condition.holds, condition.searches) for condition in self.conditions)

    def is_for(self, endpoint: str) -> bool:
        """Return whether the rule can match requests to `endpoint`."""
        tests = [condition.holds for condition in self.conditions if condition.key == "endpoint"]
        return all(test(endpoint) for test in tests) if tests else endpoint == "messages"

    @cached_property
    def label(self) -> str:
        """The rule's name and place, for messages and the log."""
        return f"'{self.name}' ({self.place})" if self.name else str(self.place)


class KnownSignatures(NamedTuple):
    """The signatures and redacted data in a scenario.

    If `templated`, replies add further ones.
    """

    signatures: frozenset[str] = frozenset()
    data: frozenset[str] = frozenset()
    templated: bool = False

    @classmethod
    def together(cls, known: Sequence[KnownSignatures]) -> KnownSignatures:
        """Return the signatures of several scenarios."""
        signatures, data, templated = zip(*known, strict=True)
        return cls(frozenset().union(*signatures), frozenset().union(*data), any(templated))


class Scenario(NamedTuple):
    """Rules and settings.

    Attributes:
        warnings: Diagnostics of content that is valid but probably wrong.
        body_files: The files with bodies of replies.
    """

    rules: tuple[Rule, ...]
    seed: int = 0
    locale: str = fakes.DEFAULT_LOCALE
    files: tuple[str, ...] = ()
    policy: Policy = Policy()
    known_signatures: KnownSignatures = KnownSignatures()
    chaos: tuple[ConditionalFault, ...] = ()
    limits: tuple[ScopedLimit, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    body_files: tuple[str, ...] = ()


def built_in() -> Scenario:
    """Return the built-in scenario: one rule with an auto reply."""
    generate = CompiledStep("generate", compile_template("auto"))
    return Scenario((Rule("built-in", Place("built-in"), replies=(ReplyTemplate((generate,), fixed=False),)),))


def build(files: Sequence[tuple[SourceMap, written.ScenarioFile]]) -> Scenario:
    """Build one scenario from files in rule order.

    Raises:
        ScenarioError: The files conflict, or a rule is invalid. Holds all remaining diagnostics.
    """
    if diagnostics := list(lint_scenario(files)):
        raise ScenarioError(diagnostics)
    rules = build_rules(files)
    return Scenario(
        rules=rules,
        seed=_first(files, "seed", 0),
        locale=_first(files, "locale", fakes.DEFAULT_LOCALE),
        files=tuple(source.file for source, _ in files),
        policy=_policy(files),
        known_signatures=find_known_signatures(rules),
        chaos=tuple(fault for source, file in files for fault in _faults(file.chaos, source.place(("chaos",)))),
        limits=scoped_limits(files),
        warnings=tuple(list_warnings(files)),
    )


def build_rules(files: Sequence[tuple[SourceMap, written.ScenarioFile]], batch: int = 0) -> tuple[Rule, ...]:
    """Build the rules of files without diagnostics.

    Args:
        files: The files in rule order.
        batch: The batch of the rules: 0 for the scenario's own.
    """
    seen: Counter[str] = Counter()
    return tuple(
        _rule(rule, file, source.place(("rules", index)), seen, batch)
        for source, file in files
        for index, rule in enumerate(file.rules)
    )


def _first(files: Sequence[tuple[SourceMap, written.ScenarioFile]], key: str, default: Any) -> Any:
    """Return the value of `key`. All files that have the key have the same value."""
    return next((value for _, file in files if (value := getattr(file, key)) is not None), default)


def _policy(files: Sequence[tuple[SourceMap, written.ScenarioFile]]) -> Policy:
    keys = [key for _, file in files for key in file.api_keys or ()]
    return Policy(
        validation=_first(files, "validation", "anthropic"),
        api_keys=frozenset(keys),
        models=_first(files, "models", "similar"),
        client_faults=_first(files, "client_faults", True),
        betas=_first(files, "betas", "known"),
        unmatched=_first(files, "unmatched", UNMATCHED),
        lane_from=_first(files, "lane_from", ()),
        account=_first(files, "account", "new"),
        today=_first(files, "today", Policy().today),
        as_recorded=_first(files, "as_recorded", False),
        batches=next((file.batches.plan for _, file in files if file.batches is not None), BatchPlan()),
    )


def find_known_signatures(rules: Sequence[Rule]) -> KnownSignatures:
    """Return the signatures and redacted data in the replies of rules."""
    steps = [data for rule in rules for reply in rule.replies for data in list_blocks(reply)]
    signatures = {data["signature"] for data in steps if isinstance(data, dict) and data.get("signature")}
    redacted = {data["data"] for data in steps if isinstance(data, dict) and isinstance(data.get("data"), str)}
    templated = any("${{" in text for text in (*signatures, *redacted))
    return KnownSignatures(frozenset(signatures), frozenset(redacted), templated)


def list_blocks(reply: ReplyTemplate) -> Iterator[Any]:
    """Yield the blocks of a recorded reply or `message` step, or other steps' values."""
    if reply.recorded is not None and reply.recorded.assembled is not None:
        yield from reply.recorded.assembled.message["content"]
    for step in reply.steps:
        yield from step.value.data.get("content", ()) if step.kind == "message" else [step.value.data]


def _rule(rule: written.RuleModel, file: written.ScenarioFile, place: Place, seen: Counter[str], batch: int) -> Rule:
    replies, weights = _replies(rule)
    rule_id = rule.name or _content_id(rule)
    seen[rule_id] += 1
    return Rule(
        id=rule_id,
        place=place,
        conditions=conditions(rule.when),
        replies=tuple([compile_reply(reply, keeps_form=rule.when.stream is not None) for reply in replies]),
        weights=weights,
        by_turn=rule.turns is not None,
        times=rule.times,
        pace=rule.pace or file.pace or written.NO_PACE,
        name=rule.name,
        as_written=file.as_written if rule.as_written is None else rule.as_written,
        chunk_size=rule.chunk_size or file.chunk_size,
        faults=_faults(rule.fault, place),
        recorded=(rule.recorded.request or "") if rule.recorded else "",
        batch=batch,
        ordinal=seen[rule_id] - 1,
    )


def _faults(faults: Sequence[Fault] | None, place: Place) -> tuple[ConditionalFault, ...]:
    if any(fault.scripted for fault in faults or ()):
        volatile.prepare()
    return tuple(ConditionalFault(fault, place, conditions(fault.when) if fault.when else ()) for fault in faults or ())


def _replies(rule: written.RuleModel) -> tuple[list[list[written_steps.StepModel]], tuple[float, ...] | None]:
    if rule.choice:
        return [choice.reply for choice in rule.choice], tuple(choice.weight for choice in rule.choice)
    return rule.sequence or rule.turns or [rule.reply or []], None


def compile_reply(reply: Sequence[written_steps.StepModel], *, keeps_form: bool = False) -> ReplyTemplate:
    """Compile the steps of a reply.

    Args:
        reply: The steps.
        keeps_form: Whether a recorded message is never turned into a stream or back.
    """
    if reply and reply[0].kind == "respond":
        from mockclaude.scenario.recorded_reply import compile_recorded

        recorded = compile_recorded(reply, keeps_form=keeps_form)
        return ReplyTemplate((), fixed=recorded.template is None, recorded=recorded)
    steps = tuple(map(_step, reply))
    return ReplyTemplate(steps, all(step.fixed for step in steps))


def _step(step: written_steps.StepModel) -> CompiledStep:
    (kind, value), *_ = step.model_dump(by_alias=True, exclude_unset=True).items()
    field_value = getattr(step, "json_" if kind == "json" else kind)
    data = field_value.model_dump() if isinstance(field_value, BaseModel) else value
    return CompiledStep(kind, compile_template(data))


def _content_id(rule: written.RuleModel) -> str:
    """Return the hash of a rule's content: an id that does not change when rules are added before it."""
    data = orjson.dumps(rule.model_dump(mode="json", exclude_unset=True), option=_SORTED)
    return blake2b(data, digest_size=8).hexdigest()
