"""The name and the description of a skill, in the front matter of its `SKILL.md`."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from mockclaude.api.errors import ApiError, invalid
from mockclaude.scenario.diagnostics import ScenarioError

SKILL_FILE = "SKILL.md"

MAX_NAME, MAX_DESCRIPTION = 64, 1_024
"""The maximum numbers of characters."""

MAX_FRONT_MATTER = 64 * 1024
"""The maximum size of the front matter, in bytes."""

_FRONT_MATTER = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n(.*?)(?<=\n)---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_NAME = re.compile("[a-z0-9-]+")
_RESERVED = ("anthropic", "claude")
_TAG = re.compile("<[^<>]+>")
_MALFORMED = f"{SKILL_FILE} has malformed YAML frontmatter"


class SkillHeading(NamedTuple):
    """The name and the description of a skill."""

    name: str
    description: str


def read_heading(data: bytes, folder: str) -> SkillHeading:
    """Parse and validate the front matter of a `SKILL.md`.

    Args:
        data: The content of the file.
        folder: The name of a skill that states none.

    Raises:
        ApiError: 400; the front matter is missing or invalid.
    """
    fields = _read_fields(data)
    name, description = fields.get("name", folder), fields.get("description", "")
    for field, problem in (("name", _find_name_problem(name)), ("description", _find_text_problem(description))):
        if problem:
            raise invalid(f"{SKILL_FILE}: {field}: {problem}")
    return SkillHeading(name, description)


def _read_fields(data: bytes) -> dict[str, Any]:
    from mockclaude.scenario.loading.source import read

    match = _FRONT_MATTER.match(data[:MAX_FRONT_MATTER])
    if match is None:
        raise invalid(f"{_MALFORMED}: expected a block between two lines '---' at the start")
    try:
        fields = read(SKILL_FILE, b"\n" + match[1]).data
    except ScenarioError as error:
        raise ApiError("invalid_request_error", _MALFORMED, hint=str(error)) from None
    if not isinstance(fields, dict):
        raise invalid(f"{_MALFORMED}: expected a mapping")
    return fields


def _find_name_problem(name: Any) -> str:
    if not isinstance(name, str):
        return "Input should be a valid string"
    if len(name) > MAX_NAME:
        return f"String should have at most {MAX_NAME} characters"
    if not _NAME.fullmatch(name):
        return "Name can only contain lowercase letters, numbers and hyphens"
    reserved = next((word for word in _RESERVED if word in name), "")
    return f"Name cannot contain the reserved word '{reserved}'" if reserved else ""


def _find_text_problem(text: Any) -> str:
    if not isinstance(text, str):
        return "Input should be a valid string"
    if not text:
        return "String should have at least 1 character"
    if len(text) > MAX_DESCRIPTION:
        return f"String should have at most {MAX_DESCRIPTION} characters"
    return "Description cannot contain XML tags" if _TAG.search(text) else ""
