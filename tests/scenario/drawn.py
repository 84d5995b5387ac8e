"""Scenario files drawn from the published JSON Schema.

hypothesis-jsonschema knows neither draft 2020-12 nor recursive references, so the keywords that our schema uses are
drawn here. What a schema cannot say of a text, such as that it is a regular expression, stands in `BY_KEY`.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from mockclaude.scenario.format.json_schema import json_schema
from tests.scenario.wild import DATA, PATHS, REGEXES

SCHEMA = json_schema()
PLACEHOLDERS = st.sampled_from(
    [
        "${{ user }}",
        "a ${{ user }} b",
        "${{ request }}",
        "${{ request.metadata }}",
        "${{ request.missing }}",
        "${{ request.messages[0].content }}",
        "${{ request.sum([max_tokens, `9223372036854775807`, `9223372036854775807`]) }}",
        "${{ request.[@, @] | [@, @] | [@, @] }}",
        "${{ tool_result }}",
        "${{ turn }}",
        "${{ fake.name }}",
        "${{ fake.pyfloat }}",
        "${{ fake.words }}",
        "$${{ user }}",
    ]
)
TEXTS = PLACEHOLDERS | st.text(max_size=8) | st.sampled_from(["Hello", "é😀" * 30, "x" * 500, "\ud7ff", "a\nb\r\n"])
ANY = PLACEHOLDERS | DATA
_FIELDS = {
    "id": TEXTS,
    "name": TEXTS,
    "input": st.dictionaries(TEXTS, ANY, max_size=2) | PLACEHOLDERS,
    "text": TEXTS,
    "thinking": TEXTS,
    "signature": TEXTS,
    "content": st.dictionaries(TEXTS, ANY, max_size=2) | PLACEHOLDERS,
    "tool_use_id": TEXTS,
    "citations": st.lists(DATA, max_size=2) | st.none(),
    "encrypted_content": ANY,
}
_KINDS = ["text", "thinking", "tool_use", "server_tool_use", "mcp_tool_use", "code_execution_tool_result", "compaction"]
BLOCKS = st.fixed_dictionaries(
    {"type": st.sampled_from([*_KINDS, "hologram", "image", "document", "tool_result"])}
).flatmap(lambda kind: st.fixed_dictionaries(_FIELDS).map(lambda fields: {**fields, "server_name": "x", **kind}))
BY_KEY: dict[str, st.SearchStrategy[Any]] = {
    "regex": REGEXES,
    "body": PATHS | st.dictionaries(PATHS, DATA, min_size=1, max_size=2),
    "locale": st.sampled_from(["en_US", "de_DE"]),
    "hex": st.sampled_from(["", "ff", "0a0d"]),
    "base64": st.sampled_from(["", "AAAA"]),
    "block": BLOCKS,
    "result": ANY | st.lists(st.dictionaries(TEXTS, ANY, max_size=2), max_size=2) | st.dictionaries(TEXTS, ANY),
    "set": st.dictionaries(
        st.sampled_from(["delta", "delta.text", "a.b.0", "", "index", ".", "x" * 9]), ANY, max_size=2
    ),
    "delete": st.sampled_from(["delta", "usage.output_tokens", "", "message.usage"]),
    "name": TEXTS | st.sampled_from(["web_search", "code_execution", "web_fetch", "tool_search_tool_regex"]),
    "pings": st.sampled_from(["1us", "15s"]),
}
_DEEPEST = 12


def of_key(key: str, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    drawn = of(schema, depth + 1)
    return BY_KEY[key] if key in BY_KEY and not ("enum" in schema or "$ref" in schema) else drawn


def of(schema: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Return what draws values of `schema`."""
    if "$ref" in schema:
        definition = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
        return st.deferred(lambda: of(definition, depth + 1))
    if schema.get("type") == "object" or "properties" in schema:
        return _mappings(schema, depth)
    if options := schema.get("anyOf", schema.get("oneOf")):
        simple = [option for option in options if "$ref" not in option] if depth > _DEEPEST else []
        return st.one_of([of(option, depth + 1) for option in simple or options])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    kind = schema.get("type")
    if isinstance(kind, list):
        return st.one_of([of({"type": each}, depth) for each in kind])
    return _SIMPLE[kind](schema, depth) if kind else ANY


def _texts(schema: dict[str, Any], _: int) -> st.SearchStrategy[Any]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"].removesuffix("$") + r"\Z").map(str)
    return TEXTS.filter(bool) if schema.get("minLength") else TEXTS


def _numbers(schema: dict[str, Any], _: int) -> st.SearchStrategy[Any]:
    least, most = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    return st.floats(least, most, allow_nan=False, allow_infinity=False) | _integers(schema, 0)


def _integers(schema: dict[str, Any], _: int) -> st.SearchStrategy[Any]:
    least, most = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum", 2**63)
    return st.integers(-(2**63) if least is None else least, most) | st.sampled_from([max(1, least or 0), most])


def _lists(schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    most = min(schema.get("maxItems", 3), 1 if depth > _DEEPEST else 3)
    least = schema.get("minItems", 0)
    return st.lists(of(schema.get("items", {}), depth + 1), min_size=least, max_size=max(least, most))


def _mappings(schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    properties = schema.get("properties")
    if properties is None:
        [(pattern, inside)] = schema.get("patternProperties", {"": schema.get("additionalProperties")}).items()
        keys = st.from_regex(f"\\A{pattern.strip('^$')}\\Z") if pattern else TEXTS
        return st.dictionaries(keys, of(inside, depth + 1) if isinstance(inside, dict) else ANY, max_size=2)
    alternatives = [option["required"][0] for option in schema.get("oneOf", ()) if "required" in option]
    if schema.get("maxProperties") == 1:
        alternatives = list(properties)
    return st.one_of([_with_keys(schema, one, alternatives, depth) for one in alternatives or [""]])


def _with_keys(schema: dict[str, Any], one: str, others: list[str], depth: int) -> st.SearchStrategy[Any]:
    """Return mappings with the key `one`, none of the `others`, the required ones, and those that they depend on."""
    properties = {key: of_key(key, value, depth) for key, value in schema["properties"].items()}
    dependent = schema.get("dependentSchemas", {})
    needed = {one, *schema.get("required", ())} - {""}
    fitting = [
        key
        for key in properties
        if key not in others and key not in needed
        if key not in dependent or any(one in option["required"] for option in dependent[key].get("anyOf", ()))
    ]
    optional = {key: properties[key] for key in fitting} if depth <= _DEEPEST else {}
    drawn = st.lists(st.sampled_from(sorted(optional)), max_size=3, unique=True) if optional else st.just([])
    return drawn.flatmap(lambda keys: st.fixed_dictionaries({key: properties[key] for key in (*sorted(needed), *keys)}))


_SIMPLE: dict[str, Any] = {
    "string": _texts,
    "number": _numbers,
    "integer": _integers,
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
    "array": _lists,
}

RULES = of(SCHEMA["$defs"]["Rule"])
FILES = st.fixed_dictionaries(
    {"rules": st.lists(RULES, min_size=1, max_size=2)},
    optional={key: of_key(key, SCHEMA["properties"][key], 0) for key in ("chaos", "limits", "pace", "as_written")},
)
