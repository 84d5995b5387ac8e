"""Hints at a key that is unknown in its mapping: a word for another key, or a key of another mapping."""

from __future__ import annotations

from collections.abc import Sequence

from mockclaude.scenario.diagnostics import did_you_mean
from mockclaude.scenario.format.file import RuleModel, ScenarioFile
from mockclaude.scenario.format.pace import Pace
from mockclaude.scenario.format.steps import StepModel
from mockclaude.scenario.format.when import TextMatcher, When

_SYNONYMS: dict[str, Sequence[str]] = {
    "match": ["when"],
    "matcher": ["when"],
    "request": ["when"],
    "response": ["reply"],
    "answer": ["reply"],
    "responses": ["sequence"],
    "replies": ["sequence"],
    "delay": ["pause", "pace"],
    "latency": ["pace"],
    "sleep": ["pause"],
    "status": ["fault"],
    "probability": ["p"],
    "prompt": ["user"],
    "message": ["user"],
    "messages": ["user"],
    "arguments": ["input"],
    "args": ["input"],
    "parameters": ["input"],
    "rpm": ["requests_per_minute"],
    "tpm": ["input_tokens_per_minute"],
    "itpm": ["input_tokens_per_minute"],
    "otpm": ["output_tokens_per_minute"],
}
"""Word of other tools -> keys with this meaning."""

_PLACES = (
    (RuleModel, "put it in a rule"),
    (When, "put it below `when`"),
    (StepModel, "put it below `reply`"),
    (TextMatcher, "put it below a condition, e.g. `user: {contains: Hello}`"),
    (Pace, "put it below `pace`"),
    (ScenarioFile, "put it at the top level of the file"),
)
"""Model -> the place of its keys, in the order of preference."""


def find_hint(unknown: str, known: Sequence[str]) -> str:
    """Suggest a fix for an unknown key; '' for none."""
    if unknown.partition(":")[0] in known:
        return "; put a space after the colon"
    meant = next((key for key in _SYNONYMS.get(unknown, ()) if key in known), None)
    if meant is not None:
        return f"; did you mean '{meant}'?"
    return _find_place(unknown, known) or did_you_mean(unknown, known)


def _find_place(unknown: str, known: Sequence[str]) -> str:
    """Return the place of a key of another mapping. A matcher has none of these keys."""
    is_matcher = set(known) == TextMatcher.model_fields.keys()
    for model, place in () if is_matcher else _PLACES:
        if any(unknown == (field.alias or name) for name, field in model.model_fields.items()):
            return f"; {place}"
    return ""
