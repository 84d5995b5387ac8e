"""Pictures and PDFs in a request: what they are, how large, and whether they can be read.

In: base64 text. Out: a `Picture` or a `Pdf`, or why it is none.
Knows nothing of requests and limits. What was found is remembered by the hash of the text: agents send their pictures
again with every turn. The libraries are imported with the first picture or PDF.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable
from hashlib import blake2b
from io import BytesIO
from typing import Any, NamedTuple

MAX_REMEMBERED = 20_000
"""Pictures and PDFs of which it is remembered what they are: more than a request of 1 MB holds. The first ones are
forgotten first.
"""

MAX_COUNTED = 1_000
"""Pages of a PDF that are counted, ten times what the API takes; one with more has so many."""

MAX_READS = 200_000
"""How often a PDF is read from until it counts as one that cannot be read: a long one of many objects needs a tenth."""

MAX_UNPACKED = 8_000_000
"""Bytes that a part of a PDF takes once it is unpacked: a hundred thousand objects need less to be listed."""

_BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


class Picture(NamedTuple):
    """A picture: its media type, and its size in pixels, -1 where that cannot be read."""

    media_type: str
    width: int
    height: int


class Pdf(NamedTuple):
    """A PDF: its pages (0 if it cannot be read), and whether it asks for a password."""

    pages: int
    locked: bool = False


_seen: dict[bytes, Any] = {}


def _remembered(data: str, look: Callable[[bytes], Any]) -> Any:
    key = blake2b(data.encode("utf-8", "surrogatepass"), digest_size=16, person=look.__name__.encode()[:16]).digest()
    if key not in _seen:
        decoded = _decoded(data)
        _seen[key] = None if decoded is None else look(decoded)
        if len(_seen) > MAX_REMEMBERED:
            del _seen[next(iter(_seen))]
    return _seen[key]


def _decoded(data: str) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None


def picture(data: str) -> Picture | None:
    """Return the picture that `data` is, None if it is no base64."""
    found: Picture | None = _remembered(data, _picture)
    return found


def _picture(data: bytes) -> Picture:
    import imagesize  # type: ignore[import-untyped]

    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    kind = "image/webp" if webp else next((kind for begin, kind in _BEGINNINGS.items() if data.startswith(begin)), "")
    width, height = imagesize.get(BytesIO(data)) if kind else (-1, -1)
    return Picture(kind, int(width), int(height))


def pdf(data: str) -> Pdf | None:
    """Return the PDF that `data` is, None if it is no base64."""
    found: Pdf | None = _remembered(data, _pdf)
    return found


def _pdf(data: bytes) -> Pdf:
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        with pypdf.apply_configuration(
            zlib_maximum_output_length=MAX_UNPACKED,
            lzw_maximum_output_length=MAX_UNPACKED,
            run_length_maximum_output_length=MAX_UNPACKED,
        ):
            reader = pypdf.PdfReader(_File(data), xref_stream_maximum_entries=MAX_READS)
            locked = reader.is_encrypted and not reader.decrypt("")
            return Pdf(0, locked=True) if locked else Pdf(_pages(reader.root_object["/Pages"]))
    except Exception:  # whatever it stumbles over, such a PDF cannot be read
        return Pdf(0)


class _File(BytesIO):
    """A PDF in memory that can be read from `MAX_READS` times. Raises `OverflowError` after that."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads > MAX_READS:
            raise OverflowError
        return super().read(size)


def _pages(root: Any) -> int:
    """Return the pages below a node of the page tree, at most `MAX_COUNTED`: a node may be in many places of it."""
    left, pages = [root], 0
    for _ in range(MAX_COUNTED * 2):
        if not left:
            break
        node = left.pop().get_object()
        pages += "/Kids" not in node
        left += list(node.get("/Kids", ()))[:MAX_COUNTED]
    return min(pages, MAX_COUNTED)
