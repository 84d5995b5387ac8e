"""Media types of files: detected by their first bytes, and the extensions of unnamed files."""

from __future__ import annotations

UNKNOWN_TYPE = "application/octet-stream"

_BEGINNINGS = {
    b"%PDF": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "application/json": ".json",
    "application/zip": ".zip",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
}
_MAX_TYPE = 255
"""Characters of a media type, by the API's documentation."""


def detect_media_type(data: bytes) -> str:
    """Return the media type of a file that declares none."""
    for beginning, media_type in _BEGINNINGS.items():
        if data.startswith(beginning):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    try:
        return "text/plain" if "\0" not in data.decode() else UNKNOWN_TYPE
    except UnicodeDecodeError:
        return UNKNOWN_TYPE


def find_extension(media_type: str) -> str:
    """Return the extension of files of a media type; '' if unknown."""
    return _EXTENSIONS.get(media_type.partition(";")[0].strip().lower(), "")


def find_type_problem(media_type: str) -> str:
    """Return the problem of a declared media type; '' for none."""
    if len(media_type) > _MAX_TYPE:
        return f"String should have at most {_MAX_TYPE} characters"
    is_valid = media_type.isascii() and media_type.isprintable() and all(media_type.partition("/"))
    return "" if is_valid else "Input should be a valid media type"
