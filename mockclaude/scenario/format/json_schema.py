"""Build the JSON Schema (draft 2020-12) of a scenario file, for completion and errors in editors.

Pydantic generates it from the models. Tables add the rules of our validators: the form of a shorthand, of a text with a
unit, and combinations of keys. The schema accepts all valid files, and some invalid ones.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations, pairwise
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonRef
from pydantic_core import core_schema

from mockclaude.api import betas
from mockclaude.api.errors import RETRIED, STATUS
from mockclaude.scenario.format import (
    api_form,
    fault_base,
    faults,
    limits,
    pace,
    policy,
    positions,
    shorthand,
    steps,
    units,
    when,
)
from mockclaude.scenario.format.file import REPLY_KEYS, RuleModel, ScenarioFile
from mockclaude.scenario.format.presets import PRESETS

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


def _or_list(items: Schema) -> Schema:
    """Return the schema of a list or of one item without a list."""
    return _any_of(items["items"], items)


def _mapping(needed: Schema, more: Schema | None = None) -> Schema:
    keys = needed | (more or {})
    return {"type": "object", "properties": keys, "required": list(needed), "additionalProperties": False}


_STRING: Schema = {"type": "string"}
_DURATION = _text(units.DURATION.pattern, examples=["400ms", "2s", "1.5m"])
_PERCENT = _text(units.PERCENT.pattern, examples=["20%"])
_EVENTS = (*positions.EVENTS, *positions.DELTAS)
_EVENT = f"(?:{'|'.join(_EVENTS)})"
_ONE_EVENT = rf"(?:last )?{_EVENT}|{_EVENT} [1-9][0-9]{{0,5}}"
_ANY_EVENTS = _any_of(_names(_EVENTS), _text(_ONE_EVENT, f"every {_EVENT}"))
_D = units.DURATION.pattern

VALUE_SCHEMAS: dict[Any, Schema] = {
    units.parse_duration: _DURATION,
    units.parse_pause: _any_of(_names([units.FOREVER]), _DURATION),
    units.parse_probability: _any_of(_PERCENT, {"type": "number", "minimum": 0, "maximum": 1}),
    units.parse_factor: _any_of(_PERCENT, {"type": "number", "minimum": 0}),
    units.parse_rate: {"type": "number", "exclusiveMinimum": 0},
    positions.parse_selector: _ANY_EVENTS,
    positions.parse_events_or_body: _any_of(_names(["body"]), _ANY_EVENTS),
    positions.parse_event: _any_of(_names(_EVENTS), _text(_ONE_EVENT)),
    positions.parse_before: _any_of(_names(["headers", "body", "end", *_EVENTS]), _text(_ONE_EVENT)),
    positions.parse_after: _any_of(
        _names(_EVENTS),
        _text(_ONE_EVENT, positions.COUNTED.pattern, units.PERCENT.pattern, _D, examples=["3 events", "50%", "2s"]),
    ),
    positions.parse_byte_rate: _text(positions.RATE.pattern, examples=["20KB/s"]),
    positions.parse_request_window: _text(positions.WINDOW.pattern, examples=["10..20"]),
    positions.parse_time_window: _text(rf"(?:{_D})\.\.(?:{_D})?", examples=["10s..20s"]),
    when.expand_body_matches: _any_of(
        _STRING,
        {"type": "object", "minProperties": 1},
        {"type": "array", "items": {"type": ["string", "object"]}, "minItems": 1},
    ),
    shorthand.header_to_text: {"type": ["string", "number"]},
    policy.parse_accepted_betas: _any_of(
        _names(betas.MODES),
        {"type": "string", "pattern": "-"},
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
    ),
    policy.parse_lane_from: _any_of(
        _text(policy.LANE_SOURCE.pattern, examples=["headers.x-user", "cookies.session", "metadata.user_id"]),
        {"type": "array", "items": _text(policy.LANE_SOURCE.pattern), "minItems": 1},
    ),
    policy.parse_unmatched_status: _any_of(
        _names(policy.UNMATCHED_TYPES),
        {"type": "integer", "minimum": 400, "maximum": 499, "not": {"enum": list(RETRIED)}},
    ),
}
"""Validator -> the schema of the values that it accepts."""

WIDENED_SCHEMAS: dict[Any, Callable[[Schema], Schema]] = {
    shorthand.as_list: _or_list,
    shorthand.expand_each: lambda items: _or_list({**items, "items": _any_of(_STRING, items["items"])}),
    faults.expand_script: lambda items: _or_list({**items, "items": _any_of(_names([faults.OK]), items["items"])}),
    fault_base.expand_preset: partial(
        _any_of, _names(list(PRESETS)), {"type": "integer", "enum": [int(name) for name in PRESETS if name.isdigit()]}
    ),
    steps.expand_status: lambda error: _any_of(
        _names(list(STATUS)), {"type": "integer", "minimum": 400, "maximum": 599}, error["anyOf"][-1]
    ),
    api_form.expand_content: partial(_any_of, _STRING),
    limits.expand_in_flight: partial(_any_of, {"type": "integer", "minimum": 1}),
    pace.expand_name: partial(_any_of, _names([pace.INSTANT, *pace.NAMES])),
}
"""Validator of a shorthand -> a function that adds the shorthand to the schema of the long form."""


def _exactly_one(keys: Sequence[str]) -> Schema:
    return {"oneOf": [{"required": [key]} for key in keys]}


def _if_chunk_list(then: Schema) -> Schema:
    return {"if": {"properties": {"chunks": {"type": "array"}}, "required": ["chunks"]}, "then": then}


def _one_text(key: str) -> Schema:
    return {**_if_chunk_list({"not": {"required": [key]}}), "else": {"required": [key]}}


_ONE_KEY: Schema = {"minProperties": 1, "maxProperties": 1}
KEY_CONSTRAINTS: dict[type[BaseModel], Schema] = {
    RuleModel: _exactly_one(REPLY_KEYS),
    when.TextMatcher: _ONE_KEY,
    steps.StepModel: _ONE_KEY,
    steps.Text: _one_text("text"),
    steps.Thinking: _one_text("thinking"),
    steps.ToolUse: {
        "not": {"required": ["input", "json"]},
        **_if_chunk_list({"not": {"anyOf": [{"required": ["input"]}, {"required": ["json"]}]}}),
    },
    steps.ServerTool: {
        "if": {"required": ["server_name"]},
        "else": {"properties": {"name": _names(steps.SERVER_TOOLS)}},
    },
    steps.Error: {"if": {"required": ["status"]}, "else": {"properties": {"type": _names(list(STATUS))}}},
    limits.Limit: {"anyOf": [{"required": [key]} for key in limits.LIMITS]},
    pace.Pace: {"allOf": [{"not": {"required": [*pair]}} for pair in combinations(pace.SPEEDS, 2)]},
    faults.Raw: _ONE_KEY,
    faults.Insert: {"anyOf": [_ONE_KEY, {"required": ["event", "data"]}]},
    faults.Fault: {
        **_exactly_one(faults.KINDS),
        "not": {"anyOf": [{"required": ["before", "after"]}, {"required": ["pings", "comments"]}]},
        "dependentSchemas": {
            "edit": {"anyOf": [{"required": ["set"]}, {"required": ["delete"]}]},
            **{option: {"anyOf": [{"required": [kind]} for kind in kinds]} for option, kinds in faults.OPTIONS.items()},
        },
    },
}
"""Model -> a schema of the combinations of its keys."""


DEFINITION_NAMES = {
    "RuleModel": "Rule",
    "StepModel": "Step",
    "TextMatcher": "Match",
    "ToolResultMatcher": "ToolResultMatch",
}
"""Model -> its name in the schema, which does not follow the names of classes."""


def _distribution(drawn: Schema) -> Schema:
    """Return the schema of a distribution whose numbers have the schema `drawn`."""
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
    """Pydantic's generator, with the schemas of our validators and the docstrings of keys."""

    _in_fault = False

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> Schema:
        read: Any = schema["function"]["function"]
        read, options = (read.func, read.args) if isinstance(read, partial) else (read, ())
        if read is fault_base.parse_once:
            read = options[1]
        if read in VALUE_SCHEMAS:
            return dict(VALUE_SCHEMAS[read])
        if read is pace.parse_fixed_or_distribution:
            return _any_of(VALUE_SCHEMAS[options[0]], _distribution(VALUE_SCHEMAS[options[1]]))
        inner = self.generate_inner(schema["schema"])
        if read is api_form.expand_api_form:
            forms = (api_form.RawBlock.__pydantic_core_schema__, api_form.Message.__pydantic_core_schema__)
            return _any_of(inner, *map(self.generate_inner, forms))
        if read is shorthand.expand_shorthand:
            return _any_of(self._short(options[0], inner), inner)
        return WIDENED_SCHEMAS[read](inner) if read in WIDENED_SCHEMAS else inner

    def _short(self, key: str, model: Schema) -> Schema:
        """Return the schema of a text that expands to a `model` with `key` alone."""
        long = self.get_schema_from_definitions(JsonRef(model["$ref"])) or {}
        return {keyword: value for keyword, value in long["properties"][key].items() if keyword in ("type", "enum")}

    def normalize_name(self, name: str) -> str:
        return super().normalize_name(DEFINITION_NAMES.get(name, name))

    def dict_schema(self, schema: core_schema.DictSchema) -> Schema:
        mapping = super().dict_schema(schema)
        return {**mapping, "additionalProperties": False} if "patternProperties" in mapping else mapping

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> Schema:
        union = super().tagged_union_schema(schema)
        return {"oneOf": union["oneOf"]}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        is_plain = isinstance(schema.get("default"), (bool, int, float, str))
        return super().default_schema(schema) if is_plain else self.generate_inner(schema["schema"])

    def nullable_schema(self, schema: core_schema.NullableSchema) -> Schema:
        return self.generate_inner(schema["schema"])  # None stands for a key that is missing

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 (a key is its own title)
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        model, described = schema["cls"], super().model_schema(schema)
        if model is faults.Fault and not self._in_fault:
            described["properties"] = self._of_all_kinds(described["properties"])
        for key, description in descriptions(model).items():
            described["properties"][key]["description"] = description
        name = DEFINITION_NAMES.get(model.__name__, model.__name__)
        return {**described, "title": name, **KEY_CONSTRAINTS.get(model, {})}

    def _of_all_kinds(self, properties: Schema) -> Schema:
        """Return the keys of a fault: those of each kind, and the common ones."""
        of_kinds: Schema = {}
        self._in_fault = True  # a script contains faults
        for kind in faults.FAULT_TYPES:
            reference = self.generate_inner(kind.__pydantic_core_schema__)["$ref"]
            of_kinds |= (self.get_schema_from_definitions(JsonRef(reference)) or {})["properties"]
        return {**of_kinds, **properties}


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstring below each key of `model`; {} without source code."""
    described: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            described |= _described(base)
    return {model.model_fields[name].alias or name: text for name, text in described.items()}


def _described(model: type[BaseModel]) -> dict[str, str]:
    try:
        (definition,) = ast.parse(inspect.getsource(model)).body
    except OSError:
        return {}
    described = {}
    for lines in pairwise(getattr(definition, "body", ())):
        match lines:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                described[name] = inspect.cleandoc(text)
    return described
