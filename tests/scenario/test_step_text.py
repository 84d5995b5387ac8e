"""Rules are written as YAML that reads back as equal data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.scenario.loading.source import read
from mockclaude.scenario.recording.step_text import write_rules

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    [
        "no",
        "1e5",
        "0o17",
        "~",
        "",
        " a",
        "a\n\nb\n\n",
        "\n",
        "\ta\n b",
        "a: b",
        "- a",
        "#",
        "'",
        "a\u2028\nb",
        "x" * 120,
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)
KEYS = TEXTS | st.sampled_from(["reply", "sequence", "content"])


@given(
    st.dictionaries(KEYS.filter(lambda key: key != "rules"), VALUES, max_size=2),
    st.lists(st.dictionaries(KEYS, VALUES), max_size=3),
)
def test_rules_read_back_as_written(head: dict[str, Any], rules: list[Any]) -> None:
    assert read("a.yaml", write_rules(head, rules).encode()).data == {**head, "rules": rules}


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        (
            {"name": "tide", "reply": [{"text": "High\nwater\n"}]},
            ["- name: tide", "  reply:", "    - text: |2", "        High", "        water"],
        ),
        (
            {"sequence": [[{"text": "Hi"}, {"error": 529}], "Hello"]},
            ["- sequence:", "    - - text: Hi", "      - error: 529", "    - Hello"],
        ),
        ({"when": {"turn": 1}, "reply": "no"}, ["- when: {turn: 1}", "  reply: 'no'"]),
    ],
)
def test_a_rule_has_a_step_in_each_line(rule: dict[str, Any], lines: list[str]) -> None:
    assert write_rules({}, [rule]).splitlines() == ["rules:", *(f"  {line}" for line in lines)]
