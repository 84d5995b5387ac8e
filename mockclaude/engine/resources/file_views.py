"""Files as the Files API shows them, and its errors for files that cannot be used."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, TypedDict

import orjson

from mockclaude.api.errors import ApiError
from mockclaude.engine.state.resources import Resource

FileShape: TypeAlias = Literal["ga", "beta", "managed"]
"""The shape of objects and lists that the betas of a request ask for. `managed` has both families of pages."""

KEPT_SECONDS = 30 * 86_400
"""How long the API shows an expired file."""

_OWN_ID = re.compile("file_01[1-9A-Za-z]{22}")
_LOST = "files are lost with a restart, unless --data; they belong to one lane (isolation key)"


class FileFacts(TypedDict):
    """The facts of a file. Times are microseconds since the epoch."""

    filename: str
    mime_type: str
    created_us: int
    expires_us: int | None
    downloadable: bool


def find_shape(betas: Collection[str]) -> FileShape:
    """Return the shape that the betas of a request ask for."""
    if "files-api-2025-04-14" in betas:
        return "beta"
    return "managed" if "managed-agents-2026-04-01" in betas else "ga"


def read_facts(resource: Resource) -> FileFacts:
    """Read the facts of a file."""
    facts: FileFacts = orjson.loads(resource.facts)
    return facts


def is_expired(facts: FileFacts, now_us: int) -> bool:
    """Return whether the content is not available any longer."""
    expires_us = facts["expires_us"]
    return expires_us is not None and now_us >= expires_us


def is_gone(facts: FileFacts, now_us: int) -> bool:
    """Return whether the file is not shown any longer."""
    return is_expired(facts, now_us - KEPT_SECONDS * 1_000_000)


def describe_file(resource: Resource, shape: FileShape) -> dict[str, Any]:
    """Return the metadata of a file, in the API's key order."""
    facts = read_facts(resource)
    metadata = {
        "type": "file",
        "id": resource.id,
        "size_bytes": resource.size,
        "created_at": _format_time(facts["created_us"]),
        "filename": facts["filename"],
        "mime_type": facts["mime_type"],
        "downloadable": facts["downloadable"],
    }
    expires_us = facts["expires_us"]
    if shape == "beta":
        return metadata
    return {**metadata, "expires_at": None if expires_us is None else _format_time(expires_us)}


def _format_time(at_us: int) -> str:
    """Format a time as the Files API does: microseconds whose last three digits are 0."""
    seconds, fraction_us = divmod(at_us, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction_us // 1000:03}000Z"


def build_not_found(file_id: str) -> ApiError:
    """Build the 404 of an unknown or deleted file."""
    hint = _LOST if _OWN_ID.fullmatch(file_id) else ""
    return ApiError("not_found_error", f"File `{file_id}` not found.", hint=hint)


def build_expired(file_id: str) -> ApiError:
    """Build the 404 of a file whose content has expired."""
    return ApiError("not_found_error", f"File `{file_id}` has expired.", details={"error_code": "file_expired"})


def build_not_downloadable(file_id: str) -> ApiError:
    """Build the 400 of the download of an upload."""
    details = {"error_code": "file_not_downloadable"}
    return ApiError("invalid_request_error", f"File '{file_id}' is not downloadable", details=details)


def build_quota_error() -> ApiError:
    """Build the 400 of an upload for which the files of the lane leave no room."""
    message = "File storage quota exceeded. Delete files to free up space, then retry the upload."
    details = {"error_code": "storage_quota_exceeded"}
    return ApiError("invalid_request_error", message, details=details, hint="raise it with `--max-upload`")
