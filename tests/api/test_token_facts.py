"""Recorded counts of tokens, each with the error that is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.prompt_settings import of_input
from tests.api.pdf_files import page, pdf_of
from tests.api.pictures import encoded

OLD, NEW = "claude-sonnet-4-5", "claude-opus-4-8"
LINE = "The ferry leaves the old harbour at noon, and seven gulls circle over it."


def count(model: str, *blocks: dict[str, Any], **fields: Any) -> int:
    """Count what blocks and fields add to a request with a short question."""
    question = [{"type": "text", "text": "Hi"}]

    def of(content: list[dict[str, Any]], **fields: Any) -> int:
        return of_input({"model": model, "messages": [{"role": "user", "content": content}], **fields})

    return of([*blocks, *question], **fields) - of(question)


def typed(*kinds: str) -> dict[str, Any]:
    return {"tools": [{"type": kind, "name": kind.rpartition("_")[0]} for kind in kinds]}


BM25 = typed("tool_search_tool_bm25_20251119")
SERVERS = {"mcp_servers": [{"type": "url", "name": "a", "url": "https://a.example"}]}

SERVER_TOOLS = [
    (OLD, typed("web_search_20250305"), 2_205, 0.0),
    (OLD, typed("web_search_20250305", "web_fetch_20250910"), 2_730, 0.03),
    (NEW, BM25, (646 + 731) // 2, 0.06),
    ("claude-sonnet-4-6", BM25, (740 + 810) // 2, 0.05),
    (OLD, typed("tool_search_tool_regex_20251119"), 708, 0.0),
    (OLD, typed("memory_20250818"), 1_566, 0.0),
    ("claude-sonnet-4-20250514", typed("computer_20250124"), 1_631, 0.01),
    ("claude-opus-4-6", typed("computer_20251124"), 1_821, 0.01),
    ("claude-sonnet-5", typed("advisor_20260301"), 1_120, 0.02),
    ("claude-haiku-4-5", SERVERS, 568, 0.0),
    ("claude-sonnet-5", SERVERS, 452, 0.0),
]


@pytest.mark.parametrize(("model", "fields", "recorded", "bar"), SERVER_TOOLS)
def test_a_server_tool_alone_counts_as_recorded(model: str, fields: dict[str, Any], recorded: int, bar: float) -> None:
    assert count(model, **fields) == pytest.approx(recorded, rel=bar, abs=1)


def pdf(*lines: str) -> dict[str, Any]:
    data = encoded(pdf_of(page(*lines)))
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}}


def document(**source: Any) -> dict[str, Any]:
    return {"type": "document", "source": source}


LETTER = document(type="text", media_type="text/plain", data=LINE)
CITED = {"citations": {"enabled": True}}
LINK = {"type": "url", "url": "https://a.example/b"}

DOCUMENTS = [
    (OLD, [pdf("A page")], (1_566 + 1_606) // 2, 0.02),
    (NEW, [pdf("A page")], (1_566 + 1_606) // 2, 0.02),
    (OLD, [pdf(*[LINE] * 62)], 2_661, 0.03),
    (OLD, [pdf(*[LINE] * 62) | CITED], 2_661 + 535 + 1_027, 0.08),
    (OLD, [document(**LINK)], (1_594 + 1_643) // 2, 0.02),
    (NEW, [document(type="file", file_id="file_1")], 1_624, 0.02),
    (OLD, [LETTER | CITED, LETTER], 535 + 2 * (36 + 17), 0.02),
    (NEW, [LETTER | CITED, LETTER], 765 + 2 * (40 + 26), 0.03),
]


@pytest.mark.parametrize(("model", "blocks", "recorded", "bar"), DOCUMENTS)
def test_a_document_counts_as_recorded(model: str, blocks: list[dict[str, Any]], recorded: int, bar: float) -> None:
    assert count(model, *blocks) == pytest.approx(recorded, rel=bar)


PROMPTS = {
    "claude-3-haiku-20240307": (262, 354),
    "claude-3-5-haiku-20241022": (262, 359),
    "claude-3-opus-20240229": (530, 285),
    "claude-3-5-sonnet-20241022": (298, None),
    "claude-3-7-sonnet-20250219": (311, None),
    "claude-sonnet-4-20250514": (312, 300),
    "claude-haiku-4-5-20251001": (495, 589),
    "claude-sonnet-4-5-20250929": (491, 580),
    "claude-sonnet-4-6": (497, 585),
    "claude-opus-4-6": (None, 587),
    "claude-opus-4-7": (574, None),
    "claude-opus-4-8": (246, 367),
    "claude-opus-5": (242, None),
    "claude-sonnet-5": (307, 432),
    "claude-fable-5": (264, None),
}
"""The API's own prompt for tools if the model may call one, and if it must; None if it was not recorded."""


@pytest.mark.parametrize(
    ("model", "choice", "recorded"),
    [
        (model, choice, recorded)
        for model, both in PROMPTS.items()
        for choice, recorded in zip(("auto", "any"), both, strict=True)
        if recorded
    ],
)
def test_the_prompt_for_tools_is_the_recorded_one(model: str, choice: str, recorded: int) -> None:
    tool = {"name": "look", "input_schema": {"type": "object", "properties": {}}}
    one, two = (count(model, tools=[tool] * number, tool_choice={"type": choice}) for number in (1, 2))

    assert 2 * one - two == pytest.approx(recorded, abs=1)
