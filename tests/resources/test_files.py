"""Files are stored for their lane, and shown in the shape that a client asks for."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockclaude.engine.state.resources import Resource, ResourcePut
from tests.resources.files_client import BETA, MANAGED, PNG, FilesClient, build_form, build_part
from tests.serving import NOW

DAY = 86_400
EXPIRY = build_part("expires_in_seconds", b"3600")
FILE = build_part("file", PNG, filename="a.png", media_type="image/png")


def put_download(client: FilesClient, content: bytes = b"data", **facts: Any) -> str:
    """Put a file as a tool makes it, and return its id."""
    known = {"filename": "näh.csv", "mime_type": "text/csv", "created_us": 0, "expires_us": None, "downloadable": True}
    lane = client.build_request("GET", "/v1/files").head.lane
    resource = Resource("file", lane, "file_made", 0, orjson.dumps({**known, **facts}), content, len(content))
    client.state.store.commit([ResourcePut(resource)])
    return resource.id


def test_upload_returns_metadata_in_the_order_of_the_api() -> None:
    metadata = FilesClient().upload()

    assert list(metadata) == [
        *("type", "id", "size_bytes", "created_at", "filename", "mime_type", "downloadable", "expires_at"),
    ]
    assert re.fullmatch("file_01[1-9A-Za-z]{22}", metadata.pop("id"))
    assert metadata == {
        "type": "file",
        "size_bytes": 8,
        "created_at": "2026-11-18T11:06:40.123000Z",
        "filename": "a.png",
        "mime_type": "image/png",
        "downloadable": False,
        "expires_at": None,
    }


def test_beta_shape_has_no_expiry() -> None:
    assert "expires_at" not in FilesClient(anthropic_beta=BETA).upload()
    assert "expires_at" not in FilesClient(anthropic_beta=f"{BETA},{MANAGED}").upload()
    assert "expires_at" in FilesClient(anthropic_beta=MANAGED).upload()


def test_retrieved_and_listed_file_is_the_uploaded_one() -> None:
    client = FilesClient()
    metadata = client.upload()

    assert client.send("GET", f"/v1/files/{metadata['id']}").json == metadata
    assert client.send("GET", "/v1/files").json == {"data": [metadata], "next_page": None}
    assert client.send("GET", "/v1/files?scope_id=session_1").json == {"data": [], "next_page": None}


def test_deleted_file_is_not_found() -> None:
    client = FilesClient()
    path = f"/v1/files/{client.upload()['id']}"

    assert client.send("DELETE", path).json == {"id": path.rpartition("/")[2], "type": "file_deleted"}
    assert [client.send(method, path).status for method in ("GET", "DELETE")] == [404, 404]
    assert client.list_ids() == []


def test_files_of_another_lane_are_not_visible() -> None:
    client = FilesClient()
    path = f"/v1/files/{client.upload()['id']}"

    assert client.send("GET", path, x_api_key="other").status == 404
    assert client.send("GET", "/v1/files", x_api_key="other").json["data"] == []
    assert client.send("GET", path).status == 200


def test_reset_of_a_lane_drops_its_files() -> None:
    client = FilesClient()
    file_id = client.upload()["id"]
    client.state.reset(client.build_request("GET", "/v1/files").head.lane)

    assert client.list_ids() == []
    assert client.upload()["id"] == file_id


@pytest.mark.parametrize(
    ("boundary", "headers"), [("b", {}), ("other", {}), ("b", {"x_stainless_retry_count": "1"})], ids=str
)
def test_id_is_independent_of_boundary_and_retries(boundary: str, headers: dict[str, str]) -> None:
    content_type = f"multipart/form-data; boundary={boundary}"
    body = build_form(FILE).replace(b"--b", f"--{boundary}".encode())
    response = FilesClient().send("POST", "/v1/files", body, content_type=content_type, **headers)

    assert response.json["id"] == FilesClient().upload()["id"]


@pytest.mark.parametrize(
    ("end", "path", "key", "status"),
    [
        ("--b--", "/v1/files", "k", 400),  # without a file
        ("", "/v1/files", "k", 400),  # cut
        ("--b--", "/v1/file", "k", 404),
        ("--b--", "/v1/files", "", 401),
    ],
)
def test_request_id_of_a_refused_form_is_independent_of_its_boundary(
    end: str, path: str, key: str, status: int
) -> None:
    form = build_part("files", PNG) + end.encode()
    ids = set()
    for boundary in ("b", "other"):
        body = form.replace(b"--b", f"--{boundary}".encode())
        content_type = f"Multipart/form-data; boundary={boundary}"
        response = FilesClient().send("POST", path, body, content_type=content_type, x_api_key=key)
        assert response.status == status
        ids.add(response.headers["request-id"])

    assert len(ids) == 1


def test_equal_uploads_have_different_ids() -> None:
    client = FilesClient()
    assert client.upload()["id"] != client.upload()["id"] != client.upload(filename="b.png")["id"]


def test_download_has_content_type_and_name() -> None:
    client = FilesClient()
    response = client.send("GET", f"/v1/files/{put_download(client)}/content")

    assert (response.status, response.body) == (200, b"data")
    assert response.headers["content-type"] == "text/csv"
    assert response.headers["content-disposition"] == "attachment; filename*=utf-8''n%C3%A4h.csv"


def test_expired_file_is_shown_for_30_days() -> None:
    client = FilesClient()
    metadata = client.upload_form(EXPIRY, FILE).json
    path = f"/v1/files/{metadata['id']}"
    assert metadata["expires_at"] == "2026-11-18T12:06:40.123000Z"

    client.now = NOW + 3601
    response = client.send("GET", f"{path}/content")
    assert (response.status, response.json["error"]["details"]) == (404, {"error_code": "file_expired"})
    assert client.send("GET", path).json == metadata
    client.now = NOW + 3600 + 30 * DAY - 1
    assert client.list_ids() == [metadata["id"]]
    client.now += 1
    assert client.list_ids() == []
    assert [client.send(method, path).status for method in ("GET", "DELETE")] == [404, 404]


def test_expired_file_can_be_deleted() -> None:
    client = FilesClient()
    path = f"/v1/files/{client.upload_form(EXPIRY, FILE).json['id']}"
    client.now = NOW + 3601

    assert [client.send(method, path).status for method in ("DELETE", "GET")] == [200, 404]


def test_expired_files_make_room_for_others() -> None:
    client = FilesClient()
    client.state.max_upload = 4_000
    content = build_part("file", b"x" * 3_000)
    expired = client.upload_form(EXPIRY, content).json["id"]
    response = client.upload_form(content)
    assert (response.status, response.json["error"]["details"]) == (400, {"error_code": "storage_quota_exceeded"})

    client.now = NOW + 3600 + 1
    assert client.upload_form(content).status == 200
    assert client.send("GET", f"/v1/files/{expired}").status == 404
    assert client.upload_form(content).status == 400


def walk(client: FilesClient, limit: int, key: str, name: str, first: str = "") -> list[list[str]]:
    """Return the ids of all pages, following the key of a page as the parameter `name`."""
    pages, following = [], f"&{name}={first}" if first else ""
    while True:
        page = client.send("GET", f"/v1/files?limit={limit}{following}").json
        pages.append([file["id"] for file in page["data"]])
        if not page.get("has_more", page.get(key)):
            return pages
        following = f"&{name}={page[key]}"


@settings(max_examples=10)
@given(count=st.integers(0, 45), limit=st.integers(1, 50))
def test_both_families_of_pages_have_each_file_once(count: int, limit: int) -> None:
    client = FilesClient()
    newest_first = [client.upload(b"%d" % index)["id"] for index in range(count)][::-1]

    for betas, key, name in (
        *(("", "next_page", "page"), (MANAGED, "next_page", "page")),
        *((BETA, "last_id", "after_id"), (MANAGED, "last_id", "after_id")),
    ):
        client.headers = {"anthropic_beta": betas or None}
        pages = walk(client, limit, key, name)
        assert [*chain.from_iterable(pages)] == newest_first
    client.headers = {"anthropic_beta": BETA}
    if count:
        pages = walk(client, limit, "first_id", "before_id", newest_first[-1])
        assert [*chain.from_iterable(reversed(pages))] == newest_first[:-1]


def test_keys_of_a_page_depend_on_the_beta() -> None:
    client = FilesClient()
    file_id = client.upload()["id"]
    keys = {
        betas: {*client.send("GET", f"/v1/files{query}", anthropic_beta=betas).json}
        for betas, query in (
            (None, ""),
            (BETA, ""),
            (MANAGED, ""),
            (MANAGED, f"?after_id={file_id}"),
            (MANAGED, "?ids[]=x"),
        )
    }
    assert keys == {
        None: {"data", "next_page"},
        BETA: {"data", "has_more", "first_id", "last_id"},
        MANAGED: {"data", "next_page"},
    }
    page = client.send("GET", f"/v1/files?after_id={file_id}", anthropic_beta=MANAGED).json
    assert page == {"next_page": None, "data": [], "has_more": False, "first_id": None, "last_id": None}
    page = client.send("GET", "/v1/files", anthropic_beta=MANAGED).json
    assert {**page, "data": []} == {
        "data": [],
        "next_page": None,
        "has_more": False,
        "first_id": file_id,
        "last_id": file_id,
    }


def test_ids_select_files_and_skip_unknown_ones() -> None:
    client = FilesClient()
    first, _, third = [client.upload(b"%d" % index)["id"] for index in range(3)]

    assert client.list_ids(f"?ids[]={first}&ids%5B%5D={third}&ids[]=file_x&ids[]={first}") == [third, first]


def test_rules_and_faults_reach_the_endpoint() -> None:
    client = FilesClient("rules: [{when: {endpoint: files}, reply: [{error: 529}], times: 1}, {reply: Hi}]")

    assert client.upload_form(FILE).status == 529
    assert client.list_ids() == []
    assert client.upload_form(FILE).status == 200
    assert client.send("GET", "/v1/files", x_mockclaude_fault="503").status == 503
    cut = client.send("GET", f"/v1/files/{put_download(client)}/content", x_mockclaude_fault='{"disconnect": "cut"}')
    assert cut.body != b"data"


@given(st.permutations([*"aabbab"]))
@settings(max_examples=10)
def test_ids_of_a_lane_do_not_depend_on_other_lanes(order: list[str]) -> None:
    client, ids = FilesClient(), {"a": list[str](), "b": list[str]()}
    for lane in order:
        ids[lane].append(client.upload_form(FILE, x_api_key=lane).json["id"])

    for lane, found in ids.items():
        alone = FilesClient(x_api_key=lane)
        assert [alone.upload()["id"] for _ in found] == found
