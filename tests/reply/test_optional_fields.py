"""A message tells of containers, context management and dropped blocks only to those who ask."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.prompt import Prompt
from mockclaude.reply.draws import Draws
from mockclaude.reply.optional_fields import container_field, context_fields, thinking_fields
from tests.api.asking import asked

NOW = 1_795_000_000
LATER = "2026-12-18T11:06:40Z"
EXCEL = {"type": "anthropic", "skill_id": "xlsx"}


BINDING = frozenset({"thinking-binding-controls-2026-08-01"})


def fields_for(betas: frozenset[str] = frozenset(), **body: Any) -> dict[str, Any]:
    request = asked(betas=betas, **body)
    return {**container_field(request, Draws(0, "rule"), NOW), **context_fields(request), **thinking_fields(request)}


def test_optional_fields_are_absent_by_default() -> None:
    assert fields_for(container=None, context_management=None, thinking={"type": "adaptive"}) == {}


def test_edits_and_transformations_are_empty() -> None:
    fields = fields_for(BINDING, context_management={"edits": []})

    assert fields == {"context_management": {"applied_edits": []}, "input_transformations": []}


@pytest.mark.parametrize(
    ("model", "thinks"), [("claude-sonnet-4-6", True), ("claude-3-haiku-20240307", False), ("claude-next", True)]
)
def test_a_model_that_can_think_tells_of_dropped_blocks(model: str, thinks: bool) -> None:
    assert ("input_transformations" in fields_for(BINDING, model=model)) is thinks


def test_edits_and_transformations_are_those_of_the_prompt() -> None:
    cleared, dropped = {"type": "clear_thinking_20251015"}, {"type": "thinking_dropped"}
    prompt = Prompt([], applied_edits=[cleared], transformations=[dropped])

    request = asked(betas=BINDING, context_management={"edits": []}).with_prompt(prompt)

    assert context_fields(request) == {"context_management": {"applied_edits": [cleared]}}
    assert thinking_fields(request) == {"input_transformations": [dropped]}


@pytest.mark.parametrize("container", ["container_1", {"id": "container_1"}])
def test_a_container_that_is_named_is_used_again(container: Any) -> None:
    assert fields_for(container=container) == {
        "container": {"id": "container_1", "expires_at": LATER, "skills": None},
    }


def test_a_new_container_gets_an_id_and_its_skills() -> None:
    made = fields_for(container={"skills": [EXCEL]})["container"]

    assert made["id"] == Draws(0, "rule").identifier("container")
    assert made["skills"] == [{"version": "latest", **EXCEL}]
