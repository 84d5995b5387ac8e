"""Compile rules that a test or the admin API adds as data instead of in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import PurePath
from typing import Any, NamedTuple

import orjson

from mockclaude.scenario.conditions.conditions import Condition
from mockclaude.scenario.diagnostics import MAX_DEPTH, Diagnostic, Path, Place, ScenarioError
from mockclaude.scenario.format.file import ScenarioFile
from mockclaude.scenario.format.shorthand import as_list
from mockclaude.scenario.lint.scenario_lint import lint_rules
from mockclaude.scenario.loading.python_data import to_data
from mockclaude.scenario.loading.validation import validate
from mockclaude.scenario.rules import Rule, Scenario, build_rules, find_known_signatures


class InlineSource(NamedTuple):
    """Data from a call at `file`, e.g. `test_chat.py:12`.

    Its first `common` keys are the same for all parts.
    """

    file: str
    data: Any
    common: int = 0

    def place(self, path: Path, *, key: bool = False) -> Place:  # noqa: ARG002 (a file tells keys from values)
        """Return the place of the part at `path`: `test_chat.py:12 (when.user)`."""
        known = self.nearest(path)
        keys = ".".join(map(str, known[self.common :]))
        return Place(f"{self.file} ({keys})" if keys else self.file)

    def nearest(self, path: Path) -> Path:
        """Return `path` without the parts that are absent from the data."""
        known: Path = ()
        data = self.data
        for part in path:
            if _has(data, part):
                known, data = (*known, part), data[part]
        return known


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data


class RuleBatch(NamedTuple):
    """Compiled rules that were added together, and their source."""

    source: InlineSource
    file: ScenarioFile
    scenario: Scenario

    def with_functions(self, make: Callable[[Rule], Rule], earlier: Sequence[RuleBatch] = ()) -> RuleBatch:
        """Return a copy with `make` applied to each rule.

        Reachability checks are disabled for later rules. The content of a function differs between processes. A rule
        without a name therefore gets an id from the file and line of the call, and from its order among the rules that
        `earlier` batches added there.
        """
        place = _line(self.source)
        order = sum(_line(each.source) == place for each in earlier)
        rules = tuple(
            replace(make(rule), id=rule.name or _id_of_place(rule.id, place, order, index))
            for index, rule in enumerate(self.scenario.rules)
        )
        empty = self.file.model_copy(update={"rules": []})
        return RuleBatch(self.source._replace(data={"rules": []}), empty, self.scenario._replace(rules=rules))

    def with_condition(self, condition: Condition) -> RuleBatch:
        """Return a copy in which every rule requires `condition` too."""
        rules = tuple(replace(rule, conditions=(condition, *rule.conditions)) for rule in self.scenario.rules)
        return self._replace(scenario=self.scenario._replace(rules=rules))

    def without(self, gone: Callable[[Rule], bool]) -> RuleBatch:
        """Return a copy without the rules for which `gone` is true."""
        kept = [index for index, rule in enumerate(self.scenario.rules) if not gone(rule)]
        if len(kept) == len(self.scenario.rules):
            return self
        rules = tuple(self.scenario.rules[index] for index in kept)
        own = kept if self.file.rules else []
        file = self.file.model_copy(update={"rules": [self.file.rules[index] for index in own]})
        data = {"rules": [self.source.data["rules"][index] for index in own]}
        return RuleBatch(self.source._replace(data=data), file, self.scenario._replace(rules=rules))


def _line(source: InlineSource) -> str:
    """Return the file and line of a call without the folder, e.g. `test_chat.py:12`."""
    return PurePath(source.file).name


def _id_of_place(content: str, place: str, order: int, index: int) -> str:
    written = f"{content}\n{place}\n{order}.{index}"
    return blake2b(written.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def check_depth(source: InlineSource) -> None:
    """Check the nesting of the data.

    Raises:
        ScenarioError: It exceeds the limit for files.
    """
    if _is_deeper(source.data, MAX_DEPTH):
        message = f"data nested more than {MAX_DEPTH} levels deep; expected fewer levels"
        raise ScenarioError([Diagnostic(source.place(()), message)])


def _is_deeper(data: Any, levels: int) -> bool:
    inside = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return levels < 0 or any(_is_deeper(each, levels - 1) for each in inside)


def _check_json(source: InlineSource) -> None:
    """Raise `ScenarioError` if JSON cannot hold the data, such as a number above 64 bits."""
    try:
        orjson.dumps(source.data, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS)
    except TypeError as error:
        raise ScenarioError([Diagnostic(source.place(()), f"invalid data ({error}); expected JSON data")]) from None


def compile_rules(rules: Any, where: str, earlier: Sequence[RuleBatch] = (), batch: int = 0) -> RuleBatch:
    """Compile a rule or a list of rules.

    Args:
        rules: The data of the rules.
        where: The place of the call, for diagnostics.
        earlier: The batches before this one: their rules take names and shadow rules.
        batch: The number of this batch, which keys the counters of its rules.

    Raises:
        ScenarioError: The data is invalid.
    """
    found: list[tuple[Path, str]] = []
    data = to_data(as_list(rules), ("rules",), lambda path, problem: found.append((path, problem)))
    source = InlineSource(where, {"rules": data}, 2 if len(data) == 1 else 0)
    if found:
        raise ScenarioError([Diagnostic(source.place(path), problem) for path, problem in found])
    if not data:
        raise ScenarioError([Diagnostic(source.place(("rules",)), "no items; expected at least one item")])
    check_depth(source)
    _check_json(source)
    file = validate(source)
    if problems := list(lint_rules([(source, file)], [(each.source, each.file) for each in earlier])):
        raise ScenarioError(problems)
    compiled = build_rules([(source, file)], batch)
    return RuleBatch(source, file, Scenario(compiled, known_signatures=find_known_signatures(compiled)))
