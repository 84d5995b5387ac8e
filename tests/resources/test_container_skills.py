"""Skills of a container are those of the lane and the prebuilt ones; the response has their versions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockclaude.engine.routes import answer
from tests.resources.skills_client import BETA, SkillsClient
from tests.serving import Received, received, sent_of

TOOL = {"type": "code_execution_20250825", "name": "code_execution"}
PDF = {"type": "anthropic", "skill_id": "pdf"}


@pytest.fixture
def client() -> SkillsClient:
    return SkillsClient()


def build_body(*skills: Any, tools: Any = (TOOL,)) -> bytes:
    """Return a request with these skills."""
    body = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "Hi"}],
        "container": {"skills": skills},
        "tools": tools,
    }
    return json.dumps(body).encode()


def ask(client: SkillsClient, *skills: Any, tools: Any = (TOOL,), **headers: Any) -> Received:
    """Send a request with these skills."""
    return client.send("POST", "/v1/messages", build_body(*skills, tools=tools), **headers)


def custom(skill_id: str, version: str | None = None) -> dict[str, str]:
    return {"type": "custom", "skill_id": skill_id, **({"version": version} if version else {})}


def test_response_has_the_versions_of_the_skills(client: SkillsClient) -> None:
    skill = client.create()["id"]
    first = client.get(f"/{skill}/versions/latest").json["id"]
    newest = client.create_version(skill)["id"]
    number = client.get(f"/{skill}", anthropic_beta=BETA).json["latest_version"]

    named = [custom(skill, name) for name in (None, "latest", first, number)]
    assert ask(client, PDF, *named).json["container"]["skills"] == [
        {**PDF, "version": "20251013"},
        *(custom(skill, version) for version in (newest, newest, first, newest)),
    ]
    assert ask(client, PDF, custom(skill), anthropic_beta=BETA).json["container"]["skills"] == [
        {**PDF, "version": "20251013"},
        custom(skill, number),
    ]


@pytest.mark.parametrize(
    ("skills", "message"),
    [
        ([PDF] * 21, "container.skills: List should have at most 20 items after validation, not 21"),
        ([PDF, custom("skill_x")], "container.skills.1: Skill `skill_x` not found."),
        ([custom("pdf")], "container.skills.0: Skill `pdf` not found."),
        ([{**PDF, "skill_id": "csv"}], "container.skills.0: Skill `csv` not found."),
        ([{**PDF, "version": "20240101"}], "container.skills.0: Skill version `20240101` not found."),
    ],
)
def test_skill_that_is_not_there_is_refused(client: SkillsClient, skills: list[Any], message: str) -> None:
    refused = ask(client, *skills)
    assert (refused.status, refused.error) == (400, ("invalid_request_error", message))

    request = client.build_request("POST", "/v1/messages", build_body(*skills), x_mockclaude_validation="gateway")
    decision = answer(request, client.state)
    assert received(sent_of(decision)).json["container"]["skills"] == [
        {"version": "latest", **skill} for skill in skills
    ]
    assert f"warning: {message}" in decision.notes
    assert ask(client, *skills, x_mockclaude_validation="off").status == 200


@pytest.mark.parametrize("skill", [{}, {"type": "anthropic"}, {**PDF, "version": ["latest"]}, {**PDF, "skill_id": [1]}])
@pytest.mark.parametrize("mode", ["gateway", "off"])
def test_lenient_modes_accept_any_skill(client: SkillsClient, skill: dict[str, Any], mode: str) -> None:
    accepted = ask(client, skill, x_mockclaude_validation=mode)
    assert accepted.json["container"]["skills"] == [{"version": "latest", **skill}]


@pytest.mark.parametrize("tools", [[], [{"name": "get_time", "input_schema": {"type": "object"}}]])
def test_skills_need_a_code_execution_tool(client: SkillsClient, tools: list[Any]) -> None:
    refused = ask(client, PDF, tools=tools)
    assert (refused.status, refused.error[1]) == (
        400,
        "container.skills: Skills require a code execution tool in `tools`",
    )
    assert ask(client, tools=tools).json["container"]["skills"] is None


def test_deleted_skill_is_refused(client: SkillsClient) -> None:
    skill = client.create(anthropic_beta=BETA)
    client.delete(f"{skill['id']}/versions/{skill['latest_version']}", anthropic_beta=BETA)
    assert ask(client, custom(skill["id"])).status == 400


def test_skill_of_another_lane_is_refused(client: SkillsClient) -> None:
    skill = client.create()["id"]
    other = client.create(x_mockclaude_lane="ann")["id"]

    assert ask(client, custom(other), x_mockclaude_lane="ann").status == 200
    assert ask(client, custom(other)).status == 400
    assert ask(client, custom(skill), x_mockclaude_lane="ann").status == 400


def test_skill_of_the_key_is_found_in_a_lane_of_the_body(client: SkillsClient) -> None:
    request = client.build_request("POST", "/v1/messages", build_body(custom(client.create()["id"])))
    request.head.lane = "ann"
    assert received(sent_of(answer(request, client.state))).status == 200
