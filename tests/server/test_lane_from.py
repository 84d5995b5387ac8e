"""The lane of a request comes from a header, a cookie or a field of its body, if the scenario specifies that."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from mockclaude.engine.http_request import find_lane, hash_key_to_lane
from mockclaude.scenario.format.policy import parse_lane_from
from mockclaude.testing import MockClaude
from tests.cli.invoking import invoke, written
from tests.conftest import Serve
from tests.serving import Running, asking, post, request

SEQUENCE = "rules: [{sequence: [one, two, three]}]"
SESSION, KEY = hash_key_to_lane("abc"), hash_key_to_lane("mock")


def lanes(server: Running) -> list[str]:
    entries: list[dict[str, Any]] = server.ask(request("GET", "/_mockclaude/journal")).json["entries"]
    return [entry["lane"] for entry in entries]


def text(server: Running, user: str | None = None, **headers: str) -> str:
    fields = {} if user is None else {"metadata": {"user_id": user}}
    body = asking(**fields)
    (block,) = server.ask(request("POST", "/v1/messages", body, **headers)).json["content"]
    shown: str = block["text"]
    return shown


@pytest.mark.parametrize(
    ("lane_from", "headers", "user", "lane"),
    [
        ("headers.X-User", {"x_user": "ann"}, None, "ann"),
        ("headers.x-user", {}, "ann", KEY),
        ("headers.x-user", {"x_user": ""}, None, KEY),
        ("cookies.sid", {"cookie": "a=b; sid=abc; c"}, None, SESSION),
        ("cookies.sid", {"cookie": "sid"}, None, KEY),
        ("metadata.user_id", {}, "ann", "ann"),
        ("metadata.user_id", {}, "a\nb", hash_key_to_lane("a\nb")),
        ("metadata.user_id", {}, "x" * 201, hash_key_to_lane("x" * 201)),
        ("metadata.user_id.deeper", {}, "ann", KEY),
        ("headers.x-auth-token", {"x_auth_token": "abc"}, None, SESSION),
        ("[metadata.user_id, headers.x-user]", {"x_user": "ann"}, "bob", "bob"),
        ("[headers.x-user, metadata.user_id]", {"x_user": "ann"}, "bob", "ann"),
        ("[metadata.user_id, headers.x-user]", {"x_user": "ann"}, None, "ann"),
        ("metadata.user_id", {"x_mockclaude_lane": "named"}, "ann", "named"),
    ],
)
def test_lane_is_the_first_value_found(
    serve: Serve, lane_from: str, headers: dict[str, str], user: str | None, lane: str
) -> None:
    server = serve(f"lane_from: {lane_from}\nvalidation: gateway\n{SEQUENCE}")

    assert [text(server, user, **headers) for _ in range(2)] == ["one", "two"]
    assert lanes(server) == [lane, lane]


def test_each_lane_has_counters_and_rules(serve: Serve) -> None:
    server = serve(f"lane_from: metadata.user_id\n{SEQUENCE}")
    users = ("ann", "bob", "ann", None)
    assert [text(server, user) for user in users] == ["one", "one", "two", "one"]
    assert lanes(server) == ["ann", "bob", "ann", KEY]

    rules = {"rules": {"reply": "For Ann."}, "lane": "ann"}
    assert server.ask(request("POST", "/_mockclaude/rules", json.dumps(rules).encode())).status == 201
    assert [text(server, user) for user in users] == ["For Ann.", "two", "For Ann.", "two"]


def test_lanes_of_the_body_count_other_endpoints_too(serve: Serve) -> None:
    rule = "{when: {endpoint: count_tokens}, sequence: [{error: 529}, {generate: auto}]}"
    server = serve(f"lane_from: metadata.user_id\nvalidation: gateway\nrules: [{rule}]")
    bodies = [asking(metadata={"user_id": user}, max_tokens=None) for user in ("ann", "bob", "ann")]

    statuses = [server.ask(request("POST", "/v1/messages/count_tokens", body)).status for body in bodies]

    assert statuses == [529, 529, 200]


def test_rule_of_another_lane_is_a_near_miss_with_a_hint(serve: Serve) -> None:
    server = serve("rules: []")
    rules = {"rules": {"reply": "For Ann."}, "lane": "ann"}
    server.ask(request("POST", "/_mockclaude/rules", json.dumps(rules).encode()))

    assert (
        server.ask(post())
        .error[1]
        .endswith(
            f"lane: expected exactly 'ann', got '{KEY}'; the rule was added for another lane; send its API key, or its "
            "name in `x-mockclaude-lane`"
        )
    )


def test_each_lane_has_limits_of_its_own(serve: Serve) -> None:
    server = serve(f"lane_from: headers.x-user\nlimits: {{requests_per_minute: 1}}\n{SEQUENCE}")

    assert [server.ask(post(x_user=user)).status for user in ("ann", "bob", "ann")] == [200, 200, 429]


def test_reset_of_a_lane_resets_its_limits(serve: Serve) -> None:
    server = serve(f"lane_from: headers.x-user\nlimits: {{requests_per_minute: 1}}\n{SEQUENCE}")
    users = ("ann", "bob", "bob ann")
    assert [server.ask(post(x_user=user)).status for user in users] == [200, 200, 200]

    assert server.ask(request("POST", "/_mockclaude/reset", b'{"lane": "ann"}')).status == 200
    assert [server.ask(post(x_user=user)).status for user in users] == [200, 429, 429]


def test_invalid_body_is_in_the_lane_of_the_key(serve: Serve) -> None:
    server = serve(f"lane_from: metadata.user_id\n{SEQUENCE}")
    for body in (b"{", b"[]"):
        assert server.ask(request("POST", "/v1/messages", body, x_api_key="mock")).status == 400

    assert lanes(server) == [KEY, KEY]


def test_number_of_lanes_has_no_limit(serve: Serve) -> None:
    server = serve(f"lane_from: metadata.user_id\n{SEQUENCE}")

    assert {text(server, f"user {number}") for number in range(1_002)} == {"one"}
    assert text(server, "user 0") == "two"


def test_loading_other_files_changes_the_lane(tmp_path: Path) -> None:
    files = [written(tmp_path / f"{name}.yaml", f"lane_from: headers.{name}\n{SEQUENCE}") for name in ("x-a", "x-b")]
    with MockClaude(files[0]) as mock:
        server = Running(int(mock.url.rpartition(":")[2]))
        assert text(server, x_a="1", x_b="2") == "one"
        mock.load(files[1])
        text(server, x_a="1", x_b="2")

        assert lanes(server) == ["1", "2"]


def test_explain_uses_the_lane(tmp_path: Path) -> None:
    file = written(tmp_path / "a.yaml", f"lane_from: metadata.user_id\n{SEQUENCE}")
    body = written(tmp_path / "body.json", asking(metadata={"user_id": "ann"}).decode())

    assert "lane ann, occurrence 1" in invoke("explain", file, "--request", body).output


def test_long_values_are_not_kept() -> None:
    tracemalloc.start()
    for number in range(5):
        find_lane({}, parse_lane_from("metadata.user_id"), {"metadata": {"user_id": f"{number}" * 1_000_000}})
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept < 1_000_000
