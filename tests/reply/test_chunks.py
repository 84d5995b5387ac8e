"""Chunks: where the text of a block is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api import tokens
from mockclaude.api.token_weights import OLD
from mockclaude.api.tool_json import parse_tool_json
from mockclaude.reply.chunks import LONG_TEXT, count_tokens, measure_chunks, split_text
from tests.api.bodies import texts

LISTS = st.lists(texts, min_size=1, max_size=6)


@given(LISTS)
def test_listed_chunks_are_sent_as_they_are(chunks: list[str]) -> None:
    text = "".join(chunks)

    assert list(split_text(text, sizes=measure_chunks(chunks, text) or LONG_TEXT)) == chunks


@given(texts.filter(len), st.integers(1, 20))
def test_counted_chunks_have_the_same_length(text: str, count: int) -> None:
    chunks = list(split_text(text, sizes=measure_chunks(count, text)))

    assert "".join(chunks) == text
    assert len(chunks) == min(count, len(text))
    assert max(map(len, chunks)) - min(map(len, chunks)) <= 1


@pytest.mark.parametrize(
    ("chunks", "text", "left"),
    [
        (["Once", " upon", " a time"], "n a time", ["n", " a time"]),
        (["Once", " upon", " a time"], " a time", [" a time"]),
        (["Once", "", " upon"], "ce upon", ["ce", "", " upon"]),
        (["Once"], "e", ["e"]),
    ],
)
def test_chunks_lose_the_prefill_of_the_client(chunks: list[str], text: str, left: list[str]) -> None:
    assert list(split_text(text, sizes=measure_chunks(chunks, text))) == left


@given(LISTS)
def test_tokens_do_not_depend_on_the_cuts(chunks: list[str]) -> None:
    assert sum(count_tokens(chunks, OLD)) == pytest.approx(tokens.of_text("".join(chunks)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"city": "Paris"}', {"city": "Paris"}),
        ('{"city": "Par', {}),
        ('{"days": 3, "city": "Par', {"days": 3}),
        ('{"city": Paris}', {}),
        ("[1, 2", [1, 2]),
        ('{"n": [18446744073709551615, true, 100000000000000000000]}', {"n": [18446744073709551615, True, 1e20]}),
        ("", {}),
    ],
)
def test_json_is_parsed_up_to_its_cut(text: str, value: object) -> None:
    assert parse_tool_json(text) == value
