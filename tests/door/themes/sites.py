"""Transcripts of several scenarios on one server, each at a path of its own."""

from __future__ import annotations

from collections.abc import Iterator

from tests.door.requests import FORMS, ask, plain
from tests.door.server import Request

FILES = {"": "chaos", "shop": "replies", "shop/limits": "limits", "Zoë": "policy", "timed": "timed"}
"""Scenario -> its file."""

PATHS = (
    "/shop/v1/messages",
    "/shop/v1/messages?beta=true",
    "//shop/v1/messages",
    "/shop//v1/messages",
    "/SHOP/v1/messages",
)
USUAL = [ask("fixed", to="/shop/v1/messages", **form) for form in FORMS]


def clients() -> Iterator[tuple[str, list[Request]]]:
    yield "paths", [ask("fixed", to=path) for path in PATHS]
    yield (
        "near names",
        [ask("fixed", to=path) for path in ("/sho/v1/messages", "/shop/none/v1/messages", "/v1/shop/messages")],
    )
    yield (
        "other endpoints",
        [plain(method, f"/shop/v1/{path}") for method in ("GET", "HEAD") for path in ("models", "none")],
    )
    yield "folders", [ask("hello", to="/shop/limits/v1/messages"), ask("hello", to="/shop%2Flimits/v1/messages")]
    yield (
        "other letters",
        [
            ask("hello", to=path, headers={"x_api_key": "known"})
            for path in ("/Zo%C3%AB/v1/messages", "/Zo/v1/messages")
        ],
    )
    yield (
        "by header",
        [
            ask("fixed", to=path, headers={"x_mockclaude_scenario": "shop"})
            for path in ("/v1/messages", "/timed/v1/messages")
        ],
    )
    known = {"x_api_key": "known"}
    paths = ("/shop/messages", "/Zo%C3%AB/messages", "/Zo%C3%AB/messages/count_tokens")
    yield "without /v1", [ask("hello", to=path, headers=known, max_tokens=None) for path in paths]
    yield "without a path", [plain("GET", path) for path in ("/shop", "/shop/", "/shop/v1", "/shop/v1/")]
    yield "index", [plain("GET", "/"), plain("GET", "/", accept="text/html"), plain("HEAD", "/")]
    yield (
        "counted alone",
        [ask(text, to=f"/{name}/v1/messages") for name in ("shop", "timed") for text in ("once", "sequence") * 2],
    )
    yield "timed", [ask("anything", to="/timed/v1/messages", after_s=after_s) for after_s in (9, 1, 9.5, 0.5)]
    yield (
        "admin",
        [
            plain("GET", f"/_mockclaude/{path}")
            for path in ("health", "rules", "rules?scenario=shop", "rules?scenario=sho")
        ],
    )
    yield "admin below a path", [plain("GET", "/shop/_mockclaude/health"), plain("GET", "/_mockclaude/v1/messages")]
