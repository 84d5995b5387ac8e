"""Two servers in two processes give the same bytes for the same requests, in any order."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import Start
from tests.serving import Running, asking, request

SCENARIO = r"""
pace: {ttft: 1ms, tokens_per_second: 100000, jitter: 50%}
rules:
  - when: {user: chance}
    choice: [{weight: 50, reply: Heads}, {weight: 50, reply: Tails}, {weight: 20, reply: {error: overloaded_error}}]
  - when: {user: who}
    reply: '${{ fake.name }} from ${{ fake.city }}'
  - when: {user: schema}
    reply: {json: from_schema}
  - when: {user: tool}
    reply: [{thinking: Which tool?}, {tool_use: look_up}]
  - when: {user: twice}
    sequence: [Once, Twice]
"""
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "email": {"type": "string", "format": "email"},
        "n": {"enum": [1, 2, 3]},
    },
    "required": ["name", "email", "n"],
    "additionalProperties": False,
}
FIELDS = {
    "tools": [{"name": "look_up", "input_schema": SCHEMA}],
    "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
}
TEXTS = [
    "schema",
    "tool",
    "twice",
    "nothing answers this",
    *(f"{what} {n}" for n in range(8) for what in ("chance", "who")),
]
QUESTIONS = [
    request("POST", path, asking(text, stream=stream, **FIELDS), x_api_key=key)
    for text in TEXTS
    for path in ("/v1/messages", "/made/v1/messages")
    for stream in (False, True)
    for key in ("one", "two")
]
CLOCK = re.compile(rb"(?m)^(date|anthropic-ratelimit-[a-z-]+-reset): .*\r\n")


def answers(server: Running, questions: Sequence[bytes]) -> dict[bytes, bytes]:
    with server.connect() as wire:
        given = {}
        for question in questions:
            wire.send(question)
            given[question] = CLOCK.sub(b"", wire.response().raw)
    return given


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "made.yaml").write_text(SCENARIO)
    return tmp_path


def distinct(questions: Sequence[bytes]) -> list[bytes]:
    """Return the questions without those that ask the same in the same lane, streamed instead."""
    return [question for question in questions if b'"stream": false' in question]


def test_two_processes_answer_alike_in_any_order(start: Start, folder: Path) -> None:
    questions = distinct(QUESTIONS)
    shuffled = random.Random(1).sample(questions, len(questions))
    first = answers(start(folder, PYTHONHASHSEED="1").server, questions)
    second = answers(start(folder, PYTHONHASHSEED="2").server, shuffled)

    assert first == second
    assert len({*first.values()}) == len(first)


def test_a_process_that_starts_anew_answers_streams_and_repetitions_alike(start: Start, folder: Path) -> None:
    questions = QUESTIONS + QUESTIONS
    first, second = (answers(start(folder, PYTHONHASHSEED=seed).server, questions) for seed in "12")

    assert first == second


def test_another_seed_answers_otherwise(start: Start, folder: Path) -> None:
    questions = distinct(QUESTIONS)
    first, second = (answers(start(folder, "--seed", seed).server, questions) for seed in (0, 1))

    assert not [question for question in questions if first[question] == second[question]]
    texts = [re.findall(rb'"(?:text|input)":("[^"]*"|\{[^}]*\})', b"".join(each.values())) for each in (first, second)]
    assert texts[0] != texts[1]
