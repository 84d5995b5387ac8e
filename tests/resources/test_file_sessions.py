"""Sessions of a client with files: what a server has stored, what it sends again, and what a restart leaves."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import orjson

from mockclaude.journal.entry_json import entry_to_json
from mockclaude.journal.journal import Journal
from mockclaude.journal.recheck import recheck
from mockclaude.scenario.loading.loader import load_text
from tests.conftest import Serve, Start
from tests.resources.batching import frame, params
from tests.resources.files_client import FORM, build_form, build_part
from tests.resources.storing import PNG, block
from tests.serving import Running, post, request

CHART = f"{{name: chart.png, base64: {b64encode(PNG).decode()}}}"
SCENARIO = f"""
rules:
  - when: {{user: plot}}
    reply: [{{server_tool: {{name: code_execution, files: [{CHART}]}}}}, Done.]
  - reply: A picture.
"""


def upload(server: Running) -> dict[str, Any]:
    body = build_form(build_part("file", PNG, filename="a.png", media_type="image/png"))
    metadata: dict[str, Any] = server.ask(request("POST", "/v1/files", body, content_type=FORM)).json
    return metadata


def made_id(message: dict[str, Any]) -> str:
    """Return the id of the file in the reply of a code execution."""
    return str(message["content"][1]["content"]["content"][0]["file_id"])


def test_session_with_files_is_rechecked_without_a_difference(serve: Serve) -> None:
    journal = Journal()
    server = serve(SCENARIO, journal=journal)
    file_id = upload(server)["id"]
    plotted = made_id(server.ask(post("plot")).json)
    statuses = [
        server.ask(each).status
        for each in (
            post([block("image", file_id)]),
            request("GET", f"/v1/files/{plotted}/content"),
            request("GET", f"/v1/files/{file_id}/content"),
            request("DELETE", f"/v1/files/{file_id}"),
            post([block("image", file_id)]),
            request("GET", "/v1/files"),
        )
    ]
    for _ in range(8):
        server.line()
    entries = [orjson.loads(orjson.dumps(entry_to_json(entry))) for entry in journal.entries()]

    assert statuses == [200, 200, 400, 200, 404, 200]
    assert recheck({"": load_text(SCENARIO)}, entries) == []


def test_made_file_is_downloaded_and_used(serve: Serve) -> None:
    server = serve(SCENARIO)
    file_id = made_id(server.ask(post("plot")).json)
    downloaded = server.ask(request("GET", f"/v1/files/{file_id}/content"))
    metadata = server.ask(request("GET", f"/v1/files/{file_id}")).json

    assert (downloaded.body, downloaded.headers["content-type"]) == (PNG, "image/png")
    assert (metadata["filename"], metadata["downloadable"], metadata["expires_at"]) == ("chart.png", True, None)
    assert server.ask(post([block("image", file_id)])).status == 200


def test_folder_keeps_files_over_a_restart(serve: Serve, tmp_path: Path) -> None:
    first = serve(SCENARIO, data=tmp_path)
    metadata, plotted = upload(first), made_id(first.ask(post("plot")).json)
    file_id = metadata["id"]
    second = serve(SCENARIO, data=tmp_path)

    assert second.ask(request("GET", f"/v1/files/{file_id}")).json == metadata
    assert second.ask(request("GET", f"/v1/files/{plotted}/content")).body == PNG
    assert second.ask(post([block("image", file_id)])).status == 200
    assert second.ask(request("DELETE", f"/v1/files/{file_id}")).status == 200
    assert serve(SCENARIO, data=tmp_path).ask(post([block("image", file_id)])).status == 404


def test_equal_upload_after_a_restart_is_another_file(serve: Serve, tmp_path: Path) -> None:
    ids = [upload(serve(SCENARIO, data=tmp_path))["id"] for _ in range(3)]
    listed = serve(SCENARIO, data=tmp_path).ask(request("GET", "/v1/files")).json["data"]

    assert [file["id"] for file in listed] == ids[::-1]
    assert len(set(ids)) == 3


def test_option_data_keeps_files_over_a_restart(start: Start, tmp_path: Path) -> None:
    with start("--data", tmp_path / "data") as command:
        metadata = upload(command.server)
    with start("--data", tmp_path / "data") as command:
        assert command.server.ask(request("GET", "/v1/files")).json["data"] == [metadata]


def test_small_bound_holds_for_later_uploads(serve: Serve) -> None:
    server = serve(SCENARIO, max_upload=1000)
    file = build_part("file", b"x" * 900, filename="a", media_type="text/plain")
    batch = frame(*[params()] * 9)
    for _ in range(3):
        for path, body in (("/v1/files", build_form(file)), ("/v1/messages/batches", batch)):
            assert server.ask(request("POST", path, body, content_type=FORM)).error[0] == "request_too_large"
