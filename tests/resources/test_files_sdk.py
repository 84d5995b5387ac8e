"""The Files API with the SDK, over a real connection."""

from __future__ import annotations

from collections.abc import Iterator

import anthropic
import pytest
from anthropic import Anthropic

from mockclaude.testing import MockClaude


@pytest.fixture
def mock() -> Iterator[MockClaude]:
    with MockClaude(speed="manual", max_upload=100_000) as mock:
        yield mock


@pytest.fixture
def client(mock: MockClaude) -> Iterator[Anthropic]:
    with Anthropic(base_url=mock.url, api_key="mock", max_retries=0) as client:
        yield client


def test_cleaner_deletes_all_files(client: Anthropic) -> None:
    for index in range(45):
        client.files.upload(file=(f"{index}.txt", b"text"))
    assert [file.filename for file in client.files.list(limit=7)] == [f"{index}.txt" for index in range(45)][::-1]

    for file in client.files.list():
        client.files.delete(file.id)
    assert list(client.files.list()) == []


def test_file_expires_by_the_clock_of_the_server(mock: MockClaude, client: Anthropic) -> None:
    file = client.files.upload(file=b"text", expires_in_seconds=3600)
    mock.advance(3601)

    with pytest.raises(anthropic.NotFoundError):
        client.files.download(file.id)
    assert client.files.retrieve_metadata(file.id) == file


def test_upload_beyond_the_maximum_is_refused(client: Anthropic) -> None:
    with pytest.raises(anthropic.APIStatusError) as refusal:
        client.files.upload(file=b"x" * 100_000)
    assert refusal.value.status_code == 413
    client.files.upload(file=b"x" * 60_000)
    with pytest.raises(anthropic.BadRequestError, match="File storage quota exceeded"):
        client.files.upload(file=b"x" * 60_000)


def test_reset_drops_files_and_repeats_ids(mock: MockClaude, client: Anthropic) -> None:
    before = client.files.upload(file=("a.txt", b"text"))
    mock.reset()

    assert list(client.files.list()) == []
    assert client.files.upload(file=("a.txt", b"text")).id == before.id
