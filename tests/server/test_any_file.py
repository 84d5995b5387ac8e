"""Whatever a file says: if it loads, every one of its rules answers, and a 5xx is one that the file asks for.

`pytest -n0 tests/server/test_any_file.py --hypothesis-profile=deep` draws many more files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import event, given

from mockclaude.engine.decision import Decision
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.conditions.conditions import conditions
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.format.policy import Policy
from mockclaude.scenario.format.when import When
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import Rule, Scenario
from tests.scenario.drawn import FILES
from tests.serving import CLIENT, asking, http_request, script_of

TOOL = {"name": "add", "input_schema": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}}
USED = [
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "4", "is_error": True}]},
]
FORMAT = {"type": "json_schema", "schema": {"type": "object", "properties": {}, "additionalProperties": False}}
CACHED = [{"type": "text", "text": "word " * 2_000, "cache_control": {"type": "ephemeral"}}]
REQUESTS = [
    asking(),
    asking(stream=True),
    asking(max_tokens=1),
    asking(max_tokens=1, stream=True, stop_sequences=["e", "\n"]),
    asking("é😀", stream=True, system="brief", metadata={"user_id": "u1"}),
    asking(tools=[TOOL], tool_choice={"type": "any"}),
    asking(tools=[TOOL], messages=USED, stream=True),
    asking(
        thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=2048, model="claude-sonnet-4-5", stream=True
    ),
    asking(output_config={"format": FORMAT}),
    asking(CACHED, stream=True),
]
COUNTED = b'{"model": "claude-sonnet-5", "messages": [{"role": "user", "content": "Hello"}]}'
OTHERS = [("POST", "/v1/messages/count_tokens", COUNTED), ("GET", "/v1/models", b"")]
ELSEWHERE = conditions(When(endpoint=["count_tokens", "models"]))
ASKED_FOR = ("error", "respond", "script")
MOST_SENDS = 400_000


def scripted(rule: Rule, scenario: Scenario) -> bool:
    """Return whether the file asks for a response that is none of the API's successful ones."""
    faults = [possible.fault for possible in (*rule.faults, *scenario.chaos)]
    steps = [step.kind for reply in rule.replies for step in reply.steps]
    return "error" in steps or any(fault.kind in ASKED_FOR for fault in faults)


def answers(scenario: Scenario) -> Iterator[tuple[Rule, Decision]]:
    """Yield what each rule answers by itself to each request."""
    for rule in scenario.rules:
        alone = scenario._replace(rules=(replace(rule, conditions=(), times=None),), limits=(), policy=Policy())
        served = ScenarioState(alone)
        for number, body in enumerate(REQUESTS):
            yield rule, answer(http_request("POST", "/v1/messages", {}, CLIENT, body, number), served)
        elsewhere = ScenarioState(alone._replace(rules=(replace(rule, conditions=ELSEWHERE, times=None),)))
        for method, path, body in OTHERS:
            yield rule, answer(http_request(method, path, {}, CLIENT, body, 0), elsewhere)


def loaded(file: dict[str, Any]) -> Scenario | ScenarioError:
    try:
        return load_text(json.dumps(file), "a.json")
    except ScenarioError as error:
        return error


@given(FILES)
def test_a_file_that_loads_never_fails(file: dict[str, Any]) -> None:
    scenario = loaded(file)
    if isinstance(scenario, ScenarioError):
        event("refused")
        assert "bug in mockclaude" not in str(scenario)
        assert all(diagnostic.place.line for diagnostic in scenario.diagnostics)
        return
    event("loaded")
    for rule, given_answer in answers(scenario):
        script = script_of(given_answer)
        assert script.status < 500 or scripted(rule, scenario), given_answer.reason
        assert len(script.sends) < MOST_SENDS
        assert all(isinstance(send.at, int) for send in script.sends)
    served = ScenarioState(scenario)
    for number, body in enumerate(REQUESTS):
        answer(http_request("POST", "/v1/messages", {}, CLIENT, body, number), served)
