"""What is no request, or not quite one: refused in the API's words, or the connection ends; no bug, and no hang."""

from __future__ import annotations

import gzip
import json
import logging
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockclaude.scenario.rules import built_in
from mockclaude.server.request_body import MAX_BODY
from tests.api import bodies
from tests.server.malformed import EVERY_BODY, GOOD
from tests.serving import Received, Running, ServerThread, received, request


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with ServerThread({"": built_in()}) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING] == []


def refused(given: Received) -> None:
    """Check that a response is an error of the API, and the client's fault."""
    kind, message = given.error
    assert 400 <= given.status < 500
    assert kind.endswith("_error") or kind == "request_too_large"
    assert message


def post(body: bytes, **headers: str | None) -> bytes:
    return request("POST", "/v1/messages", body, "1.1", **{"content-length": str(len(body)), **headers})


@pytest.mark.parametrize("body", EVERY_BODY)
def test_a_malformed_body_is_a_400(server: Running, body: bytes) -> None:
    answer = server.ask(post(body))

    refused(answer)
    assert (answer.status, answer.error[0]) == (400, "invalid_request_error")


@pytest.mark.parametrize("mode", ["gateway", "off"])
@pytest.mark.parametrize("body", EVERY_BODY)
def test_where_less_is_judged_a_malformed_body_is_a_400_or_taken(server: Running, body: bytes, mode: str) -> None:
    answer = server.ask(post(body, x_mockclaude_validation=mode))

    if answer.status != 200:
        refused(answer)


def test_the_body_that_was_malformed_is_answered_as_it_was(server: Running) -> None:
    assert server.ask(post(GOOD)).status == 200


KINDS = [
    "",
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/jsonp",
    "application",
    ";",
    "json",
]


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_another_content_type_is_a_415(server: Running, kind: str | None) -> None:
    answer = server.ask(post(GOOD, content_type=kind))

    refused(answer)
    assert (answer.status, answer.error[0]) == (415, "invalid_request_error")


PACKED = gzip.compress(GOOD)


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (b"no gzip", "gzip", "request_body_encoding_invalid"),
        (GOOD, "gzip", "request_body_encoding_invalid"),
        (PACKED[:-8] + b"\x00" * 8, "gzip", "request_body_encoding_invalid"),
        (PACKED[:20] + b"\xff" * 20 + PACKED[40:], "gzip", "request_body_encoding_invalid"),
        (b"no deflate", "deflate", "request_body_encoding_invalid"),
        (GOOD, "compress", "request_body_encoding_unsupported"),
        (GOOD, "rot13", "request_body_encoding_unsupported"),
        (gzip.compress(PACKED), "gzip, gzip", "request_body_encoding_unsupported"),
    ],
    ids=lambda value: value if isinstance(value, str) else len(value),
)
def test_a_body_that_cannot_be_decoded_is_a_400_with_a_code(
    server: Running, body: bytes, encoding: str, code: str
) -> None:
    answer = server.ask(post(body, content_encoding=encoding))

    assert answer.status == 400
    assert answer.json["error"]["type"] == "invalid_request_error"
    assert answer.json["error"]["details"] == {"error_code": code}


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (PACKED[: len(PACKED) // 2], "gzip"),
        (PACKED[:10], "gzip"),
        (PACKED[:1], "gzip"),
        (zlib.compress(GOOD)[:20], "deflate"),
        (GOOD, "br"),
        (GOOD, "zstd"),
    ],
    ids=lambda value: value if isinstance(value, str) else len(value),
)
def test_a_body_that_is_cut_or_packed_in_another_way_is_a_400(server: Running, body: bytes, encoding: str) -> None:
    answer = server.ask(post(body, content_encoding=encoding))

    assert (answer.status, answer.json["error"]["type"]) == (400, "invalid_request_error")


ZEROS = b"0" * (MAX_BODY + 1)


@pytest.mark.parametrize(
    ("bomb", "encoding"), [(gzip.compress(ZEROS, 1), "gzip"), (zlib.compress(ZEROS, 1), "deflate")], ids=len
)
def test_a_bomb_is_a_413(server: Running, bomb: bytes, encoding: str) -> None:
    answer = server.ask(post(bomb, content_encoding=encoding))

    assert (answer.status, answer.json["error"]["type"]) == (413, "request_too_large")
    assert answer.json["error"]["details"] == {"error_code": "request_body_too_large_after_decoding"}


@pytest.mark.parametrize("length", [33_000_000_000, 10**18])
def test_a_body_that_is_too_long_is_a_413_before_it_is_there(server: Running, length: int) -> None:
    with server.connect() as wire:
        wire.send(post(b" " * (MAX_BODY + 1), content_length=str(length)))
        answer = wire.response()

    refused(answer)
    assert (answer.status, answer.error[0]) == (413, "request_too_large")


CHUNKED = {"transfer-encoding": "chunked", "content-length": None}
GOOD_CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(GOOD), GOOD)


def framed(body: bytes, *headers: str) -> bytes:
    """Return a request whose headers on the body's length are `headers`."""
    head = request("POST", "/v1/messages").removesuffix(b"\r\n")
    return head + "".join(f"{header}\r\n" for header in headers).encode() + b"\r\n" + body


def in_chunks(body: bytes) -> bytes:
    return framed(body, "transfer-encoding: chunked")


def lined(line: bytes, *headers: bytes) -> bytes:
    """Return a request with this first line."""
    return b"\r\n".join(
        [line, b"host: 127.0.0.1", b"x-api-key: mock", b"anthropic-version: 2026-10-21", *headers, b"", b""]
    )


BROKEN = {
    "a negative length": framed(GOOD, "content-length: -1"),
    "a length with a plus": framed(GOOD, f"content-length: +{len(GOOD)}"),
    "a length that is a word": framed(GOOD, "content-length: many"),
    "a length that is empty": framed(GOOD, "content-length:"),
    "a length with a point": framed(GOOD, f"content-length: {len(GOOD)}.0"),
    "a hexadecimal length": framed(GOOD, f"content-length: {len(GOOD):#x}"),
    "a length in arabic digits": framed(GOOD, "content-length: ٣"),
    "a length of 5,000 digits": framed(GOOD, f"content-length: {'9' * 5000}"),
    "two lengths": framed(GOOD, f"content-length: {len(GOOD)}", f"content-length: {len(GOOD) + 1}"),
    "the same length twice": framed(GOOD, f"content-length: {len(GOOD)}", f"content-length: {len(GOOD)}"),
    "two lengths in one": framed(GOOD, f"content-length: {len(GOOD)}, {len(GOOD)}"),
    "a length and chunks": framed(GOOD_CHUNKS, f"content-length: {len(GOOD_CHUNKS)}", "transfer-encoding: chunked"),
    "chunks and a length": framed(GOOD_CHUNKS, "transfer-encoding: chunked", f"content-length: {len(GOOD_CHUNKS)}"),
    "chunked twice": framed(GOOD_CHUNKS, "transfer-encoding: chunked, chunked"),
    "chunked, then not": framed(GOOD_CHUNKS, "transfer-encoding: chunked, identity"),
    "not quite chunked": framed(GOOD_CHUNKS, "transfer-encoding: xchunked"),
    "an unknown transfer encoding": framed(GOOD, "transfer-encoding: cow"),
    "a chunk size that is a word": in_chunks(b"zz\r\nab\r\n0\r\n\r\n"),
    "a negative chunk size": in_chunks(b"-2\r\nab\r\n0\r\n\r\n"),
    "a chunk size with a prefix": in_chunks(b"0x2\r\nab\r\n0\r\n\r\n"),
    "a chunk size with a plus": in_chunks(b"+2\r\nab\r\n0\r\n\r\n"),
    "no chunk size": in_chunks(b"\r\nab\r\n0\r\n\r\n"),
    "a chunk size of 100 digits": in_chunks(b"f" * 100 + b"\r\nab\r\n0\r\n\r\n"),
    "a chunk that is longer than its size": in_chunks(b"2\r\nabcdef\r\n0\r\n\r\n"),
    "a chunk without its end": in_chunks(b"2\r\nab0\r\n\r\n"),
    "a line instead of a request": b"hello\r\n\r\n",
    "a line of http 0.9": b"GET /v1/messages\r\n\r\n",
    "no version": lined(b"POST /v1/messages"),
    "a version of no digits": lined(b"POST /v1/messages HTTP/x.y"),
    "a version of two points": lined(b"POST /v1/messages HTTP/1.1.1"),
    "another protocol": lined(b"POST /v1/messages ICY/1.1"),
    "no path": lined(b"POST  HTTP/1.1"),
    "a space in the path": lined(b"POST /v1/mess ages HTTP/1.1"),
    "a nul in the path": lined(b"POST /v1/\x00 HTTP/1.1"),
    "bytes in the path": lined(b"POST /v1/\xff\xfe HTTP/1.1"),
    "a path of 20 KB": lined(b"GET /v1/" + b"a" * 20_000 + b" HTTP/1.1"),
    "a method with a bracket": lined(b"PO(ST /v1/messages HTTP/1.1"),
    "no method": lined(b" /v1/messages HTTP/1.1"),
    "the beginning of http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a response": b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    "a greeting of tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "nuls": b"\x00" * 64 + b"\r\n\r\n",
    "high bytes": bytes(range(128, 256)) + b"\r\n\r\n",
    "a header without a colon": lined(b"GET /v1/models HTTP/1.1", b"nothing"),
    "a header without a name": lined(b"GET /v1/models HTTP/1.1", b": nothing"),
    "a header with a space in its name": lined(b"GET /v1/models HTTP/1.1", b"a b: c"),
    "a header with a space after its name": lined(b"GET /v1/models HTTP/1.1", b"a : c"),
    "a header with a nul": lined(b"GET /v1/models HTTP/1.1", b"a: \x00"),
    "a header with a line break": lined(b"GET /v1/models HTTP/1.1", b"a: b\rc: d"),
    "a header on two lines": lined(b"GET /v1/models HTTP/1.1", b"a: b", b" c"),
    "a header of 20 KB": lined(b"GET /v1/models HTTP/1.1", b"a: " + b"b" * 20_000),
    "a name of 20 KB": lined(b"GET /v1/models HTTP/1.1", b"b" * 20_000 + b": a"),
    "200 headers": lined(b"GET /v1/models HTTP/1.1", *(b"a%d: b" % number for number in range(200))),
    "5,000 headers": lined(b"GET /v1/models HTTP/1.1", *(b"a%d: b" % number for number in range(5000))),
    "no host": b"GET /v1/models HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\nhost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("sent", [pytest.param(sent, id=name) for name, sent in BROKEN.items()])
def test_broken_http_is_refused_in_the_apis_words_or_the_connection_ends(server: Running, sent: bytes) -> None:
    with server.connect() as wire:
        wire.send(sent)
        said = wire.rest()

    if said:
        refused(received(said))


ODD = {
    "a method in lower case": (lined(b"post /v1/messages HTTP/1.1"), (400, 405)),
    "a method that nobody has": (lined(b"BREW /v1/messages HTTP/1.1"), (400, 405)),
    "connect": (lined(b"CONNECT 127.0.0.1:1 HTTP/1.1"), (400, 404, 405)),
    "trace": (lined(b"TRACE /v1/messages HTTP/1.1"), (405,)),
    "a path that goes up": (lined(b"GET /v1/../../etc/passwd HTTP/1.1"), (404,)),
    "a path that goes up, quoted": (lined(b"GET /%2e%2e/v1/models HTTP/1.1"), (404,)),
    "a quoted nul": (lined(b"GET /v1/models/%00 HTTP/1.1"), (404,)),
    "a quoted line break": (lined(b"GET /v1/models/%0d%0aset-cookie:x HTTP/1.1"), (404,)),
    "a path that is quoted wrongly": (lined(b"GET /v1/models/%zz HTTP/1.1"), (400, 404)),
    "a path that is no utf-8": (lined(b"GET /%ff/v1/models HTTP/1.1"), (404,)),
    "two slashes": (lined(b"GET //v1//models HTTP/1.1"), (404,)),
    "a star": (lined(b"GET * HTTP/1.1"), (400, 404)),
    "a query that is no utf-8": (lined(b"GET /v1/models?limit=%ff HTTP/1.1"), (400,)),
    "a query of nuls": (lined(b"GET /v1/models?after_id=%00 HTTP/1.1"), (400,)),
    "a limit of 5,000 digits": (lined(b"GET /v1/models?limit=" + b"9" * 5000 + b" HTTP/1.1"), (400,)),
    "another host": (request("GET", "/v1/models", host="example.com"), (403,)),
    "a host that is none": (request("GET", "/v1/models", host="a b"), (400, 403)),
    "a version of the API of nuls": (post(GOOD, anthropic_version="\x01"), (400,)),
    "a version of the API that is empty": (post(GOOD, anthropic_version=""), (400,)),
    "no version of the API": (post(GOOD, anthropic_version=None), (400,)),
    "a beta that is no utf-8": (post(GOOD, anthropic_beta="\udcff"), (400,)),
    "a beta of 7 KB": (post(GOOD, anthropic_beta="b" * 7000), (400,)),
    "no key": (post(GOOD, x_api_key=None), (401,)),
    "a key that is empty": (post(GOOD, x_api_key=""), (401,)),
    "a key without a scheme": (post(GOOD, x_api_key=None, authorization="mock"), (401,)),
    "a key with another scheme": (post(GOOD, x_api_key=None, authorization="Basic bW9jaw=="), (401,)),
    "a mode that nobody knows": (post(GOOD, x_mockclaude_validation="strict"), (400,)),
    "a scenario that nobody knows": (post(GOOD, x_mockclaude_scenario="\udcff"), (404,)),
}


@pytest.mark.parametrize(("sent", "statuses"), [pytest.param(*row, id=name) for name, row in ODD.items()])
def test_what_http_allows_and_the_api_does_not_is_refused(
    server: Running, sent: bytes, statuses: tuple[int, ...]
) -> None:
    answer = server.ask(sent.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1))

    refused(answer)
    assert answer.status in statuses


def test_a_malformed_body_does_not_end_the_connection(server: Running) -> None:
    with server.connect() as wire:
        for body, status in ((b"{", 400), (GOOD, 200)):
            wire.send(post(body))
            assert wire.response().status == status


anything: st.SearchStrategy[Any] = bodies.mangled() | bodies.accepted | bodies.json_values
write: st.SearchStrategy[Callable[[Any], str]] = st.sampled_from(
    [json.dumps, lambda it: json.dumps(it, ensure_ascii=False)]
)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["anthropic", "gateway", "off"])
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
@settings(max_examples=50)
@given(body=anything, write=write)
def test_no_json_is_a_server_error(
    server: Running, path: str, mode: str, body: Any, write: Callable[[Any], str]
) -> None:
    data = write(body).encode()
    answer = server.ask(request("POST", path, data, content_length=str(len(data)), x_mockclaude_validation=mode))

    if answer.status != 200:
        refused(answer)
