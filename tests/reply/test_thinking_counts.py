"""With its beta, a stream estimates the tokens of thinking."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.deciding import call, send
from tests.engine.forms import FORMS, Form, state_of
from tests.reply.client import events_of

BETA = "thinking-token-count-2026-05-13"
THOUGHT = {"thinking": {"thinking": "One word after the other. " * 10}}
TEXT = {"text": "Done."}
OMITTED, SHOWN = {"type": "adaptive"}, {"type": "adaptive", "display": "summarized"}


def deltas(form: Form | None, *steps: Any, betas: str = BETA, pace: str = "0ms", **fields: Any) -> list[dict[str, Any]]:
    """Return the deltas of a stream that are no text."""
    asked = call(stream=True, headers={"anthropic-beta": betas}, **{"model": "claude-opus-5-5", **fields})
    response = send(state_of(form, list(steps), f"pace: {{gap: {pace}}}\n"), asked).response
    found = [event["delta"] for event in events_of(response.body) if event["type"] == "content_block_delta"]
    return [delta for delta in found if delta["type"] != "text_delta"]


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-opus-4-7"])
@pytest.mark.parametrize("pace", ["0ms", "20ms"])
@pytest.mark.parametrize("form", [None, *FORMS])
def test_omitted_thinking_is_counted_in_steps_of_50(form: Form | None, pace: str, model: str) -> None:
    first, *counted, signature = deltas(form, THOUGHT, TEXT, thinking=OMITTED, pace=pace, model=model)

    assert first == {"type": "thinking_delta", "thinking": "", "estimated_tokens": None}
    assert [delta["estimated_tokens"] for delta in counted] == [50, 50]
    assert signature["type"] == "signature_delta"


@pytest.mark.parametrize("form", [None, *FORMS])
def test_shown_thinking_is_not_counted(form: Form | None) -> None:
    *thinking, signature = deltas(form, THOUGHT, TEXT, thinking=SHOWN)

    assert {delta["estimated_tokens"] for delta in thinking} == {None}
    assert "".join(delta["thinking"] for delta in thinking) == THOUGHT["thinking"]["thinking"]
    assert "estimated_tokens" not in signature


def test_each_block_is_counted_by_itself() -> None:
    found = deltas(None, {"thinking": "Hm."}, {"thinking": "Hm."}, TEXT, thinking=OMITTED)

    assert [delta["type"] for delta in found] == ["thinking_delta", "signature_delta"] * 2


def test_without_the_beta_nothing_is_counted() -> None:
    assert [delta["type"] for delta in deltas(None, THOUGHT, betas="", thinking=OMITTED)] == ["signature_delta"]
    assert deltas(None, TEXT) == []
