"""Whatever a scenario file holds, there is a scenario or a list of mistakes, and a scenario can hear any request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import orjson
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.loading.source import read
from mockclaude.scenario.match import describe_unmatched, explain, find_matches, find_near_miss
from mockclaude.scenario.rules import Rule, Scenario
from mockclaude.scenario.template.fakes import Fakes
from mockclaude.scenario.template.templates import TemplateContext
from tests.scenario.talk import assistant, conversation, text, tool_result, tool_use, user
from tests.scenario.wild import DATA, FILES, FRAGMENTS

MISTAKES = re.compile(r"(a\.(yaml|json):\d+:\d+: .+(; |expected ).+\n)+")
"""Each in one line, with a place, and what was expected or how to mend it."""

CONVERSATIONS = [
    conversation("text"),
    conversation("x", stream=True, system="system", tools=[{"name": "add"}], max_tokens=5, headers={"x": "0"}),
    conversation("a", assistant(tool_use("add")), user(tool_result([text("4")], is_error=True)), temperature=0.5),
]


def groups(rule: Rule, heard: MessagesRequest) -> Mapping[str, str]:
    caught = [condition.groups(condition.look(heard)) for condition in rule.conditions if condition.groups]
    return {name: group for each in caught for name, group in each.items()}


def hear(scenario: Scenario, heard: MessagesRequest) -> None:
    """Match and explain every rule, and fill in the replies of the one that answers."""
    explained = explain(scenario.rules, heard, {})
    answering = next((explanation.rule for explanation in explained if not explanation.failed), None)
    assert next(find_matches(scenario.rules, heard), None) is answering
    if answering is None:
        assert describe_unmatched(find_near_miss(scenario.rules, heard, {})).startswith(
            "no rule matched; near miss " if scenario.rules else "no rule matched: no rules are defined; "
        )
    else:
        scope = TemplateContext(heard, lambda: groups(answering, heard), lambda: Fakes(scenario.locale))
        orjson.dumps([step.value.fill(scope) for reply in answering.replies for step in reply.steps])


def judge(content: str, file: str) -> None:
    try:
        scenario = load_text(content, file)
    except ScenarioError as error:
        told = str(error)
    else:
        told = ""
        for heard in CONVERSATIONS:
            hear(scenario, heard)
    assert told == "" or MISTAKES.fullmatch(f"{told}\n")


@given(st.binary() | st.text().map(lambda words: words.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_data_or_a_list_of_mistakes(content: bytes) -> None:
    try:
        told = str(read("a.yaml", content).place(())) + ": it is data; nothing to mend\n"
    except ScenarioError as error:
        told = f"{error}\n"

    assert MISTAKES.fullmatch(told)


@given(st.lists(st.sampled_from(FRAGMENTS)).map("".join))
def test_any_text_is_a_scenario_or_a_list_of_mistakes(content: str) -> None:
    judge(content, "a.yaml")


@given(DATA | FILES, st.booleans())
def test_any_json_is_a_scenario_or_a_list_of_mistakes(data: Any, escaped: bool) -> None:
    judge(json.dumps(data, ensure_ascii=escaped), "a.json")


@given(DATA | FILES)
def test_any_yaml_is_a_scenario_or_a_list_of_mistakes(data: Any) -> None:
    judge(yaml.safe_dump(data, allow_unicode=True), "a.yaml")
