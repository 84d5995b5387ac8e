"""Transcripts of the admin API, but for what holds measured times: entries of the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.door.requests import ask, plain
from tests.door.server import Request

PATHS = (
    *("health", "scenarios", "rules", "rules/none", "journal?lane=none", "journal/999999", "journal/query"),
    *("journal/wait", "verify", "reset", "clock", "none", "", "rules/a/b", "verfy"),
)
PAGES: tuple[dict[str, Any], ...] = (
    {"origin": "https://example.com"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "none"},
)
RULE = {"name": "added", "when": {"user": "added"}, "reply": "From a program."}


def call(path: str, method: str = "POST", /, **parameters: Any) -> Request:
    """Return a request to the admin API with `parameters` as JSON."""
    return plain(method, f"/_mockclaude/{path}", json.dumps(parameters).encode(), x_api_key=None)


def clients() -> Iterator[tuple[str, list[Request]]]:
    for method in ("GET", "HEAD", "PUT", "OPTIONS"):
        yield f"admin, {method}", [plain(method, f"/_mockclaude/{path}", x_api_key=None) for path in PATHS]
    yield "admin, HTTP 1.0", [plain("GET", f"/_mockclaude/{path}", version="1.0") for path in ("health", "none")]
    yield "admin, rules", [*_rules()]
    yield "admin, journal", [*_journal()]
    yield "admin, verifications", [*_verifications()]
    yield (
        "admin, reset",
        [ask("once"), ask("once"), call("reset", api_key="admin, reset"), ask("once"), call("reset", a=1)],
    )
    yield "admin, clock", [call("clock", advance="5s"), call("clock"), call("clock", advance="soon")]
    yield (
        "admin, content types",
        [
            plain("POST", "/_mockclaude/reset", b"{}", content_type=kind)
            for kind in (None, "text/plain", "application/json; a=b")
        ],
    )
    yield (
        "admin, bodies",
        [plain("POST", "/_mockclaude/verify", body) for body in (b"", b"{", b"[]", b"null", b'{"a":1}')],
    )
    yield "admin, pages", [plain("GET", "/_mockclaude/health", **headers) for headers in PAGES]
    yield "admin, schema", [plain("HEAD", "/_mockclaude/schema")]
    yield "admin, hosts", [plain("GET", "/_mockclaude/health", host="evil.example")]


def _rules() -> Iterator[Request]:
    lane = {"api_key": "admin, rules"}
    yield call("rules", rules=RULE, where="test.ts:1", **lane)
    yield ask("added")
    yield call("rules", rules=[RULE | {"name": "second"}, {"reply": "Whatever else.", "times": 1}], **lane)
    yield ask("nothing like it", stream=True)
    yield ask("nothing like it")
    yield call("rules?lane=none", "GET")
    yield call("rules", rules={"wen": {}, "reply": "x"}, where="test.ts:2")
    yield call("rules", rules=[])
    yield call("rules", rules=RULE, scenario="none")
    yield call("rules", rules=RULE, lane="a", api_key="b")
    yield call("rules", rules=RULE, ttl="1 day", **lane)
    yield call("rules/none", "DELETE")


def _journal() -> Iterator[Request]:
    key = "admin, journal"
    yield call("journal/query", when={"user": "x"}, api_key=key)
    yield call("journal/query", when={"usr": "x"})
    yield call("journal/wait", count=1, timeout="1ms", api_key=key)
    yield ask("fixed")
    yield call("journal/wait", count=2, when={"user": "fixed"}, timeout="1ms", api_key=key)
    yield call("journal/wait", count=0)
    yield call("journal?limit=0", "GET")
    yield call("journal?after=x", "GET")
    yield call("journal/x", "GET")
    yield call("journal", "DELETE", lane="none")


def _verifications() -> Iterator[Request]:
    key = "admin, verifications"
    yield call("verify", when={"user": "fixed"}, api_key=key)
    yield ask("fixed")
    yield ask("template x", stream=True)
    for times in (None, 1, 3, {"at_least": 2}, {"at_most": 0}, {"at_least": 3, "at_most": 1}, "x"):
        yield call("verify", when={"user": "fixed"}, api_key=key, **({"times": times} if times is not None else {}))
    yield call("verify", when={"user": "other", "stream": True}, api_key=key)
    yield call("verify", when={"user": {"regex": "("}}, api_key=key)
    yield call("verify", api_key=key)
