"""Build the JSON Schema (draft 2020-12) of a scenario file, for completion and errors in editors.

Pydantic generates it from the models. Tables add the rules of our validators: the form of a shorthand, of a text with a
unit, and combinations of keys. The schema accepts all valid files, and some invalid ones.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from functools import cache, partial
from itertools import combinations, pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonRef
from pydantic_core import core_schema

from mockclaude.api.errors import STATUS
from mockclaude.scenario.format import (
    api_form,
    api_models,
    fault_base,
    faults,
    limits,
    pace,
    response_steps,
    shorthand,
    steps,
    tool_steps,
    when,
)
from mockclaude.scenario.format.deferred import schema_of_deferred
from mockclaude.scenario.format.file import REPLY_KEYS, RuleModel, ScenarioFile
from mockclaude.scenario.format.value_schemas import VALUE_SCHEMAS, WIDENED_SCHEMAS, Schema, any_of, mapping, names


def json_schema() -> Schema:
    """Return the JSON Schema of a scenario file."""
    schema = ScenarioFile.model_json_schema(schema_generator=_Generator)
    return {"$schema": _Generator.schema_dialect, **schema, "title": "mockclaude scenario file"}


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
    api_models.MessageFields: {"minProperties": 1, "dependentRequired": {"type": ["content"]}},
    steps.Text: _one_text("text"),
    steps.Thinking: _one_text("thinking"),
    tool_steps.ToolUse: {
        "not": {"required": ["input", "json"]},
        **_if_chunk_list({"not": {"anyOf": [{"required": ["input"]}, {"required": ["json"]}]}}),
    },
    tool_steps.ToolFile: _exactly_one(("content", "base64")),
    tool_steps.ServerTool: {
        "if": {"required": ["server_name"]},
        "else": {"properties": {"name": names(tool_steps.SERVER_TOOLS)}},
    },
    response_steps.Error: {"if": {"required": ["status"]}, "else": {"properties": {"type": names(list(STATUS))}}},
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
        "normal": mapping({"mean": drawn, "sd": drawn}),
        "lognormal": any_of(
            mapping({"p50": drawn, "p99": drawn}, most), mapping({"median": drawn, "sigma": sigma}, most)
        ),
        "exponential": mapping({"mean": drawn}),
    }
    return {**mapping({}, kinds), **_ONE_KEY}


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
            return any_of(VALUE_SCHEMAS[options[0]], _distribution(VALUE_SCHEMAS[options[1]]))
        inner = self.generate_inner(schema["schema"])
        if read is api_form.expand_api_form:
            forms = (api_models.RawBlock.__pydantic_core_schema__, api_models.Message.__pydantic_core_schema__)
            return any_of(inner, *map(self.generate_inner, forms))
        if read is shorthand.expand_shorthand:
            return any_of(self._short(options[0], inner), inner)
        return WIDENED_SCHEMAS[read](inner) if read in WIDENED_SCHEMAS else inner

    def function_plain_schema(self, schema: core_schema.PlainValidatorFunctionSchema) -> Schema:
        return self.generate_inner(schema_of_deferred(schema["function"]["function"]))

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


@cache
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
