"""Rules that are given as data instead of in a file: by a test, or by a request to add them.

In: what a file would have as `rules`, and where it was said. Out: a scenario of these rules, or their mistakes.
Knows nothing of servers. The place of everything is the one given, with the keys that lead to it.
"""

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
from mockclaude.scenario.loading.validation import validate
from mockclaude.scenario.rules import Rule, Scenario, build, lint_scenario


class InlineSource(NamedTuple):
    """Data that was said at `file`, such as `test_chat.py:12`; its first `common` keys lead to all there is."""

    file: str
    data: Any
    common: int = 0

    def place(self, path: Path, *, key: bool = False) -> Place:  # noqa: ARG002 (a file tells keys from values)
        """Return where what is at `path` was said: `test_chat.py:12 (when.user)`."""
        here = self.nearest(path)
        keys = ".".join(map(str, here[self.common :]))
        return Place(f"{self.file} ({keys})" if keys else self.file)

    def nearest(self, path: Path) -> Path:
        """Return `path` without the parts that the data does not have."""
        here: Path = ()
        data = self.data
        for part in path:
            if _has(data, part):
                here, data = (*here, part), data[part]
        return here


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data


class RuleBatch(NamedTuple):
    """Rules made ready, and what they were made of."""

    source: InlineSource
    file: ScenarioFile
    scenario: Scenario

    def made(self, make: Callable[[Rule], Rule], earlier: Sequence[RuleBatch] = ()) -> RuleBatch:
        """Return a copy with functions, which `make` gives each rule; it makes no later rule unreachable.

        Nothing of a function is the same in every process, so a rule without a name gets an id from the line where it
        was added, whatever folder that is in, and from its order among those of `earlier` that were added there.
        """
        place = _line(self.source)
        order = sum(_line(each.source) == place for each in earlier)
        rules = tuple(
            replace(make(rule), id=rule.name or _id_of_place(rule.id, place, order, index))
            for index, rule in enumerate(self.scenario.rules)
        )
        unsaid = self.file.model_copy(update={"rules": []})
        return RuleBatch(self.source._replace(data={"rules": []}), unsaid, replace(self.scenario, rules=rules))

    def narrowed(self, condition: Condition) -> RuleBatch:
        """Return it with rules for which `condition` must hold too."""
        rules = tuple(replace(rule, conditions=(condition, *rule.conditions)) for rule in self.scenario.rules)
        return self._replace(scenario=replace(self.scenario, rules=rules))

    def numbered(self, batch: int) -> RuleBatch:
        """Return it with rules whose counters are those of batch number `batch`."""
        rules = tuple(replace(rule, batch=batch) for rule in self.scenario.rules)
        return self._replace(scenario=replace(self.scenario, rules=rules))

    def without(self, gone: Callable[[Rule], bool]) -> RuleBatch:
        """Return it without the rules that are `gone`."""
        kept = [index for index, rule in enumerate(self.scenario.rules) if not gone(rule)]
        if len(kept) == len(self.scenario.rules):
            return self
        rules = tuple(self.scenario.rules[index] for index in kept)
        said = kept if self.file.rules else []
        file = self.file.model_copy(update={"rules": [self.file.rules[index] for index in said]})
        data = {"rules": [self.source.data["rules"][index] for index in said]}
        return RuleBatch(self.source._replace(data=data), file, replace(self.scenario, rules=rules))


def _line(source: InlineSource) -> str:
    """Return where data was given, such as `test_chat.py:12`, without the folder."""
    return PurePath(source.file).name


def _id_of_place(content: str, place: str, order: int, index: int) -> str:
    written = f"{content}\n{place}\n{order}.{index}"
    return blake2b(written.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def check_depth(source: InlineSource) -> None:
    """Raise `ScenarioError` where the data is nested deeper than that of a file may be."""
    if _is_deeper(source.data, MAX_DEPTH):
        message = f"this is nested more than {MAX_DEPTH} levels deep; expected fewer"
        raise ScenarioError([Diagnostic(source.place(()), message)])


def _is_deeper(data: Any, levels: int) -> bool:
    inside = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return levels < 0 or any(_is_deeper(each, levels - 1) for each in inside)


def _check_json(source: InlineSource) -> None:
    """Raise `ScenarioError` where the data holds what a request and a response cannot, such as a set."""
    try:
        orjson.dumps(source.data, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS)
    except TypeError as error:
        raise ScenarioError(
            [Diagnostic(source.place(()), f"JSON cannot carry this: {error}; expected JSON data")]
        ) from None


def compile_rules(rules: Any, where: str, earlier: Sequence[RuleBatch] = ()) -> RuleBatch:
    """Return `rules`, one or a list of them, that come after those `earlier`. Raises `ScenarioError`."""
    listed = rules if isinstance(rules, list) else [rules]
    source = InlineSource(where, {"rules": listed}, 2 if len(listed) == 1 else 0)
    check_depth(source)
    _check_json(source)
    file = validate(source)
    if found := list(lint_scenario([(source, file)], [(each.source, each.file) for each in earlier])):
        raise ScenarioError(found)
    return RuleBatch(source, file, build([(source, file)]))
