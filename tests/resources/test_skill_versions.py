"""Versions of skills are named by their ids, in the beta by their numbers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.resources.files_client import build_part
from tests.resources.skills_client import BETA, SkillsClient, build_files, build_markdown, build_zip, read_zip

UNKNOWN = f"skver_{'1' * 24}"
FILES = {"sorter/SKILL.md": build_markdown(), "sorter/run/sort.py": b"print()", "sorter/a b.txt": b""}


@pytest.fixture
def client() -> SkillsClient:
    return SkillsClient()


@pytest.fixture
def skill(client: SkillsClient) -> Any:
    return client.create()


def test_version_has_the_keys_of_its_shape(client: SkillsClient, skill: Any) -> None:
    client.now += 60
    version = client.create_version(skill["id"], description="Sorts numbers.")
    former = client.create_version(skill["id"], description="Sorts dates.", anthropic_beta=BETA)

    assert list(version.items()) == [
        ("id", version["id"]),
        ("type", "skill_version"),
        ("skill_id", skill["id"]),
        ("name", "sorter"),
        ("description", "Sorts numbers."),
        ("created_at", "2026-11-18T11:07:40.123456Z"),
    ]
    assert list(former) == ["id", "type", "skill_id", "version", "directory", "name", "description", "created_at"]
    assert (former["version"], former["directory"]) == ("1795000060123457", "sorter")
    newest = client.get(f"/{skill['id']}").json
    assert (newest["latest_version_id"], newest["updated_at"]) == (former["id"], version["created_at"])
    assert newest["created_at"] == skill["created_at"]


def test_list_has_the_newest_version_first_in_the_beta_last(client: SkillsClient, skill: Any) -> None:
    path = f"/{skill['id']}/versions"
    ids = [skill["latest_version_id"], *(client.create_version(skill["id"])["id"] for _ in range(24))]

    for order, headers in ((ids[::-1], {}), (ids, {"anthropic_beta": BETA})):
        first = client.get(f"{path}?limit=20", **headers).json
        second = client.get(f"{path}?page={first['next_page']}", **headers).json
        assert [version["id"] for version in first["data"] + second["data"]] == order
        assert second["next_page"] is None
        assert first.get("has_more", True) is not second.get("has_more", False)


def test_path_names_a_version_by_its_id_or_in_the_beta_by_its_number(client: SkillsClient, skill: Any) -> None:
    path, first = f"/{skill['id']}/versions", skill["latest_version_id"]
    newest = client.create_version(skill["id"])["id"]
    number = client.get(f"/{skill['id']}", anthropic_beta=BETA).json["latest_version"]

    for name, version in ((first, first), (first.replace("skver_", "skill_version_"), first), ("latest", newest)):
        assert client.get(f"{path}/{name}").json["id"] == version
    assert client.get(f"{path}/{number}", anthropic_beta=BETA).json["id"] == newest
    for name in (first, "latest", "x"):
        refused = client.get(f"{path}/{name}", anthropic_beta=BETA)
        assert (refused.status, refused.error[1]) == (400, "Invalid version format")
    for name, headers in ((number, {}), (UNKNOWN, {}), ("1", {"anthropic_beta": BETA})):
        unknown = client.get(f"{path}/{name}", **headers)
        assert (unknown.status, unknown.error) == (404, ("not_found_error", f"Skill version `{name}` not found."))


def test_version_of_another_skill_is_unknown(client: SkillsClient, skill: Any) -> None:
    other = client.create("filter")
    assert client.get(f"/{other['id']}/versions/{skill['latest_version_id']}").status == 404


def test_deleted_version_is_gone(client: SkillsClient, skill: Any) -> None:
    version, path = client.create_version(skill["id"])["id"], f"{skill['id']}/versions"
    assert client.delete(f"{path}/{version}").json == {"id": version, "type": "skill_version_deleted"}

    assert client.get(f"/{skill['id']}").json["latest_version_id"] == skill["latest_version_id"]
    for mode in ("anthropic", "gateway", "off"):
        assert client.get(f"/{path}/{version}", x_mockclaude_validation=mode).status == 404


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("latest", "version: 'latest' cannot be deleted; expected the id of a version"),
        ("", "Cannot delete the only version of a skill. Delete the skill instead."),
    ],
)
def test_version_that_must_remain_is_not_deleted(client: SkillsClient, skill: Any, version: str, message: str) -> None:
    path = f"{skill['id']}/versions/{version or skill['latest_version_id']}"
    refused = client.delete(path)

    assert (refused.status, refused.error[1]) == (400, message)
    assert client.delete(path, x_mockclaude_validation="off").status == 200


@pytest.mark.parametrize("is_zip", [False, True])
def test_download_is_a_zip_with_a_folder(client: SkillsClient, *, is_zip: bool) -> None:
    files = [build_part("files[]", build_zip(FILES), filename="a.zip")] if is_zip else build_files(FILES)
    skill = client.post(*files).json
    content = client.get(f"/{skill['id']}/versions/latest/content")

    assert content.headers["content-type"] == "application/zip"
    assert content.headers["content-disposition"] == "attachment; filename*=utf-8''sorter.zip"
    assert read_zip(content.body) == FILES
    reversed_files = build_files(dict(reversed(FILES.items())))
    same = client.post(*reversed_files, path=f"/v1/skills/{skill['id']}/versions").json["id"]
    assert client.get(f"/{skill['id']}/versions/{same}/content").body == content.body


def test_version_keeps_the_name_of_the_skill(client: SkillsClient, skill: Any) -> None:
    files = build_files({"SKILL.md": build_markdown("filter")})
    refused = client.post(*files, path=f"/v1/skills/{skill['id']}/versions")

    assert (refused.status, refused.error[1]) == (
        400,
        "The skill name 'filter' in SKILL.md must match the name 'sorter' of the skill.",
    )
    assert client.list_names(f"/{skill['id']}/versions") == [skill["latest_version_id"]]


def test_version_of_an_unknown_skill_is_refused(client: SkillsClient) -> None:
    assert client.post(*build_files(FILES), path="/v1/skills/skill_x/versions").status == 404


def test_versions_of_an_unknown_skill_are_made_up_if_validation_is_off() -> None:
    client = SkillsClient(x_mockclaude_validation="off")
    path = "/skill_x/versions"
    made = client.post(build_part("files[]", b"data"), path=f"/v1/skills{path}").json

    assert (made["skill_id"], made["name"], made["description"]) == ("skill_x", "unnamed", "")
    assert client.list_names(path) == [f"skver_{'0' * 24}"]
    assert client.get(f"{path}/any").json["id"] == "any"
    assert client.get(f"{path}/any", anthropic_beta=BETA).json["version"] == "1795000000123456"
    assert read_zip(client.get(f"{path}/any/content").body) == {}
    assert client.delete(f"skill_x/versions/{made['id']}").json == {"id": made["id"], "type": "skill_version_deleted"}
    lane = client.build_request("GET", path).head.lane
    assert client.state.store.measure_resources("skill", lane).kept == 0
