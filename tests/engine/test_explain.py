"""An explanation shows what a server would send, and counts the earlier requests alone."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockclaude.engine.explain import explain_response
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.engine.deciding import call, send

SCENARIO = load_text("""
rules:
  - {name: once, when: {user: once}, times: 1, reply: Once.}
  - {name: sequence, when: {user: [once, sequence]}, sequence: [One., Two., Three.]}
  - {name: script, when: {user: script}, reply: Done., fault: {script: [529, ok]}}
""")
REQUESTS: dict[str, dict[str, Any]] = {
    "once": {},
    "sequence": {"stream": True},
    "script": {},
    "unmatched": {},
    "invalid": {"messages": 5},
}


@given(st.lists(st.sampled_from([*REQUESTS]), min_size=1, max_size=6))
def test_explanation_ends_with_the_response_that_a_server_would_send(texts: list[str]) -> None:
    calls = [call(text, **REQUESTS[text]) for text in texts]
    state = ScenarioState(SCENARIO)
    *_, last = [send(state, each) for each in calls]

    assert explain_response(SCENARIO, calls).endswith(last.response.raw.decode().replace("\r\n", "\n"))
    assert explain_response(SCENARIO, calls) == explain_response(SCENARIO, calls)


def test_explanation_of_an_invalid_request_names_no_rules() -> None:
    lines = explain_response(SCENARIO, [call("invalid", messages=5)]).splitlines()

    assert lines[0].startswith("no rule messages: ")
    assert not [line for line in lines if line.startswith(("not ", "drawn "))]


def test_explanation_counts_the_earlier_requests_of_the_lane() -> None:
    first, second = (explain_response(SCENARIO, [call("once")] * count) for count in (1, 2))

    assert first.splitlines()[0] == "rule    'once' (scenario.yaml:3:5)"
    assert second.splitlines()[0] == "rule    'sequence' (scenario.yaml:4:5)"
    assert "not     'once' (scenario.yaml:3:5): exhausted (times: 1)" in second
