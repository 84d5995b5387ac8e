"""What each call of the admin plane does, on real sockets."""

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


def test_health_says_that_the_server_is_there(admin: Admin) -> None:
    assert admin.get("health").json == {"status": "ok", "version": __version__, "scenarios": 2}


def test_the_schema_of_scenario_files_is_told(admin: Admin) -> None:
    assert admin.get("schema").json == json_schema()


def test_the_status_says_how_often_each_rule_has_answered(server: Running, admin: Admin) -> None:
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


def test_a_rule_that_is_added_answers_and_is_listed_until_it_is_removed(server: Running, admin: Admin) -> None:
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


def test_a_rule_of_a_lane_is_removed_without_that_of_another(server: Running, admin: Admin) -> None:
    for lane in ("a", "b"):
        admin.post("rules", rules={"name": "mine", "reply": lane}, lane=lane)
    admin.delete("rules/mine?lane=a")

    assert (ask(server, "Hello", x_mockclaude_lane="a"), ask(server, "Hello", x_mockclaude_lane="b")) == (
        ["Hi!"],
        ["b"],
    )


@pytest.mark.parametrize("key", ["x_api_key", "authorization"])
def test_a_lane_can_be_that_of_an_api_key(server: Running, admin: Admin, key: str) -> None:
    admin.post("rules", rules={"reply": "Mine."}, api_key="sk-mine")
    others = {"x_api_key": "sk-other"}
    mine = {"x_api_key": "sk-mine"} if key == "x_api_key" else {"x_api_key": None, "authorization": "Bearer sk-mine"}
    answers = [said(server.ask(post("Hello", **headers))) for headers in (mine, others)]

    assert answers == ["Mine.", "Hi!"]
    assert numbers(admin.get("journal?api_key=sk-mine")) == [1]


def test_every_mistake_in_a_rule_is_told_and_nothing_is_added(admin: Admin) -> None:
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
def test_what_is_not_there_is_a_404_with_what_is(admin: Admin, path: str, told: str) -> None:
    admin.post("rules", rules={"name": "hello there", "reply": "x"})
    given = admin.delete(path)

    assert (given.status, given.error) == (404, ("not_found_error", told))


def test_the_journal_is_listed_from_the_newest_back_or_on_from_a_number(server: Running, admin: Admin) -> None:
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


def test_one_request_is_shown_by_its_number(server: Running, admin: Admin) -> None:
    assert admin.get("journal/1").error == ("not_found_error", "The journal has no request 1; it is empty")
    ask(server, "Hello", "Bye")

    assert admin.get("journal/2").json == admin.get("journal").json["entries"][1]
    assert admin.get("journal/7").error[1] == "The journal has no request 7; it has 1 to 2"


def test_entries_come_as_json_lines_to_who_wants_them(server: Running, admin: Admin) -> None:
    ask(server, "Hello", "Bye")
    given = admin.get("journal", accept="application/x-ndjson")

    assert given.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in given.body.splitlines()] == admin.get("journal").json["entries"]


def test_an_entry_with_bytes_that_are_no_utf_8_is_shown(server: Running, admin: Admin) -> None:
    ask(server, "Hello", x_mockclaude_lane="\udcff", user_agent="\udcff")
    (entry,) = admin.get("journal").json["entries"]

    assert entry["lane"] == entry["request"]["headers"]["user-agent"] == "\\udcff"


def test_credentials_are_not_shown(server: Running, admin: Admin) -> None:
    ask(server, "Hello", x_api_key="sk-ant-secret")

    assert b"secret" not in admin.get("journal").body


def test_questions_are_found_in_the_words_of_a_rule(server: Running, admin: Admin) -> None:
    ask(server, "Hello", "Bye")
    ask(server, "Hello", x_mockclaude_lane="a")

    assert numbers(admin.post("journal/query", when={"user": "Hello"})) == [1, 3]
    assert numbers(admin.post("journal/query", when={"user": "Hello"}, lane="a")) == [3]


def test_who_waits_gets_what_comes(server: Running, admin: Admin) -> None:
    ask(server, "Hello")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(admin.post, "journal/wait", count=2, when={"user": "Hello"}, timeout="10m")
        ask(server, "Bye", "Hello")

    assert numbers(waiting.result()) == [1, 3]
    assert numbers(admin.post("journal/wait")) == [1, 2, 3]


def test_who_waits_in_vain_is_told_how_many_came_and_what_came_instead(server: Running, admin: Admin) -> None:
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


def test_the_journal_is_cleared_by_lane_or_whole(server: Running, admin: Admin) -> None:
    for lane in ("a", "b"):
        ask(server, "Hello", x_mockclaude_lane=lane)
    admin.delete("journal?lane=a")

    assert numbers(admin.get("journal")) == [2]
    admin.delete("journal")
    assert numbers(admin.get("journal")) == []


def test_a_reset_of_a_lane_leaves_the_others_alone(server: Running, admin: Admin) -> None:
    for lane in ("a", "b"):
        admin.post("rules", rules={"reply": "Added."}, lane=lane)
        ask(server, "Hello", x_mockclaude_lane=lane)
    assert admin.post("reset", lane="a").json == {}

    assert numbers(admin.get("journal")) == [2]
    assert [rule["lane"] for rule in admin.get("rules").json["rules"]] == ["b"]


def test_a_reset_of_everything_is_one_of_each_scenario_named_or_not(server: Running, admin: Admin) -> None:
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
def test_what_was_asked_is_verified(server: Running, admin: Admin, times: Any, ok: bool) -> None:
    ask(server, "Hello", "Hello again", "Bye")
    given = admin.post("verify", when={"user": "Hello"}, **({} if times is None else {"times": times})).json

    assert given["ok"] is ok
    assert "with user: text that contains 'Hello', got 2 (of 3 received)" in given["message"]


def test_where_the_journal_forgot_a_verification_says_so(serve: Serve) -> None:
    server = serve(SCENARIOS, journal=Journal(max_entries=1))
    ask(server, "Hello", "Bye")

    assert Admin(server).post("verify", when={"user": "Hello"}).json["message"].splitlines()[-1] == (
        "not compared: 1 older request, dropped from the journal"
    )


def test_a_clock_that_goes_by_itself_cannot_be_advanced(admin: Admin) -> None:
    given = admin.post("clock", advance="5s")

    assert admin.get("clock").json == {"manual": False, "speed": 1, "now": NOW}
    assert (given.status, given.error) == (
        409,
        ("conflict_error", "advance: the clock is not manual; start the server with `--speed manual`"),
    )


def test_a_manual_clock_is_advanced_and_what_is_due_is_sent(serve: Serve) -> None:
    server = serve("rules: [{reply: [{pause: 5s}, Here.]}]", clock=ManualClock(NOW))
    admin = Admin(server)
    with server.connect() as wire:
        wire.send(post())
        admin.post("journal/wait")
        assert admin.post("clock", advance="5s").json == {"manual": True, "speed": None, "now": NOW + 5}
        assert said(wire.response()) == "Here."
    assert admin.get("clock").json["now"] == NOW + 5


def test_rules_are_taken_back_after_their_time(serve: Serve) -> None:
    server = serve(SCENARIOS, clock=ManualClock(NOW))
    admin = Admin(server)
    admin.post("rules", rules={"reply": "For now."}, ttl="30s")
    assert ask(server, "Hello") == ["For now."]

    admin.post("clock", advance="30s")
    assert ask(server, "Hello") == ["Hi!"]


def test_a_rule_that_is_added_again_outlives_the_time_of_the_first(serve: Serve) -> None:
    server = serve(SCENARIOS, clock=ManualClock(NOW))
    admin = Admin(server)
    admin.post("rules", rules={"name": "mine", "reply": "For now."}, ttl="30s")
    admin.post("reset")
    admin.post("rules", rules={"name": "mine", "reply": "For good."})
    admin.post("clock", advance="30s")

    assert ask(server, "Hello") == ["For good."]


def test_who_waits_without_a_timeout_waits_five_seconds() -> None:
    assert Wait().timeout == 5_000_000
    assert Wait.model_validate({"timeout": "10ms"}).timeout == 10_000
