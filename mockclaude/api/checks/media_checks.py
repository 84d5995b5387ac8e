"""Checks of images and PDFs.

Nothing is fetched: of an image behind a URL, only the URL is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from mockclaude.api import media
from mockclaude.api.checks.check import Check, Details
from mockclaude.api.content_blocks import format_path
from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.api.request import MessagesRequest

MAX_BYTES = 5 * 1024 * 1024
MAX_EDGE = 8000
MAX_PAGES = 100

_WEB = compile_lazily(r"https?://[^\s/]", re.IGNORECASE)
_HOST = compile_lazily(r"https?://([^/?#]*)", re.IGNORECASE)
_NOWHERE = compile_lazily(
    r"((.*\.)?(invalid|test|localhost|local)|127\.[\d.]+|0\.0\.0\.0|\[::1\])(:\d*)?", re.IGNORECASE
)
"""Hosts that only this machine or its network can resolve: names that are never in public use (RFC 6761, RFC 6762), and
addresses of this machine.
"""


def _sources(request: MessagesRequest, kind: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the base64 sources of the blocks of a kind, each with the path of its block and its data."""
    for path, block in request.blocks[kind]:
        source = block.get("source")
        if isinstance(source, dict) and source.get("type") == "base64":
            yield format_path(path), source, str(source.get("data", ""))


def _reject_image(fails: Callable[[media.Image, dict[str, Any], str], Details | None]) -> Any:
    def find(request: MessagesRequest) -> Details | None:
        for path, source, data in _sources(request, "image"):
            image = media.read_image(data)
            details = fails(image, source, data) if image and data else None
            if details is not None:
                return {"path": path, **details}
        return None

    return find


def _reject_pdf(fails: Callable[[media.Pdf], bool]) -> Any:
    def find(request: MessagesRequest) -> Details | None:
        pdfs = (media.read_pdf(data) for _, _, data in _sources(request, "document"))
        return {"most": MAX_PAGES} if any(pdf is not None and fails(pdf) for pdf in pdfs) else None

    return find


def _reject_base64(kind: str) -> Callable[[MessagesRequest], Details | None]:
    def find(request: MessagesRequest) -> Details | None:
        for path, _, data in _sources(request, kind):
            if (media.read_image(data) if kind == "image" else media.read_pdf(data)) is None:
                return {"path": path}
        return None

    return find


def _reject_local_url(kind: str) -> Callable[[MessagesRequest], Details | None]:
    def find(request: MessagesRequest) -> Details | None:
        for path, block in request.blocks[kind]:
            source = block.get("source")
            if isinstance(source, dict) and source.get("type") == "url" and not _is_public(str(source.get("url"))):
                return {"path": format_path(path)}
        return None

    return find


def _is_public(url: str) -> bool:
    named = _HOST.match(url) if _WEB.match(url) else None
    return named is not None and _NOWHERE.fullmatch(named[1].rpartition("@")[2]) is None


def _empty(request: MessagesRequest) -> Details | None:
    return next(({"path": path} for path, _, data in _sources(request, "image") if not data), None)


def _too_large(_: media.Image, __: dict[str, Any], data: str) -> Details | None:
    return {"size": len(data), "most": MAX_BYTES} if len(data) > MAX_BYTES else None


def _of_another_type(image: media.Image, source: dict[str, Any], _: str) -> Details | None:
    declared, actual = source.get("media_type"), image.media_type
    return {"said": declared, "found": actual} if actual and actual != declared else None


def _unreadable(image: media.Image, _: dict[str, Any], __: str) -> Details | None:
    return {} if min(image.width, image.height) < 1 else None


def _too_wide(image: media.Image, _: dict[str, Any], __: str) -> Details | None:
    return {"most": MAX_EDGE} if max(image.width, image.height) > MAX_EDGE else None


def _check(
    condition: str, message: str, source: str, find: Callable[[MessagesRequest], Details | None], kind: str
) -> Check:
    return Check(condition, message, source, find, needs=f"block:{kind}", gateway=True)


_UNREACHABLE = "Unable to download the file. Please verify the URL and try again."
_IMAGE = "{path}.image.source.base64: "
_DOCUMENT = "{path}.document.source.base64: "

CHECKS: tuple[Check, ...] = (
    _check("an empty picture", f"{_IMAGE}image cannot be empty", "reported", _empty, "image"),
    _check("a picture that is no base64", f"{_IMAGE}invalid base64 data", "reported", _reject_base64("image"), "image"),
    _check(
        "a picture of too many bytes",
        f"{_IMAGE}image exceeds 5 MB maximum: {{size}} bytes > {{most}} bytes",
        "reported",
        _reject_image(_too_large),
        "image",
    ),
    _check(
        "a picture of another type than said",
        f"{_IMAGE}The image was specified using the {{said}} media type, but the image appears to be a {{found}} image",
        "reported",
        _reject_image(_of_another_type),
        "image",
    ),
    _check("a picture that cannot be read", "Could not process image", "reported", _reject_image(_unreadable), "image"),
    _check(
        "a picture with too long an edge",
        f"{_IMAGE}At least one of the image dimensions exceed max allowed size: {{most}} pixels",
        "assumed",
        _reject_image(_too_wide),
        "image",
    ),
    *(
        _check(f"the URL of {what} that is nowhere", f"{{path}}.{kind}.source.url: {_UNREACHABLE}", source, find, kind)
        for what, kind, source, find in (
            ("a picture", "image", "reported", _reject_local_url("image")),
            ("a document", "document", "assumed", _reject_local_url("document")),
        )
    ),
    _check(
        "a PDF that is no base64", f"{_DOCUMENT}invalid base64 data", "assumed", _reject_base64("document"), "document"
    ),
    _check(
        "a PDF with a password",
        "The PDF specified is password protected.",
        "assumed",
        _reject_pdf(lambda pdf: pdf.locked),
        "document",
    ),
    _check(
        "a PDF that cannot be read",
        "The PDF specified was not valid.",
        "assumed",
        _reject_pdf(lambda pdf: pdf.pages == 0 and not pdf.locked),
        "document",
    ),
    _check(
        "a PDF of too many pages",
        "A maximum of {most} PDF pages may be provided.",
        "reported",
        _reject_pdf(lambda pdf: (pdf.pages or 0) > MAX_PAGES),
        "document",
    ),
)
