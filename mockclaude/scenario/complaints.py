"""What pydantic has against a scenario file, said to the person who wrote it.

In: a pydantic error and the source it is about. Out: mistakes with a place, what was expected, and a remedy.
Knows nothing of what the keys mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mockclaude.scenario.mistakes import Mistake, did_you_mean, one_of
from mockclaude.scenario.source import Path, Source

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping (`key: value`)",
    "list_type": "a list",
}
_TEXT_OR_MAPPING = "text or a mapping (`key: value`)"
_EXPECTED_MODEL = {
    "Step": "text, a step or a list of steps",
    **dict.fromkeys(
        (
            "Match",
            "ToolResultMatch",
            "Text",
            "Thinking",
            "RedactedThinking",
            "ToolUse",
            "Error",
            "StopReason",
        ),
        _TEXT_OR_MAPPING,
    ),
}
_UNION_MEMBER = re.compile(r"(dict|literal|list)\[.*\]", re.DOTALL)
_KINDS: dict[type, str] = {
    type(None): "nothing",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a mapping",
}


def mistakes(error: ValidationError, model: type[BaseModel], source: Source) -> list[Mistake]:
    """Return a mistake for each thing that `error` says about `source`, which was read as `model`."""
    by_place: dict[Path, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        by_place.setdefault(_without_union(details["loc"]), []).append(details)
    return [_mistake(path, details, model, source) for path, details in by_place.items()]


def _without_union(location: Path) -> Path:
    """Return `location` without the name of a union's member at its end, such as `dict[str,any]` or `literal['x']`."""
    ends_in_member = bool(location) and _UNION_MEMBER.fullmatch(str(location[-1]))
    return location[:-1] if ends_in_member else location


def _mistake(path: Path, errors: list[ErrorDetails], model: type[BaseModel], source: Source) -> Mistake:
    error = errors[0]
    if error["type"] == "extra_forbidden":
        known = _keys_at(model, path[:-1])
        unknown = str(path[-1])
        message = f"unknown key '{unknown}'; expected {one_of(known)}{did_you_mean(unknown, known)}"
        return Mistake(source.place(path, key=True), message)
    if error["type"] == "missing":
        return Mistake(source.place(path[:-1]), f"the key '{path[-1]}' is missing here; expected it beside the others")
    if error["type"] == "value_error":
        return Mistake(source.place(path), str(error["ctx"]["error"]))
    if error["type"] == "too_short":
        return Mistake(source.place(path), "this is empty; expected at least one item")
    expected = " or ".join(map(_expected, errors))
    return Mistake(source.place(path), f"this is {_described(error['input'])}; expected {expected}{_remedy(error)}")


def _expected(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "model_type":
        return _EXPECTED_MODEL.get(context["class_name"], _EXPECTED["dict_type"])
    if kind == "literal_error":
        return str(context["expected"])
    return _EXPECTED.get(kind) or error["msg"].removeprefix("Input should be ")


def _remedy(error: ErrorDetails) -> str:
    value = error["input"]
    if error["type"] == "literal_error":
        return did_you_mean(str(value), re.findall(r"'([^']*)'", error["ctx"]["expected"]))
    takes_text = error["type"] == "string_type" or error.get("ctx", {}).get("class_name") in _EXPECTED_MODEL
    return "; put quotes around it" if takes_text and isinstance(value, (bool, int, float)) else ""


def _described(value: Any) -> str:
    kind = _KINDS.get(type(value), "something else")
    shown = "" if value is None or isinstance(value, (dict, list)) else f" ({str(value)[:40]!r})"
    return kind + shown.replace("'", "" if isinstance(value, (int, float)) else "'")


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys of the mapping at `path` below `model`."""
    for part in path:
        field = next((f for name, f in model.model_fields.items() if part in (name, f.alias)), None)
        model = next(_models_in(field.annotation), model) if field else model
    return [field.alias or name for name, field in model.model_fields.items()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
