"""The citations of a text block: the API's definitions, with defaults for absent fields."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, create_model

from mockclaude.api.schema.block_types import CITATIONS
from mockclaude.api.schema.notation import Name, Object, parse_definitions

_KINDS = {
    "char_location": "Characters of a plain-text document.",
    "page_location": "Pages of a PDF, from 1; the end is exclusive.",
    "content_block_location": "Blocks of a document made of blocks; the end is exclusive.",
    "web_search_result_location": "A page that web search found.",
    "search_result_location": "A `search_result` block of the request.",
}
_DEFAULTS: dict[str, Any] = {
    "cited_text": ..., "url": ..., "source": ..., "document_index": 0, "document_title": None, "title": None,
    "search_result_index": 0, "start_char_index": 0, "end_char_index": 0, "start_page_number": 1, "end_page_number": 2,
    "start_block_index": 0, "end_block_index": 1, "encrypted_index": "EpABCioIARgCIiQ", "file_id": None,
}  # fmt: skip
"""Field -> its default (`...`: required), in the order of a reply."""

_NULLABLE = {"anyOf": [{"type": "string"}, {"type": "null"}]}
_TYPES: dict[str, Any] = {
    "int": Annotated[int, Field(ge=0)],
    "str": str,
    "str | null": Annotated[str | None, WithJsonSchema(_NULLABLE)],
}


def _model(kind: str, definition: Object, in_document: Object) -> Any:
    known = dict(definition.fields + (in_document.fields if definition.spread else ()))
    fields: dict[str, Any] = {"type": (Literal[kind], ...)}
    for name, default in _DEFAULTS.items():
        if name in known:
            field = known[name].type
            fields[name] = _TYPES[field.name if isinstance(field, Name) else "str | null"], default
    config = ConfigDict(extra="forbid", strict=True, frozen=True)
    return create_model(kind.title().replace("_", ""), __config__=config, __doc__=_KINDS[kind], **fields)


if TYPE_CHECKING:
    Citation: TypeAlias = BaseModel
else:
    _API = parse_definitions(CITATIONS)
    _MODELS = [_model(kind, _API[kind], _API["in_document"]) for kind in _KINDS]
    Citation = Annotated[reduce(or_, _MODELS), Field(discriminator="type")]
