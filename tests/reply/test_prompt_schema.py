"""A prompt asks for JSON by an instruction and a JSON Schema in its text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.reply.prompt_schema import find_prompt_schema
from tests.counting import calls

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SHOWN = json.dumps(SCHEMA, indent=2)

ASKS = [
    f"Always respond with a JSON object that fits this schema:\n\n{SHOWN}\n\nDo not add any text.",
    f"Provide the parsed objects in json. Match the following json_schema: {SHOWN}",
    f"Output a valid JSON object. The schema to follow: {SHOWN}",
    f"Write your reply as JSON, by the schema below (read it twice).\n```\n{SHOWN}\n```\nName a city",
    'Reply with JSON. For the schema {"properties": {"a": {}}}, the object {"a": 1} fits, but the object'
    f' {{"properties": {{"a": 1}}}} does not. Here is the schema: {SHOWN}',
    f'Answer {{question}} in valid JSON by the schema {{"name"}}, or by this schema: {SHOWN}',
    'Greet {{"name"}}. Reply in JSON by this schema: ' + json.dumps(SCHEMA),
    f'Answer in JSON. Schemas are not {{"a": NaN}}, but this schema: {SHOWN}',
    f"Output a JSON object by this schema: {SHOWN}".replace("{", "{{").replace("}", "}}"),
]
DOES_NOT_ASK = [
    f"Explain this JSON Schema: {SHOWN}",
    f"Write a Python class for this JSON Schema: {SHOWN}",
    f"Convert the schema to a type, and return no JSON: {SHOWN}",
    f"Show it as a JSON Schema of another draft: {SHOWN}",
    f"Do not respond with JSON. Ignore the schema {SHOWN}",
    f"Respond with JSON. Here are the arguments of a tool: {SHOWN}",
    f"Respond with the schema: {SHOWN}",
    'Respond with JSON by this schema: {"properties": ["city"]}',
    'Respond with JSON by this schema: {"properties": {"city": "a name"}}',
    f"Respond with JSON by this schema: {SHOWN[:-1]}",
    "Respond with JSON by a schema",
    'Respond with JSON by this schema: {"properties": 1' + "2" * 5_000 + "}",
    'Respond with JSON by this schema: {"properties": ' + '{"a": ' * 5_000,
]


@pytest.mark.parametrize("text", ASKS)
def test_text_asks_for_json_by_its_last_schema(text: str) -> None:
    prompt = find_prompt_schema(text)

    assert prompt is not None
    assert prompt.schema == SCHEMA
    assert not prompt.is_fenced


@pytest.mark.parametrize("text", DOES_NOT_ASK)
def test_text_with_a_schema_alone_asks_for_no_json(text: str) -> None:
    assert find_prompt_schema(text) is None


@pytest.mark.parametrize(
    ("instruction", "is_fenced"),
    [
        ("Return the JSON within a ```json block.", True),
        ("Respond in JSON. Wrap it in a code fence.", True),
        ("Answer with a JSON object in a markdown code block.", True),
        ("Return the JSON, and put nothing around it.", False),
        ("Return the JSON of the schema between ``` and ```.", False),
        ("Return the JSON. Do not wrap it in a code block.", False),
        ("Return the JSON. The output schema (shown in a code block):", False),
    ],
)
def test_prompt_asks_for_a_code_fence(instruction: str, is_fenced: bool) -> None:
    prompt = find_prompt_schema(f"{instruction} The schema:\n```\n{SHOWN}\n```")

    assert prompt is not None
    assert prompt.is_fenced == is_fenced


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (f"Reply in JSON by this schema: {SHOWN} Name a city", "Name a city"),
        (f"Name a city. Reply in JSON by this schema: {SHOWN}\n", "Name a city. Reply in JSON by this schema: "),
    ],
)
def test_rest_of_a_text_is_without_its_schema(text: str, rest: str) -> None:
    prompt = find_prompt_schema(text)

    assert prompt is not None
    assert prompt.rest == rest


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(
    before=st.text(st.characters(codec="utf-8", exclude_characters="{}")),
    schema=st.dictionaries(st.text(), st.dictionaries(st.text(), values)),
    after=st.text(st.characters(codec="utf-8", exclude_characters="{}")),
)
def test_schema_is_found_between_any_texts(before: str, schema: dict[str, Any], after: str) -> None:
    prompt = find_prompt_schema(f"{before} Reply in JSON. The schema: {json.dumps({'properties': schema})}{after}")

    assert prompt is not None
    assert prompt.schema == {"properties": schema}


@pytest.mark.parametrize("part", ['{"a":', '{"a', '{"', '{"properties":{},', '{"a":[', "{", '{"a":"'])
def test_work_for_objects_that_are_not_json_is_bounded(part: str) -> None:
    text = f'Reply in JSON by the schema {{"properties": 1}} {part * 30_000}'

    assert calls(lambda: find_prompt_schema(text)) < 500_000
