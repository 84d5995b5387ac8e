"""The hashes of a request change with what it asks, and not with what differs in every run."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.digests import digest_request, find_stale_parts
from mockclaude.scenario.loading.loader import load_text

BODY: dict[str, Any] = {
    "model": "claude-haiku-4-5",
    "max_tokens": 99,
    "system": "You know tides. Today is 2026-11-29.",
    "tools": [{"name": "get_tide", "input_schema": {"type": "object"}}],
    "messages": [{"role": "user", "content": "When is high water in Bergen?"}],
}


@pytest.mark.parametrize(
    ("change", "stale"),
    [
        ({}, []),
        ({"stream": True, "metadata": {"user_id": "u"}}, []),
        ({"system": [{"type": "text", "text": BODY["system"], "cache_control": {"type": "ephemeral"}}]}, []),
        ({"system": "You know tides. Today is 2027-01-02."}, []),
        ({"system": "You know weather."}, ["system"]),
        ({"system": None}, ["system"]),
        ({"tools": [{**BODY["tools"][0], "cache_control": {"type": "ephemeral"}}]}, []),
        ({"tools": []}, ["tools"]),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "When is high water in Bergen?"}]}]}, []),
        ({"messages": [{"role": "user", "content": "And in Oslo?"}], "max_tokens": 100}, ["messages", "settings"]),
        ({"model": "claude-sonnet-5"}, ["settings"]),
    ],
)
def test_a_changed_part_is_stale(change: dict[str, Any], stale: list[str]) -> None:
    assert find_stale_parts(digest_request(BODY), {**BODY, **change}) == stale


def test_an_absent_part_has_no_hash() -> None:
    assert digest_request({"messages": []}) == "system - tools - messages - settings -"


@pytest.mark.parametrize(
    ("recorded", "message"),
    [
        ("{from: api.anthropic.com, on: 2026-11-29, request: system}", "invalid hashes of a request, got 'system'"),
        ("{from: api.anthropic.com, on: 2026-11-31, request: system - tools - messages - settings -}", "invalid day"),
        ("{on: 2026-11-29, request: system - tools - messages - settings -}", "missing key 'from'"),
    ],
)
def test_a_mistake_in_the_origin_says_what_to_write(recorded: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        load_text(f"rules: [{{reply: Hi, recorded: {recorded}}}]")
