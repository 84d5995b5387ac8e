"""Counting of the pages of a PDF within a number of reads.

A read of one byte is the unit: pypdf reads unpacked bytes one by one, and most bytes of a file. The first PDF imports
this module, because importing pypdf takes half a second.
"""

from __future__ import annotations

import logging
from io import BytesIO
from itertools import islice
from typing import Any

from pypdf import PdfReader, apply_configuration
from pypdf.errors import LimitReachedError
from pypdf.generic import EncodedStreamObject, IndirectObject, PdfObject, StreamObject

MAX_COUNTED = 1_000
"""The maximum number of counted pages, ten times the API's limit."""

MAX_UNPACKED = 100_000
"""The maximum number of unpacked bytes of a stream. A constant, so that a PDF takes the same reads in each request."""

BYTES_OF_A_READ, KIDS_OF_A_READ = 200, 20
"""Bytes to search, and nodes to list, in the time of one read."""

READS_OF_AN_ENTRY, READS_OF_AN_OBJECT = 5, 30
"""Reads for an entry of an index, and for an object that is not in the index."""

logging.getLogger("pypdf").setLevel(logging.CRITICAL)


class ReadBudget:
    """A number of reads, of which `left` remain."""

    def __init__(self, reads: int) -> None:
        self.left = reads

    def spend(self, reads: int) -> None:
        """Subtract `reads`.

        Raises:
            OverflowError: Fewer remain.
        """
        self.left -= reads
        if self.left < 0:
            raise OverflowError


def count_pages(data: bytes, budget: ReadBudget) -> tuple[int, bool]:
    """Count the pages of a PDF; return the number and whether it requires a password.

    An unreadable PDF has 0 pages.

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
            pages = 0 if locked else _pages(reader.root_object["/Pages"], budget)
    except LimitReachedError:
        raise OverflowError from None
    except Exception:  # pypdf raises many types for invalid PDFs
        pages, locked = 0, False
    budget.spend(0)  # pypdf may have caught the error of too few reads
    return pages, locked


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


def _pages(root: Any, budget: ReadBudget) -> int:
    """Count the pages below a node of the page tree, at most `MAX_COUNTED`: a node can occur many times in the tree."""
    left, pages = [root], 0
    for _ in range(MAX_COUNTED * 2):
        if not left:
            break
        node = left.pop().get_object()
        kids = list(islice(node.get("/Kids", ()), MAX_COUNTED))
        budget.spend(1 + len(kids) // KIDS_OF_A_READ)
        pages += "/Kids" not in node
        left += kids
    return min(pages, MAX_COUNTED)
