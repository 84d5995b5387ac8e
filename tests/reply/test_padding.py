"""The events of a stream have the spaces of recorded ones, and the same data."""

from __future__ import annotations

import json
import re

import pytest

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import asking, http_request, received, sent_of, with_client_headers

RULE = "rules: [{{reply: It is sunny in Oslo., pace: {{gap: {gap}}}{fault}}}]"
PADDED = re.compile("( *)}$")


def stream(head: str, gap: str = "0ms", fault: str = "") -> list[str]:
    state = ScenarioState(load_text(f"{head}\n{RULE.format(gap=gap, fault=fault)}"))
    body = asking("Hello", stream=True)
    given = received(sent_of(answer(http_request("POST", "/v1/messages", {}, with_client_headers({}), body), state)))
    return [line for line in given.body.decode().splitlines() if line.startswith("data: ")]


@pytest.mark.parametrize("gap", ["0ms", "20ms"])
def test_padded_events_have_the_same_data(gap: str) -> None:
    plain, padded = (stream(head, gap) for head in ("as_recorded: false", "as_recorded: true"))
    spaces = [len(match[1]) for line in padded if (match := PADDED.search(line))]

    assert [json.loads(line[6:]) for line in padded] == [json.loads(line[6:]) for line in plain]
    assert [line for line in plain if " }" in line] == []
    assert padded == stream("as_recorded: true", gap)
    assert spaces[0] == spaces[2] == 0
    assert 0 < max(spaces) <= 15


def test_an_edited_event_is_not_padded() -> None:
    edit = ", fault: {edit: message_delta, set: {usage.output_tokens: 7}}"

    assert stream("as_recorded: true", fault=edit)[-2].endswith("}}")
