from __future__ import annotations

import os
from pathlib import Path

import pytest
from yarl import URL

from mockclaude import __version__
from mockclaude.scenario.loading.loader import load_all, load_text
from mockclaude.scenario.rules import built_in
from tests.conftest import Serve
from tests.serving import asking, request

TEXT = "seed: 3\nrules:\n  - {name: <b>bold</b>, when: {user: Hi}, reply: Hello!}\n  - {reply: Bye.}"
SCENARIOS = {"": built_in(), "deep/a b": load_text(TEXT, "<i>.yaml")}


def test_root_lists_the_scenarios_as_json(serve: Serve) -> None:
    server = serve(SCENARIOS)
    given = server.ask(request("GET", "/", host="localhost:4141"))

    assert given.headers["content-type"] == "application/json"
    assert given.json == {
        "version": __version__,
        "scenarios": [
            {
                "name": "",
                "base_url": "http://localhost:4141",
                "files": [],
                "seed": 0,
                "rules": [{"name": None, "place": "built-in"}],
            },
            {
                "name": "deep/a b",
                "base_url": "http://localhost:4141/deep/a%20b",
                "files": ["<i>.yaml"],
                "seed": 3,
                "rules": [{"name": "<b>bold</b>", "place": "<i>.yaml:3:5"}, {"name": None, "place": "<i>.yaml:4:5"}],
            },
        ],
    }
    assert server.line().reason == "index"


def test_browser_gets_a_page_that_runs_no_code(serve: Serve) -> None:
    given = serve(SCENARIOS).ask(request("GET", "/?x=1", accept="text/html,application/xhtml+xml,*/*;q=0.8"))
    page = given.body.decode()

    assert given.headers["content-type"] == "text/html; charset=utf-8"
    assert given.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.startswith("<!doctype html>\n")
    assert "<code>http://127.0.0.1/deep/a%20b</code><td>&lt;b&gt;bold&lt;/b&gt;<br>&lt;i&gt;.yaml:4:5<td>3" in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "built in" in page


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_head_has_the_headers_of_get_and_no_body(serve: Serve, accept: str) -> None:
    server = serve(SCENARIOS)
    with server.connect() as wire:
        wire.send(request("HEAD", "/", accept=accept) + request("GET", "/", accept=accept))
        head, get = wire.response("HEAD"), wire.response()

    assert head.headers == get.headers
    assert get.raw.startswith(head.raw)


def test_a_scenario_whose_file_name_is_not_utf_8_is_listed_and_served(serve: Serve, tmp_path: Path) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.yaml"))
    file.write_text("rules: [{reply: Hello!}]")
    server = serve(load_all([tmp_path]))
    _, listed = server.ask(request("GET", "/")).json["scenarios"]
    page = server.ask(request("GET", "/", accept="text/html"))
    given = server.ask(request("POST", f"{URL(listed['base_url']).raw_path}/v1/messages", asking()))

    assert listed["base_url"].endswith("/caf%5Cxe9")
    assert listed["files"] == [f"{tmp_path}/caf\\xe9.yaml"]
    assert page.status == 200
    assert given.json["content"][0]["text"] == "Hello!"
    assert "caf\\xe9.yaml" in [server.line().reason for _ in range(3)][-1]
