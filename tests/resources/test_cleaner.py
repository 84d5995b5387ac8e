"""A client deletes the pages that it reads, and misses nothing: a deleted cursor keeps its place."""

from __future__ import annotations

import pytest

from tests.resources.batching import PATH, Batching, params
from tests.resources.files_client import BETA, MANAGED, FilesClient

COUNT = 7


@pytest.mark.parametrize("cursor", ["after_id", "before_id"])
@pytest.mark.parametrize("beta", [BETA, MANAGED])
def test_files_are_deleted_page_by_page(beta: str, cursor: str) -> None:
    client = FilesClient(anthropic_beta=beta)
    ids = [client.upload(filename=f"{number}.png")["id"] for number in range(COUNT)]
    first = ids[-1] if cursor == "after_id" else ids[0]
    client.send("DELETE", f"/v1/files/{first}")
    deleted, last = [first], first
    while page := client.send("GET", f"/v1/files?limit=2&{cursor}={last}").json["data"]:
        deleted += [file["id"] for file in page]
        last = page[-1 if cursor == "after_id" else 0]["id"]
        assert {client.send("DELETE", f"/v1/files/{file['id']}").status for file in page} == {200}

    assert sorted(deleted) == sorted(ids)


def test_batches_are_deleted_page_by_page() -> None:
    client = Batching("rules: [{reply: Hi!}]")
    ids = [client.create(params(str(number))) for number in range(COUNT)]
    deleted, query = list[str](), {"limit": "2"}
    while page := client.send("GET", PATH, query=query).json["data"]:
        deleted += [batch["id"] for batch in page]
        query["after_id"] = deleted[-1]
        assert {client.send("DELETE", f"{PATH}/{batch['id']}").status for batch in page} == {200}

    assert deleted == ids[::-1]


def test_cursor_is_the_id_of_the_same_kind_and_lane() -> None:
    client = Batching("rules: [{reply: Hi!}]")
    batch_id = client.create(params())
    client.retrieve(batch_id)
    client.send("DELETE", f"{PATH}/{batch_id}")

    assert client.send("GET", PATH, query={"after_id": batch_id}).json["data"] == []
    assert client.state.store.find_deleted("file", "a", batch_id) is None
    client.lane = "b"
    assert client.send("GET", PATH, query={"after_id": batch_id}).status == 400
