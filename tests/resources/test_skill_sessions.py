"""Sessions of a client with skills: what a recording repeats, and what a restart leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from mockclaude.journal.entry_json import entry_to_json
from mockclaude.journal.journal import Journal
from mockclaude.journal.recheck import recheck
from mockclaude.scenario.loading.loader import load_text
from tests.conftest import Serve
from tests.resources.files_client import FORM, HELLO, build_form, build_part
from tests.resources.skills_client import build_files, build_markdown, build_zip
from tests.resources.test_container_skills import build_body, custom
from tests.serving import Running, request

FILES = {"sorter/SKILL.md": build_markdown(), "sorter/sort.bin": bytes(range(256))}


def create(server: Running, path: str = "/v1/skills") -> dict[str, Any]:
    """Create a skill, or a version of one."""
    form = build_form(build_part("files[]", build_zip(FILES), filename="sorter.zip"))
    created: dict[str, Any] = server.ask(request("POST", path, form, content_type=FORM)).json
    return created


def test_session_with_skills_is_rechecked_without_a_difference(serve: Serve) -> None:
    journal = Journal()
    server = serve(HELLO, journal=journal)
    path = f"/v1/skills/{create(server)['id']}"
    version = create(server, f"{path}/versions")
    requests = [
        request("GET", f"{path}/versions/{version['id']}/content"),
        request("POST", "/v1/messages", build_body(custom(version["skill_id"]))),
        request("POST", f"{path}/versions", build_form(*build_files({"SKILL.md": b""})), content_type=FORM),
        request("GET", "/v1/skills?limit=1"),
        request("DELETE", path),
        request("POST", "/v1/messages", build_body(custom(version["skill_id"]))),
    ]
    statuses = [server.ask(each).status for each in requests]
    for _ in range(8):
        server.line()
    entries = [orjson.loads(orjson.dumps(entry_to_json(entry))) for entry in journal.entries()]

    assert statuses == [200, 200, 400, 200, 200, 400]
    assert recheck({"": load_text(HELLO)}, entries) == []


def test_folder_keeps_skills_over_a_restart(serve: Serve, tmp_path: Path) -> None:
    first = serve(HELLO, data=tmp_path)
    path = f"/v1/skills/{create(first)['id']}"
    create(first, f"{path}/versions")
    paths = (path, f"{path}/versions", f"{path}/versions/latest/content")
    second = serve(HELLO, data=tmp_path)

    assert [second.ask(request("GET", each)).body for each in paths] == [
        first.ask(request("GET", each)).body for each in paths
    ]
    assert second.ask(request("DELETE", path)).status == 200
    assert serve(HELLO, data=tmp_path).ask(request("GET", path)).status == 404
    assert list(tmp_path.rglob("*.bin")) == []


def test_equal_skill_after_a_restart_is_another_skill(serve: Serve, tmp_path: Path) -> None:
    ids = [create(serve(HELLO, data=tmp_path))["id"] for _ in range(2)]
    server = serve(HELLO, data=tmp_path)
    versions = [server.ask(request("GET", f"/v1/skills/{skill_id}/versions")).json["data"] for skill_id in ids]

    assert len(set(ids)) == 2
    assert [len(of_skill) for of_skill in versions] == [1, 1]
