"""The Skills API with the SDK, over a real connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic

from mockclaude.testing import MockClaude
from tests.resources.skills_client import BETA, build_markdown

BETA_HEADER = {"anthropic-beta": BETA}


@pytest.fixture
def mock() -> Iterator[MockClaude]:
    with MockClaude(speed="manual") as mock:
        yield mock


@pytest.fixture
def client(mock: MockClaude) -> Iterator[Anthropic]:
    with Anthropic(base_url=mock.url, api_key="mock", max_retries=0) as client:
        yield client


def test_cleaner_deletes_all_skills(client: Anthropic) -> None:
    for index in range(45):
        client.skills.create(files=[("SKILL.md", build_markdown(f"skill-{index}"))])
    for skill in client.skills.list(source="custom"):
        client.skills.delete(skill.id)

    assert [skill.id for skill in client.skills.list()] == ["pptx", "xlsx", "docx", "pdf"]


def test_versions_are_paged(client: Anthropic) -> None:
    files = [("sorter/SKILL.md", build_markdown()), ("sorter/run.py", b"print()")]
    skill = client.skills.create(files=files, display_name="Sorter")
    for _ in range(24):
        client.skills.versions.create(skill.id, files=files)
    versions = list(client.skills.versions.list(skill.id))

    assert (skill.display_name, len(versions), versions[-1].id) == ("Sorter", 25, skill.latest_version_id)
    assert client.skills.versions.retrieve("latest", skill_id=skill.id) == versions[0]


def test_upload_without_files_is_refused(client: Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="No files provided"):
        client.skills.create(files=[])


def test_former_shape_follows_from_the_beta(client: Anthropic) -> None:
    files = [("sorter/SKILL.md", build_markdown())]
    created: Any = client.beta.skills.with_raw_response.create(files=files, extra_headers=BETA_HEADER).json()
    assert created["source"] == "custom"
    with pytest.raises(anthropic.BadRequestError, match="Delete all versions first"):
        client.beta.skills.delete(created["id"], extra_headers=BETA_HEADER)
    client.beta.skills.versions.delete(created["latest_version"], skill_id=created["id"], extra_headers=BETA_HEADER)
    client.beta.skills.delete(created["id"], extra_headers=BETA_HEADER)


def test_reset_drops_skills_and_repeats_ids(mock: MockClaude, client: Anthropic) -> None:
    files = [("sorter/SKILL.md", build_markdown())]
    before = client.skills.create(files=files)
    mock.reset()

    assert list(client.skills.list(source="custom")) == []
    assert client.skills.create(files=files) == before
