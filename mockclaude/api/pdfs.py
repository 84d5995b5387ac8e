"""Counting of the pages of a PDF, and reading of their text, within a number of reads.

A read of one byte is the unit: pypdf reads unpacked bytes one by one, and most bytes of a file. The first PDF imports
this module, because importing pypdf takes half a second.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from typing import Any, NamedTuple

from pypdf import PdfReader, apply_configuration
from pypdf.errors import DependencyError, LimitReachedError
from pypdf.generic import EncodedStreamObject, IndirectObject, PdfObject, StreamObject

from mockclaude.api.pdf_pages import Page, read_texts
from mockclaude.api.pdf_reads import ReadBudget

MAX_COUNTED = 1_000
"""The maximum number of counted pages, ten times the API's limit."""

MAX_UNPACKED = 100_000
"""The maximum number of unpacked bytes of a stream. A constant, so that a PDF takes the same reads in each request."""

BYTES_OF_A_READ, KIDS_OF_A_READ = 200, 20
"""Bytes to search, and nodes to list, in the time of one read."""

AES, AES_256 = 4, 5
"""Versions of encryption. pypdf decrypts AES only if another library is installed, on which no decision may depend."""

READS_OF_AN_ENTRY, READS_OF_AN_OBJECT = 5, 30
"""Reads for an entry of an index, and for an object that is not in the index."""

logging.getLogger("pypdf").setLevel(logging.CRITICAL)


class PdfContent(NamedTuple):
    """The content of a PDF.

    Attributes:
        pages: The number of pages; 0 for an unreadable PDF, and None for a PDF that is encrypted with AES.
        locked: Whether a password is required. The password of AES with 256 bits is not noticed.
        texts: The texts of the first pages; None for an unreadable text.
    """

    pages: int | None
    locked: bool
    texts: tuple[str | None, ...] = ()


def read_content(data: bytes, budget: ReadBudget, texts: int = 0) -> PdfContent:
    """Count the pages of a PDF, and read the texts of the first ones.

    Args:
        data: The PDF.
        budget: The reads for finding the pages.
        texts: The maximum number of texts.

    Raises:
        OverflowError: The PDF takes more reads than remain.
    """
    try:
        with apply_configuration(
            zlib_maximum_output_length=MAX_UNPACKED,
            lzw_maximum_output_length=MAX_UNPACKED,
            run_length_maximum_output_length=MAX_UNPACKED,
        ):
            reader = _Reader(data, budget)
            locked = reader.is_encrypted and not reader.decrypt("")
            if reader.encryption >= AES and not locked:
                raise DependencyError
            pages = [] if locked else _list_pages(reader.root_object["/Pages"], budget)
            content = PdfContent(len(pages), locked, read_texts(pages[:texts], budget))
    except LimitReachedError:
        raise OverflowError from None
    except DependencyError:
        content = PdfContent(None, locked=False)
    except Exception:  # pypdf raises many types for invalid PDFs
        content = PdfContent(0, locked=False)
    budget.spend(0)  # pypdf may have caught the error of too few reads
    return content


class _File(BytesIO):
    """A PDF in memory that counts reads and the bytes that each of them searches."""

    def __init__(self, data: bytes, budget: ReadBudget) -> None:
        super().__init__(data)
        self._budget = budget

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self._budget.spend(1 + len(data) // BYTES_OF_A_READ)
        return data

    def getbuffer(self) -> memoryview:
        buffer = super().getbuffer()
        self._budget.spend(1 + len(buffer) // BYTES_OF_A_READ)
        return buffer


class _Reader(PdfReader):
    """A reader that counts the entries of the index and the bytes of object streams."""

    def __init__(self, data: bytes, budget: ReadBudget) -> None:
        self._budget = budget
        super().__init__(_File(data, budget))

    @property
    def encryption(self) -> int:
        """The version of the encryption; 0 for none."""
        entry: Any = self.trailer["/Encrypt"] if self.is_encrypted else {}
        return int(entry.get("/V", 0))

    def _handle_encryption(self, password: str | bytes | None) -> None:
        if self.encryption >= AES_256:
            raise DependencyError
        super()._handle_encryption(password)

    def _sanitize_pdf15_xref_stream_index_pairs(
        self, index_pairs: list[int], entry_sizes: list[int], xref_stream: StreamObject
    ) -> list[int]:
        """Count a packed index before it is read: pypdf has no public hook for that."""
        self._budget.spend(len(xref_stream.get_data()))
        pairs = super()._sanitize_pdf15_xref_stream_index_pairs(index_pairs, entry_sizes, xref_stream)
        self._budget.spend(sum(pairs[1::2]) * READS_OF_AN_ENTRY)
        return pairs

    def get_object(self, indirect_reference: int | IndirectObject) -> PdfObject | None:
        self._budget.spend(READS_OF_AN_OBJECT)
        value = super().get_object(indirect_reference)
        if isinstance(value, EncodedStreamObject) and value.get("/Type") == "/ObjStm":
            self._budget.spend(len(value.get_data()))
        return value


def _list_pages(root: Any, budget: ReadBudget) -> list[Page]:
    """List the pages below a node of the page tree, at most `MAX_COUNTED`: a node can occur many times in the tree.

    A node that is missing is skipped, as other readers do.
    """
    levels: list[tuple[Iterator[Any], Any]] = [(iter((root,)), {})]
    pages: list[Page] = []
    nodes = 0
    while levels and nodes < MAX_COUNTED * 2:
        kids, inherited = levels[-1]
        kid = next(kids, None)
        if kid is None:
            levels.pop()
            continue
        nodes += 1
        node = kid.get_object()
        if not isinstance(node, dict):
            continue
        below = list(islice(node.get("/Kids", ()), MAX_COUNTED))
        budget.spend(1 + len(below) // KIDS_OF_A_READ)
        resources = node.get("/Resources", inherited)
        if "/Kids" in node:
            levels.append((iter(below), resources))
        else:
            pages.append(Page(node, resources))
    return pages[:MAX_COUNTED]
