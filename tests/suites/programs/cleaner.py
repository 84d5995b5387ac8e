"""A cleaner: it pages through files and batches in both families of pages, deletes all, and lists none."""

import time

from anthropic import Anthropic

FORMER = {"anthropic-beta": "files-api-2025-04-14"}
PARAMS = {"model": "claude-sonnet-5", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello"}]}

client = Anthropic()
uploads = {client.files.upload(file=(f"{number}.txt", b"text", "text/plain")).id for number in range(45)}
batches = {client.messages.batches.create(requests=[{"custom_id": "hello", "params": PARAMS}]).id for _ in range(25)}


def list_former_pages():
    after = {}
    while True:
        page = client.get("/v1/files", cast_to=object, options={"params": {"limit": 7, **after}, "headers": FORMER})
        yield from (file["id"] for file in page["data"])
        if not page["has_more"]:
            return
        after = {"after_id": page["last_id"]}


listed = [file.id for file in client.files.list(limit=20)]
assert sorted(listed) == sorted(uploads), "each file is listed once"
assert list(list_former_pages()) == listed
for file_id in listed:
    assert client.files.delete(file_id).type == "file_deleted"
assert not client.files.list().data
assert not list(list_former_pages())

listed = [batch.id for batch in client.messages.batches.list(limit=4)]
assert sorted(listed) == sorted(batches), "each batch is listed once"
for batch_id in listed:
    client.messages.batches.cancel(batch_id)
    while client.messages.batches.retrieve(batch_id).processing_status != "ended":
        time.sleep(0.1)
    assert client.messages.batches.delete(batch_id).type == "message_batch_deleted"
assert not client.messages.batches.list().data
print(len(uploads), "files and", len(batches), "batches are deleted")
