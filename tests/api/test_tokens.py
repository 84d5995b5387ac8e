"""Tokens: the same thing always counts the same, and what is not text counts as the API says or not at all."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api import tokens
from mockclaude.api.events import streamed_text
from tests.api.bodies import accepted, json_objects, texts
from tests.api.pictures import pdf, png

SIGNED = {"type": "thinking", "thinking": "Hm, well.", "signature": "x" * 700}


def asked(*content: Any, **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": item} for item in content], **fields}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a", 1),
        ("sevench", 2),
        ("eight ch", 3),
        ("Hello, how are you today?", 8),
        ("é" * 7, 4),
        ("漢字", 2),
        ("👩‍👩‍👧‍👦", 8),
        ("\udc80", 1),
    ],
)
def test_seven_bytes_of_text_are_two_tokens(text: str, count: int) -> None:
    assert tokens.of_text(text) == count


@given(one=texts, other=texts)
def test_text_put_together_counts_as_its_parts_do_but_for_rounding(one: str, other: str) -> None:
    apart = tokens.of_text(one) + tokens.of_text(other)

    assert apart - 1 <= tokens.of_text(one + other) <= apart
    assert (tokens.of_text(one) == 0) is (one == "")


@pytest.mark.parametrize(
    ("block", "count"),
    [
        ({"type": "text", "text": "sevenchsevench"}, 4),
        ({"type": "text", "text": ""}, 0),
        (SIGNED, 3),
        ({"type": "thinking", "thinking": "", "signature": "c2ln"}, 0),
        ({"type": "redacted_thinking", "data": "EmwKAhgB"}, 0),
        ({"type": "tool_use", "id": "toolu_1", "name": "sevench", "input": {}}, 2 + 4),
        ({"type": "tool_use", "id": "toolu_1", "name": "sevench", "input": {"a": 1}}, 2 + 2 + 4),
        ({"type": "tool_use", "input": {}}, 4),
        ({"type": "server_tool_use", "id": "u_1", "name": "web_search", "input": {"a": 1}}, 2),
        ({"type": "code_execution_tool_result", "content": {"stdout": "sevench", "return_code": 0}}, 0),
        ({"type": "web_search_tool_result", "content": [{"title": "sevench", "encrypted_content": "x" * 700}]}, 0),
    ],
)
def test_output_counts_what_a_reader_sees(block: dict[str, Any], count: int) -> None:
    assert tokens.of_output(block) == count


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (asked("sevench"), 4 + 2),
        (asked("sevench", "sevench"), 2 * (4 + 2)),
        (asked([{"type": "text", "text": "sevench", "cache_control": {"type": "ephemeral"}}]), 4 + 2),
        (asked("", system="sevench"), 4 + 2),
        (asked("", system=[{"type": "text", "text": "sevench"}]), 4 + 2),
        (asked([{"type": "image", "source": {"type": "base64", "data": "x" * 7000}}]), 4 + 1500),
        (asked([{"type": "document", "source": {"type": "text", "data": "x" * 7000}}]), 4 + 2000),
        (asked([{"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "image"}]}]), 4 + 1500),
        (asked([SIGNED]), 4 + 3),
        (asked("", tools=[]), 4),
        (asked("", tools=[{"name": "look"}]), 4 + 346 + 5),
    ],
)
def test_input_counts_system_tools_and_messages(body: dict[str, Any], count: int) -> None:
    assert tokens.of_input(body) == count


@given(body=accepted)
def test_any_body_counts_the_same_however_it_is_written(body: dict[str, Any]) -> None:
    again = orjson.loads(orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))

    assert tokens.of_input(again) == tokens.of_input(body) >= 4 * len(body["messages"])


@given(arguments=json_objects, name=st.text())
def test_a_call_of_a_tool_counts_its_name_and_its_arguments(arguments: dict[str, Any], name: str) -> None:
    block = {"type": "tool_use", "name": name, "input": arguments}

    assert tokens.of_output(block) == tokens.of_text(name) + tokens.of_text(streamed_text(block)) + 4


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ({"type": "base64", "data": png(300, 250)}, 100),
        ({"type": "base64", "data": png(750, 751)}, 751),
        ({"type": "base64", "data": png(1568, 8000)}, 643),
        ({"type": "base64", "data": png(8000, 8000)}, 1600),
        ({"type": "base64", "data": "no picture"}, 1500),
        ({"type": "url", "url": "https://example.com/a.png"}, 1500),
    ],
)
def test_a_picture_counts_by_its_pixels(source: dict[str, str], count: int) -> None:
    assert of_block({"type": "image", "source": source}) == count


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ({"type": "base64", "data": pdf(3)}, 3 * 2250),
        ({"type": "base64", "data": "no PDF"}, 3000),
        ({"type": "file", "file_id": "file_1"}, 3000),
        ({"type": "text", "data": "sevenchsevench"}, 4),
        ({"type": "content", "content": [{"type": "text", "text": "sevench"}]}, 2),
    ],
)
def test_a_document_counts_by_its_pages_or_its_text(source: dict[str, Any], count: int) -> None:
    assert of_block({"type": "document", "source": source}) == count
    assert of_block({"type": "document", "source": source, "title": "sevench"}) == count + 2


def of_block(block: dict[str, Any]) -> int:
    return tokens.of_input({"messages": [{"role": "user", "content": [block]}]}) - tokens.MESSAGE_OVERHEAD


@given(body=accepted)
def test_the_segments_of_a_prompt_add_up_to_it(body: dict[str, Any]) -> None:
    assert sum(segment.tokens for segment in tokens.segments(body)) == tokens.of_input(body)


def test_segments_come_in_the_order_in_which_the_api_reads() -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}], "system": "Be kind.", "tools": [{"name": "look"}]}

    assert [(segment.path, segment.block) for segment in tokens.segments(body)] == [
        (("tools", 0), {"name": "look"}),
        (("system", 0), {"type": "text", "text": "Be kind."}),
        (("messages", 0, "content", 0), {"type": "text", "text": "Hi"}),
    ]


@given(text=texts, count=st.integers(0, 50))
def test_a_text_is_cut_to_the_most_that_its_tokens_hold(text: str, count: int) -> None:
    cut = tokens.cut(text, count)

    assert text.startswith(cut)
    assert tokens.of_text(cut) <= count
    assert cut == text or tokens.of_text(text[: len(cut) + 1]) > count
    assert tokens.cut(text, tokens.of_text(text)) == text


PUBLISHED: list[tuple[dict[str, Any], int]] = [
    ({"system": "You are a scientist", "messages": [{"role": "user", "content": "Hello, Claude"}]}, 14),
    (
        {
            "tools": [
                {
                    "name": "get_weather",
                    "description": "Get the current weather in a given location",
                    "input_schema": {
                        "type": "object",
                        "properties": {
                            "location": {
                                "type": "string",
                                "description": "The city and state, e.g. San Francisco, CA",
                            }
                        },
                        "required": ["location"],
                    },
                }
            ],
            "messages": [{"role": "user", "content": "What's the weather like in San Francisco?"}],
        },
        403,
    ),
]
"""Requests of Anthropic's documentation of token counting, and the counts that it shows."""


@pytest.mark.parametrize(("body", "published"), PUBLISHED)
def test_a_count_is_near_the_published_one(body: dict[str, Any], published: int) -> None:
    assert tokens.of_input(body) == pytest.approx(published, rel=0.15)
