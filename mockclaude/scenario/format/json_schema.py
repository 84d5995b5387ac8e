"""The form of a scenario file as a JSON Schema, by which editors complete keys and point out mistakes.

In: the models of the file. Out: a schema of draft 2020-12. Knows nothing of files and of requests.
What pydantic cannot know of our validators stands in tables: what a shorthand looks like, what a text with a unit looks
like, which keys go together. The schema refuses nothing that the loader takes; the loader refuses more.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import combinations, pairwise
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonRef
from pydantic_core import core_schema

from mockclaude.api import betas
from mockclaude.api.errors import RETRIED, STATUS
from mockclaude.scenario.format import faults, limits, pace, policy, positions, shorthand, steps, units, when
from mockclaude.scenario.format.file import Rule, ScenarioFile
from mockclaude.scenario.format.presets import NAMED

Schema: TypeAlias = dict[str, Any]


def json_schema() -> Schema:
    """Return the JSON Schema of a scenario file."""
    schema = ScenarioFile.model_json_schema(schema_generator=_Generator)
    return {"$schema": _Generator.schema_dialect, **schema, "title": "mockclaude scenario file"}


def _any_of(*schemas: Schema) -> Schema:
    return {"anyOf": [part for schema in schemas for part in schema.get("anyOf", [schema])]}


def _text(*patterns: str, **more: Any) -> Schema:
    return {"type": "string", "pattern": f"^(?:{'|'.join(patterns)})$", **more}


def _names(names: Sequence[str]) -> Schema:
    return {"type": "string", "enum": list(names)}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 1}


def _or_list(items: Schema) -> Schema:
    """Return what takes a list, or one item of it by itself."""
    return _any_of(items["items"], items)


def _mapping(needed: Mapping[str, Schema], more: Mapping[str, Schema] | None = None) -> Schema:
    keys = {**needed, **(more or {})}
    return {"type": "object", "properties": keys, "required": list(needed), "additionalProperties": False}


_STRING: Schema = {"type": "string"}
_DURATION = _text(units.DURATION.pattern, examples=["400ms", "2s", "1.5m"])
_PERCENT = _text(units.PERCENT.pattern, examples=["20%"])
_FOREVER = _names([units.FOREVER])
_EVENTS = (*positions.EVENTS, *positions.DELTAS)
_EVENT = f"(?:{'|'.join(_EVENTS)})"
_ONE_EVENT = rf"(?:last )?{_EVENT}|{_EVENT} [1-9][0-9]{{0,5}}"
_ANY_EVENTS = _any_of(_names(_EVENTS), _text(_ONE_EVENT, f"every {_EVENT}"))
_D = units.DURATION.pattern

READ: dict[Any, Schema] = {
    units.duration: _DURATION,
    units.pause: _any_of(_FOREVER, _DURATION),
    units.share: _any_of(_PERCENT, {"type": "number", "minimum": 0, "maximum": 1}),
    units.factor: _any_of(_PERCENT, {"type": "number", "minimum": 0}),
    units.rate: {"type": "number", "exclusiveMinimum": 0},
    positions.selector: _ANY_EVENTS,
    positions.events_or_body: _any_of(_names(["body"]), _ANY_EVENTS),
    positions.one_event: _any_of(_names(_EVENTS), _text(_ONE_EVENT)),
    positions.before: _any_of(_names(["headers", "body", "end", *_EVENTS]), _text(_ONE_EVENT)),
    positions.after: _any_of(
        _names(_EVENTS),
        _text(_ONE_EVENT, positions.COUNTED.pattern, units.PERCENT.pattern, _D, examples=["3 events", "50%", "2s"]),
    ),
    positions.rate: _text(positions.RATE.pattern, examples=["20KB/s"]),
    positions.window: _text(positions.WINDOW.pattern, examples=["10..20"]),
    positions.time_window: _text(rf"(?:{_D})\.\.(?:{_D})?", examples=["10s..20s"]),
    when.body_matches: _any_of(_STRING, {"type": "object", "minProperties": 1}, _list({"type": ["string", "object"]})),
    steps.header: {"type": ["string", "number"]},
    policy.accepted_betas: _any_of(
        _names(betas.MODES), {"type": "string", "pattern": "-"}, _list({"type": "string", "minLength": 1})
    ),
    policy.unmatched_status: _any_of(
        _names(policy.UNMATCHED_TYPES),
        {"type": "integer", "minimum": 400, "maximum": 499, "not": {"enum": list(RETRIED)}},
    ),
}
"""Validator that reads a value of the file -> what that value looks like there."""

WIDER: dict[Any, Callable[[Schema], Schema]] = {
    shorthand.listed: _or_list,
    faults.scripted: lambda items: _or_list({**items, "items": _any_of(_names([faults.OK]), items["items"])}),
    faults.named: partial(
        _any_of, _names(list(NAMED)), {"type": "integer", "enum": [int(name) for name in NAMED if name.isdigit()]}
    ),
    steps.of_status: lambda error: _any_of(
        _names(list(STATUS)), {"type": "integer", "minimum": 400, "maximum": 599}, error["anyOf"][-1]
    ),
    limits.counted: partial(_any_of, {"type": "integer", "minimum": 1}),
    pace.named: partial(_any_of, _names([pace.INSTANT, *pace.NAMES])),
}
"""Validator of a shorthand -> what the file may have there, after what its long form is."""


def _exactly_one(keys: Sequence[str]) -> Schema:
    return {"oneOf": [{"required": [key]} for key in keys]}


def _not_both(*keys: str) -> Schema:
    return {"not": {"required": list(keys)}}


_ONE_KEY: Schema = {"minProperties": 1, "maxProperties": 1}
MORE: dict[type[BaseModel], Schema] = {
    Rule: _exactly_one(("reply", "sequence", "choice")),
    when.Match: _ONE_KEY,
    steps.Step: _ONE_KEY,
    steps.ServerTool: {
        "if": {"required": ["server_name"]},
        "else": {"properties": {"name": _names(steps.SERVER_TOOLS)}},
    },
    steps.Error: {"if": {"required": ["status"]}, "else": {"properties": {"type": _names(list(STATUS))}}},
    limits.Limit: {"anyOf": [{"required": [key]} for key in limits.LIMITS]},
    pace.Pace: {"allOf": [_not_both(*pair) for pair in combinations(pace.SPEEDS, 2)]},
    faults.Raw: _ONE_KEY,
    faults.Insert: {"anyOf": [_ONE_KEY, {"required": ["event", "data"]}]},
    faults.Fault: {
        **_exactly_one(faults.KINDS),
        **_not_both("before", "after"),
        "dependentSchemas": {
            "edit": {"anyOf": [{"required": ["set"]}, {"required": ["delete"]}]},
            **{option: {"anyOf": [{"required": [kind]} for kind in kinds]} for option, kinds in faults.OPTIONS.items()},
        },
    },
}
"""Model -> which of its keys go together."""


def _distribution(drawn: Schema) -> Schema:
    """Return what `quantities.distribution` takes, with numbers as `drawn` has them."""
    sigma = {"type": "number", "minimum": 0, "maximum": 10}
    most = {"max": drawn}
    kinds = {
        "uniform": {"type": "array", "items": drawn, "minItems": 2, "maxItems": 2},
        "normal": _mapping({"mean": drawn, "sd": drawn}),
        "lognormal": _any_of(
            _mapping({"p50": drawn, "p99": drawn}, most), _mapping({"median": drawn, "sigma": sigma}, most)
        ),
        "exponential": _mapping({"mean": drawn}),
    }
    return {**_mapping({}, kinds), **_ONE_KEY}


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, which asks the tables about validators and the docstrings about keys."""

    _in_fault = False

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> Schema:
        read = schema["function"]["function"]
        if isinstance(read, partial):
            return self._of_partial(read, schema)
        if read in READ:
            return READ[read]
        inner = self.generate_inner(schema["schema"])
        if read in WIDER:
            return WIDER[read](inner)
        is_given = getattr(read, "__name__", "") == shorthand.Model.given.__name__
        return _without_null(inner) if is_given else inner

    def _of_partial(self, read: partial[Any], schema: core_schema.BeforeValidatorFunctionSchema) -> Schema:
        if read.func is faults.read_once:
            return READ[read.args[1]]
        if read.func is pace.fixed_or_drawn:
            fixed, drawn = (READ[reading] for reading in read.args)
            return _any_of(fixed, _distribution(drawn))
        inner = self.generate_inner(schema["schema"])
        if read.func is shorthand.lengthened:
            return _any_of(self._short(read.args[0], inner), inner)
        return _or_list({**inner, "items": _any_of(_STRING, inner["items"])})

    def _short(self, key: str, model: Schema) -> Schema:
        """Return what the text looks like that stands for `model` with nothing but `key`."""
        long = self.get_schema_from_definitions(JsonRef(model["$ref"])) or {}
        return {keyword: value for keyword, value in long["properties"][key].items() if keyword in ("type", "enum")}

    def function_after_schema(self, schema: core_schema.AfterValidatorFunctionSchema) -> Schema:
        inner = super().function_after_schema(schema)
        return _text(steps.HEADER_NAME.pattern) if schema["function"]["function"] is steps.header_name else inner

    def dict_schema(self, schema: core_schema.DictSchema) -> Schema:
        mapping = super().dict_schema(schema)
        return {**mapping, "additionalProperties": False} if "patternProperties" in mapping else mapping

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> Schema:
        union = super().tagged_union_schema(schema)
        return {"oneOf": union["oneOf"]}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        is_plain = isinstance(schema.get("default"), (bool, int, float, str))
        return super().default_schema(schema) if is_plain else self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 (a key is its own title)
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        model, described = schema["cls"], super().model_schema(schema)
        if model is faults.Fault and not self._in_fault:
            described["properties"] = self._of_all_kinds(described["properties"])
        for key, description in descriptions(model).items():
            described["properties"][key]["description"] = description
        return {**described, **MORE.get(model, {})}

    def _of_all_kinds(self, properties: Schema) -> Schema:
        """Return the keys of a fault: those of every kind, and those that all have."""
        of_kinds: Schema = {}
        self._in_fault = True  # a script contains faults
        for kind in faults.FAULT_TYPES:
            reference = self.generate_inner(kind.__pydantic_core_schema__)["$ref"]
            of_kinds |= (self.get_schema_from_definitions(JsonRef(reference)) or {})["properties"]
        return {**of_kinds, **properties}


def _without_null(schema: Schema) -> Schema:
    kept = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
    if not kept:
        return schema
    return kept[0] if len(kept) == 1 else {**schema, "anyOf": kept}


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return what the text below each key of `model` says of it; nothing where there is no source code."""
    described: dict[str, str] = {}
    for base in reversed([base for base in model.__mro__ if issubclass(base, BaseModel) and base is not BaseModel]):
        described |= _described(base)
    return {model.model_fields[name].alias or name: text for name, text in described.items()}


def _described(model: type[BaseModel]) -> dict[str, str]:
    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    except OSError:
        return {}
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    return {
        field.target.id: inspect.cleandoc(below.value.value)
        for field, below in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }
