"""Checks of images and PDFs.

Nothing is fetched: of an image behind a URL, only the URL is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api import media
from mockclaude.api.checks import oversize_checks
from mockclaude.api.checks.check import Check, Details
from mockclaude.api.content_blocks import format_path
from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.api.request import MessagesRequest

MAX_BYTES = 10 * 1024 * 1024
MAX_EDGE = 8000
MAX_EDGE_OF_MANY = 2000
MANY_IMAGES = 20
MAX_MEDIA = 600
MAX_MEDIA_OF_SMALL_WINDOW = 100

_SMALL_WINDOW = 200_000
_LARGE_WINDOW_BETA = "context-1m-2025-08-07"

_WEB = compile_lazily(r"https?://[^\s/]", re.IGNORECASE)
_HOST = compile_lazily(r"https?://([^/?#]*)", re.IGNORECASE)
_NOWHERE = compile_lazily(
    r"((.*\.)?(invalid|test|localhost|local)|127\.[\d.]+|0\.0\.0\.0|\[::1\])(:\d*)?", re.IGNORECASE
)
"""Hosts that only this machine or its network can resolve: names that are never in public use (RFC 6761, RFC 6762), and
addresses of this machine.
"""

Path: TypeAlias = tuple[Any, ...]
Find: TypeAlias = Callable[[MessagesRequest], Details | None]


class _Picture(NamedTuple):
    """An image in base64: the path of its block, its source, and what its data is; None if it is not base64."""

    path: Path
    source: dict[str, Any]
    data: str
    image: media.Image | None


def _pictures(request: MessagesRequest) -> list[_Picture]:
    """Return the images in base64. They are read once for all checks."""
    pictures: list[_Picture] | None = request.memo.get(_Picture)
    if pictures is None:
        sources = _sources(request, "image")
        pictures = [_Picture(path, source, data, media.read_image(data)) for path, source, data in sources]
        request.memo[_Picture] = pictures
    return pictures


def _sources(request: MessagesRequest, kind: str) -> Iterator[tuple[Path, dict[str, Any], str]]:
    """Yield the base64 sources of the blocks of a kind, each with the path of its block and its data."""
    for path, block in request.blocks.get(kind, ()):
        source = block.get("source")
        if isinstance(source, dict) and source.get("type") == "base64":
            yield path, source, str(source.get("data", ""))


def _pdfs(request: MessagesRequest) -> Iterator[tuple[Path, media.Pdf | None]]:
    for path, _, data in _sources(request, "document"):
        yield path, media.read_pdf(data)


def _max_media(request: MessagesRequest) -> int:
    """Return the maximum number of images and of PDF pages, which depends on the context window."""
    is_large = request.constants.plain_window > _SMALL_WINDOW or _has_large_window(request)
    return MAX_MEDIA if is_large else MAX_MEDIA_OF_SMALL_WINDOW


def _has_large_window(request: MessagesRequest) -> bool:
    model = request.model_info
    return (
        model is not None and model.max_input_tokens > _SMALL_WINDOW and _LARGE_WINDOW_BETA in request.api_headers.betas
    )


def _reject_image(fails: Callable[[_Picture, media.Image], Details | None]) -> Find:
    def find(request: MessagesRequest) -> Details | None:
        for picture in _pictures(request):
            details = fails(picture, picture.image) if picture.image and picture.data else None
            if details is not None:
                return {"path": picture.path, **details}
        return None

    return find


def _too_large(picture: _Picture, _: media.Image) -> Details | None:
    size = len(picture.data)
    return {"size": size, "most": MAX_BYTES} if size > MAX_BYTES else None


def _of_another_type(picture: _Picture, image: media.Image) -> Details | None:
    declared, actual = picture.source.get("media_type"), image.media_type
    return {"said": declared, "found": actual} if actual and actual != declared else None


def _unreadable(_: _Picture, image: media.Image) -> Details | None:
    return {} if min(image.width, image.height) < 1 else None


def _empty(request: MessagesRequest) -> Details | None:
    return next(({"path": picture.path} for picture in _pictures(request) if not picture.data), None)


def _no_base64_image(request: MessagesRequest) -> Details | None:
    return next(({"path": picture.path} for picture in _pictures(request) if picture.image is None), None)


def _too_wide(request: MessagesRequest) -> Details | None:
    return _find_wider(request, MAX_EDGE)


def _too_wide_for_many(request: MessagesRequest) -> Details | None:
    return _find_wider(request, MAX_EDGE_OF_MANY) if len(request.blocks["image"]) > MANY_IMAGES else None


def _find_wider(request: MessagesRequest, most: int) -> Details | None:
    """Find the images with an edge of more than `most` pixels."""
    from mockclaude.api.merged_paths import merge_paths

    wider = [
        path for path, _, _, image in _pictures(request) if image is not None and max(image.width, image.height) > most
    ]
    if not wider:
        return None
    paths = merge_paths(request.messages, wider)
    details = {
        "error_code": "image_dimensions_too_large",
        "max_side_length_pixels": most,
        "paths": [_format_without_tags(path) for path in paths],
    }
    return {"path": format_path(paths[0]), "most": most, "details": details}


def _format_without_tags(path: Path) -> str:
    """Format a path without the types of the blocks on it."""
    return format_path(part for part in path if part != "tool_result")


def _too_many(request: MessagesRequest) -> Details | None:
    images, documents = (len(request.blocks.get(kind, ())) for kind in ("image", "document"))
    most = _max_media(request)
    return {"images": images, "documents": documents, "most": most} if images + documents > most else None


def _too_many_pages(request: MessagesRequest) -> Details | None:
    most = _max_media(request)
    return next(({"path": path, "most": most} for path, pdf in _pdfs(request) if _count_pages(pdf) > most), None)


def _too_much(request: MessagesRequest) -> Details | None:
    pages = sum(_count_pages(pdf) for _, pdf in _pdfs(request))
    images, most = len(request.blocks.get("image", ())), _max_media(request)
    return {"pages": pages, "images": images, "most": most} if pages + images > most else None


def _count_pages(pdf: media.Pdf | None) -> int:
    return (pdf.pages or 0) if pdf is not None else 0


def _no_base64_pdf(request: MessagesRequest) -> Details | None:
    return next(({"path": path} for path, pdf in _pdfs(request) if pdf is None), None)


def _locked(request: MessagesRequest) -> Details | None:
    return next(({"path": path} for path, pdf in _pdfs(request) if pdf is not None and pdf.locked), None)


def _no_pdf(request: MessagesRequest) -> Details | None:
    unread = (path for path, pdf in _pdfs(request) if pdf is not None and pdf.pages == 0 and not pdf.locked)
    return next(({"path": path} for path in unread), None)


def _reject_local_url(kind: str) -> Find:
    def find(request: MessagesRequest) -> Details | None:
        for path, block in request.blocks[kind]:
            source = block.get("source")
            if isinstance(source, dict) and source.get("type") == "url" and not _is_public(str(source.get("url"))):
                return {"path": path}
        return None

    return find


def _is_public(url: str) -> bool:
    named = _HOST.match(url) if _WEB.match(url) else None
    return named is not None and _NOWHERE.fullmatch(named[1].rpartition("@")[2]) is None


def _check(condition: str, message: str, find: Find, kind: str, citation: str = "") -> Check:
    source = "reported" if citation else "assumed"
    return Check(condition, message, source, find, needs=f"block:{kind}", gateway=True, citation=citation)


_UNREACHABLE = "Unable to download the file. Please verify the URL and try again."
_IMAGE = "{path}.image.source.base64"
_DOCUMENT = "{path}.pdf.source.base64"
_TOO_WIDE = f"{_IMAGE}.data: At least one of the image dimensions exceed max allowed size"

CHECKS: tuple[Check, ...] = (
    _check("an empty picture", f"{_IMAGE}: image cannot be empty", _empty, "image", "anthropics/claude-code#12750"),
    _check(
        "a picture that is no base64",
        f"{_IMAGE}: invalid base64 data",
        _no_base64_image,
        "image",
        "anthropics/anthropic-sdk-typescript#603",
    ),
    _check(
        "a picture of too many bytes",
        f"{_IMAGE}: image exceeds 10 MB maximum: {{size}} bytes > {{most}} bytes",
        _reject_image(_too_large),
        "image",
        "kolega-ai/kolega-code#354",
    ),
    _check(
        "a picture of another type than said",
        f"{_IMAGE}: The image was specified using the {{said}} media type, "
        "but the image appears to be a {found} image",
        _reject_image(_of_another_type),
        "image",
        "vybestack/llxprt-code#2130",
    ),
    _check(
        "a picture that cannot be read",
        "Could not process image",
        _reject_image(_unreadable),
        "image",
        "anthropics/claude-code#12616",
    ),
    _check(
        "a picture with too long an edge",
        f"{_TOO_WIDE}: {{most}} pixels",
        _too_wide,
        "image",
        "anthropics/claude-code#4778",
    ),
    _check(
        "a picture with too long an edge, among many",
        f"{_TOO_WIDE} for many-image requests: {{most}} pixels",
        _too_wide_for_many,
        "image",
        "anthropics/claude-code#49537",
    ),
    _check(
        "the URL of a picture that is nowhere",
        f"{{path}}.image.source.url: {_UNREACHABLE}",
        _reject_local_url("image"),
        "image",
    ),
    _check(
        "the URL of a document that is nowhere",
        f"{{path}}.pdf.source.url: {_UNREACHABLE}",
        _reject_local_url("document"),
        "document",
    ),
    _check("a PDF that is no base64", f"{_DOCUMENT}: invalid base64 data", _no_base64_pdf, "document"),
    _check(
        "a PDF with a password",
        f"{_DOCUMENT}.data: The PDF specified is password protected.",
        _locked,
        "document",
        "anthropics/claude-code#19013",
    ),
    _check(
        "a PDF that cannot be read",
        f"{_DOCUMENT}.data: The PDF specified was not valid.",
        _no_pdf,
        "document",
        "anthropics/claude-code#19577",
    ),
    *(
        _check(
            f"too many {kind}s for the context window",
            "too many images and documents: {images} + {documents} > {most}",
            _too_many,
            kind,
            "anthropics/claude-code#23392",
        )
        for kind in ("image", "document")
    ),
    _check(
        "a PDF of too many pages",
        f"{_DOCUMENT}.data: A maximum of {{most}} PDF pages may be provided.",
        _too_many_pages,
        "document",
        "jikig-ai/soleur#3350",
    ),
    _check(
        "too many pages of PDFs, and images",
        "Too much media: {pages} document pages + {images} images > {most}",
        _too_much,
        "document",
        "anthropics/claude-code#24541",
    ),
    *oversize_checks.CHECKS,
)
"""Images and PDFs: their data, then their number and size."""
