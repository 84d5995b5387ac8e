"""The Skills API creates, lists, retrieves and deletes skills in two shapes."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.engine.state.resources import MAX_RESOURCES, Resource, ResourcePut
from tests.resources.files_client import BETA as FILES_BETA
from tests.resources.files_client import build_part
from tests.resources.skills_client import BETA, SkillsClient, build_files, build_markdown

PREBUILT = ["pptx", "xlsx", "docx", "pdf"]
CREATED = "2026-11-18T11:06:40.123456Z"


@pytest.fixture
def client() -> SkillsClient:
    return SkillsClient(x_mockclaude_lane="ann")


@pytest.fixture
def beta() -> SkillsClient:
    return SkillsClient(anthropic_beta=BETA)


def test_skill_has_the_keys_of_its_shape(client: SkillsClient) -> None:
    skill = client.create("sorter", "Sorter of words")
    latest = client.get(f"/{skill['id']}/versions/latest").json["id"]
    former = client.get(f"/{skill['id']}", anthropic_beta=f"{FILES_BETA},{BETA}").json

    assert list(skill.items()) == [
        ("id", skill["id"]),
        ("type", "skill"),
        ("display_name", "Sorter of words"),
        ("latest_version_id", latest),
        ("source", {"type": "custom"}),
        ("created_at", CREATED),
        ("updated_at", CREATED),
    ]
    assert list(former.items()) == [
        ("id", skill["id"]),
        ("type", "skill"),
        ("display_title", "Sorter of words"),
        ("latest_version", "1795000000123457"),
        ("source", "custom"),
        ("created_at", CREATED),
        ("updated_at", CREATED),
    ]
    assert (skill["id"][:8], latest[:8], len(skill["id"]), len(latest)) == ("skill_01", "skver_01", 30, 30)


def test_label_is_the_name_by_default_except_in_the_beta(client: SkillsClient) -> None:
    assert client.create("sorter")["display_name"] == "sorter"
    skill = client.create("filter", anthropic_beta=BETA)
    assert skill["display_title"] is None
    assert client.get(f"/{skill['id']}").json["display_name"] == "filter"


def test_list_has_the_newest_skill_first_and_prebuilt_ones_last(client: SkillsClient) -> None:
    ids = [client.create(name)["id"] for name in ("a", "b", "c")][::-1]

    assert client.list_names("") == client.list_names("", anthropic_beta=BETA) == ids + PREBUILT
    assert client.list_names("?source=custom") == ids
    assert client.list_names("?source=anthropic") == PREBUILT
    assert client.list_names("?source=plugin") == []


@pytest.mark.parametrize("headers", [{}, {"anthropic_beta": BETA}])
def test_pages_have_each_skill_once(client: SkillsClient, headers: dict[str, Any]) -> None:
    ids = [client.create(f"skill-{number}")["id"] for number in range(45)][::-1]
    query, found, is_last = "", [], False
    while not is_last:
        page = client.get(query, **headers).json
        found += [skill["id"] for skill in page["data"]]
        query, is_last = f"?page={page['next_page']}", page["next_page"] is None
        assert page.get("has_more", not is_last) is not is_last

    assert found == ids + PREBUILT
    assert list(page) == (["data", "has_more", "next_page"] if headers else ["data", "next_page"])


def test_cursor_of_another_list_is_refused(client: SkillsClient) -> None:
    for index in range(2):
        client.upload(bytes([index]))
        skill = client.create(f"skill-{index}")
    for _ in range(2):
        client.create_version(skill["id"], "skill-1")
    cursors = [
        client.send("GET", f"{path}?limit=1", anthropic_beta=beta).json["next_page"]
        for path in ("/v1/files", "/v1/skills", f"/v1/skills/{skill['id']}/versions")
        for beta in (None, BETA)
    ]
    own = [client.get(f"?page={cursor}").status for cursor in cursors]

    assert own == [400, 400, 200, 200, 400, 400]
    assert client.get(f"?page={cursors[0]}").error == ("invalid_request_error", "page: Invalid page token")
    of_versions = [client.get(f"/{skill['id']}/versions?page={cursor}").status for cursor in cursors]
    assert of_versions == [400, 400, 400, 400, 200, 400]


def test_deleted_skill_is_gone_with_its_versions(client: SkillsClient) -> None:
    skill = client.create()
    version = client.create_version(skill["id"])
    deleted = client.delete(skill["id"])

    assert deleted.json == {"id": skill["id"], "type": "skill_deleted"}
    for path in ("", "/versions", f"/versions/{version['id']}", f"/versions/{version['id']}/content"):
        response = client.get(f"/{skill['id']}{path}", x_mockclaude_validation="off")
        assert response.error == ("not_found_error", f"Skill `{skill['id']}` not found.")
    assert client.list_names() == []
    assert client.state.store.measure_resources("skill", "ann").kept == 0


def test_beta_deletes_a_skill_only_without_versions(beta: SkillsClient) -> None:
    skill = beta.create()
    refused = beta.delete(skill["id"])
    assert (refused.status, refused.error[1]) == (
        400,
        "Cannot delete skill with existing versions. Delete all versions first.",
    )
    number = skill["latest_version"]
    deleted = beta.delete(f"{skill['id']}/versions/{number}")

    assert deleted.json == {"id": number, "type": "skill_version_deleted"}
    assert beta.get(f"/{skill['id']}").json["latest_version"] is None
    assert beta.list_names() == [skill["id"]]
    assert beta.list_names(anthropic_beta=None) == []
    without = beta.get(f"/{skill['id']}", anthropic_beta=None)
    assert (without.status, without.error[1]) == (400, f"Skill `{skill['id']}` has no versions.")
    assert beta.get(f"/{skill['id']}/versions/latest", anthropic_beta=None).status == 404
    assert beta.delete(skill["id"]).json == {"id": skill["id"], "type": "skill_deleted"}


def test_beta_refuses_a_label_of_another_skill(beta: SkillsClient) -> None:
    beta.create("sorter", "Words")
    files = build_files({"filter/SKILL.md": build_markdown("filter")})
    refused = beta.post(build_part("display_title", b"Words"), *files)

    assert (refused.status, refused.error[1]) == (400, "Skill cannot reuse an existing display_title: Words")
    assert beta.create("filter", "Words", x_mockclaude_lane="bob")["display_title"] == "Words"
    label = build_part("display_name", b"Words")
    assert beta.post(label, *files, anthropic_beta=None).json["display_name"] == "Words"
    label = build_part("display_title", b"Words")
    assert beta.post(label, *files, x_mockclaude_validation="gateway").json["display_title"] == "Words"


@pytest.mark.parametrize("skill", PREBUILT)
def test_prebuilt_skill_can_only_be_read(client: SkillsClient, skill: str) -> None:
    described = client.get(f"/{skill}").json
    assert (described["source"], described["latest_version_id"]) == ({"type": "anthropic"}, "20251013")
    assert client.get(f"/{skill}", anthropic_beta=BETA).json["latest_version"] == "20251013"
    assert client.list_names(f"/{skill}/versions") == ["20251013"]
    version = client.get(f"/{skill}/versions/20251013", anthropic_beta=BETA).json
    assert (version["version"], version["directory"]) == ("20251013", skill)

    message = f"Skill `{skill}` is provided by Anthropic. It cannot be changed or downloaded."
    refusals = [
        client.delete(skill),
        client.delete(f"{skill}/versions/20251013"),
        client.get(f"/{skill}/versions/latest/content"),
        client.post(*build_files({"SKILL.md": build_markdown(skill)}), path=f"/v1/skills/{skill}/versions"),
    ]
    assert [(refusal.status, refusal.error[1]) for refusal in refusals] == [(400, message)] * 4


def test_skill_is_visible_in_its_lane_only(client: SkillsClient) -> None:
    skill = client.create(x_mockclaude_lane="ann")

    assert client.get(f"/{skill['id']}", x_mockclaude_lane="ann").json == skill
    assert client.get(f"/{skill['id']}", x_mockclaude_lane="bob").status == 404
    client.state.store.forget("ann")
    assert client.get(f"/{skill['id']}", x_mockclaude_lane="ann").status == 404


def test_same_upload_has_the_same_ids_whatever_its_boundary() -> None:
    parts = build_files({"SKILL.md": build_markdown()})
    forms = [(b"".join(parts) + b"--b--\r\n").replace(b"--b", b"--" + boundary) for boundary in (b"first", b"second")]
    ids = [
        SkillsClient()
        .send("POST", "/v1/skills", form, content_type=f"multipart/form-data; boundary={boundary}")
        .json["id"]
        for form, boundary in zip(forms, ("first", "second"), strict=True)
    ]
    assert ids[0] == ids[1]


def test_upload_without_room_is_refused(client: SkillsClient) -> None:
    client.state.max_upload = 3_000
    big = build_files({"SKILL.md": build_markdown(), "big": b"x" * 2_000})
    skill = client.post(*big).json
    refusals = [client.post(*big), client.post(*big, path=f"/v1/skills/{skill['id']}/versions")]

    assert [refusal.status for refusal in refusals] == [400, 400]
    assert refusals[0].json["error"]["details"] == {"error_code": "storage_quota_exceeded"}
    assert client.list_names() == [skill["id"]]
    client.delete(skill["id"])
    assert client.post(*big).status == 200


def test_lane_has_room_for_a_bounded_number_of_skills_and_versions(client: SkillsClient) -> None:
    skill = client.create()
    version = Resource("skill", "ann", "", 0, b'{"skill_id":"other"}')
    puts = [ResourcePut(version._replace(id=f"skver_{index}")) for index in range(MAX_RESOURCES - 3)]
    client.state.store.commit(puts)

    refused = client.post(*build_files({"SKILL.md": build_markdown()}))
    assert refused.json["error"]["details"] == {"error_code": "storage_quota_exceeded"}
    client.create_version(skill["id"])
    assert client.state.store.measure_resources("skill", "ann").kept == MAX_RESOURCES


def test_lost_upload_is_not_stored(client: SkillsClient) -> None:
    files = build_files({"SKILL.md": build_markdown()})
    assert client.post(*files, x_mockclaude_fault="529").status == 529
    assert client.list_names() == []


def test_rules_can_answer_for_skills() -> None:
    client = SkillsClient("rules: [{when: {endpoint: skills}, reply: {error: 500}}, {reply: Hi}]")
    assert client.get().status == 500


def test_unknown_skill_is_made_up_if_validation_is_off() -> None:
    client = SkillsClient(x_mockclaude_validation="off")
    skill = client.get("/skill_x").json

    assert (skill["id"], skill["display_name"], skill["latest_version_id"]) == (
        "skill_x",
        "unnamed",
        f"skver_{'0' * 24}",
    )
    assert client.delete("skill_x").json == {"id": "skill_x", "type": "skill_deleted"}
    assert client.get("/skill_x").json == skill
    assert client.delete("pdf").status == client.get("/pdf").status == 200
    for mode in ("anthropic", "gateway"):
        unknown = client.get("/skill_x", x_mockclaude_validation=mode)
        assert (unknown.status, unknown.error) == (404, ("not_found_error", "Skill `skill_x` not found."))


def test_skill_without_versions_is_shown_if_validation_is_off() -> None:
    client = SkillsClient(x_mockclaude_validation="off")
    skill = client.create()
    client.delete(f"{skill['id']}/versions/{skill['latest_version_id']}")

    assert client.get(f"/{skill['id']}").json["latest_version_id"] is None


def test_wrong_method_is_a_405(client: SkillsClient) -> None:
    assert client.send("PUT", "/v1/skills/skill_x").status == 405
    assert client.get("/skill_x/versions/1/files").status == 404
