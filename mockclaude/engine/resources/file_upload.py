"""The form with which a client uploads a file, validated."""

from __future__ import annotations

import re
from typing import NamedTuple

from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.file_names import MAX_FILENAME, clean_filename, find_filename_problem
from mockclaude.api.file_types import UNKNOWN_TYPE, detect_media_type, find_type_problem
from mockclaude.api.mode import ValidationResult
from mockclaude.api.multipart import FormPart, parse_multipart

MIN_EXPIRY, MAX_EXPIRY = 3600, 7_776_000
"""Bounds of `expires_in_seconds`: an hour and 90 days."""

_INTEGER = re.compile("-?[0-9]{1,18}")


class Upload(NamedTuple):
    """A file to store.

    Attributes:
        filename: The name, without directories.
        media_type: The declared or detected media type.
        data: The content.
        expires_in_seconds: The lifetime; None without one.
    """

    filename: str
    media_type: str
    data: bytes
    expires_in_seconds: int | None


def read_upload(content_type: str, body: bytes, validation: ValidationResult, *, needs_type: bool) -> Upload:
    """Parse and validate a form.

    Args:
        content_type: The header `content-type` of the request.
        body: The body. If validation is off, any body is a file.
        validation: Receives the errors.
        needs_type: Whether the file must declare its media type.

    Raises:
        ApiError: 400; the form, or one of its fields, is invalid.
    """
    parts = _parse_parts(content_type, body, validation)
    file = next((part for part in parts if part.name == "file"), None)
    if file is None:
        validation.report(invalid("file: Field required"), gateway_accepts=False)
        file = FormPart("file", None, None, b"")
    fields = {part.name: part.data.decode("utf-8", "replace") for part in parts if part.filename is None}
    expiry = _parse_expiry(fields.get("expires_in_seconds"), validation)
    media_type = _find_media_type(file, validation, needs_type=needs_type)
    filename = clean_filename(file.filename, media_type)
    if problem := find_filename_problem(filename):
        validation.report(invalid(f"file: {problem}"), gateway_accepts=True)
    return Upload(filename[:MAX_FILENAME], media_type, file.data, expiry)


def _parse_parts(content_type: str, body: bytes, validation: ValidationResult) -> list[FormPart]:
    try:
        return parse_multipart(content_type, body)
    except ApiError as error:
        validation.report(error, gateway_accepts=False)
        return [FormPart("file", None, content_type or None, body)]


def _parse_expiry(text: str | None, validation: ValidationResult) -> int | None:
    if text is None:
        return None
    problem = _find_expiry_problem(text)
    if problem:
        validation.report(invalid(f"expires_in_seconds: {problem}"), gateway_accepts=True)
    return None if problem else int(text)


def _find_expiry_problem(text: str) -> str:
    if not _INTEGER.fullmatch(text):
        return "Input should be a valid integer, unable to parse string as an integer"
    if int(text) < MIN_EXPIRY:
        return f"Input should be greater than or equal to {MIN_EXPIRY}"
    return f"Input should be less than or equal to {MAX_EXPIRY}" if int(text) > MAX_EXPIRY else ""


def _find_media_type(file: FormPart, validation: ValidationResult, *, needs_type: bool) -> str:
    declared = file.media_type
    if declared is None:
        if needs_type:
            validation.report(invalid("file: The part has no Content-Type"), gateway_accepts=True)
        return detect_media_type(file.data)
    problem = find_type_problem(declared)
    if problem:
        validation.report(invalid(f"file: Content-Type: {problem}"), gateway_accepts=True)
    return UNKNOWN_TYPE if problem else declared
