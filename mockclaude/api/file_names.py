"""Names of uploaded files, by the documentation of the Files API."""

from __future__ import annotations

import re
from urllib.parse import quote

from mockclaude.api.file_types import find_extension

MAX_FILENAME = 255
"""The maximum number of characters of a file name."""

_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')


def clean_filename(filename: str | None, media_type: str) -> str:
    """Return the last component of a path, or `unnamed` with an extension."""
    name = re.split(r"[/\\]", filename or "")[-1]
    return name or f"unnamed{find_extension(media_type)}"


def find_filename_problem(name: str) -> str:
    """Return the problem of the last component of a path; '' for none."""
    if len(name) > MAX_FILENAME:
        return f"Filename should have at most {MAX_FILENAME} characters"
    match = _FORBIDDEN.search(name)
    return f"Filename must not contain {match[0]!a}" if match else ""


def build_disposition(name: str) -> str:
    """Build the header `content-disposition` of a download (RFC 6266)."""
    return f"attachment; filename*=utf-8''{quote(name, safe='', errors='replace')}"
