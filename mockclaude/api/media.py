"""Images and PDFs in a request: their type, their size, and whether they can be read.

Results are cached by the hash of the base64 text, because agents send their images again with every turn. The first
image or PDF imports the libraries.
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
"""The maximum number of cached images and PDFs: more than a request of 1 MB holds. A PDF also counts once for every
`CHARACTERS` of its text. The oldest are dropped first.
"""

CHARACTERS = 1_000

_BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


class Image(NamedTuple):
    """The media type of an image, and its size in pixels; -1 for an unreadable size."""

    media_type: str
    width: int
    height: int


class Pdf(NamedTuple):
    """A PDF.

    Attributes:
        pages: The number of pages; 0 for an unreadable PDF, and None if reading would take too long or needs AES.
        locked: Whether a password is required.
        texts: The texts of the first pages, without unreadable ones.
    """

    pages: int | None
    locked: bool = False
    texts: tuple[str, ...] = ()


MAX_READS = 100_000
"""The maximum number of reads for all PDFs of a request. A PDF of 100 pages needs a tenth. Other PDFs are not read."""

MAX_TEXTS = 10
"""The maximum number of pages whose text is read, in all PDFs of a request."""

UNREAD = Pdf(None)


class Cache:
    """Results of reading by key, of which the oldest are dropped."""

    def __init__(self) -> None:
        self.values: dict[bytes, Any] = {}
        self.size = 0

    def add(self, key: bytes, value: Any) -> None:
        """Add a result."""
        self.values[key] = value
        self.size += _weigh(value)
        while self.size > MAX_REMEMBERED:
            self.size -= _weigh(self.values.pop(next(iter(self.values))))


def _weigh(value: Any) -> int:
    return 1 + (sum(map(len, value.pdf.texts)) // CHARACTERS if isinstance(value, _Read) else 0)


_seen = Cache()


def _key(data: str, kind: bytes) -> bytes:
    return blake2b(data.encode("utf-8", "surrogatepass"), digest_size=16, person=kind).digest()


def _read_cached(key: bytes, data: str, look: Callable[[bytes], Any]) -> Any:
    """Return the cached result of `look` for base64 text; None for any other text."""
    if key not in _seen.values:
        decoded = _decode(data)
        _seen.add(key, None if decoded is None else look(decoded))
    return _seen.values[key]


def _decode(data: str) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None


def read_image(data: str) -> Image | None:
    """Read the image that `data` encodes; None if `data` is not base64."""
    image: Image | None = _read_cached(_key(data, b"picture"), data, _read_image)
    return image


def _read_image(data: bytes) -> Image:
    import imagesize  # type: ignore[import-untyped]

    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    kind = "image/webp" if webp else next((kind for begin, kind in _BEGINNINGS.items() if data.startswith(begin)), "")
    width, height = imagesize.get(BytesIO(data)) if kind else (-1, -1)
    return Image(kind, int(width), int(height))


class OpenedPdfs:
    """The PDFs of one request, which share `MAX_READS` and `MAX_TEXTS`."""

    def __init__(self) -> None:
        self.left = MAX_READS
        self.texts = MAX_TEXTS
        self.pdfs: dict[bytes, Pdf | None] = {}


OPENED: ContextVar[list[OpenedPdfs] | None] = ContextVar("OPENED", default=None)
"""The PDFs of the current request: an empty list until the first PDF. Without a request it is None, and each PDF has a
budget of its own.
"""


def read_pdf(data: str) -> Pdf | None:
    """Read the PDF that `data` encodes; None if `data` is not base64."""
    of_request = OPENED.get()
    opened = of_request[0] if of_request else OpenedPdfs()
    if of_request == []:
        of_request.append(opened)
    key = _key(data, b"pdf")
    if key not in opened.pdfs:
        opened.pdfs[key] = _read_once(key, data, opened)
    return opened.pdfs[key]


def _read_once(key: bytes, data: str, opened: OpenedPdfs) -> Pdf | None:
    """Read a PDF or take the cached result. Both use the same number of reads, so that the cache changes no result."""
    left, texts = opened.left, opened.texts
    try:
        read: _Read | None = _read_cached(key + bytes((texts,)), data, lambda decoded: _read_pdf(decoded, left, texts))
    except OverflowError:
        opened.left = -1
        return UNREAD
    if read is None:
        return None
    opened.left -= read.reads
    opened.texts -= min(texts, read.pdf.pages or 0)
    return read.pdf if opened.left >= 0 else UNREAD


class _Read(NamedTuple):
    pdf: Pdf
    reads: int


def _read_pdf(data: bytes, left: int, texts: int) -> _Read:
    """Read a PDF with the text of its first pages, and count the reads.

    Raises:
        OverflowError: The PDF takes more reads than `left`.
    """
    from mockclaude.api.pdf_reads import ReadBudget
    from mockclaude.api.pdfs import read_content

    budget = ReadBudget(left)
    try:
        content = read_content(data, budget, texts)
    except OverflowError:
        if left == MAX_READS:
            return _Read(UNREAD, MAX_READS)
        raise
    readable = tuple(text for text in content.texts if text is not None)
    return _Read(Pdf(content.pages, content.locked, readable), left - budget.left)
