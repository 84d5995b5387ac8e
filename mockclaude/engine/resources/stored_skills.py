"""The skills of a lane, read from the store: a skill, and each of its versions with its files, is a resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypedDict

import orjson

from mockclaude.engine.resources.prebuilt_skills import PREBUILT
from mockclaude.engine.resources.skill_views import Skill, SkillVersion
from mockclaude.engine.state.resources import Resource
from mockclaude.engine.state.store import Store

LATEST = "latest"
"""The name of the newest version."""

_FORMER_PREFIX, _PREFIX = "skill_version_", "skver_"


class SkillFacts(TypedDict):
    """The facts of a skill, or of a version.

    Its `skill_id` is '' for a skill. Its text is the label of a skill, or the description of a version.
    """

    skill_id: str
    name: str
    text: str | None
    created_us: int


def list_skills(store: Store, lane: str) -> list[Skill]:
    """List the skills of a lane, newest first, then the prebuilt ones."""
    kept: dict[str, list[Resource]] = defaultdict(list)
    for resource in store.list_resources("skill", lane):
        kept[orjson.loads(resource.facts)["skill_id"]].append(resource)
    skills = [read_skill(skill, *kept[skill.id]) for skill in kept[""]]
    return [*skills, *PREBUILT]


def read_skill(resource: Resource, *versions: Resource) -> Skill:
    """Read a skill with its versions, newest first."""
    facts: SkillFacts = orjson.loads(resource.facts)
    name, label, created_us = facts["name"], facts["text"], facts["created_us"]
    return Skill(resource.id, "custom", name, label, resource.number, created_us, tuple(map(read_version, versions)))


def read_version(resource: Resource) -> SkillVersion:
    """Read a version."""
    facts: SkillFacts = orjson.loads(resource.facts)
    text = facts["text"] or ""
    return SkillVersion(resource.id, resource.number, facts["skill_id"], facts["name"], text, facts["created_us"])


def find_skill(skills: Sequence[Skill], skill_id: str) -> Skill | None:
    """Return the skill with an id."""
    return next((skill for skill in skills if skill.id == skill_id), None)


def find_version(skill: Skill, name: str) -> SkillVersion | None:
    """Return the version with an id, also with the former prefix, or the newest one."""
    if name == LATEST:
        return skill.versions[0] if skill.versions else None
    version_id = _PREFIX + name.removeprefix(_FORMER_PREFIX) if name.startswith(_FORMER_PREFIX) else name
    return next((version for version in skill.versions if version.id == version_id), None)


def find_numbered_version(skill: Skill, number: str) -> SkillVersion | None:
    """Return the version with a number."""
    return next((version for version in skill.versions if str(version.number) == number), None)
