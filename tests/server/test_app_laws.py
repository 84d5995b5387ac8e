"""Laws of the running server, whatever is sent to it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import built_in
from tests.serving import Running, ServerThread, request

TEMPLATES = r"""
rules:
  - when: {tool_result: [get_weather, {is_error: true}]}
    reply: '${{ tool_result }} ${{ system }}'
  - when: {user: {regex: '(?P<first>\w+)'}, system: kind, body: 'length(messages) > `1`'}
    reply: ['${{ match.first }}', {tool_use: get_weather}, {thinking: '${{ request.metadata }}'}]
  - when: {stream: true, headers: {x-tenant: acme}}
    reply: {json: from_schema}
  - {when: {turn: [1, 2]}, reply: {json: {all: '${{ request }}', turn: '${{ turn }}', fake: '${{ fake.name }}'}}}
"""
SCHEMA = {
    "type": "object",
    "properties": {"x": {"type": "string"}},
    "required": ["x"],
    "additionalProperties": False,
}
BODY: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 100,
    "system": [{"type": "text", "text": "Be kind."}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t_1", "name": "get_weather", "input": {"a": 1}}]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t_1", "content": "Sunny", "is_error": False}],
        },
    ],
    "tools": [{"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}],
    "tool_choice": {"type": "auto"},
    "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    "thinking": {"type": "adaptive"},
    "metadata": {"user_id": "somebody"},
    "stop_sequences": ["stop"],
    "stream": False,
}
ANSWER = {"role": "assistant", "content": "Sunny."}
FOLLOW_UP = {"messages": [*BODY["messages"], ANSWER, {"role": "user", "content": "And tomorrow?"}]}
BODIES = [BODY, BODY | FOLLOW_UP, BODY | FOLLOW_UP | {"system": "Be brief.", "stream": True}]
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text()
WORDS = st.sampled_from(["text", "tool_use", "user", "system", "get_weather", "type", "string", "$ref", "#", "any", ""])
JSON = st.recursive(
    SCALARS | WORDS,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(WORDS | st.text(max_size=5), inside, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with ServerThread({"": built_in(), "templates": load_text(TEMPLATES)}) as running:
        yield running


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of everything inside `value`."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield (*path, key)
        yield from places(item, (*path, key))


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """Draw a valid body in which a few things are replaced or missing."""
    body = copy.deepcopy(draw(st.sampled_from(BODIES)))
    for _ in range(draw(st.integers(1, 4))):
        *way, last = draw(st.sampled_from(list(places(body))))
        parent: Any = body
        for key in way:
            parent = parent[key]
        if draw(st.booleans()) or len(body) == 1:
            parent[last] = draw(JSON)
        else:
            del parent[last]
    return orjson.dumps(body)


def ask(server: Running, path: str, body: bytes) -> None:
    given = server.ask(request("POST", path, body, content_length=str(len(body)), x_tenant="acme"))
    assert given.status in (200, 400, 404, 410), given.body
    if given.status != 200:
        assert given.error[1]


PATHS = pytest.mark.parametrize("path", ["/v1/messages", "/templates/v1/messages", "/v1/messages/count_tokens"])


@PATHS
@settings(deadline=None)
@given(body=st.binary())
def test_no_bytes_are_a_server_error(server: Running, path: str, body: bytes) -> None:
    ask(server, path, body)


@PATHS
@settings(deadline=None)
@given(body=mutations())
def test_nothing_that_is_almost_a_request_is_a_server_error(server: Running, path: str, body: bytes) -> None:
    ask(server, path, body)


@PATHS
@pytest.mark.parametrize("depth", [100, 250, 300, 1000, 5000])
@pytest.mark.parametrize("leaf", ["1.0", '"x"', ""])
def test_no_depth_is_a_server_error(server: Running, path: str, depth: int, leaf: str) -> None:
    deep = "[" * depth + leaf + "]" * depth
    for field in ("metadata", "tools", "system", "messages", "output_config", "anything"):
        ask(server, path, orjson.dumps(BODY | {field: "@"}).replace(b'"@"', deep.encode()))


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("path", ["/v1/messages", "/templates/v1/messages"])
def test_what_is_mutated_here_is_answered_while_it_is_whole(server: Running, path: str, body: dict[str, Any]) -> None:
    assert server.ask(request("POST", path, orjson.dumps(body), x_tenant="acme")).status == 200
