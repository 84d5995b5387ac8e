"""Translate the errors of pydantic to diagnostics with place, expectation and fix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from mockclaude.scenario.diagnostics import (
    MAX_DIAGNOSTICS,
    Diagnostic,
    Path,
    SourceMap,
    did_you_mean,
    join_keys,
    join_words,
    shorten,
)
from mockclaude.scenario.format.deferred import DeferredType
from mockclaude.scenario.format.pace import INSTANT, NAMES
from mockclaude.scenario.format.shorthand import FormatModel
from mockclaude.scenario.loading.misplaced import find_hint

_MAPPING = "a mapping (`key: value`)"
_EXPECTED = {
    "string_type": "text",
    "string_unicode": "text with whole surrogate pairs",
    "string_too_short": "at least one character",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "int_parsing_size": "a smaller number",
    "finite_number": "a finite number",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "too_long": "at most {max_length} items",
    "string_too_long": "at most {max_length} characters",
    "bool_type": "true or false",
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "list_type": "a list (`- item`)",
    "literal_error": "{expected}",
}
_TEXT_OR_MAPPING = f"text or {_MAPPING}"
_EXPECTED_MODEL = {
    "ScenarioFile": "a mapping with `rules`, e.g. `rules: [{reply: Hello}]`",
    "RuleModel": "a mapping, e.g. `reply: Hello`",
    "Choice": "a mapping, e.g. `{weight: 1, reply: Hello}`",
    "Pace": f"{', '.join(map(repr, (INSTANT, *NAMES)))} or {_MAPPING}",
    "InFlight": f"an integer or {_MAPPING}",
    "BodyMatcher": f"a JMESPath expression or {_MAPPING}",
    "StepModel": "text, a step or a list of steps",
    "When": "a mapping, e.g. `{user: Hello}`",
    "Fault": "a preset such as reset or 529, or a mapping, e.g. `{disconnect: reset}`",
    **dict.fromkeys(
        ("TextMatcher", "ToolResultMatcher", "Text", "Thinking", "RedactedThinking", "ToolUse", "Error", "StopReason"),
        _TEXT_OR_MAPPING,
    ),
}
_TAKES_TEXT = {name for name, expected in _EXPECTED_MODEL.items() if expected.startswith("text")}
_KINDS: dict[type, str] = {type(None): "null", list: "a list", dict: "a mapping"}
_LENGTHS = ("too_short", "too_long")
_ABOUT_KEYS = ("extra_forbidden", "missing")
_KEY = ("[key]",)


def to_diagnostics(
    error: ValidationError, model: type[BaseModel], source: SourceMap, at: Path = ()
) -> list[Diagnostic]:
    """Return the diagnostics of validating the data at path `at` as a `model`."""
    by_path: dict[Path, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        loc = (*at, *details["loc"])
        path = loc if details["type"] in _ABOUT_KEYS else source.nearest(loc)
        if path in by_path or len(by_path) <= MAX_DIAGNOSTICS:
            by_path.setdefault(path, []).append(details)
    return [_to_diagnostic(path, details, model, source, at) for path, details in by_path.items()]


def _to_diagnostic(
    path: Path, errors: list[ErrorDetails], model: type[BaseModel], source: SourceMap, at: Path
) -> Diagnostic:
    if errors[0]["type"] == "extra_forbidden":
        known = _keys_at(model, path[len(at) : -1])
        unknown = str(path[-1])
        message = f"unknown key '{shorten(unknown)}'; expected {join_keys(known)}{find_hint(unknown, known)}"
        return Diagnostic(source.place(path, key=True), message)
    return Diagnostic(source.place(path, key=errors[0]["loc"][-1:] == _KEY), _message(path, errors))


def _message(path: Path, errors: list[ErrorDetails]) -> str:
    kind, context = errors[0]["type"], errors[0].get("ctx", {})
    if kind in ("missing", "union_tag_not_found"):
        missing = path[-1] if kind == "missing" else "type"
        return f"missing key '{missing}'; expected it beside the other keys; add `{missing}: ...`"
    if kind == "value_error":
        return str(context["error"])
    if kind in _LENGTHS:
        return _length(context)
    if kind == "union_tag_invalid":
        known = _find_quoted(context["expected_tags"])
        tag = str(context["tag"])
        return f"unknown type '{shorten(tag)}'; expected {join_words(known)}{did_you_mean(tag, known)}"
    expected = " or ".join(dict.fromkeys(map(_expected, errors)))
    if not path and errors[0]["input"] is None:
        return f"the file is empty; expected {expected}"
    return f"invalid value, got {_describe(errors[0]['input'])}; expected {expected}{_fix(errors)}"


def _length(context: Mapping[str, Any]) -> str:
    count = context["actual_length"]
    least, most = context.get("min_length"), context.get("max_length")
    if least == 1:
        return "no items; expected at least one item"
    return f"wrong number of items, got {count}; expected {f'at most {most}' if least is None else f'at least {least}'}"


def _expected(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "model_type":
        return _EXPECTED_MODEL.get(context["class_name"], _MAPPING)
    return _EXPECTED[kind].format(**context) if kind in _EXPECTED else _expectation_of_pydantic(error["msg"])


def _expectation_of_pydantic(message: str) -> str:
    """Return the expectation in pydantic's message, for errors without a better text."""
    return re.sub(r"^\w+ should (be |have )?", "", message)


def _fix(errors: list[ErrorDetails]) -> str:
    value = errors[0]["input"]
    if isinstance(value, str) and value.isdigit() and any(error["type"].startswith("int") for error in errors):
        return "; remove the quotes"
    if isinstance(value, str):
        return did_you_mean(value, [word for error in errors for word in _find_quoted(_expected(error))])
    models = [error.get("ctx", {}).get("class_name") for error in errors]
    takes_text = any(error["type"] == "string_type" for error in errors) or not _TAKES_TEXT.isdisjoint(models)
    if not takes_text or not isinstance(value, (int, float)):
        return ""
    is_status = "StepModel" in models and value in range(400, 600)
    return f"; write `{{error: {value}}}` for the status" if is_status else "; put quotes around it"


def _find_quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)


def _describe(value: Any) -> str:
    if isinstance(value, str):
        return f"string '{shorten(value)}'"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"number {value}"
    return _KINDS.get(type(value)) or f"a Python {type(value).__name__}"


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys of the mapping at `path` below `model`."""
    models = [model]
    for part in path:
        models = list(_below(models, part)) or models
    return [field.alias or name for name, field in _fields(models[0]).items()]


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return model.known_fields() if issubclass(model, FormatModel) else model.model_fields


def _below(models: list[type[BaseModel]], part: str | int) -> Iterator[type[BaseModel]]:
    """Yield the models of the field `part`, or the model whose type is `part`: errors of a union name its member."""
    for model in models:
        for name, field in _fields(model).items():
            if part in (name, field.alias):
                yield from _models_in(field.annotation)
            elif name == "type" and part in get_args(field.annotation):
                yield model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, DeferredType):
        yield from _models_in(annotation.kind)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
