"""A scenario that is served takes more rules, gives them back, and forgets; for everyone, or for one lane."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mockclaude.engine.http_request import LANE_HEADER, hash_key_to_lane
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.store import Claim, Ticket
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading.loader import load_text
from tests.serving import NOW, asking, http_request, received, sent_of, with_client_headers


@pytest.fixture
def served() -> ScenarioState:
    return ScenarioState(load_text("rules: [{times: 1, reply: Once.}, {reply: Then.}]"))


def said(served: ScenarioState, lane: str = "a", **fields: Any) -> Any:
    headers = with_client_headers({LANE_HEADER: lane})
    given = answer(http_request("POST", "/v1/messages", {}, headers, asking(**fields), NOW), served)
    body = received(sent_of(given)).json
    return body["content"][0]["text"] if "content" in body else body["error"]["message"]


def test_added_rules_come_before_the_scenario_in_the_order_in_which_they_were_added(served: ScenarioState) -> None:
    served.add({"when": {"user": "Hello"}, "reply": "First."}, "here")
    served.add([{"when": {"turn": 1}, "reply": "Second."}], "there")

    assert said(served) == "First."
    assert said(served, content="Bye") == "Second."
    assert [str(rule.place) for rule in served.rules[:2]] == ["here", "there"]


def test_a_rule_added_while_a_request_is_matched_is_not_its_near_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    served = ScenarioState(load_text("rules: [{when: {user: Hello}, times: 1, reply: Once.}]"))
    claim = served.store.claim

    def add_and_claim(request: Claim) -> Ticket | None:
        ticket = claim(request)
        if ticket is None:
            served.add({"when": {"user": "Hello"}, "reply": "Late."}, "there")
        return ticket

    monkeypatch.setattr(served.store, "claim", add_and_claim)

    assert said(served) == "Once."
    assert "near miss scenario.yaml:1:9: exhausted" in said(served)
    assert said(served) == "Late."


def test_rules_added_in_threads_are_all_kept(served: ScenarioState) -> None:
    def add(name: str) -> bool:
        lane = name if name < "c" else None
        for number in range(20):
            (rule,) = served.add({"when": {"user": f"{name}{number}."}, "reply": f"{name}{number}"}, "here", lane)
            assert rule in served.rules
        return served.remove(rule.id, lane)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor() as threads:
            adding = [threads.submit(add, name) for name in "abcd"]
            while not all(each.done() for each in adding):
                assert said(served, content="x") in ("Once.", "Then.")
    finally:
        sys.setswitchinterval(before)

    assert all(each.result() for each in adding)
    assert len(served.rules) == 4 * 19 + 2
    for name in "abcd":
        assert [said(served, name, content=f"{name}{number}.") for number in (0, 18)] == [f"{name}0", f"{name}18"]


def test_a_rule_of_one_lane_answers_in_it_only_and_before_those_of_all(served: ScenarioState) -> None:
    served.add({"reply": "All."}, "here")
    served.add([{"name": "mine", "when": {"headers": {"x-api-key": "mock"}}, "reply": "Mine."}], "here", lane="b")

    assert (said(served, "a"), said(served, "b")) == ("All.", "Mine.")


def test_two_lanes_may_use_a_name_twice_but_one_may_not(served: ScenarioState) -> None:
    for lane in ("a", "b"):
        served.add({"name": "mine", "when": {"user": "x"}, "reply": "x"}, "here", lane)

    with pytest.raises(ScenarioError, match=r"there \(name\): duplicate rule name 'mine', first in here \(name\)"):
        served.add({"name": "mine", "reply": "x"}, "there", "a")


def test_a_rule_can_be_taken_back(served: ScenarioState) -> None:
    served.add([{"name": "one", "when": {"user": "x"}, "reply": "1"}, {"name": "two", "reply": "2"}], "here")

    assert served.remove("two")
    assert not served.remove("two")
    assert (said(served), said(served, content="x")) == ("Once.", "1")
    served.add({"name": "two", "reply": "2 again"}, "here")
    assert said(served) == "2 again"


def test_a_rule_is_taken_back_in_one_lane_alone(served: ScenarioState) -> None:
    for lane in ("a", "b"):
        served.add({"name": "mine", "reply": lane}, "here", lane)

    assert served.remove("mine", "a")
    assert not served.remove("mine", "a")
    assert (said(served, "a"), said(served, "b")) == ("Once.", "b")


def test_a_rule_that_was_made_otherwise_than_it_was_said_is_taken_back_too(served: ScenarioState) -> None:
    rules = [{"name": name, "when": {"user": name}, "reply": "x"} for name in ("one", "two")]
    served.add(rules, "here", bind=lambda rule: rule)

    assert served.remove("one")
    assert [rule.name for rule in served.rules] == ["two", None, None]


def test_the_lane_of_an_api_key_has_rules_too(served: ScenarioState) -> None:
    served.add({"reply": "Mine."}, "here", hash_key_to_lane("sk-mine"))
    call = http_request("POST", "/v1/messages", {}, with_client_headers({"x-api-key": "sk-mine"}), asking(), NOW)
    given = answer(call, served)

    assert given.rule
    assert str(given.rule.place) == "here"


def test_of_several_rules_each_has_its_place(served: ScenarioState) -> None:
    rules = served.add([{"when": {"user": "x"}, "reply": "x"}, {"reply": "y"}], "here")

    assert [str(rule.place) for rule in rules] == ["here (rules.0)", "here (rules.1)"]


def test_a_rule_that_is_too_deep_is_a_mistake(served: ScenarioState) -> None:
    deep: Any = "x"
    for _ in range(100):
        deep = [deep]

    with pytest.raises(ScenarioError, match="here: data nested more than 64 levels deep; expected fewer levels"):
        served.add({"reply": deep}, "here")


def test_a_reset_takes_back_what_was_added_and_forgets_what_has_happened(served: ScenarioState) -> None:
    served.add({"times": 1, "reply": "Added."}, "here")
    assert [said(served) for _ in range(3)] == ["Added.", "Once.", "Then."]
    served.reset()

    assert [said(served) for _ in range(2)] == ["Once.", "Then."]


def test_the_reset_of_a_lane_leaves_the_others_alone(served: ScenarioState) -> None:
    for lane in ("a", "b"):
        served.add({"when": {"user": "x"}, "reply": lane}, "here", lane)
        assert said(served, lane) == "Once."
    served.reset("a")

    assert (said(served, "a"), said(served, "b")) == ("Once.", "Then.")
    assert (said(served, "a", content="x"), said(served, "b", content="x")) == ("Then.", "b")


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"replay": "x"}, "here (replay): unknown key 'replay'; expected name, "),
        ({"when": {"users": "x"}, "reply": "x"}, "here (when.users): unknown key 'users'; expected user, "),
        ({"reply": "x", "times": "two"}, "here (times): invalid value, got string 'two'; expected an integer"),
        ({"reply": "${{ usr }}"}, "here (reply): "),
        ("Hello", "here: invalid value, got string 'Hello'; expected a mapping"),
        ({"when": "x", "reply": "x"}, "here (when): invalid value, got string 'x'; expected a mapping"),
    ],
)
@pytest.mark.parametrize("lane", [None, "a"])
def test_a_mistake_is_told_with_the_keys_that_lead_to_it(
    served: ScenarioState, rule: Any, told: str, lane: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        served.add(rule, "here", lane)

    assert str(caught.value).startswith(told)
    assert len(served.rules) == 2


def test_a_rule_that_could_never_answer_is_a_mistake(served: ScenarioState) -> None:
    served.add({"reply": "x"}, "here")

    with pytest.raises(ScenarioError, match="there: unreachable rule, shadowed by here"):
        served.add({"when": {"user": "y"}, "reply": "y"}, "there")


def test_another_scenario_answers_after_the_rules_that_were_added(served: ScenarioState) -> None:
    served.add({"when": {"user": "x"}, "reply": "Added."}, "here")
    served.use(load_text("rules: [{reply: Anew.}]"))

    assert (said(served), said(served, content="x")) == ("Anew.", "Added.")


COUNTING = """
rules:
  - {when: {user: one}, sequence: [First., Second., Third.]}
  - {when: {user: twice}, times: 1, reply: Once.}
  - {when: {user: twice}, times: 1, reply: Once.}
  - {reply: Rest.}
"""


def test_rules_that_a_reload_leaves_alone_go_on_where_they_were() -> None:
    served = ScenarioState(load_text(COUNTING))
    assert [said(served, content=text) for text in ("one", "twice", "other")] == ["First.", "Once.", "Rest."]

    served.use(load_text(COUNTING.replace("Rest.", "New.")))

    expected = ["Second.", "Once.", "New.", "New."]
    assert [said(served, content=text) for text in ("one", "twice", "twice", "other")] == expected
    assert sum(served.store.totals().values()) == 7


def test_a_rule_that_a_reload_changes_begins_anew() -> None:
    served = ScenarioState(load_text(COUNTING))
    assert [said(served, content="one") for _ in range(2)] == ["First.", "Second."]

    served.use(load_text(COUNTING.replace("First.", "Begin.")))

    assert said(served, content="one") == "Begin."
