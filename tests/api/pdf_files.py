"""PDFs with text to test with."""

from __future__ import annotations

import zlib

from tests.benchmarks import corpus

HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
COMPOSITE = b"<< /Type /Font /Subtype /Type0 /ToUnicode 4 0 R >>"
PACKED = b"/Filter /FlateDecode"


def stream(data: bytes, head: bytes = PACKED) -> bytes:
    packed = zlib.compress(data) if head == PACKED else data
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (head, len(packed), packed)


def pdf_of(*contents: bytes, font: bytes = HELVETICA, table: bytes = b"") -> bytes:
    """Return a PDF whose pages have these streams as their content, or these lists of streams, and inherit a font."""
    first = 5
    pages = [b"<< /Type /Page /Contents %d 0 R >>" % (first + 2 * number + 1) for number in range(len(contents))]
    kids = b" ".join(b"%d 0 R" % (first + 2 * number) for number in range(len(contents)))
    node = b"<< /Type /Pages /Kids [%b] /Resources << /Font << /F1 3 0 R >> >> >>" % kids
    objects = [item for pair in zip(pages, contents, strict=True) for item in pair]
    return corpus.pdf(corpus.CATALOG, node, font, stream(table), *objects)


def page(*lines: str) -> bytes:
    """Return the content of a page with some lines of text."""
    shown = "".join(f"1 0 0 1 72 {700 - 14 * number} Tm ({line}) Tj " for number, line in enumerate(lines))
    return stream(f"BT /F1 12 Tf {shown}ET".encode())
