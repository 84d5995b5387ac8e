"""The citations of a text block, in the form of the SDKs' types, with defaults for what a scenario leaves out.

In: plain data of a scenario file. Out: pydantic models, one for each kind. Knows nothing of replies.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Index: TypeAlias = Annotated[int, Field(ge=0)]


class _Citation(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class CharLocation(_Citation):
    """Characters of a plain-text document."""

    type: Literal["char_location"]
    cited_text: str
    document_index: Index = 0
    document_title: str | None = None
    start_char_index: Index = 0
    end_char_index: Index = 0
    file_id: str | None = None


class PageLocation(_Citation):
    """Pages of a PDF, from 1; the end is exclusive."""

    type: Literal["page_location"]
    cited_text: str
    document_index: Index = 0
    document_title: str | None = None
    start_page_number: Index = 1
    end_page_number: Index = 2
    file_id: str | None = None


class ContentBlockLocation(_Citation):
    """Blocks of a document made of blocks; the end is exclusive."""

    type: Literal["content_block_location"]
    cited_text: str
    document_index: Index = 0
    document_title: str | None = None
    start_block_index: Index = 0
    end_block_index: Index = 1
    file_id: str | None = None


class WebSearchResultLocation(_Citation):
    """A page that web search found."""

    type: Literal["web_search_result_location"]
    cited_text: str
    url: str
    title: str | None = None
    encrypted_index: str = "EpABCioIARgCIiQ"


class SearchResultLocation(_Citation):
    """A `search_result` block of the request."""

    type: Literal["search_result_location"]
    cited_text: str
    source: str
    title: str | None = None
    search_result_index: Index = 0
    start_block_index: Index = 0
    end_block_index: Index = 1


Citation: TypeAlias = Annotated[
    CharLocation | PageLocation | ContentBlockLocation | WebSearchResultLocation | SearchResultLocation,
    Field(discriminator="type"),
]
"""A citation of any kind."""
