"""Matching over a socket: many rules, expressions, and the error of a request that none of them matches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anthropic
import pytest
import re2
from anthropic import Anthropic

from mockclaude.scenario.conditions.regex import Regex
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.testing import MockClaude

COUNT = 600


def send(client: Anthropic, *messages: Any, **fields: Any) -> str:
    turns: Any = [{"role": "user", "content": text} if isinstance(text, str) else text for text in messages]
    reply: Any = client.messages.create(model="claude-sonnet-5", max_tokens=100, messages=turns, **fields)
    return "".join(block.text for block in reply.content)


def unmatched(client: Anthropic, *messages: Any, **fields: Any) -> str:
    with pytest.raises(anthropic.APIStatusError) as caught:
        send(client, *messages, **fields)
    body: Any = caught.value.body
    return str(body["error"]["message"])


def load(mock: MockClaude, folder: Path, whens: Sequence[Any]) -> None:
    """Load a scenario file with a rule for each of `whens`."""
    file = folder / "many.json"
    file.write_text(json.dumps({"rules": [{"when": when, "reply": f"Rule {n}."} for n, when in enumerate(whens)]}))
    mock.load(file)


def test_request_compiles_no_pattern(
    mock: MockClaude,
    client: Anthropic,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    load(mock, tmp_path, [{"user": {"regex": rf"(?i)\bcode {n}\b"}} for n in range(COUNT)])
    monkeypatch.setattr(re2, "compile", lambda *_: pytest.fail("a pattern was compiled"))

    assert send(client, "What is CODE 599?") == "Rule 599."
    assert send(client, "Was heißt Code 17?") == "Rule 17."
    assert ": user: expected text that matches " in unmatched(client, "What is code 600?")
    assert capfd.readouterr() == ("", "")


def test_reply_uses_captures_of_unicode_text(mock: MockClaude, client: Anthropic) -> None:
    mock.when(user={"regex": r"\bhotel in (?P<city>\w+)\b"}).reply("${{ match.city }}, ${{ match.1 }}.")

    assert send(client, "Ein hotel in Zürich, bitte") == "Zürich, Zürich."
    with client.messages.stream(
        model="claude-sonnet-5", max_tokens=100, messages=[{"role": "user", "content": "hotel in Łódź\n"}]
    ) as stream:
        assert stream.get_final_text() == "Łódź, Łódź."


def test_same_request_gets_the_same_rule_whatever_the_length(mock: MockClaude, client: Anthropic) -> None:
    mock.when(user={"regex": "(x+x+)+y"}).reply("It is there.")
    mock.reply("It is not.")

    assert send(client, "x" * 50_000) == "It is not."
    assert send(client, "x" * 50_000 + "y") == "It is there."


def test_refused_pattern_names_its_place(mock: MockClaude) -> None:
    with pytest.raises(ScenarioError, match=r"test_matching\.py:\d+.*look-around is not supported, got '\(\?=a\)'"):
        mock.when(user={"regex": "(?=a)"}).reply("x")


def test_unmatched_request_shows_the_part_that_failed(mock: MockClaude, client: Anthropic) -> None:
    mock.when(tool_result={"name": "run_tests", "content": "failed"}).reply("Mend it.")
    tool: Any = {"name": "run_tests", "input_schema": {"type": "object"}}
    call = {"type": "tool_use", "id": "toolu_1", "name": "run_tests", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "green"}
    turns = ["Go", {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]

    assert unmatched(client, *turns, tools=[tool]).endswith(
        ": tool_result: expected 'run_tests' with content text that contains 'failed', "
        "got run_tests with content 'green'"
    )


def test_unmatched_request_of_many_rules_names_the_closest(mock: MockClaude, client: Anthropic, tmp_path: Path) -> None:
    load(mock, tmp_path, [{"user": f"order {n}.", "turn": 2} for n in range(COUNT)])

    assert ": turn: expected 2, got 1" in unmatched(client, "Where is order 123.?")
    closest = mock.unmatched_requests[0].closest
    assert closest is not None
    assert closest.checks[1].wanted == "text that contains 'order 123.'"


def test_request_with_too_much_to_match_is_refused(mock: MockClaude, client: Anthropic, tmp_path: Path) -> None:
    load(mock, tmp_path, [{"body": f"contains(messages[0].content, 'order {n}')"} for n in range(COUNT)])

    assert send(client, f"order 599 {'x' * 10_000}") == "Rule 5."
    assert unmatched(client, "x" * 1_000_000).endswith(
        "takes too much work, or its result is too large; expected a simpler expression or a shorter request"
    )


def test_long_model_name_is_compared_with_no_rule(
    mock: MockClaude, client: Anthropic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(mock, tmp_path, [{"model": {"regex": f"(?i)a{{9}} {n}"}} for n in range(COUNT)])
    monkeypatch.setattr(Regex, "matches", lambda *_: pytest.fail("a search"))

    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="a" * 1_001, max_tokens=9, messages=[{"role": "user", "content": "hi"}])
