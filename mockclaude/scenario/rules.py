"""A scenario as the server uses it: rules with their conditions and replies made ready.

In: scenario files whose form is checked. Out: a `Scenario`, or the mistakes that only show when everything is read.
Knows nothing of requests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

import orjson
from pydantic import BaseModel

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario import volatile
from mockclaude.scenario.conditions.conditions import Condition, Test, capture_names, conditions
from mockclaude.scenario.conditions.searches import spend
from mockclaude.scenario.diagnostics import MAX_DIAGNOSTICS, Diagnostic, Path, Place, ScenarioError, SourceMap
from mockclaude.scenario.format import file as written
from mockclaude.scenario.format import steps as written_steps
from mockclaude.scenario.format.faults import Fault
from mockclaude.scenario.format.policy import UNMATCHED, Policy
from mockclaude.scenario.format.when import When
from mockclaude.scenario.lint.fault_lint import lint_faults
from mockclaude.scenario.lint.limit_lint import lint_limits
from mockclaude.scenario.lint.retry_after import lint_retry_after
from mockclaude.scenario.scoped_limits import ScopedLimit, scoped_limits
from mockclaude.scenario.template import fakes
from mockclaude.scenario.template.templates import Template, compile_template, find_problems

_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
"""Keys in their order; they may be expressions, which are a subclass of `str`."""

_FIXED = {"text", "redacted_thinking", "json", "block", "error", "pause", "disconnect", "stop_reason", "usage"}


@dataclass(frozen=True, slots=True)
class CompiledStep:
    """One step of a reply: what kind it is, and its value in the long form."""

    kind: str
    value: Template

    @property
    def fixed(self) -> bool:
        """Whether its blocks depend on nothing: no placeholder, no id, no schema of the request."""
        return self.kind in _FIXED and self.value.fixed and self.value.data != written_steps.FROM_SCHEMA


@dataclass(frozen=True, slots=True, eq=False)
class ReplyTemplate:
    """What a reply is to be, step by step; it is one thing, equal only to itself, so that work on it can be kept.

    `fixed` says that no step depends on the request: every reply from it has the same content. Where a reply is made
    part by part, the first step of one that `continues` goes on with the block before it, if that is of its kind.
    """

    steps: tuple[CompiledStep, ...]
    fixed: bool
    continues: bool = False


PendingReply: TypeAlias = Awaitable[ReplyTemplate] | AsyncGenerator[ReplyTemplate, None]
"""A reply that takes time to be made: as a whole, or part by part."""


class ConditionalFault(NamedTuple):
    """A fault, where it is written, and the conditions under which it may strike."""

    fault: Fault
    place: Place
    conditions: tuple[Condition, ...] = ()

    def applies(self, request: MessagesRequest) -> bool:
        """Return whether its conditions hold.

        Raises:
            TooMuchWorkError: The conditions take more work than one request may.
        """
        for condition in self.conditions:
            spend(condition.searches, request)
            if not condition.holds(condition.look(request)):
                return False
        return True


class RuleKey(NamedTuple):
    """The identity of a rule in the state, the same in every process and after a reload that does not change the rule.

    Attributes:
        batch: 0 for the scenario's own rules, else the number of the batch with which the rule was added.
        id: The rule's name, or else the hash of its content.
        ordinal: The number of earlier rules of the batch with this id.
    """

    batch: int
    id: str
    ordinal: int


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule made ready. `id` names it in every draw; of `replies`, `weights` draws one, or they are a sequence.

    A rule that was made in Python may have a function instead, which makes the reply to a request.
    """

    id: str
    place: Place
    conditions: tuple[Condition, ...] = ()
    replies: tuple[ReplyTemplate, ...] = ()
    weights: tuple[float, ...] | None = None
    times: int | None = None
    pace: written.Pace = field(default_factory=written.Pace)
    name: str | None = None
    as_written: bool = False
    faults: tuple[ConditionalFault, ...] = ()
    function: Callable[[MessagesRequest], ReplyTemplate | PendingReply] | None = None
    batch: int = 0
    ordinal: int = 0

    @cached_property
    def key(self) -> RuleKey:
        """The key of the rule's counters."""
        return RuleKey(self.batch, self.id, self.ordinal)

    @cached_property
    def needle(self) -> str:
        """A text without which in the current turn the rule cannot hold: most rules are ruled out by it alone."""
        searches = [
            search for condition in self.conditions for search in condition.searches if search.subject == "user"
        ]
        texts = [needle.text for search in searches for needle in search.needles if not needle.folded]
        return texts[0] if len(texts) == 1 and len(searches[0].needles) == 1 else ""

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        """What its conditions look at, what must hold of it, and what they search for."""
        return tuple((condition.look, condition.holds, condition.searches) for condition in self.conditions)

    @cached_property
    def label(self) -> str:
        """How messages and the log call the rule: its name and place."""
        return f"'{self.name}' ({self.place})" if self.name else str(self.place)


class KnownSignatures(NamedTuple):
    """What a scenario holds of signatures and of redacted data; `templated` says that some only show in a reply."""

    signatures: frozenset[str] = frozenset()
    data: frozenset[str] = frozenset()
    templated: bool = False

    @classmethod
    def together(cls, recorded: Sequence[KnownSignatures]) -> KnownSignatures:
        """Return what several scenarios hold."""
        signatures, data, templated = zip(*recorded, strict=True)
        return cls(frozenset().union(*signatures), frozenset().union(*data), any(templated))


@dataclass(frozen=True, slots=True)
class Scenario:
    """Rules, and the seed and locale of what is made up; `warnings` are on what is allowed but hardly meant."""

    rules: tuple[Rule, ...]
    seed: int = 0
    locale: str = fakes.DEFAULT_LOCALE
    files: tuple[str, ...] = ()
    policy: Policy = field(default_factory=Policy)
    recorded: KnownSignatures = field(default_factory=KnownSignatures)
    chaos: tuple[ConditionalFault, ...] = ()
    limits: tuple[ScopedLimit, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()


def built_in() -> Scenario:
    """Return the scenario that answers where no file says anything: one rule, whose reply is improvised."""
    generate = CompiledStep("generate", compile_template("auto"))
    return Scenario((Rule("built-in", Place("built-in"), replies=(ReplyTemplate((generate,), fixed=False),)),))


def build(files: Sequence[tuple[SourceMap, written.ScenarioFile]]) -> Scenario:
    """Return the files as one scenario. Raises `ScenarioError` with every mistake that is left."""
    mistakes = list(lint_scenario(files))
    if mistakes:
        raise ScenarioError(mistakes)
    seen: Counter[str] = Counter()
    rules = [
        _rule(rule, file, source.place(("rules", index)), seen)
        for source, file in files
        for index, rule in enumerate(file.rules)
    ]
    return Scenario(
        rules=tuple(rules),
        seed=_first(files, "seed", 0),
        locale=_first(files, "locale", fakes.DEFAULT_LOCALE),
        files=tuple(source.file for source, _ in files),
        policy=_policy(files),
        recorded=_recorded(rules),
        chaos=tuple(fault for source, file in files for fault in _faults(file.chaos, source.place(("chaos",)))),
        limits=scoped_limits(files),
        warnings=tuple(lint_retry_after([source for source, _ in files])),
    )


def _first(files: Sequence[tuple[SourceMap, written.ScenarioFile]], key: str, default: Any) -> Any:
    """Return what the files say of `key`, which is the same wherever it is said."""
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
    )


def _recorded(rules: Sequence[Rule]) -> KnownSignatures:
    steps = [step.value.data for rule in rules for reply in rule.replies for step in reply.steps]
    signatures = {data["signature"] for data in steps if isinstance(data, dict) and data.get("signature")}
    redacted = {data["data"] for data in steps if isinstance(data, dict) and isinstance(data.get("data"), str)}
    templated = any("${{" in text for text in (*signatures, *redacted))
    return KnownSignatures(frozenset(signatures), frozenset(redacted), templated)


def _rule(rule: written.RuleModel, file: written.ScenarioFile, place: Place, seen: Counter[str]) -> Rule:
    replies, weights = _replies(rule)
    rule_id = rule.name or _content_id(rule)
    seen[rule_id] += 1
    return Rule(
        id=rule_id,
        place=place,
        conditions=conditions(rule.when),
        replies=tuple(map(compile_reply, replies)),
        weights=weights,
        times=rule.times,
        pace=rule.pace or file.pace or written.Pace(),
        name=rule.name,
        as_written=file.as_written if rule.as_written is None else rule.as_written,
        faults=_faults(rule.fault, place),
        ordinal=seen[rule_id] - 1,
    )


def _faults(faults: Sequence[Fault] | None, place: Place) -> tuple[ConditionalFault, ...]:
    if any(fault.attempts for fault in faults or ()):
        volatile.prepare()
    return tuple(ConditionalFault(fault, place, conditions(fault.when or When())) for fault in faults or ())


def _replies(rule: written.RuleModel) -> tuple[list[list[written_steps.StepModel]], tuple[float, ...] | None]:
    if rule.choice:
        return [choice.reply for choice in rule.choice], tuple(choice.weight for choice in rule.choice)
    return rule.sequence or [rule.reply or []], None


def compile_reply(reply: Sequence[written_steps.StepModel]) -> ReplyTemplate:
    """Return the steps of a reply made ready."""
    steps = tuple(map(_step, reply))
    return ReplyTemplate(steps, all(step.fixed for step in steps))


def _step(step: written_steps.StepModel) -> CompiledStep:
    (kind, value), *_ = step.model_dump(by_alias=True, exclude_unset=True).items()
    field_value = getattr(step, "json_" if kind == "json" else kind)
    return CompiledStep(
        kind,
        compile_template(field_value.model_dump() if isinstance(field_value, BaseModel) else value),
    )


def _content_id(rule: written.RuleModel) -> str:
    """Return an id that a rule without a name keeps when rules are added above it: the hash of what it says."""
    data = orjson.dumps(rule.model_dump(mode="json", exclude_unset=True, serialize_as_any=True), option=_SORTED)
    return blake2b(data, digest_size=8).hexdigest()


_Files: TypeAlias = Sequence[tuple[SourceMap, written.ScenarioFile]]


def lint_scenario(files: _Files, earlier: _Files = ()) -> Iterator[Diagnostic]:
    """Yield the mistakes that only show when all files of a scenario are read.

    Rules of `earlier` files, which have none and say nothing but rules, come before them: a name is taken, a rule is
    out of reach.
    """
    for key in ("seed", "locale", "validation", "models", "client_faults", "betas", "unmatched"):
        yield from _differing(files, key)
    yield from _bad_locales(files)
    yield from _repeated_names(files, earlier)
    yield from _unreachable(files, earlier)
    yield from lint_faults(files)
    yield from lint_limits(files)
    if any(_bad_locales(files)):
        return
    trials = fakes.Trials(_first(files, "locale", fakes.DEFAULT_LOCALE))
    for source, file in files:
        yield from islice(_template_mistakes(source, file, trials), MAX_DIAGNOSTICS + 1)


def _differing(files: Sequence[tuple[SourceMap, written.ScenarioFile]], key: str) -> Iterator[Diagnostic]:
    first: tuple[Place, Any] | None = None
    for source, file in files:
        value, place = getattr(file, key), source.place((key,))
        if value is not None and first and value != first[1]:
            yield Diagnostic(
                place,
                f"`{key}`: conflicting values, got {value} and {first[1]} ({first[0]}); expected one value for all "
                "files of a scenario",
            )
        elif value is not None:
            first = first or (place, value)


def _bad_locales(files: Sequence[tuple[SourceMap, written.ScenarioFile]]) -> Iterator[Diagnostic]:
    for source, file in files:
        if file.locale is not None and (problem := fakes.find_locale_problem(file.locale)):
            yield Diagnostic(source.place(("locale",)), problem)


def _repeated_names(files: _Files, earlier: _Files) -> Iterator[Diagnostic]:
    seen = {rule.name: where for where, rule in _rules_of(earlier) if rule.name}
    for where, rule in _rules_of(files):
        if rule.name in seen:
            problem = f"a rule named '{rule.name}' is already in {seen[rule.name].place('name')}; expected another name"
            yield Diagnostic(where.place("name"), problem)
        elif rule.name:
            seen[rule.name] = where


def _unreachable(files: _Files, earlier: _Files) -> Iterator[Diagnostic]:
    """Yield the rules below one that never runs out and holds whenever they do: no conditions, or the same ones."""
    endless = UnlimitedRules()
    for where, rule in _rules_of(earlier):
        if rule.times is None:
            endless.add(rule.canonical_when, where)
    for where, rule in _rules_of(files):
        if above := endless.first_for(rule.canonical_when):
            yield Diagnostic(
                where.place(),
                f"this rule can never be reached: the rule in {above.place()} answers whenever it would; expected the "
                "narrower rule first, or `times` on the one above",
            )
        elif rule.times is None:
            endless.add(rule.canonical_when, where)


class _Where(NamedTuple):
    """Where a rule stands, which is worked out for those that have a mistake."""

    source: SourceMap
    number: int

    def place(self, *keys: str) -> Place:
        """Return the place of the rule, or of what is at `keys` in it."""
        return self.source.place(("rules", self.number, *keys))


def _rules_of(files: _Files) -> Iterator[tuple[_Where, written.RuleModel]]:
    for source, file in files:
        for index, rule in enumerate(file.rules):
            yield _Where(source, index), rule


class UnlimitedRules:
    """Rules that never run out, by their conditions.

    They are kept by the keys of their conditions, of which there are few combinations, and then by the values: a search
    costs one look-up for each combination, however many rules there are.
    """

    def __init__(self) -> None:
        self._by_keys: dict[tuple[str, ...], dict[tuple[str, ...], tuple[int, _Where]]] = {}
        self._count = 0

    def add(self, when: Mapping[str, str], where: _Where) -> None:
        """Add a rule with the conditions `when`."""
        keys = tuple(sorted(when))
        self._count += 1
        self._by_keys.setdefault(keys, {})[tuple(when[key] for key in keys)] = (self._count, where)

    def first_for(self, when: Mapping[str, str]) -> _Where | None:
        """Return where the first rule is that has no other conditions than `when`."""
        found = [
            rules[values]
            for keys, rules in self._by_keys.items()
            if when.keys() >= set(keys) and (values := tuple(when[key] for key in keys)) in rules
        ]
        return min(found)[1] if found else None


def _template_mistakes(source: SourceMap, file: written.ScenarioFile, trials: fakes.Trials) -> Iterator[Diagnostic]:
    for index, rule in enumerate(file.rules):
        groups: set[str] | None = None
        for where, text in _templated(source, ("rules", index)):
            groups = capture_names(rule.when) if groups is None else groups
            yield from (Diagnostic(source.place(where), problem) for problem in find_problems(text, groups, trials))


def _templated(source: SourceMap, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the texts with placeholders in the replies of the rule at `path`."""
    data: Any = source.data
    for part in path:
        data = data[part]
    for key in ("reply", "sequence", "choice"):
        yield from _texts_in(data.get(key), (*path, key))


def _texts_in(data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(data, str) and "${{" in data:
        yield path, data
    elif isinstance(data, (dict, list)):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _texts_in(value, (*path, key))
