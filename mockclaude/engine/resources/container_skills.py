"""The skills of `container.skills` in a Messages request: those of the lane, and the prebuilt ones.

Supposed: the texts. Nothing runs a skill.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mockclaude.api.body import Body
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.mode import ValidationResult
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.http_request import HttpRequest, find_lane
from mockclaude.engine.resources.skill_views import SKILLS_BETA, Skill
from mockclaude.engine.resources.stored_skills import (
    LATEST,
    find_numbered_version,
    find_skill,
    find_version,
    list_skills,
)
from mockclaude.engine.state.store import Store
from mockclaude.reply.optional_fields import SKILLS

MAX_SKILLS = 20
"""The maximum number of skills of a container."""

_TOOL = "code_execution"
_NO_TOOL = "container.skills: Skills require a code execution tool in `tools`"


def resolve_skills(request: MessagesRequest, result: ValidationResult, http: HttpRequest, store: Store) -> None:
    """Find the skills of a container and their versions, which the response states.

    Raises:
        ApiError: 400; there are too many, one is unknown, or no tool can use them.
    """
    skills = request.body["container"].get("skills")
    if not skills:
        return
    try:
        request.memo[SKILLS] = list(_resolve(request, skills, _list_known(http, store)))
    except ApiError as error:
        if not result.tolerates(gateway_accepts=True):
            raise
        request.warn(error.message)


def _list_known(http: HttpRequest, store: Store) -> list[Skill]:
    """List the skills of the request's lane and of its API key."""
    head = http.head
    lanes = dict.fromkeys((head.lane, find_lane(head.headers)))
    return [skill for lane in lanes for skill in list_skills(store, lane)]


def _resolve(request: MessagesRequest, skills: Sequence[Body], known: Sequence[Skill]) -> Iterator[Body]:
    """Yield the skills with the ids of their versions; in the beta with their numbers."""
    if len(skills) > MAX_SKILLS:
        raise invalid(
            f"container.skills: List should have at most {MAX_SKILLS} items after validation, not {len(skills)}"
        )
    if not any(str(tool.get("type")).startswith(_TOOL) for tool in request.body.get("tools") or ()):
        raise invalid(_NO_TOOL)
    for index, named in enumerate(skills):
        kind, skill_id, name = named.get("type"), str(named.get("skill_id")), str(named.get("version") or LATEST)
        skill = find_skill([skill for skill in known if skill.source == kind], skill_id)
        if skill is None or not skill.versions:
            raise invalid(f"container.skills.{index}: Skill `{skill_id}` not found.")
        version = find_version(skill, name) or find_numbered_version(skill, name)
        if version is None:
            raise invalid(f"container.skills.{index}: Skill version `{name}` not found.")
        resolved = str(version.number) if SKILLS_BETA in request.api_headers.betas else version.id
        yield {"type": kind, "skill_id": skill_id, "version": resolved}
