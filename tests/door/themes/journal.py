"""Requests whose entries in the journal are shown whole."""

from __future__ import annotations

from collections.abc import Iterator

from tests.door.requests import ask, plain
from tests.door.server import Request
from tests.door.themes.state import CREATE, FIRST, cached, turn

SECRET = "sk-ant-api03-" + "a" * 40


def clients() -> Iterator[tuple[str, list[Request]]]:
    yield "replies", [ask("fixed"), ask("blocks", stream=True), ask("template x"), ask("fixed"), ask("choice")]
    yield "functions", [ask("value x"), ask("texts x", stream=True), ask("raising x", stream=True)]
    yield (
        "refusals",
        [ask("fixed", max_tokens=-1), plain("GET", "/v1/messages"), plain("POST", "/v1/messages", b"\xff{")],
    )
    yield "unmatched", [ask("nothing like it"), ask("hello", to="/none/v1/messages"), ask("fixed", stream="yes")]
    yield (
        "faults",
        [ask("fixed", fault="529"), ask("sometimes"), ask("scripted"), ask("fixed", fault="reset", stream=True)],
    )
    yield "state", [turn("fixed", CREATE), turn("template two", FIRST), cached("fixed", stream=True)]
    yield "others", [ask("Hello", to="/v1/messages/count_tokens", max_tokens=None), plain("GET", "/v1/models?limit=1")]
    yield (
        "forms",
        [ask("fixed", version="1.0"), ask("paced", stream=True), plain("HEAD", "/nothing"), plain("OPTIONS", "/v1/x")],
    )
    yield "pages", [ask("fixed", headers={"origin": "https://example.com", "x_custom": "a"})]
    yield (
        "secrets",
        [
            ask(f"fixed {SECRET}", headers={"authorization": f"Bearer {SECRET}", "x_token": SECRET}),
            ask("fixed", to=f"/v1/messages?api_key={SECRET}", metadata={"user_id": SECRET}),
        ],
    )
    yield "modes", [ask("fixed", headers={"x_mockclaude_validation": "gateway", "x_mockclaude_lane": "lane"}, a=1)]
