"""The texts of the pages of a PDF: their streams and fonts.

pypdf finds the objects; its own `extract_text` takes ten times as long and has no bound. Text that is drawn by another
object than the page is not read.
"""

from __future__ import annotations

import zlib
from base64 import a85decode
from collections.abc import Iterable
from functools import cache, partial
from typing import Any, NamedTuple

from mockclaude.api.pdf_fonts import Decode, build_decoder
from mockclaude.api.pdf_reads import ReadBudget
from mockclaude.api.pdf_text import read_text

MAX_READS_OF_A_PAGE = 12_000
"""The maximum number of reads for the text of a page. A page with many fonts takes 5,000."""

MAX_CONTENT, MAX_STREAMS = 100_000, 100
"""The maximum number of bytes of a page's content, and of its streams. More are not read."""

BYTES_OF_A_READ, UNPACKED_OF_A_READ = 20, 200
"""Bytes of a table or of base 85 to read, and bytes to unpack, in the time of one read."""


class Page(NamedTuple):
    """A page, and the resources that it has or inherits."""

    node: Any
    resources: Any


def read_texts(pages: Iterable[Page], budget: ReadBudget) -> tuple[str | None, ...]:
    """Read the texts of pages; None for an unreadable text.

    The reads of a page are not those of `budget`, so that no text depends on the other pages that are counted.
    """
    left, texts = budget.left, _Texts(budget)
    read: list[str | None] = []
    for page in pages:
        budget.left = MAX_READS_OF_A_PAGE
        try:
            text = texts.read(page)
        except Exception:  # pypdf raises many types for invalid PDFs
            text = None
        read.append(text if budget.left >= 0 else None)
    budget.left = left
    return tuple(read)


class _Texts:
    """Texts of pages, whose fonts are read once."""

    def __init__(self, budget: ReadBudget) -> None:
        self._budget = budget
        self._decoders: dict[int, Decode] = {}

    def read(self, page: Page) -> str:
        content = self._unpack_content(page.node.get("/Contents"))
        return read_text(content, cache(partial(self._find_font, page.resources)))

    def _find_font(self, resources: Any, name: str) -> Decode:
        font = resources.get_object()["/Font"][f"/{name}"]
        if id(font) not in self._decoders:  # pypdf keeps every object that it has read
            table = self._unpack(font["/ToUnicode"]) if "/ToUnicode" in font else b""
            self._budget.spend(len(table) // BYTES_OF_A_READ)
            self._decoders[id(font)] = build_decoder(table, is_composite=font["/Subtype"] == "/Type0")
        return self._decoders[id(font)]

    def _unpack_content(self, content: Any) -> bytes:
        """Unpack the content of a page, which is a stream or a list of streams."""
        value: Any = None if content is None else content.get_object()
        streams: list[Any] = (
            value[:MAX_STREAMS] if isinstance(value, list) else [value] if isinstance(value, dict) else []
        )
        return b"\n".join([self._unpack(stream.get_object()) for stream in streams])[:MAX_CONTENT]

    def _unpack(self, stream: Any) -> bytes:
        """Unpack a stream. pypdf's own way tries invalid data byte by byte."""
        filters = stream.get("/Filter", [])
        data: bytes = stream._data
        for name in filters if isinstance(filters, list) else [filters]:
            if name == "/FlateDecode":
                data = zlib.decompressobj().decompress(data, MAX_CONTENT)
                self._budget.spend(1 + len(data) // UNPACKED_OF_A_READ)
            elif name == "/ASCII85Decode":
                self._budget.spend(len(data) // BYTES_OF_A_READ)
                data = a85decode(data.partition(b"~>")[0])
            else:
                raise ValueError(name)
        return data[:MAX_CONTENT]
