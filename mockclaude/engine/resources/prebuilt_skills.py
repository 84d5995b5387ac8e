"""The skills that Anthropic provides. Supposed: their labels, descriptions and times."""

from __future__ import annotations

from mockclaude.engine.resources.skill_views import Skill, SkillVersion

_DATE, _CREATED_US = 20251013, 1_760_313_600_000_000
"""The version of each, 13 October 2025."""

_SKILLS = {
    "pptx": ("PowerPoint", "Create, read and edit presentations."),
    "xlsx": ("Excel", "Create, read and edit spreadsheets."),
    "docx": ("Word", "Create, read and edit documents."),
    "pdf": ("PDF", "Create, read and fill in PDF files."),
}


def _build(number: int, name: str, label: str, description: str) -> Skill:
    version = SkillVersion(str(_DATE), _DATE, name, name, description, _CREATED_US)
    return Skill(name, "anthropic", name, label, -number, _CREATED_US, (version,), is_stored=False)


PREBUILT: tuple[Skill, ...] = tuple(
    [_build(number, name, *texts) for number, (name, texts) in enumerate(_SKILLS.items(), 1)]
)
"""The skills in the order of the list, after those of the lane."""
