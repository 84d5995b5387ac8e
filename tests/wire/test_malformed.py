"""Responses that are no HTTP, or not what they claim."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest

from mockclaude.reply.response import End, Response
from mockclaude.scenario.format.presets import MALFORMED
from mockclaude.wire.encode import encode
from mockclaude.wire.malformed import MALFORM
from tests.reply.breakage import bytes_of, plain_response, response_with
from tests.reply.client import received


def head(response: Response) -> list[bytes]:
    return bytes_of(response).partition(b"\r\n\r\n")[0].split(b"\r\n")


def is_closed(response: Response) -> bool:
    return encode(response, http11=True).end is End.CLOSE


def test_every_malformation_has_an_encoder() -> None:
    assert set(MALFORM) == {*MALFORMED, "content_length", "tail"}


def test_status_line_is_invalid() -> None:
    assert head(response_with("status_line"))[0] == b"HTTP/1.1 OK 200"


def test_headers_are_invalid() -> None:
    lengths = [line for line in head(response_with("double_content_length")) if line.startswith(b"content-length")]

    assert b"bad name: x" in head(response_with("header_name"))
    assert len(set(lengths)) == 2
    assert max(map(len, head(response_with("huge_header")))) > 400_000
    assert len(head(response_with("many_headers"))) > 2_000


def test_early_hints_precede_the_response() -> None:
    hints, _, rest = bytes_of(response_with("early_hints")).rpartition(b"rel=preload\r\n\r\n")

    assert hints.count(b"103 Early Hints") == 100
    assert rest == bytes_of(response_with({"headers": {}}))


def test_a_body_without_a_head() -> None:
    response = response_with("no_head")

    assert bytes_of(response) == plain_response().data
    assert is_closed(response)


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        ("status_line", b"HTTP/1.1 OK 200\r\n"),
        ("header_name", b"\r\nbad name: x\r\n"),
        ("early_hints", b"103 Early Hints"),
        ({"content_length": 5}, b"\r\ncontent-length: 5\r\n"),
        ({"raw": {"text": "abc"}, "before": "end"}, b"\r\n\r\nabc"),
    ],
)
def test_response_without_a_body_can_be_malformed(fault: str | dict[str, Any], part: bytes) -> None:
    data = bytes_of(response_with({"respond": {"status": 204}}, fault))

    assert part in data
    assert b"transfer-encoding" not in data
    assert not data.endswith(b"\n0\r\n\r\n")


@pytest.mark.parametrize("stream", [True, False])
def test_chunk_size_is_not_a_number(stream: bool) -> None:
    response = response_with("chunk_size", stream=stream)

    assert bytes_of(response).count(b"\r\nzz\r\n") == 1
    assert is_closed(response)


@pytest.mark.parametrize(("more", "length"), [(50, 50), (-20, -20)])
@pytest.mark.parametrize("stream", [True, False])
def test_content_length_is_wrong(stream: bool, more: int, length: int) -> None:
    response, data = response_with({"content_length": more}, stream=stream), plain_response(stream=stream).data

    assert b"content-length: %d" % (len(data) + length) in head(response)
    assert bytes_of(response).endswith(b"\r\n\r\n" + data)
    assert is_closed(response)


@pytest.mark.parametrize("name", ["not_gzip", "broken_gzip", "truncated_gzip"])
def test_gzip_is_invalid(name: str) -> None:
    response = received(encode(response_with(name, stream=False), http11=True))

    assert response.headers["content-encoding"] == "gzip"
    with pytest.raises((OSError, EOFError, zlib.error)):
        gzip.decompress(response.body)


def test_content_length_is_never_negative() -> None:
    assert b"content-length: 0" in head(response_with({"content_length": -1_000_000}))
