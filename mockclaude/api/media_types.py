"""Media types of files by their names. A fixed list, because that of the system differs between machines."""

from __future__ import annotations

from mockclaude.api.file_types import detect_media_type

_OFFICE = "application/vnd.openxmlformats-officedocument"
_TYPES = {
    "csv": "text/csv",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "gif": "image/gif",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "png": "image/png",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "webp": "image/webp",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "xml": "application/xml",
    "zip": "application/zip",
}


def find_media_type(name: str, data: bytes) -> str:
    """Return the media type of a file by its name, or else by its content."""
    return _TYPES.get(name.rpartition(".")[2].lower()) or detect_media_type(data)
