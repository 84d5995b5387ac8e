"""Skills and their versions as the Skills API shows them, and its errors for them.

With the beta `skills-2025-10-02` objects have another shape, and paths name a version by its number.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from mockclaude.api.errors import ApiError, invalid

SKILLS_BETA = "skills-2025-10-02"
"""The beta with the former shapes."""

NO_LATER_DELETE = "Cannot delete skill with existing versions. Delete all versions first."
LAST_VERSION = "Cannot delete the only version of a skill. Delete the skill instead."


class SkillVersion(NamedTuple):
    """One version of a skill.

    Attributes:
        id: The id.
        number: The microsecond of the creation, which names the version in the beta.
        skill_id: The id of the skill.
        name: The name, which is the same in all versions.
        description: The description.
        created_us: The time of creation, in microseconds since the epoch.
    """

    id: str
    number: int
    skill_id: str
    name: str
    description: str
    created_us: int


class Skill(NamedTuple):
    """A skill with its versions.

    Attributes:
        id: The id.
        source: `custom`, or `anthropic` for a prebuilt skill.
        name: The name in all versions.
        label: The label that the client has set; None without one.
        number: The position in the list, which is in descending order.
        created_us: The time of creation, in microseconds since the epoch.
        versions: The versions, newest first. In the beta, all can be deleted.
        is_stored: Whether the lane has the skill: it is neither prebuilt nor made up.
    """

    id: str
    source: str
    name: str
    label: str | None
    number: int
    created_us: int
    versions: tuple[SkillVersion, ...]
    is_stored: bool = True


def make_up_skill(skill_id: str, now_us: int) -> Skill:
    """Make up a skill with an id, for validation that is off."""
    version = make_up_version(skill_id, f"skver_{'0' * 24}", now_us)
    return Skill(skill_id, "custom", version.name, None, now_us, now_us, (version,), is_stored=False)


def make_up_version(skill_id: str, version: str, now_us: int) -> SkillVersion:
    """Make up a version with an id."""
    return SkillVersion(version, now_us, skill_id, "unnamed", "", now_us)


def describe_skill(skill: Skill, *, is_beta: bool) -> dict[str, Any]:
    """Return a skill in the shape of the API."""
    latest = skill.versions[0] if skill.versions else None
    times = {
        "created_at": _format_time(skill.created_us),
        "updated_at": _format_time(latest.created_us if latest else skill.created_us),
    }
    if is_beta:
        number = str(latest.number) if latest else None
        beta = {"display_title": skill.label, "latest_version": number, "source": skill.source}
        return {"id": skill.id, "type": "skill", **beta, **times}
    return {
        "id": skill.id,
        "type": "skill",
        "display_name": skill.label or skill.name,
        "latest_version_id": latest.id if latest else None,
        "source": {"type": skill.source},
        **times,
    }


def describe_version(version: SkillVersion, *, is_beta: bool) -> dict[str, Any]:
    """Return a version in the shape of the API."""
    return {
        "id": version.id,
        "type": "skill_version",
        "skill_id": version.skill_id,
        **({"version": str(version.number), "directory": version.name} if is_beta else {}),
        "name": version.name,
        "description": version.description,
        "created_at": _format_time(version.created_us),
    }


def describe_page(page: dict[str, Any], *, is_beta: bool) -> dict[str, Any]:
    """Return a page of skills or versions in the shape of the API."""
    data = [
        describe_skill(item, is_beta=is_beta) if isinstance(item, Skill) else describe_version(item, is_beta=is_beta)
        for item in page["data"]
    ]
    more = {"has_more": page["next_page"] is not None} if is_beta else {}
    return {"data": data, **more, "next_page": page["next_page"]}


def _format_time(at_us: int) -> str:
    seconds, fraction_us = divmod(at_us, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction_us:06}Z"


def build_unknown_skill(skill_id: str) -> ApiError:
    """Build the 404 of an unknown or deleted skill."""
    hint = "skills are lost with a restart, unless --data; they belong to one lane (isolation key)"
    return ApiError("not_found_error", f"Skill `{skill_id}` not found.", hint=hint)


def build_unknown_version(version: str) -> ApiError:
    """Build the 404 of an unknown or deleted version."""
    return ApiError("not_found_error", f"Skill version `{version}` not found.")


def build_read_only(skill_id: str) -> ApiError:
    """Build the 400 of a change or a download of a prebuilt skill."""
    return invalid(f"Skill `{skill_id}` is provided by Anthropic. It cannot be changed or downloaded.")


def build_no_versions(skill_id: str) -> ApiError:
    """Build the 400 of a skill whose versions have been deleted."""
    return invalid(f"Skill `{skill_id}` has no versions.")


def build_full(most: int) -> ApiError:
    """Build the 400 of an upload for which the skills of the lane leave no room."""
    message = "Skill storage quota exceeded. Delete skills or versions to free up space, then retry the upload."
    details = {"error_code": "storage_quota_exceeded"}
    hint = f"raise the size with `--max-upload`; a lane has at most {most:,} skills and versions"
    return ApiError("invalid_request_error", message, details=details, hint=hint)
