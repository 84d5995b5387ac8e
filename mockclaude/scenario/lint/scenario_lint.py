"""Check the rules of a scenario that only conflict when all its files are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from mockclaude.scenario.conditions.conditions import capture_names
from mockclaude.scenario.diagnostics import MAX_DIAGNOSTICS, Diagnostic, Path, Place, SourceMap
from mockclaude.scenario.format import file as written
from mockclaude.scenario.lint.endpoint_lint import lint_batches, lint_endpoints
from mockclaude.scenario.lint.fault_lint import lint_faults
from mockclaude.scenario.lint.limit_lint import lint_limits
from mockclaude.scenario.template import fakes
from mockclaude.scenario.template.templates import find_problems

_Files: TypeAlias = Sequence[tuple[SourceMap, written.ScenarioFile]]


_SHARED = (
    "seed",
    "locale",
    "validation",
    "models",
    "client_faults",
    "betas",
    "unmatched",
    "lane_from",
    "account",
    "today",
    "as_recorded",
    "batches",
)
"""The keys with one value for all files of a scenario."""


def lint_rules(files: _Files, earlier: _Files = ()) -> Iterator[Diagnostic]:
    """Yield the diagnostics about files with nothing but rules.

    Args:
        files: The files to check.
        earlier: Valid files with nothing but rules, which come before `files`: their rules take names and shadow rules.
    """
    yield from _lint_order(files, earlier)
    yield from _lint_replies(files)


def lint_scenario(files: _Files) -> Iterator[Diagnostic]:
    """Yield the diagnostics that need all files of a scenario."""
    for key in _SHARED:
        yield from _lint_settings(files, key)
    yield from _lint_locales(files)
    yield from _lint_order(files)
    yield from lint_limits(files)
    if not any(_lint_locales(files)):
        yield from _lint_replies(files)


def _lint_order(files: _Files, earlier: _Files = ()) -> Iterator[Diagnostic]:
    yield from _lint_names(files, earlier)
    yield from _lint_reachability(files, earlier)
    yield from lint_faults(files)
    for source, file in files:
        yield from lint_endpoints(source, file)
        yield from lint_batches(source, file)


def _lint_replies(files: _Files) -> Iterator[Diagnostic]:
    trials = fakes.Trials(_locale(files))
    for source, file in files:
        yield from islice(_lint_templates(source, file, trials), MAX_DIAGNOSTICS + 1)


def _lint_settings(files: Sequence[tuple[SourceMap, written.ScenarioFile]], key: str) -> Iterator[Diagnostic]:
    first: tuple[Place, Any] | None = None
    for source, file in files:
        value = getattr(file, key)
        if value is None:
            continue
        place = source.place((key,))
        if first is None:
            first = place, value
        elif value != first[1]:
            both = f"got {_show(value)} and {_show(first[1])} ({first[0]})"
            problem = f"`{key}`: conflicting values, {both}; expected one value for all files of a scenario"
            yield Diagnostic(place, problem)


def _show(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _lint_locales(files: Sequence[tuple[SourceMap, written.ScenarioFile]]) -> Iterator[Diagnostic]:
    for source, file in files:
        if file.locale is not None and (problem := fakes.find_locale_problem(file.locale)):
            yield Diagnostic(source.place(("locale",)), problem)


def _lint_names(files: _Files, earlier: _Files) -> Iterator[Diagnostic]:
    seen = {rule.name: where for where, rule in _rules_of(earlier) if rule.name}
    for where, rule in _rules_of(files):
        if rule.name in seen:
            problem = (
                f"duplicate rule name '{rule.name}', first in {seen[rule.name].place('name')}; expected unique names"
            )
            yield Diagnostic(where.place("name"), problem)
        elif rule.name:
            seen[rule.name] = where


def _lint_reachability(files: _Files, earlier: _Files) -> Iterator[Diagnostic]:
    """Yield rules after one without `times` that matches whenever they do: it has no or the same conditions."""
    unlimited = UnlimitedRules()
    for where, rule in _rules_of(earlier):
        if rule.times is None:
            unlimited.add(rule.canonical_when, where)
    for where, rule in _rules_of(files):
        if above := unlimited.first_for(rule.canonical_when):
            yield Diagnostic(
                where.place(),
                f"unreachable rule, shadowed by {above.place()}; expected the more specific rule first; move this rule "
                "up or add `times` to the other",
            )
        elif rule.times is None:
            unlimited.add(rule.canonical_when, where)


class _Where(NamedTuple):
    """The position of a rule in a file. The place is computed for diagnostics only."""

    source: SourceMap
    number: int

    def place(self, *keys: str) -> Place:
        """Return the place of the rule, or of the value at `keys` in it."""
        return self.source.place(("rules", self.number, *keys))


def _rules_of(files: _Files) -> Iterator[tuple[_Where, written.RuleModel]]:
    for source, file in files:
        for index, rule in enumerate(file.rules):
            yield _Where(source, index), rule


class UnlimitedRules:
    """Rules without `times`, by their conditions.

    They are grouped by the keys of their conditions, of which there are few combinations, and then by the values: a
    search costs one look-up for each combination, for any number of rules.
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
        """Return the first rule whose conditions are among those of `when`, or None."""
        found = [
            rules[values]
            for keys, rules in self._by_keys.items()
            if when.keys() >= set(keys) and (values := tuple(when[key] for key in keys)) in rules
        ]
        return min(found)[1] if found else None


def _lint_templates(source: SourceMap, file: written.ScenarioFile, trials: fakes.Trials) -> Iterator[Diagnostic]:
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
    for key in written.REPLY_KEYS:
        yield from _texts_in(data.get(key), (*path, key))


def _texts_in(data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(data, str) and "${{" in data:
        yield path, data
    elif isinstance(data, (dict, list)):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            if key != "respond" or (isinstance(value, dict) and value.get("templates") is True):
                yield from _texts_in(value, (*path, key))


def _locale(files: _Files) -> str:
    return next((file.locale for _, file in files if file.locale), fakes.DEFAULT_LOCALE)
