"""Validate the data of a scenario file against the models of `format`.

Rules are validated one by one, so that the errors of a file are never all in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from mockclaude.scenario.diagnostics import MAX_DIAGNOSTICS, Diagnostic, Path, ScenarioError, SourceMap
from mockclaude.scenario.format.file import RuleModel, ScenarioFile

M = TypeVar("M", bound=BaseModel)

MAX_RULE_VALUES = 100_000
"""The maximum number of values in a rule, and in the rest of the file. Each may cause an error."""

_VALID = RuleModel.model_construct()


def validate(source: SourceMap) -> ScenarioFile:
    """Validate the data of `source` as a scenario file.

    Raises:
        ScenarioError: The data is invalid. Holds the first diagnostics.
    """
    data = source.data
    if not isinstance(data, dict) or not isinstance(data.get("rules"), list):
        return _valid(ScenarioFile, data, source, ())
    diagnostics: list[Diagnostic] = []
    rules = list(_rules(data["rules"], source, diagnostics))
    try:
        file = _valid(ScenarioFile, {**data, "rules": [_VALID] if diagnostics else rules}, source, ())
    except ScenarioError as error:
        diagnostics += error.diagnostics
    if diagnostics:
        raise ScenarioError(diagnostics)
    return file


def _rules(rules: list[Any], source: SourceMap, diagnostics: list[Diagnostic]) -> Iterator[RuleModel]:
    """Yield the valid rules and add the diagnostics of the others to `diagnostics`."""
    for index, rule in enumerate(rules):
        try:
            yield _valid(RuleModel, rule, source, ("rules", index))
        except ScenarioError as error:
            diagnostics += error.diagnostics
            if len(diagnostics) > MAX_DIAGNOSTICS:
                return


def _valid(model: type[M], data: Any, source: SourceMap, path: Path) -> M:
    """Return the data at `path` as a `model`. Raise `ScenarioError` if it is invalid."""
    if _has_more(data if path else _beside_rules(data), MAX_RULE_VALUES):
        what = "the rule has more" if path else "the file has, without its rules, more"
        message = f"{what} than {MAX_RULE_VALUES:,} values; expected fewer"
        raise ScenarioError([Diagnostic(source.place(path), message)])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        from mockclaude.scenario.loading.validation_errors import to_diagnostics

        raise ScenarioError(to_diagnostics(error, model, source, path)) from None


def _beside_rules(data: Any) -> Any:
    return {key: value for key, value in data.items() if key != "rules"} if isinstance(data, dict) else data


def _has_more(data: Any, most: int) -> bool:
    """Return whether there are more than `most` values in plain data; models in it count as one."""
    count, waiting = 0, [data]
    while waiting and count <= most:
        value = waiting.pop()
        if isinstance(value, (dict, list)):
            count += len(value)
            waiting.extend(value.values() if isinstance(value, dict) else value)
    return count > most
