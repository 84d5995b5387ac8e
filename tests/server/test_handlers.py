"""The endpoints of the admin API, on real sockets."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mockclaude import __version__
from mockclaude.journal.journal import Journal
from mockclaude.scenario.format.json_schema import json_schema
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import built_in
from mockclaude.server.admin.parameters import Wait
from mockclaude.server.clock import ManualClock
from tests.conftest import Serve
from tests.server.administering import Admin
from tests.serving import NOW, Received, Running, post

SCENARIOS = {
    "": load_text("seed: 3\nrules: [{name: hello, when: {user: Hello}, reply: Hi!}]", "hello.yaml"),
    "other": built_in(),
}


@pytest.fixture
def server(serve: Serve) -> Running:
    return serve(SCENARIOS)


@pytest.fixture
def admin(server: Running) -> Admin:
    return Admin(server)


def said(given: Received) -> str:
    body = given.json
    return str(body["content"][0]["text"] if "content" in body else body["error"]["message"])


def ask(server: Running, *texts: str, **headers: str) -> list[str]:
    return [said(server.ask(post(text, stream=False, **headers))) for text in texts]


def numbers(given: Received) -> list[int]:
    return [entry["number"] for entry in given.json["entries"]]


def test_health_has_status_and_version(admin: Admin) -> None:
    assert admin.get("health").json == {"status": "ok", "version": __version__, "scenarios": 2}


def test_schema_of_scenario_files_is_returned(admin: Admin) -> None:
    assert admin.get("schema").json == json_schema()


def test_status_counts_the_matches_of_each_rule(server: Running, admin: Admin) -> None:
    admin.post("rules", rules={"name": "bye", "when": {"user": "Bye"}, "reply": "See you."}, lane="a")
    ask(server, "Hello", "Hello", "Bye", x_mockclaude_lane="a")
    ask(server, "Hello")
    root, other = admin.get("scenarios").json["scenarios"]

    assert root == {
        "name": "",
        "files": ["hello.yaml"],
        "seed": 3,
        "rules": [{"id": "hello", "name": "hello", "place": "hello.yaml:2:9", "answered": 3}],
        "added": [{"id": "bye", "name": "bye", "place": "added over HTTP", "answered": 1, "lane": "a"}],
        "problem": None,
    }
    assert (other["name"], other["rules"][0]["answered"]) == ("other", 0)


def test_added_rule_matches_until_it_is_removed(server: Running, admin: Admin) -> None:
    given = admin.post("rules", rules={"name": "a/b", "reply": "Added."}, where="chat.test.ts:12")

    assert (given.status, given.json) == (201, {"ids": ["a/b"]})
    assert ask(server, "Hello") == ["Added."]
    assert admin.get("rules").json["rules"] == [
        {
            "id": "a/b",
            "name": "a/b",
            "place": "added over HTTP at chat.test.ts:12",
            "answered": 1,
            "lane": None,
            "scenario": "",
        }
    ]
    assert admin.delete("rules/a%2Fb").status == 200
    assert (ask(server, "Hello"), admin.get("rules").json) == (["Hi!"], {"rules": []})


def test_the_placeholders_of_added_rules_share_the_draws_of_their_trials(admin: Admin) -> None:
    rules = [{"when": {"user": f"q{i}"}, "reply": f"${{{{ fake.csv(num_rows={9_999 - i}) }}}}"} for i in range(100)]
    message = admin.post("rules", rules=rules).error[1]

    assert message.count("too many draws") == 2


def test_a_placeholder_that_was_not_tried_is_refused_by_its_reply(server: Running, admin: Admin) -> None:
    tried = [{"when": {"user": f"{i} "}, "reply": f"${{{{ fake.words({9_900 + i}) }}}}"} for i in range(5)]
    large = {"name": "large", "when": {"user": "large"}, "reply": "${{ fake.csv(num_rows=9999) }}"}

    assert admin.post("rules", rules=[*tried, large]).status == 201
    assert ask(server, "large") == [
        "'large' (added over HTTP (rules.5)): ${{ fake.csv(num_rows=9999) }}: too many draws; "
        "expected smaller numbers or shorter texts"
    ]


def test_rules_are_listed_by_lane_and_scenario(admin: Admin) -> None:
    for lane, scenario in (("a", ""), ("b", ""), ("a", "other")):
        admin.post("rules", rules={"reply": "x"}, lane=lane, scenario=scenario)

    assert [(rule["lane"], rule["scenario"]) for rule in admin.get("rules?lane=a").json["rules"]] == [
        ("a", ""),
        ("a", "other"),
    ]
    assert len(admin.get("rules?scenario=").json["rules"]) == 2


def test_rule_of_one_lane_is_removed(server: Running, admin: Admin) -> None:
    for lane in ("a", "b"):
        admin.post("rules", rules={"name": "mine", "reply": lane}, lane=lane)
    admin.delete("rules/mine?lane=a")

    assert (ask(server, "Hello", x_mockclaude_lane="a"), ask(server, "Hello", x_mockclaude_lane="b")) == (
        ["Hi!"],
        ["b"],
    )


@pytest.mark.parametrize("key", ["x_api_key", "authorization"])
def test_lane_is_given_by_an_api_key(server: Running, admin: Admin, key: str) -> None:
    admin.post("rules", rules={"reply": "Mine."}, api_key="sk-mine")
    others = {"x_api_key": "sk-other"}
    mine = {"x_api_key": "sk-mine"} if key == "x_api_key" else {"x_api_key": None, "authorization": "Bearer sk-mine"}
    answers = [said(server.ask(post("Hello", **headers))) for headers in (mine, others)]

    assert answers == ["Mine.", "Hi!"]
    assert numbers(admin.get("journal?api_key=sk-mine")) == [1]


def test_invalid_rule_is_refused_with_all_mistakes(admin: Admin) -> None:
    rules = [{"when": {"users": "x"}, "reply": "x"}, {"reply": {"pause": 3}}]
    given = admin.post("rules", rules=rules, where="chat.test.ts:12")
    lines = given.error[1].splitlines()

    assert given.status == 400
    assert given.json["error"]["details"]["mistakes"] == lines
    assert lines[0].startswith(
        "added over HTTP at chat.test.ts:12 (rules.0.when.users): unknown key 'users'; expected "
    )
    assert lines[1].startswith("added over HTTP at chat.test.ts:12 (rules.1.reply.pause): not a duration, got 3; ")
    assert admin.get("rules").json == {"rules": []}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("rules/hallo%20there", "No rule that was added has the id 'hallo there'; did you mean 'hello there'?"),
        ("rules/x", "No rule that was added has the id 'x'; GET /_mockclaude/rules lists them"),
        ("journal?scenario=othr", "No scenario is named 'othr'; did you mean 'other'?"),
        ("journal?scenario=x", "No scenario is named 'x'; GET /_mockclaude/scenarios lists them"),
    ],
)
def test_missing_item_is_a_404_with_the_known_ones(admin: Admin, path: str, told: str) -> None:
    admin.post("rules", rules={"name": "hello there", "reply": "x"})
    given = admin.delete(path)

    assert (given.status, given.error) == (404, ("not_found_error", told))


def test_journal_is_listed_from_the_newest_or_after_a_number(server: Running, admin: Admin) -> None:
    ask(server, "One", "Two", x_mockclaude_lane="a")
    ask(server, "Three", "Four")

    assert admin.get("journal").json["forgotten"] == 0
    for query, found in {
        "": [1, 2, 3, 4],
        "?limit=2": [3, 4],
        "?after=1&limit=2": [2, 3],
        "?after=0&limit=1": [1],
        "?after=4": [],
        "?lane=a": [1, 2],
        "?lane=a&limit=1": [2],
        "?scenario=other": [],
    }.items():
        assert numbers(admin.get(f"journal{query}")) == found


def test_entry_is_returned_by_number(server: Running, admin: Admin) -> None:
    assert admin.get("journal/1").error == ("not_found_error", "The journal has no request 1; it is empty")
    ask(server, "Hello", "Bye")

    assert admin.get("journal/2").json == admin.get("journal").json["entries"][1]
    assert admin.get("journal/7").error[1] == "The journal has no request 7; it has 1 to 2"


def test_entries_are_returned_as_json_lines_if_accepted(server: Running, admin: Admin) -> None:
    ask(server, "Hello", "Bye")
    given = admin.get("journal", accept="application/x-ndjson")

    assert given.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in given.body.splitlines()] == admin.get("journal").json["entries"]


def test_entry_with_invalid_utf_8_is_returned(server: Running, admin: Admin) -> None:
    ask(server, "Hello", x_mockclaude_lane="\udcff", user_agent="\udcff")
    (entry,) = admin.get("journal").json["entries"]

    assert entry["lane"] == entry["request"]["headers"]["user-agent"] == "\\udcff"


def test_credentials_are_redacted(server: Running, admin: Admin) -> None:
    ask(server, "Hello", x_api_key="sk-ant-secret")

    assert b"secret" not in admin.get("journal").body


def test_requests_are_found_by_conditions(server: Running, admin: Admin) -> None:
    ask(server, "Hello", "Bye")
    ask(server, "Hello", x_mockclaude_lane="a")

    assert numbers(admin.post("journal/query", when={"user": "Hello"})) == [1, 3]
    assert numbers(admin.post("journal/query", when={"user": "Hello"}, lane="a")) == [3]


def test_wait_returns_the_requests(server: Running, admin: Admin) -> None:
    ask(server, "Hello")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(admin.post, "journal/wait", count=2, when={"user": "Hello"}, timeout="10m")
        ask(server, "Bye", "Hello")

    assert numbers(waiting.result()) == [1, 3]
    assert numbers(admin.post("journal/wait")) == [1, 2, 3]


def test_timeout_of_a_wait_explains_the_near_miss(server: Running, admin: Admin) -> None:
    ask(server, "Bye")
    given = admin.post("journal/wait", when={"user": "Hello"}, timeout="10ms")

    assert (given.status, given.error) == (
        408,
        (
            "timeout_error",
            "After 0.01 s: expected at least 1 request with user: text that contains 'Hello', "
            "got 0 (of 1 received)\n"
            "near miss: request 1 (status 410)\n"
            "  FAIL user: expected text that contains 'Hello', got 'Bye'",
        ),
    )


def test_journal_is_cleared_by_lane_or_wholly(server: Running, admin: Admin) -> None:
    for lane in ("a", "b"):
        ask(server, "Hello", x_mockclaude_lane=lane)
    admin.delete("journal?lane=a")

    assert numbers(admin.get("journal")) == [2]
    admin.delete("journal")
    assert numbers(admin.get("journal")) == []


def test_reset_of_a_lane_does_not_change_others(server: Running, admin: Admin) -> None:
    for lane in ("a", "b"):
        admin.post("rules", rules={"reply": "Added."}, lane=lane)
        ask(server, "Hello", x_mockclaude_lane=lane)
    assert admin.post("reset", lane="a").json == {}

    assert numbers(admin.get("journal")) == [2]
    assert [rule["lane"] for rule in admin.get("rules").json["rules"]] == ["b"]


def test_reset_is_of_one_scenario_or_all(server: Running, admin: Admin) -> None:
    for scenario in ("", "other"):
        admin.post("rules", rules={"reply": "Added."}, scenario=scenario)
        ask(server, "Hello", x_mockclaude_scenario=scenario)
    admin.post("reset", scenario="other")
    assert [rule["scenario"] for rule in admin.get("rules").json["rules"]] == [""]
    admin.post("reset")

    assert admin.get("rules").json == {"rules": []}
    assert numbers(admin.get("journal")) == []


@pytest.mark.parametrize(
    ("times", "ok"),
    [(None, True), (2, True), (1, False), ({"at_least": 1}, True), ({"at_most": 1}, False), ({"at_least": 3}, False)],
)
def test_requests_are_verified(server: Running, admin: Admin, times: Any, ok: bool) -> None:
    ask(server, "Hello", "Hello again", "Bye")
    given = admin.post("verify", when={"user": "Hello"}, **({} if times is None else {"times": times})).json

    assert given["ok"] is ok
    assert "with user: text that contains 'Hello', got 2 (of 3 received)" in given["message"]


def test_verification_counts_dropped_requests(serve: Serve) -> None:
    server = serve(SCENARIOS, journal=Journal(max_entries=1))
    ask(server, "Hello", "Bye")

    assert Admin(server).post("verify", when={"user": "Hello"}).json["message"].splitlines()[-1] == (
        "not compared: 1 older request, dropped from the journal"
    )


def test_only_a_manual_clock_can_be_advanced(admin: Admin) -> None:
    given = admin.post("clock", advance="5s")

    assert admin.get("clock").json == {"manual": False, "speed": 1, "now": NOW}
    assert (given.status, given.error) == (
        409,
        ("conflict_error", "advance: the clock is not manual; start the server with `--speed manual`"),
    )


def test_advanced_clock_sends_writes_that_are_due(serve: Serve) -> None:
    server = serve("rules: [{reply: [{pause: 5s}, Here.]}]", clock=ManualClock(NOW))
    admin = Admin(server)
    with server.connect() as wire:
        wire.send(post())
        admin.post("journal/wait")
        assert admin.post("clock", advance="5s").json == {"manual": True, "speed": None, "now": NOW + 5}
        assert said(wire.response()) == "Here."
    assert admin.get("clock").json["now"] == NOW + 5


def test_rule_is_removed_after_its_ttl(serve: Serve) -> None:
    server = serve(SCENARIOS, clock=ManualClock(NOW))
    admin = Admin(server)
    admin.post("rules", rules={"reply": "For now."}, ttl="30s")
    assert ask(server, "Hello") == ["For now."]

    admin.post("clock", advance="30s")
    assert ask(server, "Hello") == ["Hi!"]


def test_rule_that_is_added_again_has_its_own_ttl(serve: Serve) -> None:
    server = serve(SCENARIOS, clock=ManualClock(NOW))
    admin = Admin(server)
    admin.post("rules", rules={"name": "mine", "reply": "For now."}, ttl="30s")
    admin.post("reset")
    admin.post("rules", rules={"name": "mine", "reply": "For good."})
    admin.post("clock", advance="30s")

    assert ask(server, "Hello") == ["For good."]


def test_default_timeout_of_a_wait_is_five_seconds() -> None:
    assert Wait().timeout == 5_000_000
    assert Wait.model_validate({"timeout": "10ms"}).timeout == 10_000
