"""Each refusal of the Files API has its status, its words and its `error_code`."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from mockclaude.engine.routes import answer
from tests.resources.files_client import BETA, FORM, MANAGED, PNG, FilesClient, build_form, build_part
from tests.serving import received, sent_of

OWN = "file_01ABCDEFGHJKLMNPQRSTUVWX"
FILE = build_part("file", PNG, filename="a.png", media_type="image/png")
TOO_MANY = "&".join(f"ids[]={number}" for number in range(101))
UNPARSABLE = "expires_in_seconds: Input should be a valid integer, unable to parse string as an integer"
TOO_EARLY = "expires_in_seconds: Input should be greater than or equal to 3600"
TOO_LATE = "expires_in_seconds: Input should be less than or equal to 7776000"


class Upload(NamedTuple):
    """A form, its refusal in mode `anthropic`, and whether gateways accept it."""

    parts: tuple[bytes, ...]
    message: str
    gateway_accepts: bool = True


def named(filename: str) -> tuple[bytes, ...]:
    return (build_part("file", PNG, filename=filename, media_type="image/png"),)


def typed(media_type: str) -> tuple[bytes, ...]:
    return (build_part("file", PNG, filename="a", media_type=media_type),)


def expiring(text: str) -> tuple[bytes, ...]:
    return FILE, build_part("expires_in_seconds", text.encode())


UPLOADS = [
    Upload((), "file: Field required", gateway_accepts=False),
    Upload((build_part("files", PNG),), "file: Field required", gateway_accepts=False),
    Upload(expiring("3599"), TOO_EARLY),
    Upload(expiring("-1"), TOO_EARLY),
    Upload(expiring("7776001"), TOO_LATE),
    Upload(expiring("1.5"), UNPARSABLE),
    Upload(expiring(""), UNPARSABLE),
    Upload(expiring("9" * 5000), UNPARSABLE),
    Upload(named("a" * 256), "file: Filename should have at most 255 characters"),
    *(Upload(named(f"a{character}b"), f"file: Filename must not contain '{character}'") for character in "<>:|?*"),
    Upload(named("a%22b"), "file: Filename must not contain '\"'"),
    Upload(named("a%0Ab"), r"file: Filename must not contain '\n'"),
    Upload(named("a\x1fb"), r"file: Filename must not contain '\x1f'"),
    Upload(typed("a/" + "b" * 254), "file: Content-Type: String should have at most 255 characters"),
    *(
        Upload(typed(name), "file: Content-Type: Input should be a valid media type")
        for name in ("text", "/plain", "text/", "text/naïve", "text/\x00")
    ),
]


@pytest.mark.parametrize("upload", UPLOADS, ids=lambda upload: upload.message)
def test_invalid_upload_is_refused(upload: Upload) -> None:
    client = FilesClient()
    response = client.upload_form(*upload.parts)

    assert (response.status, response.error) == (400, ("invalid_request_error", upload.message))
    assert client.list_ids() == []


@pytest.mark.parametrize("upload", UPLOADS, ids=lambda upload: upload.message)
def test_invalid_upload_is_stored_if_validation_is_off(upload: Upload) -> None:
    client = FilesClient(x_mockclaude_validation="off")
    metadata = client.upload_form(*upload.parts).json

    assert client.list_ids() == [metadata["id"]]
    assert 0 < len(metadata["filename"]) <= 255
    assert client.send("GET", f"/v1/files/{metadata['id']}/content").status == 200


@pytest.mark.parametrize("upload", UPLOADS, ids=lambda upload: upload.message)
def test_gateway_accepts_odd_fields_with_a_warning(upload: Upload) -> None:
    client = FilesClient(x_mockclaude_validation="gateway")
    request = client.build_request("POST", "/v1/files", build_form(*upload.parts), content_type=FORM)
    decision = answer(request, client.state)

    assert received(sent_of(decision)).status == (200 if upload.gateway_accepts else 400)
    assert decision.notes == ((f"warning: {upload.message}",) if upload.gateway_accepts else ())


@pytest.mark.parametrize("seconds", ["3600", "7776000"])
def test_bounds_of_the_expiry_are_accepted(seconds: str) -> None:
    assert FilesClient().upload_form(*expiring(seconds)).status == 200


def test_body_that_is_no_form_is_a_file_if_validation_is_off() -> None:
    for mode, status in (("anthropic", 400), ("gateway", 400), ("off", 200)):
        client = FilesClient(x_mockclaude_validation=mode)
        response = client.send("POST", "/v1/files", b"{}")
        assert response.status == status
    assert (response.json["size_bytes"], response.json["mime_type"]) == (2, "application/json")
    assert response.json["filename"] == "unnamed.json"
    assert client.send("POST", "/v1/files", b"{}", content_type=None).json["mime_type"] == "text/plain"


def test_beta_needs_the_media_type_of_the_part() -> None:
    part = build_part("file", PNG, filename="a")
    response = FilesClient(anthropic_beta=BETA).upload_form(part)

    assert (response.status, response.error[1]) == (400, "file: The part has no Content-Type")
    assert FilesClient().upload_form(part).json["mime_type"] == "image/png"


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("DELETE", ""), ("GET", "/content")])
def test_unknown_file_is_a_404(method: str, rest: str) -> None:
    response = FilesClient().send(method, f"/v1/files/file_x{rest}")
    assert (response.status, response.error) == (404, ("not_found_error", "File `file_x` not found."))


def test_log_explains_an_unknown_id_in_the_form_of_the_server() -> None:
    client = FilesClient()
    reason = answer(client.build_request("GET", f"/v1/files/{OWN}"), client.state).reason
    assert reason.startswith(f"File `{OWN}` not found.; files are lost with a restart, unless --data; ")


def test_upload_is_not_downloadable() -> None:
    client = FilesClient()
    file_id = client.upload()["id"]
    response = client.send("GET", f"/v1/files/{file_id}/content")

    assert (response.status, response.error) == (
        400,
        ("invalid_request_error", f"File '{file_id}' is not downloadable"),
    )
    assert response.json["error"]["details"] == {"error_code": "file_not_downloadable"}
    response = client.send("GET", f"/v1/files/{file_id}/content", x_mockclaude_validation="off")
    assert (response.status, response.body) == (200, PNG)


def test_files_beyond_the_quota_are_refused() -> None:
    client = FilesClient()
    client.state.max_upload = 1_000
    client.upload(b"x" * 700)
    response = client.upload_form(build_part("file", b"x" * 200))

    assert response.error == (
        "invalid_request_error",
        "File storage quota exceeded. Delete files to free up space, then retry the upload.",
    )
    assert response.json["error"]["details"] == {"error_code": "storage_quota_exceeded"}
    assert client.upload(b"x" * 10)["size_bytes"] == 10
    assert client.upload_form(build_part("file", b"x" * 200), x_mockclaude_validation="off").status == 200


@pytest.mark.parametrize(
    ("beta", "query", "message"),
    [
        (None, TOO_MANY, "ids: List should have at most 100 items after validation, not 101"),
        (None, "ids[]=x&page=page_x", "ids: Only one of ids, and page or limit, may be given"),
        (MANAGED, "ids[]=x&limit=1", "ids: Only one of ids, and page or limit, may be given"),
        (None, "after_id=file_x", "after_id: Extra inputs are not permitted; expected page"),
        (None, "before_id=file_x", "before_id: Extra inputs are not permitted; expected page"),
    ],
)
def test_invalid_query_is_refused(beta: str | None, query: str, message: str) -> None:
    client = FilesClient(anthropic_beta=beta)
    response = client.send("GET", f"/v1/files?{query}")

    assert (response.status, response.error) == (400, ("invalid_request_error", message))
    for mode in ("gateway", "off"):
        assert client.send("GET", f"/v1/files?{query}", x_mockclaude_validation=mode).status in (200, 400)
    assert client.send("GET", f"/v1/files?{query}", x_mockclaude_validation="off").status == 200


@pytest.mark.parametrize("beta", [BETA, MANAGED])
def test_unknown_cursor_is_refused(beta: str) -> None:
    assert FilesClient(anthropic_beta=beta).send("GET", "/v1/files?after_id=file_x").status == 400


def test_made_up_file_exists_only_if_validation_is_off() -> None:
    client = FilesClient(x_mockclaude_validation="off")
    metadata = client.send("GET", "/v1/files/file_x").json

    assert (metadata["id"], metadata["size_bytes"], metadata["downloadable"]) == ("file_x", 0, True)
    assert client.send("GET", "/v1/files/file_x/content").body == b""
    assert client.send("DELETE", "/v1/files/file_x").json == {"id": "file_x", "type": "file_deleted"}
    assert client.send("GET", "/v1/files/file_x").status == 200
    assert client.list_ids() == []
    own = client.upload()["id"]
    assert [client.send(method, f"/v1/files/{own}").status for method in ("DELETE", "GET")] == [200, 404]


def test_headers_are_validated_like_those_of_messages() -> None:
    client = FilesClient()
    for headers, status in (
        *(({"x_api_key": None}, 401), ({"anthropic_version": "2020-01-01"}, 400)),
        *(({"anthropic_version": "2023-06-01"}, 200), ({"x_api_key": None, "authorization": "Bearer x"}, 200)),
    ):
        values: dict[str, Any] = headers
        assert client.send("GET", "/v1/files?beta=true", **values).status == status


def test_options_are_answered() -> None:
    assert FilesClient().send("OPTIONS", "/v1/files").status == 204
