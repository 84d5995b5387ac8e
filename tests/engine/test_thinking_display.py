"""A rule's thinking has its text if the request or the model's default shows it; the log says if it was lost."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.engine.deciding import call, send

NOTE = (
    "the thinking is sent without its text, which is the default of claude-sonnet-5; request "
    "`thinking: {display: summarized}`, or set `as_written: true`"
)
BLOCKS = "[{thinking: Let me see.}, Sunny.]"
ADAPTIVE = {"type": "adaptive"}


def notes(reply: str = BLOCKS, more: str = "", **fields: Any) -> tuple[str, ...]:
    return send(ScenarioState(load_text(f"rules: [{{reply: {reply}{more}}}]")), call(**fields)).notes


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fields", [{}, {"thinking": ADAPTIVE}])
def test_a_text_that_the_model_omits_by_default_is_noted(stream: bool, fields: dict[str, Any]) -> None:
    assert notes(stream=stream, **fields) == (NOTE,)


def test_the_note_comes_with_that_of_a_truncation() -> None:
    assert notes("[{thinking: Let me see.}, It is sunny today.]", max_tokens=1) == (NOTE, "cut at max_tokens (1)")


@pytest.mark.parametrize(
    ("reply", "more", "fields"),
    [
        ("Sunny.", "", {}),
        (BLOCKS, ", as_written: true", {}),
        (BLOCKS, "", {"thinking": {**ADAPTIVE, "display": "summarized"}}),
        (BLOCKS, "", {"thinking": {**ADAPTIVE, "display": "omitted"}}),
        (BLOCKS, "", {"model": "claude-haiku-4-5"}),
        ("{generate: auto}", "", {"thinking": ADAPTIVE}),
    ],
)
def test_nothing_is_noted_if_nothing_is_lost(reply: str, more: str, fields: dict[str, Any]) -> None:
    assert notes(reply, more, **fields) == ()
