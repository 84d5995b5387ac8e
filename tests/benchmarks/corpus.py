"""Requests that cost more than they look: each is built to a size, so that growth can be seen.

In: a size in bytes. Out: a `Request`. Names say what is large, or what is deep.
"""

import base64
import gzip
import json
import random
import zlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

Body = dict[str, Any]


class Request(NamedTuple):
    """A request: its body, and header lines besides those that every request has."""

    body: bytes
    headers: dict[str, str]
    path: str = "/v1/messages"


Build = Callable[[int], Request]
CORPUS: dict[str, Build] = {}
"""Name -> how the request is built, to about so many bytes."""

MESSAGE = {"role": "user", "content": "Hello!"}
MODEL = "claude-sonnet-4-5"
TOOL = {"name": "find", "input_schema": {"type": "object", "properties": {}}}
OFF = {"x-mockclaude-validation": "off"}
GATEWAY = {"x-mockclaude-validation": "gateway"}


def ask(**fields: Any) -> Body:
    return {"model": MODEL, "max_tokens": 1024, "messages": [MESSAGE], **fields}


def request(body: Any, headers: dict[str, str] | None = None, path: str = "/v1/messages") -> Request:
    return Request(json.dumps(body, separators=(",", ":")).encode(), headers or {}, path)


def entry(
    name: str, headers: dict[str, str] | None = None, path: str = "/v1/messages"
) -> Callable[[Callable[[int], Any]], Callable[[int], Any]]:
    """Register what builds the JSON body of a request."""

    def register(build: Callable[[int], Any]) -> Callable[[int], Any]:
        CORPUS[name] = lambda size: request(build(size), headers, path)
        return build

    return register


def raw(name: str) -> Callable[[Build], Build]:
    """Register what builds a whole request."""

    def register(build: Build) -> Build:
        CORPUS[name] = build
        return build

    return register


def user(content: Any) -> Body:
    return {"role": "user", "content": content}


def assistant(content: Any) -> Body:
    return {"role": "assistant", "content": content}


def text(value: str, **more: Any) -> Body:
    return {"type": "text", "text": value, **more}


def nested(levels: int, key: str = "items") -> Body:
    schema: Body = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "array", key: schema}
    return schema


def formatted(schema: Body, **more: Any) -> Body:
    return ask(output_config={"format": {"type": "json_schema", "schema": schema}}, **more)


def called(schema: Body, **more: Any) -> Body:
    tool = {"name": "find", "input_schema": {"type": "object", **schema}, **more}
    return ask(tools=[tool], tool_choice={"type": "tool", "name": "find"})


def wanted(schema: Body, **definitions: Any) -> Body:
    """Return a request for a call whose only property has a schema, which may refer to definitions."""
    return called({"properties": {"p": schema}, "required": ["p"], "$defs": definitions})


def closed(properties: Body, **more: Any) -> Body:
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


def lattice(levels: int, ways: int = 2) -> Body:
    """Return definitions, each of which refers `ways` times to the next: no circle, and exponentially many ways."""
    names = [f"p{way}" for way in range(ways)]
    definitions = {
        f"d{level}": closed({name: {"$ref": f"#/$defs/d{level + 1}"} for name in names}, required=names)
        for level in range(levels)
    }
    definitions[f"d{levels}"] = {"type": "string"}
    return closed({"start": {"$ref": "#/$defs/d0"}}, required=["start"], **{"$defs": definitions})


def words(size: int) -> str:
    return ("the quick brown fox jumps over the lazy dog and uses nothing. " * (size // 60 + 1))[:size]


# Text


@entry("text: prose")
def _(size: int) -> Body:
    return ask(messages=[user(words(size))])


@entry("text: one word")
def _(size: int) -> Body:
    return ask(messages=[user("a" * size)])


@entry("text: spaces")
def _(size: int) -> Body:
    return ask(messages=[user([text(" " * size + "x")])])


@entry("text: three-byte characters")
def _(size: int) -> Body:
    return ask(messages=[user("\u20ac" * (size // 6))])


@entry("text: digits and commas")
def _(size: int) -> Body:
    return called({"properties": {"n": {"type": "integer"}}, "required": ["n"]}) | {
        "messages": [user("1,234" * (size // 5))]
    }


@entry("text: opening quotes")
def _(size: int) -> Body:
    return called({"properties": {"q": {"type": "string"}}, "required": ["q"]}) | {
        "messages": [user("\u201c in the " * (size // 14))]
    }


@entry("text: reminders that never end")
def _(size: int) -> Body:
    return ask(messages=[user("<system-reminder>" * (size // 17))])


@entry("text: reminders")
def _(size: int) -> Body:
    return ask(messages=[user("<system-reminder>a</system-reminder>" * (size // 36))])


@entry("text: use, and no name of a tool")
def _(size: int) -> Body:
    tools = [{**TOOL, "name": f"tool_{n}"} for n in range(200)]
    return ask(messages=[user("use " * (size // 4 - 4000))], tools=tools)


@entry("text: a name of tools, which have its beginnings as names")
def _(size: int) -> Body:
    tools = [{**TOOL, "name": ("a-" * 8)[:length]} for length in range(1, 17)]
    return ask(messages=[user("a-" * (size // 2))], tools=tools)


@entry("tools x prose")
def _(size: int) -> Body:
    tools = [{**TOOL, "name": f"get_stock_price_{n}"} for n in range(size // 800)]
    return ask(messages=[user(words(size * 8 // 10))], tools=tools)


@entry("tools x prose, choice any")
def _(size: int) -> Body:
    tools = [{**TOOL, "name": f"get_stock_price_{n}"} for n in range(size // 180)]
    return ask(messages=[user("use. " * (size // 10))], tools=tools, tool_choice={"type": "any"})


# Wrong shapes: one error is sent


@entry("wrong: content of numbers")
def _(size: int) -> Body:
    return ask(messages=[user([1] * (size // 2))])


@entry("wrong: content of numbers, gateway", GATEWAY)
def _(size: int) -> Body:
    return ask(messages=[user([1] * (size // 2))])


@entry("wrong: content of numbers, off", OFF)
def _(size: int) -> Body:
    return ask(messages=[user([1] * (size // 2))])


@entry("wrong: blocks without their fields")
def _(size: int) -> Body:
    return ask(messages=[user([{"type": "text"}] * (size // 16))])


@entry("wrong: blocks of unknown types")
def _(size: int) -> Body:
    return ask(messages=[user([{"type": "a"}] * (size // 13))])


@entry("wrong: blocks with more fields")
def _(size: int) -> Body:
    return ask(messages=[user([text("a", a=1)] * (size // 30))])


@entry("wrong: one block with many fields")
def _(size: int) -> Body:
    return ask(messages=[user([text("a", **{f"k{n}": 1 for n in range(size // 10)})])])


@entry("wrong: one block with many fields, gateway", GATEWAY)
def _(size: int) -> Body:
    return ask(messages=[user([text("a", **{f"k{n}": 1 for n in range(size // 10)})])])


@entry("wrong: top-level fields")
def _(size: int) -> Body:
    return ask(**{f"field{n}": n for n in range(size // 18)})


@entry("wrong: top-level fields, gateway", GATEWAY)
def _(size: int) -> Body:
    return ask(**{f"field{n}": n for n in range(size // 18)})


@entry("wrong: top-level fields, off", OFF)
def _(size: int) -> Body:
    return ask(**{f"field{n}": n for n in range(size // 18)})


@entry("wrong: messages of numbers")
def _(size: int) -> Body:
    return ask(messages=[1] * (size // 2))


@entry("wrong: messages without a role")
def _(size: int) -> Body:
    return ask(messages=[{}] * min(100_000, size // 3))


@entry("wrong: messages of another role, gateway", GATEWAY)
def _(size: int) -> Body:
    return ask(messages=[{"role": "x", "content": ""}] * (size // 25))


@entry("wrong: too many messages")
def _(size: int) -> Body:
    return ask(messages=[{}] * (size // 3))


@entry("wrong: tools of numbers")
def _(size: int) -> Body:
    return ask(tools=[1] * (size // 2))


@entry("wrong: tools without anything")
def _(size: int) -> Body:
    return ask(tools=[{}] * (size // 3))


@entry("wrong: stop sequences of numbers")
def _(size: int) -> Body:
    return ask(stop_sequences=[1] * (size // 2))


@entry("wrong: system of numbers")
def _(size: int) -> Body:
    return ask(system=[1] * (size // 2))


@entry("wrong: tool results of numbers")
def _(size: int) -> Body:
    return ask(messages=[user([{"type": "tool_result", "tool_use_id": "t", "content": [1] * (size // 2)}])])


@entry("wrong: citations of numbers")
def _(size: int) -> Body:
    return ask(messages=[assistant([text("a", citations=[1] * (size // 2))]), MESSAGE])


@entry("wrong: a long model")
def _(size: int) -> Body:
    return ask(model="claude-" + "a" * size)


@entry("wrong: a long model, off", OFF)
def _(size: int) -> Body:
    return ask(model="claude-" + "a" * size)


@entry("wrong: a long role")
def _(size: int) -> Body:
    return ask(messages=[{"role": "u" * size, "content": ""}])


@entry("wrong: a long type")
def _(size: int) -> Body:
    return ask(messages=[user([{"type": "u" * size}])])


@entry("wrong: a long field")
def _(size: int) -> Body:
    return ask(**{"f" * size: 1})


@entry("wrong: a long fault after the model")
def _(size: int) -> Body:
    return ask(model="claude-sonnet-4-5+" + "reset," * (size // 6))


@entry("wrong: a long number")
def _(_: int) -> Any:
    return ask(temperature=int("9" * 4000))


@raw("wrong: a very long number")
def _(size: int) -> Request:
    return Request(b'{"max_tokens": ' + b"9" * size + b"}", {})


@raw("wrong: a very long fraction")
def _(size: int) -> Request:
    return Request(b'{"max_tokens": 0.' + b"9" * size + b"}", {})


@raw("wrong: no JSON")
def _(size: int) -> Request:
    return Request(b'{"a": "' + b"a" * size, {})


@raw("wrong: opening brackets")
def _(size: int) -> Request:
    return Request(b"[" * size, {})


@raw("wrong: brackets")
def _(_: int) -> Request:
    return Request(b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}", {})


@raw("wrong: no UTF-8")
def _(size: int) -> Request:
    return Request(b'{"a": "' + b"\xff" * size, {})


# Depth


@entry("deep: input of a tool call")
def _(size: int) -> Body:
    value: Any = 1
    for _ in range(200):
        value = [value]
    call = {"type": "tool_use", "id": "t1", "name": "find", "input": {"a": value, "b": [{"c": [1.0]}] * (size // 15)}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "x"}
    return ask(messages=[MESSAGE, assistant([call]), user([result])])


@entry("deep: schema of an array")
def _(_: int) -> Body:
    return formatted(nested(200))


@entry("deep: many schemas")
def _(size: int) -> Body:
    return formatted(closed({f"p{n}": nested(100) for n in range(size // 3000)}))


@entry("deep: whole floats")
def _(size: int) -> Body:
    return called({"properties": {"a": {"enum": [1.0] * (size // 4)}}})


# Messages


@entry("messages: many short ones")
def _(size: int) -> Body:
    return ask(messages=[user("a"), assistant("b")] * (size // 62))


@entry("messages: many of one role")
def _(size: int) -> Body:
    return ask(messages=[user("a")] * (size // 29))


@entry("messages: many system messages")
def _(size: int) -> Body:
    return ask(messages=[user("a"), {"role": "system", "content": "b"}] * (size // 60), model="claude-sonnet-5-5")


@entry("messages: many blocks")
def _(size: int) -> Body:
    return ask(messages=[user([text("a")] * (size // 27))])


@entry("messages: many blocks, each with cache_control")
def _(size: int) -> Body:
    return ask(messages=[user([text("a", cache_control={"type": "ephemeral"})] * (size // 60))])


@entry("messages: many blocks, each with cache_control, gateway", GATEWAY)
def _(size: int) -> Body:
    return ask(messages=[user([text("a", cache_control={"type": "ephemeral"})] * (size // 60))])


@entry("messages: many blocks, each with cache_control, off", OFF)
def _(size: int) -> Body:
    return ask(messages=[user([text("a", cache_control={"type": "ephemeral"})] * (size // 60))])


@entry("cached: many blocks, the last marked")
def _(size: int) -> Body:
    return ask(messages=[user([*[text("a")] * (size // 27), text("a", cache_control={"type": "ephemeral"})])])


@entry("cached: many messages, the last marked")
def _(size: int) -> Body:
    return ask(messages=[user("a"), assistant("b")] * (size // 62) + [MESSAGE], cache_control={"type": "ephemeral"})


@entry("cached: a long text, marked")
def _(size: int) -> Body:
    return ask(messages=[user([text(words(size), cache_control={"type": "ephemeral"})])])


@entry("cached: large tool results")
def _(size: int) -> Body:
    inner = [text("a")] * (size // 27)
    call = {"type": "tool_use", "id": "t1", "name": "find", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": inner, "cache_control": {"type": "ephemeral"}}
    return ask(messages=[MESSAGE, assistant([call]), user([result])])


@entry("cached: diagnostics")
def _(size: int) -> Body:
    many = [user("a"), assistant("b")] * (size // 62) + [MESSAGE]
    return ask(messages=many, cache_control={"type": "ephemeral"}, diagnostics={"previous_message_id": "msg_1"})


@entry("messages: a thread")
def _(size: int) -> Body:
    return ask(messages=[user("a"), assistant("b")] * (size // 62) + [MESSAGE], thread={"type": "create"})


@raw("messages: a thread that is kept")
def _(size: int) -> Request:
    body = ask(messages=[user([text("a")] * (size // 27))], thread={"type": "create"})
    return request(body, {"anthropic-beta": "message-threads-2026-08-12"})


@entry("messages: calls and results in pairs")
def _(size: int) -> Body:
    messages = [MESSAGE]
    for n in range(size // 210):
        messages.append(assistant([{"type": "tool_use", "id": f"t{n}", "name": "find", "input": {}}]))
        messages.append(user([{"type": "tool_result", "tool_use_id": f"t{n}", "content": "x"}]))
    return ask(messages=messages, tools=[TOOL])


@entry("messages: calls and results in one turn")
def _(size: int) -> Body:
    count = size // 130
    calls = [{"type": "tool_use", "id": f"t{n}", "name": "find", "input": {}} for n in range(count)]
    results = [{"type": "tool_result", "tool_use_id": f"t{n}", "content": "x"} for n in range(count)]
    return ask(messages=[MESSAGE, assistant(calls), user(results)], tools=[TOOL])


@entry("messages: calls without results")
def _(size: int) -> Body:
    calls = [{"type": "tool_use", "id": f"t{n}", "name": "find", "input": {}} for n in range(size // 65)]
    return ask(messages=[MESSAGE, assistant(calls), user("x")], tools=[TOOL])


@entry("messages: results without calls, gateway", GATEWAY)
def _(size: int) -> Body:
    return ask(messages=[user([{"type": "tool_result", "tool_use_id": f"t{n}"} for n in range(size // 52)])])


@entry("messages: calls of a server without results")
def _(size: int) -> Body:
    use = {"type": "server_tool_use", "name": "web_search", "input": {}}
    calls = [{**use, "id": f"srvtoolu_{n}"} for n in range(size // 90)]
    return ask(messages=[MESSAGE, assistant(calls)])


@entry("messages: the same id")
def _(size: int) -> Body:
    call = {"type": "tool_use", "id": "t" * 1000, "name": "find", "input": {}}
    return ask(messages=[MESSAGE, assistant([call] * (size // 1065)), user("x")], tools=[TOOL])


@entry("messages: a long id")
def _(size: int) -> Body:
    call = {"type": "tool_use", "id": "t" * (size // 2), "name": "find", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t" * (size // 2), "content": "x"}
    return ask(messages=[MESSAGE, assistant([call]), user([result])], tools=[TOOL])


@entry("messages: an id that does not match")
def _(size: int) -> Body:
    return ask(
        messages=[MESSAGE, assistant([{"type": "tool_use", "id": "t" * size + "!", "name": "find", "input": {}}])]
    )


@entry("messages: forged thinking", {"anthropic-beta": "interleaved-thinking-2025-05-14"})
def _(size: int) -> Body:
    block = {"type": "thinking", "thinking": "a", "signature": base64.b64encode(b"a" * 192).decode()}
    return ask(messages=[MESSAGE, assistant([block] * (size // 310) + [text("b")]), MESSAGE])


@entry("messages: forged thinking, off", OFF)
def _(size: int) -> Body:
    block = {"type": "thinking", "thinking": "a", "signature": base64.b64encode(b"a" * 192).decode()}
    return ask(messages=[MESSAGE, assistant([block] * (size // 310) + [text("b")]), MESSAGE])


@entry("messages: a long signature")
def _(size: int) -> Body:
    block = {"type": "thinking", "thinking": "a", "signature": base64.b64encode(b"a" * (size * 3 // 4)).decode()}
    return ask(messages=[MESSAGE, assistant([block, text("b")]), MESSAGE])


@entry("messages: redacted thinking")
def _(size: int) -> Body:
    blocks = [{"type": "redacted_thinking", "data": f"{n}"} for n in range(size // 50)]
    return ask(messages=[MESSAGE, assistant([*blocks, text("b")]), MESSAGE])


@entry("messages: prefill")
def _(size: int) -> Body:
    return ask(messages=[MESSAGE, assistant([text("a")] * (size // 27))], model="claude-sonnet-4-5")


@entry("messages: tool results of many blocks")
def _(size: int) -> Body:
    call = {"type": "tool_use", "id": "t1", "name": "find", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [text("a")] * (size // 27)}
    return ask(messages=[MESSAGE, assistant([call]), user([result])], tools=[TOOL])


@entry("messages: citations")
def _(size: int) -> Body:
    citation = {"type": "char_location", "cited_text": "a", "document_index": 0, "start_char_index": 0}
    block = text("a", citations=[{**citation, "end_char_index": 1}] * (size // 110))
    return ask(messages=[MESSAGE, assistant([block]), MESSAGE])


# Tools


@entry("tools: many")
def _(size: int) -> Body:
    return ask(tools=[{**TOOL, "name": f"tool_{n}"} for n in range(size // 80)])


@entry("tools: many, the first one called")
def _(size: int) -> Body:
    tools = [{**TOOL, "name": f"tool_{n}"} for n in range(size // 80)]
    return ask(tools=tools, tool_choice={"type": "tool", "name": "tool_0"})


@entry("tools: many strict ones")
def _(size: int) -> Body:
    schema = closed({"a": {"type": "string"}})
    tools = [{"name": f"tool_{n}", "strict": True, "input_schema": schema} for n in range(size // 170)]
    return ask(tools=tools)


@entry("tools: many strict ones, gateway", GATEWAY)
def _(size: int) -> Body:
    schema = closed({"a": {"type": "string"}})
    tools = [{"name": f"tool_{n}", "strict": True, "input_schema": schema} for n in range(size // 170)]
    return ask(tools=tools)


@entry("tools: one with many properties")
def _(size: int) -> Body:
    return called({"properties": {f"p{n}": {"type": "string"} for n in range(size // 28)}})


@entry("tools: one with many required properties")
def _(size: int) -> Body:
    names = [f"p{n}" for n in range(size // 38)]
    return called({"properties": {name: {"type": "string"} for name in names}, "required": names})


@entry("tools: 190 KB of required properties")
def _(size: int) -> Body:
    names = [f"p{n}" for n in range(min(size, 190_000) // 38)]
    return called({"properties": {name: {"type": "string"} for name in names}, "required": names})


@entry("tools: 190 KB of properties, with patterns for their names")
def _(size: int) -> Body:
    names = [f"p{n}" for n in range(min(size, 180_000) // 38)]
    patterns = {f"^p.*{n}$": {"type": "string"} for n in range(150)}
    return called(
        {"properties": {n: {"type": "string"} for n in names}, "required": names, "patternProperties": patterns}
    )


@entry("tools: 190 KB of additional required names")
def _(size: int) -> Body:
    names = [f"p{n}" for n in range(min(size, 190_000) // 9)]
    return called({"required": names, "additionalProperties": {"type": "string", "pattern": "^[a-z]{3,9}$"}})


@entry("tools: an enum of many")
def _(size: int) -> Body:
    return called({"properties": {"a": {"enum": [f"v{n}" for n in range(size // 10)]}}, "required": ["a"]})


@entry("tools: 190 KB of enum")
def _(size: int) -> Body:
    options = [f"v{n}" for n in range(min(size, 190_000) // 10)]
    return called({"properties": {"a": {"enum": options}}, "required": ["a"]}) | {"messages": [user(" ".join(options))]}


@entry("tools: enums that have nothing in common")
def _(_size: int) -> Body:
    parts = [{"enum": [f"v{n}" for n in range(500)]} for _ in range(40)] + [{"enum": ["x"]}]
    return called({"properties": {"a": {"allOf": parts}}, "required": ["a"]})


@entry("tools: a pattern that backtracks")
def _(_: int) -> Body:
    return called({"properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}, "required": ["a"]}) | {
        "messages": [user("a: '" + "a" * 1900 + "!'")]
    }


@entry("tools: patterns that backtrack, with references")
def _(_: int) -> Body:
    pattern = {"type": "string", "pattern": "^(a|a?)+(?=b)\\1$"}
    names = [f"a{n}" for n in range(190)]
    return called({"properties": dict.fromkeys(names, pattern), "required": names}) | {
        "messages": [user("'" + "a" * 1900 + "!'")]
    }


@entry("tools: many patterns")
def _(_: int) -> Body:
    properties = {f"p{n}": {"type": "string", "pattern": f"^[a-z]{{{n},{n + 900}}}$"} for n in range(190)}
    return called({"properties": properties, "required": [*properties]})


@entry("tools: repetitions within repetitions")
def _(_: int) -> Body:
    pattern = "((((a{1,9}){1,9}){1,9}){1,9}){1,9}"
    properties = {f"p{n}": {"type": "string", "pattern": pattern} for n in range(100)}
    return called({"properties": properties, "required": [*properties]})


@entry("tools: one of many")
def _(size: int) -> Body:
    options = [closed({f"k{n}": {"const": n}}, required=[f"k{n}"]) for n in range(min(size, 190_000) // 90)]
    return called({"properties": {"a": {"oneOf": options}}, "required": ["a"]})


@entry("tools: allOf of anyOf")
def _(_: int) -> Body:
    parts = [{"anyOf": [{"minimum": n}, {"maximum": -n}]} for n in range(30)]
    return called({"properties": {"a": {"type": "integer", "allOf": parts}}, "required": ["a"]})


@entry("tools: allOf of many")
def _(size: int) -> Body:
    parts = [{"properties": {f"p{n}": {"type": "string"}}} for n in range(min(size, 190_000) // 45)]
    return called({"allOf": parts})


@entry("tools: definitions that refer to each other")
def _(_: int) -> Body:
    return called(lattice(24))


@entry("tools: definitions that refer to each other, strict")
def _(_: int) -> Body:
    return called(lattice(24), strict=True)


@entry("tools: definitions that refer to each other often")
def _(size: int) -> Body:
    return called(lattice(min(size, 190_000) // 400, 8), strict=True)


@entry("tools: references to references")
def _(size: int) -> Body:
    count = min(size, 190_000) // 40
    definitions = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(count)} | {f"d{count}": {"type": "string"}}
    return called({"properties": {"a": {"$ref": "#/$defs/d0"}}, "required": ["a"], "$defs": definitions})


@entry("tools: a circle")
def _(_: int) -> Body:
    node = {"type": "object", "properties": {"a": {"$ref": "#/$defs/n"}, "b": {"$ref": "#/$defs/n"}}}
    return called({"properties": {"a": {"$ref": "#/$defs/n"}}, "required": ["a"], "$defs": {"n": node}})


@entry("tools: a circle that is required")
def _(_: int) -> Body:
    node = {"type": "object", "properties": {"a": {"$ref": "#/$defs/n"}}, "required": ["a"]}
    return called({"properties": {"a": {"$ref": "#/$defs/n"}}, "required": ["a"], "$defs": {"n": node}})


@entry("tools: a thousand unique items")
def _(_: int) -> Body:
    array = {"type": "array", "minItems": 1000, "uniqueItems": True, "items": {"type": "integer", "maximum": 999}}
    return called({"properties": {"a": array}, "required": ["a"]})


@entry("tools: a thousand items that are large")
def _(_: int) -> Body:
    item = {"type": "string", "minLength": 19_000}
    return called({"properties": {"a": {"type": "array", "minItems": 1000, "items": item}}, "required": ["a"]})


@entry("tools: a large number of items in items")
def _(_size: int) -> Body:
    item: Body = {"type": "integer"}
    for _ in range(6):
        item = {"type": "array", "minItems": 20, "items": item}
    return called({"properties": {"a": item}, "required": ["a"]})


@entry("tools: a constant that is large, many times")
def _(size: int) -> Body:
    item = {"const": "a" * min(size, 100_000)}
    return called({"properties": {"a": {"type": "array", "minItems": 1000, "items": item}}, "required": ["a"]})


@entry("tools: unevaluated properties")
def _(_: int) -> Body:
    part = {"type": "object", "properties": {"a": {"type": "string"}}, "unevaluatedProperties": False}
    return called({"allOf": [part] * 50, "properties": {"a": {"type": "string"}}, "required": ["a"]})


@entry("tools: numbers with many digits")
def _(_: int) -> Body:
    return called({"properties": {"a": {"type": "number", "minimum": 1e-300, "multipleOf": 1e-300}}, "required": ["a"]})


@entry("tools: many in an MCP listing", {"anthropic-beta": "mcp-client-2025-11-20"})
def _(size: int) -> Body:
    servers = [{"type": "url", "url": "https://a.b", "name": f"s{n}"} for n in range(size // 110)]
    tools = [{"type": "mcp_toolset", "mcp_server_name": f"s{n}"} for n in range(size // 110)]
    return ask(mcp_servers=servers, tools=tools)


@entry("tools: references in results")
def _(size: int) -> Body:
    references = [{"type": "tool_reference", "tool_name": "find"}] * (size // 50)
    call = {"type": "tool_use", "id": "t1", "name": "find", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": references}
    return ask(messages=[MESSAGE, assistant([call]), user([result])], tools=[TOOL])


@entry("tools: long names")
def _(size: int) -> Body:
    return ask(tools=[{**TOOL, "name": "x" * 64 + f"{n}"} for n in range(size // 140)], messages=[user("x" * 100)])


@entry("tools: names of capitals, gateway", GATEWAY)
def _(size: int) -> Body:
    return ask(tools=[{**TOOL, "name": "A" * (size // 2)}], messages=[user("A" * (size // 2) + " tool")])


@entry("tools: a choice that is not there")
def _(size: int) -> Body:
    tools = [{**TOOL, "name": f"tool_{n}"} for n in range(size // 80)]
    return ask(tools=tools, tool_choice={"type": "tool", "name": "tool"})


@entry("tools: 2,000 characters of hints for many properties")
def _(size: int) -> Body:
    names = [f"query_{n}_path_{n}" for n in range(min(size, 180_000) // 60)]
    hints = ("in a 'b' of c.txt at d for 12 " * 100)[:2000]
    return called({"properties": {n: {"type": "string"} for n in names}, "required": names}) | {
        "messages": [user(hints)]
    }


@entry("tools: 2,000 characters of hints for many enums")
def _(size: int) -> Body:
    names = [f"p{n}" for n in range(min(size, 180_000) // 4000)]
    options = {"enum": ["a" * n for n in range(1, 90)]}
    return called({"properties": dict.fromkeys(names, options), "required": names}) | {"messages": [user("a" * 2000)]}


@entry("tools: parts that refer to many definitions")
def _(size: int) -> Body:
    definitions = {f"d{n}": {"type": "integer", "minimum": n} for n in range(min(size, 130_000) // 45)}
    parts = {f"p{n}": {"type": "number", "multipleOf": n + 1, "not": {"$ref": "#/$defs/d1"}} for n in range(600)}
    return called({"properties": parts, "required": [*parts], "$defs": definitions})


@entry("tools: allOf of many, within")
def _(size: int) -> Body:
    parts: Body = {"type": "object"}
    for n in range(250):
        more = {f"p{n}_{m}": {"type": "string"} for m in range(min(size, 150_000) // 6500)}
        parts = {"allOf": [parts, {"properties": more}]} if n % 2 else {"allOf": [{"properties": more}, parts]}
    return called({"properties": {"a": parts}, "required": ["a"]})


@entry("tools: dependent schemas")
def _(size: int) -> Body:
    names = [f"p{n}" for n in range(min(size, 180_000) // 50)]
    return called({"required": names, "dependentSchemas": {name: {"minProperties": 1} for name in names}})


@entry("tools: dependent required names")
def _(size: int) -> Body:
    names = [f"p{n}" for n in range(min(size, 180_000) // 20)]
    return called({"required": names[:1], "dependentRequired": {a: [b] for a, b in pairwise(names)}})


@entry("tools: contains of many items")
def _(_: int) -> Body:
    array = {
        "type": "array",
        "minItems": 1000,
        "contains": {"enum": [f"x{n}" for n in range(1000)]},
        "minContains": 1000,
    }
    return called({"properties": {"a": array}, "required": ["a"]})


@entry("tools: fits of alternatives of alternatives")
def _(_: int) -> Body:
    definitions = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(12)} | {
        "d12": {"minLength": 1}
    }
    parts = {f"p{n}": {"type": "string", "not": {"$ref": "#/$defs/d0"}} for n in range(300)}
    return called({"properties": parts, "required": [*parts], "$defs": definitions})


@entry("tools: a pattern of many characters")
def _(size: int) -> Body:
    return called({"properties": {"a": {"type": "string", "pattern": "a" * min(size, 190_000)}}, "required": ["a"]})


@entry("tools: patterns of Unicode classes")
def _(_: int) -> Body:
    properties = {f"p{n}": {"type": "string", "pattern": f"^\\p{{L}}{{{n + 900}}}$"} for n in range(190)}
    return called({"properties": properties, "required": [*properties]})


@entry("tools: a long default, wanted often")
def _(size: int) -> Body:
    item = {"type": "string", "default": "a" * min(size, 150_000), "pattern": "a"}
    return called({"properties": {"a": {"type": "array", "minItems": 900, "items": item}}, "required": ["a"]})


@entry("tools: references that are percent-encoded")
def _(size: int) -> Body:
    return called({"$ref": "#/$defs/" + "%61" * (min(size, 150_000) // 3), "$defs": {"a": {"type": "object"}}})


@entry("tools: a long pointer")
def _(size: int) -> Body:
    steps = "/properties/a" * (min(size, 100_000) // 13)
    return called({"properties": {"a": {"$ref": "#" + steps}}, "required": ["a"]})


@entry("tools: named anchors")
def _(size: int) -> Body:
    definitions = {f"d{n}": {"$anchor": f"a{n}", "$ref": f"#a{n + 1}"} for n in range(min(size, 150_000) // 50)}
    return called({"properties": {"a": {"$ref": "#a0"}}, "required": ["a"], "$defs": definitions})


@entry("tools: definitions within an $id")
def _(_: int) -> Body:
    inner = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(40)} | {"d40": {}}
    embedded = {"$id": "https://x/a", "$ref": "#/$defs/d0", "$defs": inner}
    return wanted({"$ref": "#/$defs/a"}, a=embedded, d0={"type": "string"})


@entry("tools: anchors of the same name")
def _(size: int) -> Body:
    named = [{"$anchor": "x", "const": number} for number in range(min(size, 150_000) // 40)]
    return wanted({"$ref": "#x"}, **{f"d{number}": each for number, each in enumerate(named)})


@entry("tools: unevaluated properties in a row")
def _(_: int) -> Body:
    row = {
        f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}], "unevaluatedProperties": False}
        for level in range(40)
    }
    return wanted({"$ref": "#/$defs/d0"}, **row, d40={"properties": {"a": {"type": "integer"}}})


@entry("tools: unevaluated items in a row")
def _(_: int) -> Body:
    row = {
        f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}], "unevaluatedItems": False} for level in range(40)
    }
    return wanted({"$ref": "#/$defs/d0"}, **row, d40={"type": "array", "prefixItems": [{"type": "integer"}]})


@entry("tools: alternatives of alternatives")
def _(size: int) -> Body:
    return wanted({"$ref": "#/$defs/w"}, w={"anyOf": [*[True] * min(size // 5, 30_000), {"$ref": "#/$defs/w"}]})


@entry("tools: many names, referred to often")
def _(size: int) -> Body:
    names = {f"n{number}": True for number in range(min(size, 90_000) // 15)}
    references = [{"$ref": "#/$defs/w"}] * (min(size, 90_000) // 22)
    return wanted({"type": "object", "allOf": references}, w={"properties": names})


@entry("tools: dependencies of definitions")
def _(_: int) -> Body:
    row = {
        f"d{level}": {"dependencies": {"a": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2}}} for level in range(40)
    }
    start = {"type": "object", "required": ["a"], "properties": {"a": {}}, "not": {"not": {"$ref": "#/$defs/d0"}}}
    return wanted(start, **row, d40={})


@entry("tools: a pattern that backtracks, referred to often")
def _(_: int) -> Body:
    properties = {"p": {"type": "string", "minLength": 20_000}}
    often = {"not": {"allOf": [{"$ref": "#/$defs/w"}] * 2_400}}
    searched = {"not": {"pattern": "(?=x)(a|aa|x| and)*y$"}}
    return called(
        {"properties": properties, "required": ["p"], "not": {"properties": {"p": often}}, "$defs": {"w": searched}}
    )


@entry("tools: a constant, copied to each request")
def _(size: int) -> Body:
    constant: Body = {"const": [{}] * (min(size, 30_000) // 3)}
    return wanted({"type": "array", "minItems": 1_000, "items": {"$ref": "#/$defs/c"}}, c=constant)


# Output


@entry("output: definitions that refer to each other")
def _(_: int) -> Body:
    return formatted(lattice(24))


@entry("output: definitions that refer to each other often")
def _(size: int) -> Body:
    return formatted(lattice(size // 400, 8))


@entry("output: definitions in a row")
def _(size: int) -> Body:
    return formatted(lattice(size // 110, 1))


@entry("output: definitions in a circle")
def _(size: int) -> Body:
    schema = lattice(size // 110, 1)
    last = [*schema["$defs"]][-1]
    schema["$defs"][last] = closed({"p": {"$ref": f"#/$defs/{[*schema['$defs']][-3]}"}})
    return formatted(schema)


@entry("output: many properties")
def _(size: int) -> Body:
    return formatted(closed({f"p{n}": {"type": "string"} for n in range(size // 28)}))


@entry("output: many properties, the last one wrong")
def _(size: int) -> Body:
    return formatted(
        closed({**{f"p{n}": {"type": "string"} for n in range(size // 28)}, "z": {"type": "string", "minLength": 1}})
    )


@entry("output: many alternatives")
def _(size: int) -> Body:
    return formatted(closed({"a": {"anyOf": [{"type": "string"}] * (size // 18)}}, required=["a"]))


@entry("output: the old field", {"anthropic-beta": "structured-outputs-2025-11-13"})
def _(_: int) -> Body:
    return ask(output_format={"type": "json_schema", "schema": lattice(24)})


@entry("output: definitions, and no validation", OFF)
def _(_: int) -> Body:
    return formatted(lattice(24))


@entry("output: many stop sequences")
def _(size: int) -> Body:
    return ask(stop_sequences=[f"s{n}" for n in range(size // 10)])


@entry("output: many empty stop sequences")
def _(size: int) -> Body:
    return ask(stop_sequences=[""] * (size // 3))


@entry("output: many stop sequences, off", OFF)
def _(size: int) -> Body:
    return ask(stop_sequences=["\ue000"] * (size // 9))


@entry("output: long stop sequences")
def _(size: int) -> Body:
    return ask(stop_sequences=["a" * 999 + "b"] * (size // 1003))


@entry("output: different stop sequences")
def _(size: int) -> Body:
    return ask(stop_sequences=[f"{number:06}" for number in range(size // 9)])


@entry("output: different stop sequences, and a long question")
def _(size: int) -> Body:
    sequences = [f"{number:06}" for number in range(size // 18)]
    return ask(stop_sequences=sequences, messages=[user(words(size // 2))])


@entry("output: metadata")
def _(size: int) -> Body:
    return ask(metadata={"user_id": "a" * size})


@entry("output: a container of many skills", {"anthropic-beta": "skills-2025-10-02"})
def _(size: int) -> Body:
    skills = [{"type": "custom", "skill_id": f"s{n}", "version": "latest"} for n in range(size // 60)]
    return ask(container={"skills": skills})


@entry("output: many edits of the context", {"anthropic-beta": "context-management-2025-06-27"})
def _(size: int) -> Body:
    return ask(context_management={"edits": [{"type": "clear_tool_uses_20250919"}] * (size // 38)})


@entry("system: many blocks")
def _(size: int) -> Body:
    return ask(system=[text("a")] * (size // 27))


# Media


def picture(data: bytes, kind: str = "image/png") -> Body:
    source = {"type": "base64", "media_type": kind, "data": base64.b64encode(data).decode()}
    return {"type": "image", "source": source}


def document(data: bytes) -> Body:
    source = {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(data).decode()}
    return {"type": "document", "source": source}


@entry("media: many pictures")
def _(size: int) -> Body:
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10"
    return ask(messages=[user([picture(head + n.to_bytes(4, "big")) for n in range(size // 130)])])


@entry("media: one picture many times")
def _(size: int) -> Body:
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10"
    return ask(messages=[user([picture(head)] * (size // 130))])


@entry("media: a JPEG of many segments")
def _(size: int) -> Body:
    return ask(messages=[user([picture(b"\xff\xd8" + b"\xff\xe0\0\x02" * (size * 3 // 16), "image/jpeg")])])


@entry("media: a JPEG of markers")
def _(size: int) -> Body:
    return ask(messages=[user([picture(b"\xff\xd8\xff" + b"\xff" * (size * 3 // 4), "image/jpeg")])])


@entry("media: a large picture")
def _(size: int) -> Body:
    return ask(messages=[user([picture(b"GIF89a\x10\0\x10\0" + b"a" * (size * 3 // 4), "image/gif")])])


@entry("media: no base64")
def _(size: int) -> Body:
    block = picture(b"")
    block["source"]["data"] = "=" * size
    return ask(messages=[user([block])])


def pdf(*objects: bytes) -> bytes:
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        + table
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    )


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"


def stream(number: int, head: bytes, data: bytes) -> bytes:
    """Return a packed stream as an object of a PDF."""
    packed = zlib.compress(data, 9)
    head += b" /Filter /FlateDecode /Length %d" % len(packed)
    return b"%d 0 obj\n<< " % number + head + b" >>\nstream\n" + packed + b"\nendstream\nendobj\n"


def packed_pdf(kids: bytes) -> bytes:
    """Return a PDF whose catalog and only node, with its kids, are in an object stream."""
    index = b"1 0 2 %d " % (len(CATALOG) + 1)
    objects = index + CATALOG + b" << /Type /Pages /Kids [" + kids + b"\n] >>"
    body = b"%PDF-1.7\n" + stream(3, b"/Type /ObjStm /N 2 /First %d" % len(index), objects)
    rows = [(0, 0, 0), (2, 3, 0), (2, 3, 1), (1, 9, 0), (1, len(body), 0)]
    table = b"".join(
        kind.to_bytes(1, "big") + at.to_bytes(4, "big") + more.to_bytes(1, "big") for kind, at, more in rows
    )
    tail = b"startxref\n%d\n%%%%EOF" % len(body)
    return body + stream(4, b"/Type /XRef /Size 5 /W [1 4 1] /Root 1 0 R", table) + tail


def indexed_pdf(table: bytes, head: bytes) -> bytes:
    """Return a PDF that is an index only."""
    return b"%PDF-1.7\n" + stream(1, b"/Type /XRef /Root 1 0 R " + head, table) + b"startxref\n9\n%%EOF"


def searched_pdf(count: int, filling: bytes) -> bytes:
    """Return a PDF whose index is wrong about its pages, so that each is searched for."""
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(count))
    made = pdf(CATALOG, b"<< /Type /Pages /Kids [%b] >>" % kids, *[b""] * count)
    body, table = made.split(b"3 0 obj", 1)[0], made[made.index(b"xref\n0") :]
    lines = table.split(b"\n")
    lines[5 : 5 + count] = [b"0000000009 00000 n "] * count
    body += filling
    return (body + b"\n".join(lines)).replace(b"startxref\n%d" % made.index(b"xref\n0"), b"startxref\n%d" % len(body))


@entry("media: a PDF that says it has many pages")
def _(_: int) -> Body:
    return ask(messages=[user([document(pdf(CATALOG, b"<< /Type /Pages /Count 1000000000 /Kids [] >>"))])])


@entry("media: a PDF of many pages")
def _(size: int) -> Body:
    count = size * 3 // 4 // 120
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(count))
    pages = [b"<< /Type /Page /Parent 2 0 R >>"] * count
    return ask(
        messages=[user([document(pdf(CATALOG, b"<< /Type /Pages /Count %d /Kids [%b] >>" % (count, kids), *pages))])]
    )


@entry("media: a PDF whose pages branch")
def _(_: int) -> Body:
    levels = 24
    nodes = [b"<< /Type /Pages /Kids [%d 0 R %d 0 R] >>" % (level + 3, level + 3) for level in range(levels)]
    return ask(messages=[user([document(pdf(CATALOG, *nodes, b"<< /Type /Page >>"))])])


@entry("media: a PDF whose pages are a circle")
def _(_: int) -> Body:
    return ask(messages=[user([document(pdf(CATALOG, b"<< /Type /Pages /Kids [2 0 R 2 0 R] >>"))])])


@entry("media: a PDF of brackets")
def _(size: int) -> Body:
    return ask(messages=[user([document(pdf(CATALOG, b"<< /Type /Pages /Kids " + b"[" * (size * 3 // 4) + b">>"))])])


@entry("media: a PDF without an index")
def _(size: int) -> Body:
    return ask(messages=[user([document(b"%PDF-1.4\n" + b"1 0 obj\n<< /A 1 >>\nendobj\n" * (size * 3 // 4 // 28))])])


@entry("media: a PDF of noise")
def _(size: int) -> Body:
    noise = random.Random(0).randbytes(size * 3 // 4)
    return ask(messages=[user([document(b"%PDF-1.4\n" + noise)])])


@entry("media: a PDF of line ends")
def _(size: int) -> Body:
    return ask(messages=[user([document(b"%PDF-1.4\n" + b"\n" * (size * 3 // 4) + b"startxref")])])


@entry("media: a PDF with a stream that unpacks to much")
def _(size: int) -> Body:
    bomb = zlib.compress(b"\0" * (size * 300))
    head = b"<< /Type /XRef /Size 9 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode /Length %d >>" % len(bomb)
    data = b"%PDF-1.5\n" + b"1 0 obj\n" + head + b"\nstream\n" + bomb + b"\nendstream\nendobj\nstartxref\n9\n%%EOF"
    return ask(messages=[user([document(data)])])


@entry("media: a PDF with a long index")
def _(size: int) -> Body:
    rows = b"0000000009 00000 n \n" * (size * 3 // 4 // 20)
    data = b"%%PDF-1.4\nxref\n0 %d\n%btrailer\n<< /Size 1 /Root 1 0 R >>\nstartxref\n9\n%%%%EOF" % (
        len(rows) // 20,
        rows,
    )
    return ask(messages=[user([document(data)])])


@entry("media: a PDF with an index of indexes")
def _(size: int) -> Body:
    part = b"xref\n0 0\ntrailer\n<< /Size 1 /Root 1 0 R /Prev %d >>\n"
    data = b"%PDF-1.4\n"
    for _ in range(size * 3 // 4 // 62):
        data += part % max(9, len(data) - len(part) - 4)
    return ask(messages=[user([document(data + b"startxref\n%d\n%%%%EOF" % (len(data) - 60))])])


@entry("media: PDFs that unpack to long lists")
def _(size: int) -> Body:
    made = [document(packed_pdf(b"2 0 R " * 5_000 + b"%% %d" % number)) for number in range(min(size // 1_000, 400))]
    return ask(messages=[user(made)])


@entry("media: PDFs that unpack to long lists, off", OFF)
def _(size: int) -> Body:
    made = [document(packed_pdf(b"2 0 R " * 5_000 + b"%% %d" % number)) for number in range(min(size // 1_000, 400))]
    return ask(messages=[user(made)])


def worded_pdf(content: bytes, table: bytes, pages: int) -> bytes:
    """Return a PDF whose pages have this content, in a font with this table."""
    kids = b" ".join(b"%d 0 R" % (number + 6) for number in range(pages))
    node = b"<< /Type /Pages /Kids [%b] /Resources << /Font << /F1 3 0 R >> >> >>" % kids
    packed = [zlib.compress(data, 9) for data in (table, content)]
    streams = [b"<< /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (len(data), data) for data in packed]
    font = b"<< /Type /Font /Subtype /Type0 /ToUnicode 4 0 R >>"
    return pdf(CATALOG, node, font, *streams, *[b"<< /Type /Page /Contents 5 0 R >>"] * pages)


@entry("media: a PDF full of text")
def _(size: int) -> Body:
    shown = b"/F1 9 Tf " + b"<00410042> Tj 0 -9 Td " * 10_000
    return ask(messages=[user([document(worded_pdf(shown, b"beginbfrange <0041><005a><0041>", size // 150))])])


@entry("media: a PDF with a long table of a font")
def _(size: int) -> Body:
    table = b"beginbfrange " + b"<0000><ffff><0041>" * (size // 10)
    return ask(messages=[user([document(worded_pdf(b"/F1 9 Tf <00410042> Tj", table, 20))])])


@entry("media: PDFs full of brackets")
def _(size: int) -> Body:
    made = [worded_pdf(b"(" * 100_000 + b"%d" % number, b"", 1) for number in range(min(size // 1_000, 400))]
    return ask(messages=[user([document(data) for data in made])])


@entry("media: PDFs with long indexes")
def _(size: int) -> Body:
    made = [
        indexed_pdf(b"\0" * (30_000 + 3 * n), b"/W [1 1 1] /Size %d" % (10_000 + n))
        for n in range(min(size // 800, 400))
    ]
    return ask(messages=[user([document(each) for each in made])])


@entry("media: PDFs with predicted indexes")
def _(size: int) -> Body:
    head = b"/W [1 1 1] /Size 3 /DecodeParms << /Predictor 12 /Columns 1 >>"
    made = [indexed_pdf(b"\2" * (100_000 + n), head) for n in range(min(size // 800, 400))]
    return ask(messages=[user([document(each) for each in made])])


@entry("media: a PDF whose pages are searched for")
def _(size: int) -> Body:
    return ask(messages=[user([document(searched_pdf(900, b" 1" * (size // 3)))])])


@entry("media: PDFs of a page")
def _(size: int) -> Body:
    made = [
        document(pdf(CATALOG, b"<< /Type /Pages /Kids [3 0 R] /N %d >>" % n, b"<< /Type /Page >>"))
        for n in range(min(size // 700, 490))
    ]
    return ask(messages=[user(made)])


@entry("media: many PDFs")
def _(size: int) -> Body:
    made = [document(pdf(CATALOG, b"<< /Type /Pages /Count 1 /Kids [] /N %d >>" % n)) for n in range(size // 480)]
    return ask(messages=[user(made)])


@entry("media: a document of many texts")
def _(size: int) -> Body:
    source = {"type": "content", "content": [text("a")] * (size // 27)}
    return ask(messages=[user([{"type": "document", "source": source}])])


@entry("media: long URLs")
def _(size: int) -> Body:
    source = {"type": "url", "url": "https://" + "a." * (size // 2)}
    return ask(messages=[user([{"type": "image", "source": source}])])


@entry("media: URLs of at signs")
def _(size: int) -> Body:
    source = {"type": "url", "url": "https://" + "@" * size}
    return ask(messages=[user([{"type": "image", "source": source}])])


# Headers and paths


@raw("headers: many")
def _(_: int) -> Request:
    return request(ask(), {f"x-h{n}": "a" for n in range(90)})


@raw("headers: a long one")
def _(_: int) -> Request:
    return request(ask(), {"x-long": "a" * 8000})


@raw("headers: many betas")
def _(_: int) -> Request:
    return request(ask(), {"anthropic-beta": ",".join(f"b{n}" for n in range(1000))})


@raw("headers: many betas, gateway")
def _(_: int) -> Request:
    return request(ask(), {"anthropic-beta": ",".join(f"b{n}" for n in range(1000)), **GATEWAY})


@raw("headers: a long fault")
def _(_: int) -> Request:
    return request(ask(), {"x-mockclaude-fault": "reset," * 1300})


@raw("headers: a nested fault")
def _(_: int) -> Request:
    return request(ask(), {"x-mockclaude-fault": "[" * 4000})


@raw("headers: a long pace")
def _(_: int) -> Request:
    return request(ask(), {"x-mockclaude-pace": "ttft=1ms," * 880})


@raw("headers: a wrong pace")
def _(_: int) -> Request:
    return request(ask(), {"x-mockclaude-pace": "i" * 8000})


@raw("headers: a long scenario")
def _(_: int) -> Request:
    return request(ask(), {"x-mockclaude-scenario": "hell" * 2000})


@raw("headers: a long retry count")
def _(_: int) -> Request:
    return request(ask(), {"x-stainless-retry-count": "9" * 8000})


@raw("path: a long one")
def _(_: int) -> Request:
    return request(ask(), {}, "/" + "a/" * 3900 + "v1/messages")


@raw("path: a long model")
def _(_: int) -> Request:
    return Request(b"", {}, "/v1/models/" + "a" * 7900)


@raw("path: a long query")
def _(_: int) -> Request:
    return request(ask(), {}, "/v1/messages?" + "a=1&" * 1900)


# Packed bodies


@raw("gzip: 32 MB of spaces")
def _(_: int) -> Request:
    return Request(gzip.compress(b" " * 32 * 1024 * 1024), {"content-encoding": "gzip"})


@raw("gzip: a bomb")
def _(size: int) -> Request:
    return Request(gzip.compress(b"\0" * (size * 1000)), {"content-encoding": "gzip"})


@raw("gzip: a bomb of many members")
def _(size: int) -> Request:
    member = gzip.compress(b"\0" * 1_000_000)
    return Request(member * (size // len(member)), {"content-encoding": "gzip"})


@raw("gzip: many empty members")
def _(size: int) -> Request:
    member = gzip.compress(b"")
    return Request(member * (size // len(member)), {"content-encoding": "gzip"})


@raw("gzip: many small members")
def _(size: int) -> Request:
    member = gzip.compress(b"{")
    return Request(member * (size // len(member)), {"content-encoding": "gzip"})


@raw("gzip: empty blocks")
def _(size: int) -> Request:
    packer = zlib.compressobj(wbits=31)
    data = packer.compress(json.dumps(ask()).encode())
    return Request(data + b"\0\0\0\xff\xff" * (size // 5), {"content-encoding": "gzip"})


@raw("deflate: a bomb")
def _(size: int) -> Request:
    return Request(zlib.compress(b"\0" * (size * 1000)), {"content-encoding": "deflate"})


@raw("deflate: no zlib")
def _(size: int) -> Request:
    packer = zlib.compressobj(wbits=-15)
    return Request(packer.compress(b"\0" * (size * 1000)) + packer.flush(), {"content-encoding": "deflate"})


# Counting tokens


@entry("count: prose", None, "/v1/messages/count_tokens")
def _(size: int) -> Body:
    return {"model": MODEL, "messages": [user(words(size))]}


@entry("count: many messages", None, "/v1/messages/count_tokens")
def _(size: int) -> Body:
    return {"model": MODEL, "messages": [user("a"), assistant("b")] * (size // 62)}


@entry("count: content of numbers", None, "/v1/messages/count_tokens")
def _(size: int) -> Body:
    return {"model": MODEL, "messages": [user([1] * (size // 2))]}


@entry("count: many tools", None, "/v1/messages/count_tokens")
def _(size: int) -> Body:
    return {"model": MODEL, "messages": [MESSAGE], "tools": [{**TOOL, "name": f"t{n}"} for n in range(size // 80)]}


@entry("count: tools that refer", None, "/v1/messages/count_tokens")
def _(_: int) -> Body:
    return {
        "model": MODEL,
        "messages": [MESSAGE],
        "tools": [{"name": "a", "strict": True, "input_schema": lattice(24)}],
    }


@entry("count: input of a call", None, "/v1/messages/count_tokens")
def _(size: int) -> Body:
    call = {"type": "tool_use", "id": "t1", "name": "find", "input": {f"k{n}": [1, "a"] for n in range(size // 20)}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "x"}
    return {"model": MODEL, "messages": [MESSAGE, assistant([call]), user([result])], "tools": [TOOL]}
