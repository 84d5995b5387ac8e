"""Transcripts of paths, methods, versions of HTTP, and requests that reach no rule."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

from tests.door.requests import FORMS, ask, plain, raw
from tests.door.server import Request
from tests.serving import asking

MESSAGES, COUNT = "/v1/messages", "/v1/messages/count_tokens"
PATHS = (MESSAGES, COUNT, "/v1/models", "/v1/models/claude-sonnet-5", "/v1/models/none", "/", "/nothing", "/v1/nothing")
PREFLIGHT: dict[str, Any] = {
    "origin": "http://localhost:3000",
    "access_control_request_method": "POST",
    "access_control_request_headers": "content-type,x-api-key",
}
PAGE: dict[str, Any] = {"origin": "https://example.com"}


def endpoints() -> Iterator[tuple[str, list[Request]]]:
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
        yield method, [plain(method, path) for path in PATHS]
    yield (
        "models",
        [
            plain("GET", f"/v1/models{query}")
            for query in (
                "?limit=2",
                "?limit=0",
                "?limit=x",
                "?after_id=claude-sonnet-5&limit=1",
                "?before_id=none",
                "?a=b",
            )
        ],
    )
    yield (
        "models, without a key",
        [plain("GET", "/v1/models", x_api_key=None), plain("HEAD", "/v1/models", x_api_key=None)],
    )
    yield (
        "model aliases",
        [plain("GET", f"/v1/models/{name}") for name in ("claude-haiku-4-5", "claude-opus-4-8", "gpt-4o")],
    )
    yield "counted tokens", [*_counted()]
    yield (
        "preflight",
        [
            plain("OPTIONS", MESSAGES, **headers)
            for headers in (
                PREFLIGHT,
                PREFLIGHT | PAGE,
                {**PREFLIGHT, "access_control_request_headers": "x-mockclaude-fault"},
            )
        ],
    )
    yield "pages", [ask("fixed", headers=headers) for headers in (PAGE, {**PAGE, "x_mockclaude_lane": "a"})]
    yield (
        "pages that wish",
        [ask("fixed", fault="529", headers=PAGE), ask("fixed", headers=PAGE, model="claude-sonnet-5+529")],
    )
    yield (
        "index",
        [plain("GET", "/", accept="text/html"), plain("HEAD", "/", accept="text/html"), plain("GET", "/?a=b")],
    )
    yield "HTTP 1.0", [plain(method, path, version="1.0") for path in PATHS for method in ("GET", "HEAD", "OPTIONS")]
    yield (
        "HTTP 1.0, messages",
        [ask(text, version="1.0", **form) for text in ("fixed", "overloaded", "broken") for form in FORMS],
    )


def _counted() -> Iterator[Request]:
    tools = [{"name": "read", "input_schema": {"type": "object"}}]
    messages = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"},
    ]
    bodies: list[dict[str, Any]] = [
        {},
        {"tools": tools},
        {"system": "Be kind."},
        {"messages": messages},
        {"max_tokens": 1},
    ]
    bodies += [{"stream": True}, {"model": "none"}, {"messages": []}, {"context_management": {"edits": []}}]
    yield from (ask("Hello", to=COUNT, **{"max_tokens": None, **body}) for body in bodies)
    yield ask("Hello", to=COUNT, max_tokens=None, fault="529")
    yield ask("Hello", to=COUNT, max_tokens=None, version="1.0")


def refusals() -> Iterator[tuple[str, list[Request]]]:
    yield (
        "hosts",
        [plain("POST", MESSAGES, asking("fixed"), host=host) for host in ("evil.example", "localhost:80", "", "a b")],
    )
    yield (
        "bodies",
        [plain("POST", MESSAGES, body) for body in (b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"{}", b'{"a":1}')],
    )
    yield (
        "duplicate and odd JSON",
        [plain("POST", MESSAGES, body) for body in (b'{"a":1,"a":2}', b"NaN", b" {} ")],
    )
    yield (
        "content types",
        [plain("POST", MESSAGES, asking("fixed"), content_type=kind) for kind in (None, "text/plain")],
    )
    yield (
        "encodings",
        [
            plain("POST", MESSAGES, gzip.compress(asking("fixed"), mtime=0), content_encoding="gzip"),
            plain("POST", MESSAGES, b"not gzip", content_encoding="gzip"),
            plain("POST", MESSAGES, asking("fixed"), content_encoding="br"),
        ],
    )
    yield (
        "keys",
        [
            ask("fixed", headers=headers)
            for headers in ({"x_api_key": None}, {"x_api_key": ""}, {"authorization": "Bearer x"})
        ],
    )
    yield (
        "versions",
        [ask("fixed", headers={"anthropic_version": value}) for value in (None, "2023-06-01", "2020-01-01")],
    )
    yield (
        "betas",
        [
            ask("fixed", headers={"anthropic_beta": name})
            for name in ("prompt-cachng-2024-07-31", "new-2027-01-01", ",")
        ],
    )
    yield "scenarios", [ask("fixed", to="/none/v1/messages"), ask("fixed", headers={"x_mockclaude_scenario": "none"})]
    yield (
        "paths",
        [ask("fixed", to=to) for to in ("/v1/v1/messages", "/messages", "/v1/messages/", "/v1/messages?beta=true")],
    )
    yield (
        "fields",
        [
            ask("fixed", **fields)
            for fields in (
                {"model": "none"},
                {"max_tokens": -1},
                {"max_tokens": None},
                {"temperature": 9},
                {"a": 1},
                {"stream": "x"},
            )
        ],
    )
    yield "the same again", [ask("fixed", max_tokens=-1)] * 2
    yield (
        "unmatched",
        [ask("nothing like it", **form) for form in FORMS] + [ask("Fixed"), ask("nothing", fault="drop=ping")],
    )
    yield "no HTTP", [raw(b"\x00\x01\x02\r\n\r\n"), raw(b"GET\r\n\r\n"), raw(b"GET / HTTP/9.9\r\n\r\n"), *_framed()]
    yield (
        "absolute targets",
        [raw(b"GET http://127.0.0.1/v1/models HTTP/1.1\r\nx-api-key: a\r\nhost: b\r\nconnection: close\r\n\r\n")],
    )


def _framed() -> Iterator[Request]:
    begin = b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
    yield raw(begin + b"content-length: x\r\n\r\n")
    yield raw(begin + b"content-length: 1\r\ncontent-length: 2\r\n\r\n{}")
    yield raw(begin + b"transfer-encoding: chunked\r\n\r\nzz\r\n")
    yield raw(
        begin
        + b"transfer-encoding: chunked\r\ncontent-type: application/json\r\nx-api-key: a\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    )


def modes() -> Iterator[tuple[str, list[Request]]]:
    for mode in ("anthropic", "gateway", "off", "of"):
        yield mode, [_loose(mode, fields) for fields in LOOSE]
        yield f"{mode}, heads", [_headed(mode, headers) for headers in HEADS]
        yield f"{mode}, paths", [ask("fixed", to="/messages", headers={"x_mockclaude_validation": mode})]


LOOSE: tuple[dict[str, Any], ...] = (
    {},
    {"max_tokens": None},
    {"model": "gpt-4o"},
    {"model": None},
    {"web_search_options": {}},
    {"temperature": 0.5},
    {"thinking": {"type": "enabled", "budget_tokens": 10}},
    {"messages": []},
    {"messages": [{"role": "user", "content": "fixed"}, {"role": "user", "content": "fixed"}]},
    {"messages": [{"role": "assistant", "content": "fixed"}]},
    {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x", "content": "fixed"}]}]},
    {"tools": [{"name": "a b", "input_schema": {}}]},
    {"stream": True, "max_tokens": None},
    {"max_tokens": None, "fault": "drop=ping", "stream": True},
)
HEADS: tuple[dict[str, str | None], ...] = (
    {"x_api_key": None},
    {"anthropic_version": None},
    {"anthropic_beta": "nonsense"},
    {"content_type": "text/plain"},
    {"x_mockclaude_pace": "none"},
)


def _loose(mode: str, fields: dict[str, Any]) -> Request:
    return ask("fixed", headers={"x_mockclaude_validation": mode}, **fields)


def _headed(mode: str, headers: dict[str, str | None]) -> Request:
    return ask("fixed", headers={"x_mockclaude_validation": mode, **headers})


def policy() -> Iterator[tuple[str, list[Request]]]:
    known = {"x_api_key": "known"}
    yield (
        "keys",
        [
            ask("hello"),
            ask("hello", headers=known),
            ask("hello", headers={"x_api_key": None, "authorization": "Bearer other"}),
        ],
    )
    yield (
        "models",
        [ask("hello", model=model, headers=known) for model in ("claude-sonnet-9", "claude-sonnet-5+529", "gpt-4o")],
    )
    yield (
        "betas",
        [
            ask("hello", headers={**known, "anthropic_beta": name})
            for name in ("a-2027-01-01", "prompt-caching-2024-07-31")
        ],
    )
    yield (
        "faults of clients",
        [ask("hello", fault="529", headers=known), ask("hello", headers={**known, "x_mockclaude_pace": "opus"})],
    )
    yield "unmatched", [ask("nothing", headers=known), ask("nothing", headers=known, stream=True)]
    yield (
        "mode",
        [ask("hello", headers={**known, "x_mockclaude_validation": mode}, a=1) for mode in ("anthropic", "off")],
    )


def connections() -> Iterator[tuple[str, list[Request]]]:
    """Yield requests that share a connection: what comes after the first is sent with it, or at its end."""
    one, last = _kept("fixed"), _kept("template x", "close")
    yield "pipelined", [raw(one + one + last), raw(one + _kept("blocks", stream=True) + last)]
    yield "after an error", [raw(_kept("overloaded") + _kept("nothing") + last)]
    yield (
        "after a fault",
        [raw(_kept("fixed", x_mockclaude_fault=fault) + last) for fault in ("drop=ping", "cut", "529", "short")],
    )
    yield (
        "after a refusal",
        [raw(_kept("fixed", host="evil.example") + last), raw(_kept("fixed", content_encoding="br") + last)],
    )
    yield "idle", [raw(_kept("idle") + _kept("idle", "close"))]
    yield "HEAD first", [raw(b"HEAD /v1/models HTTP/1.1\r\nhost: localhost\r\nx-api-key: a\r\n\r\n" + last)]
    yield "of functions", [raw(_kept("texts x", stream=True) + _kept("value x") + last)]
    yield "expecting to go on", [raw(_kept("fixed", "close", expect="100-continue"))]


def _kept(text: str, connection: str = "keep-alive", *, stream: bool = False, **headers: str) -> bytes:
    body = asking(text, stream=stream)
    lines = {"host": "127.0.0.1", "x-api-key": "kept", "anthropic-version": "2026-10-21"} | {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": connection,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {MESSAGES} HTTP/1.1\r\n{head}\r\n".encode() + body
