"""Counting of the pages of a PDF within a number of reads.

A read of one byte is the unit: pypdf reads unpacked bytes one by one, and most bytes of a file. The module is imported
with the first PDF, since pypdf takes half a second to import.
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
"""Pages of a PDF that are counted, ten times the API's limit; a longer PDF counts as this many."""

MAX_UNPACKED = 100_000
"""Bytes of a stream that are unpacked: a constant, so that a PDF takes as many reads in each request."""

BYTES_OF_A_READ, KIDS_OF_A_READ = 200, 20
"""Bytes that are searched, and nodes that are listed, in the time of one read."""

READS_OF_AN_ENTRY, READS_OF_AN_OBJECT = 5, 30
"""Reads that an entry of an index takes, and an object that is not in the index."""

logging.getLogger("pypdf").setLevel(logging.CRITICAL)


class Work:
    """The number of reads left."""

    def __init__(self, reads: int) -> None:
        self.left = reads

    def spend(self, reads: int) -> None:
        """Subtract `reads`.

        Raises:
            OverflowError: Fewer are left.
        """
        self.left -= reads
        if self.left < 0:
            raise OverflowError


def count_pages(data: bytes, work: Work) -> tuple[int, bool]:
    """Count the pages of a PDF, and return whether it requires a password. A PDF that cannot be read has 0 pages.

    Raises:
        OverflowError: The PDF takes more reads than are left.
    """
    try:
        with apply_configuration(
            zlib_maximum_output_length=MAX_UNPACKED,
            lzw_maximum_output_length=MAX_UNPACKED,
            run_length_maximum_output_length=MAX_UNPACKED,
        ):
            reader = _Reader(data, work)
            locked = reader.is_encrypted and not reader.decrypt("")
            pages = 0 if locked else _pages(reader.root_object["/Pages"], work)
    except LimitReachedError:
        raise OverflowError from None
    except Exception:  # whatever it stumbles over, such a PDF cannot be read
        pages, locked = 0, False
    work.spend(0)  # pypdf may have caught the error of too few reads
    return pages, locked


class _File(BytesIO):
    """A PDF in memory that counts reads and the bytes that each of them searches."""

    def __init__(self, data: bytes, work: Work) -> None:
        super().__init__(data)
        self._work = work

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self._work.spend(1 + len(data) // BYTES_OF_A_READ)
        return data

    def getbuffer(self) -> memoryview:
        buffer = super().getbuffer()
        self._work.spend(1 + len(buffer) // BYTES_OF_A_READ)
        return buffer


class _Reader(PdfReader):
    """A reader that counts the entries of the index and the bytes of object streams."""

    def __init__(self, data: bytes, work: Work) -> None:
        self._work = work
        super().__init__(_File(data, work))

    def _sanitize_pdf15_xref_stream_index_pairs(
        self, index_pairs: list[int], entry_sizes: list[int], xref_stream: StreamObject
    ) -> list[int]:
        """Count a packed index before it is read: pypdf has no public hook for that."""
        self._work.spend(len(xref_stream.get_data()))
        pairs = super()._sanitize_pdf15_xref_stream_index_pairs(index_pairs, entry_sizes, xref_stream)
        self._work.spend(sum(pairs[1::2]) * READS_OF_AN_ENTRY)
        return pairs

    def get_object(self, indirect_reference: int | IndirectObject) -> PdfObject | None:
        self._work.spend(READS_OF_AN_OBJECT)
        found = super().get_object(indirect_reference)
        if isinstance(found, EncodedStreamObject) and found.get("/Type") == "/ObjStm":
            self._work.spend(len(found.get_data()))
        return found


def _pages(root: Any, work: Work) -> int:
    """Count the pages below a node of the page tree, at most `MAX_COUNTED`: a node can occur many times in the tree."""
    left, pages = [root], 0
    for _ in range(MAX_COUNTED * 2):
        if not left:
            break
        node = left.pop().get_object()
        kids = list(islice(node.get("/Kids", ()), MAX_COUNTED))
        work.spend(1 + len(kids) // KIDS_OF_A_READ)
        pages += "/Kids" not in node
        left += kids
    return min(pages, MAX_COUNTED)
