"""Responses that are no HTTP, or not what they claim."""

from __future__ import annotations

import gzip
import zlib

import pytest

from mockclaude.reply.exchange import apart
from mockclaude.reply.faults.malformed import MALFORM
from mockclaude.reply.script import End, Script
from mockclaude.scenario.format.presets import MALFORMED
from tests.reply.breakage import body, sent, struck, whole


def head(script: Script) -> list[bytes]:
    return sent(script).partition(b"\r\n\r\n")[0].split(b"\r\n")


def test_the_table_has_a_way_for_every_name() -> None:
    assert tuple(MALFORM) == MALFORMED


def test_a_status_line_that_is_none() -> None:
    assert head(struck("status_line"))[0] == b"HTTP/1.1 OK 200"


def test_headers_that_no_parser_takes() -> None:
    lengths = [line for line in head(struck("double_content_length")) if line.startswith(b"content-length")]

    assert b"bad name: x" in head(struck("header_name"))
    assert len(set(lengths)) == 2
    assert max(map(len, head(struck("huge_header")))) > 400_000
    assert len(head(struck("many_headers"))) > 2_000


def test_early_hints_come_before_the_response() -> None:
    hints, _, rest = sent(struck("early_hints")).rpartition(b"rel=preload\r\n\r\n")

    assert hints.count(b"103 Early Hints") == 100
    assert rest == sent(struck({"headers": {}}))


def test_a_body_without_a_head() -> None:
    script = struck("no_head")

    assert (sent(script), script.end) == (body(whole()), End.CLOSE)


@pytest.mark.parametrize("stream", [True, False])
def test_a_chunk_whose_size_is_no_number(stream: bool) -> None:
    script = struck("chunk_size", stream=stream)

    assert sent(script).count(b"\r\nzz\r\n") == 1
    assert script.end is End.CLOSE


@pytest.mark.parametrize(("more", "length"), [(50, 50), (-20, -20)])
@pytest.mark.parametrize("stream", [True, False])
def test_a_content_length_that_is_wrong(stream: bool, more: int, length: int) -> None:
    script, data = struck({"content_length": more}, stream=stream), body(whole(stream=stream))

    assert b"content-length: %d" % (len(data) + length) in head(script)
    assert sent(script).endswith(b"\r\n\r\n" + data)
    assert script.end is End.CLOSE


@pytest.mark.parametrize("name", ["not_gzip", "broken_gzip", "truncated_gzip"])
def test_gzip_that_cannot_be_read(name: str) -> None:
    parts = apart(struck(name, stream=False))
    assert parts
    assert b"content-encoding: gzip" in parts.headers
    with pytest.raises((OSError, EOFError, zlib.error)):
        gzip.decompress(parts.data)


def test_a_content_length_is_never_below_nothing() -> None:
    assert b"content-length: 0" in head(struck({"content_length": -1_000_000}))
