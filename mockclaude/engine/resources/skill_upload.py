"""The form with which a client uploads a skill or a version, validated."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.file_names import MAX_FILENAME, clean_filename
from mockclaude.api.file_types import UNKNOWN_TYPE
from mockclaude.api.mode import ValidationResult
from mockclaude.api.multipart import FormPart, parse_multipart
from mockclaude.engine.resources.skill_archive import SIGNATURE, clean_path, read_archive, write_archive
from mockclaude.engine.resources.skill_markdown import SKILL_FILE, read_heading

MAX_DISPLAY_NAME, MAX_DISPLAY_TITLE = 255, 64
"""The maximum numbers of characters of a label, without and with the beta."""

_FILES = "files[]"
_NO_FILES = "No files provided. Please provide files using 'files[]' field."
_NOT_ON_TOP = f"{SKILL_FILE} file must be exactly in the top-level folder."
_NO_FOLDER = f"Zip must contain a top-level folder with all files inside it, including {SKILL_FILE}"


class SkillUpload(NamedTuple):
    """A version to store.

    Attributes:
        name: The name of the skill.
        description: The description of the version.
        label: The label of the skill; None without one.
        archive: The files below a folder with the name of the skill, as zip.
    """

    name: str
    description: str
    label: str | None
    archive: bytes


def read_skill(content_type: str, body: bytes, validation: ValidationResult, *, is_beta: bool) -> SkillUpload:
    """Parse and validate a form.

    Args:
        content_type: The header `content-type` of the request.
        body: The body. If validation is off, any body is a skill.
        validation: Receives the errors.
        is_beta: Whether the beta's rules for the label and the folder apply.

    Raises:
        ApiError: 400; the form, or one of its files, is invalid.
    """
    try:
        parts = parse_multipart(content_type, body)
    except ApiError as error:
        validation.report(error, gateway_accepts=False)
        parts = [FormPart(_FILES, None, None, body)]
    label = _read_label(parts, validation, is_beta=is_beta)
    files = [part for part in parts if part.name == _FILES]
    try:
        name, description, archive = _read_files(files, is_beta=is_beta)
    except ApiError as error:
        validation.report(error, gateway_accepts=False)
        names = (clean_filename(part.filename, UNKNOWN_TYPE)[:MAX_FILENAME] for part in files)
        archive = write_archive({name: part.data for name, part in zip(names, files, strict=True)})
        return SkillUpload("unnamed", "", label, archive)
    return SkillUpload(name, description, label, archive)


def _read_label(parts: Sequence[FormPart], validation: ValidationResult, *, is_beta: bool) -> str | None:
    field, other = ("display_title", "display_name") if is_beta else ("display_name", "display_title")
    most = MAX_DISPLAY_TITLE if is_beta else MAX_DISPLAY_NAME
    fields = {part.name: part.data.decode("utf-8", "replace") for part in parts if part.filename is None}
    if other in fields:
        validation.warn(f"{other}: ignored; expected {field}, as the request has {'' if is_beta else 'not '}the beta")
    label = fields.get(field)
    if label is not None and len(label) > most:
        problem = f"{field}: String should have at most {most} characters"
        validation.report(invalid(problem), gateway_accepts=True)
    return label or None


def _read_files(parts: Sequence[FormPart], *, is_beta: bool) -> tuple[str, str, bytes]:
    """Return the name, the description and the archive of the files of a form."""
    if not parts:
        raise invalid(_NO_FILES)
    is_archive = len(parts) == 1 and parts[0].data.startswith(SIGNATURE)
    if is_archive:
        files = read_archive(parts[0].data)
    else:
        files = {clean_path(part.filename or ""): part.data for part in parts}
    folder = _find_folder(files, is_beta=is_beta)
    if folder is None:
        raise invalid(_NO_FOLDER if is_archive and is_beta else _NOT_ON_TOP)
    inner = {path.removeprefix(f"{folder}/") if folder else path: data for path, data in files.items()}
    name, description = read_heading(inner[SKILL_FILE], folder)
    if is_beta and name != folder:
        raise invalid(f"The folder name '{folder}' must match the skill name '{name}' in {SKILL_FILE}.")
    return name, description, write_archive({f"{name}/{path}": data for path, data in inner.items()})


def _find_folder(paths: Collection[str], *, is_beta: bool) -> str | None:
    """Return the folder with all files, '' for the root; None if it has no `SKILL.md`."""
    if SKILL_FILE in paths:
        return None if is_beta else ""
    folders = {path.partition("/")[0] for path in paths}
    folder = folders.pop() if len(folders) == 1 else ""
    return folder if f"{folder}/{SKILL_FILE}" in paths else None
