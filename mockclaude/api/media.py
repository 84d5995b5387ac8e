"""Pictures and PDFs in a request: what they are, how large, and whether they can be read.

In: base64 text. Out: a `Picture` or a `Pdf`, or why it is none.
Knows nothing of requests and limits. What was found is remembered by the hash of the text: agents send their pictures
again with every turn. The libraries are imported with the first picture or PDF.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from contextvars import ContextVar
from hashlib import blake2b
from io import BytesIO
from typing import Any, NamedTuple

MAX_REMEMBERED = 20_000
"""Pictures and PDFs of which it is remembered what they are: more than a request of 1 MB holds. The first ones are
forgotten first.
"""

_BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


class Picture(NamedTuple):
    """A picture: its media type, and its size in pixels, -1 where that cannot be read."""

    media_type: str
    width: int
    height: int


class Pdf(NamedTuple):
    """A PDF: its pages, and whether it asks for a password.

    `pages` is 0 if the PDF cannot be read, None if that would take too long.
    """

    pages: int | None
    locked: bool = False


MAX_READS = 100_000
"""How often the PDFs of a request are read from: one of a hundred pages needs a tenth. The others are not read."""

UNREAD = Pdf(None)

_seen: dict[bytes, Any] = {}


def _key(data: str, kind: bytes) -> bytes:
    return blake2b(data.encode("utf-8", "surrogatepass"), digest_size=16, person=kind).digest()


def _remembered(key: bytes, data: str, look: Callable[[bytes], Any]) -> Any:
    """Return what `look` finds in base64 text, None for other text."""
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
    found: Picture | None = _remembered(_key(data, b"picture"), data, _picture)
    return found


def _picture(data: bytes) -> Picture:
    import imagesize  # type: ignore[import-untyped]

    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    kind = "image/webp" if webp else next((kind for begin, kind in _BEGINNINGS.items() if data.startswith(begin)), "")
    width, height = imagesize.get(BytesIO(data)) if kind else (-1, -1)
    return Picture(kind, int(width), int(height))


class _Opened:
    """The PDFs of a request by their keys, and the reads that are left for more of them."""

    def __init__(self) -> None:
        self.left = MAX_READS
        self.pdfs: dict[bytes, Pdf | None] = {}


_opened: ContextVar[_Opened] = ContextVar("_opened")


class OneRequest:
    """Lets all PDFs within share `MAX_READS`. Elsewhere, each PDF has as many."""

    def __enter__(self) -> None:
        self._token = _opened.set(_Opened())

    def __exit__(self, *_: object) -> None:
        _opened.reset(self._token)


def pdf(data: str) -> Pdf | None:
    """Return the PDF that `data` is, None if it is no base64."""
    opened = _opened.get(None) or _Opened()
    key = _key(data, b"pdf")
    if key not in opened.pdfs:
        opened.pdfs[key] = _open(key, data, opened)
    return opened.pdfs[key]


def _open(key: bytes, data: str, opened: _Opened) -> Pdf | None:
    """Read a PDF, or remember it, which takes as many reads: the request alone decides which of its PDFs are read."""
    try:
        found: _Read | None = _remembered(key, data, lambda decoded: _read(decoded, opened.left))
    except OverflowError:
        opened.left = -1
        return UNREAD
    if found is None:
        return None
    opened.left -= found.reads
    return found.pdf if opened.left >= 0 else UNREAD


class _Read(NamedTuple):
    pdf: Pdf
    reads: int


def _read(data: bytes, left: int) -> _Read:
    """Return a PDF and how many reads it took. Raises `OverflowError` if those that are left are too few."""
    from mockclaude.api.pdfs import Work, count_pages

    work = Work(left)
    try:
        return _Read(Pdf(*count_pages(data, work)), left - work.left)
    except OverflowError:
        if left == MAX_READS:
            return _Read(UNREAD, MAX_READS)
        raise
