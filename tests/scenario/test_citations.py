"""A citation of each kind needs little, and comes out in the API's form."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from anthropic.types import TextCitation
from pydantic import TypeAdapter, ValidationError

from mockclaude.scenario.format.citations import Citation

CITATION: TypeAdapter[Citation] = TypeAdapter(Citation)
SDK: TypeAdapter[TextCitation] = TypeAdapter(TextCitation)
LEAST: dict[str, dict[str, Any]] = {
    "char_location": {},
    "page_location": {},
    "content_block_location": {},
    "web_search_result_location": {"url": "https://example.com"},
    "search_result_location": {"source": "notes"},
}


@pytest.mark.parametrize("kind", LEAST)
def test_each_kind_is_what_the_sdk_reads(kind: str) -> None:
    written = {"type": kind, "cited_text": "The sky is blue.", **LEAST[kind]}

    sent = CITATION.validate_python(written).model_dump()

    read = SDK.validate_python(sent)
    assert sent.items() >= written.items()
    assert set(sent) == set(type(read).model_fields)


def test_all_kinds_of_the_api_can_be_written() -> None:
    kinds = {get_args(kind.model_fields["type"].annotation)[0] for kind in get_args(get_args(TextCitation)[0])}

    assert kinds == set(LEAST)


def test_a_page_citation_is_of_the_first_page_unless_it_says_otherwise() -> None:
    sent = CITATION.validate_python({"type": "page_location", "cited_text": "x"}).model_dump()

    assert (sent["start_page_number"], sent["end_page_number"]) == (1, 2)


@pytest.mark.parametrize(
    "change", [{"document_index": -1}, {"document_index": "0"}, {"extra": 1}, {"cited_text": None}, {"type": "other"}]
)
def test_anything_else_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CITATION.validate_python({"type": "char_location", "cited_text": "x", **change})
