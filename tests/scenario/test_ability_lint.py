"""A reply with blocks that the only model of its rule never sends gets a warning."""

from __future__ import annotations

import pytest

from mockclaude.api.models import CATALOGUE, Model
from mockclaude.scenario.loading.loader import load_text

HAIKU_3 = "claude-3-haiku-20240307"
CITED = "{text: Hi, citations: [{type: char_location, cited_text: Hi}]}"


def warnings(reply: str, model: str = HAIKU_3, more: str = "") -> list[str]:
    rule = f"  - when: {{model: {model}}}\n    reply: {reply}\n{more}"
    return [str(warning) for warning in load_text(f"rules:\n{rule}").warnings]


@pytest.mark.parametrize(
    ("reply", "column", "kind", "missing"),
    [
        ("{thinking: Hm.}", 12, "thinking", "thinking"),
        ("[Hi, {thinking: Hm.}]", 17, "thinking", "thinking"),
        ("{redacted_thinking: abc}", 12, "redacted_thinking", "thinking"),
        (f"{{text: {CITED}}}", 12, "text", "citations"),
        ("{server_tool: {name: web_search, result: []}}", 12, "server_tool", "web search"),
        ("{server_tool: {name: bash_code_execution}}", 12, "server_tool", "code execution"),
        ("{type: thinking, thinking: Hm., signature: abc}", 12, "block", "thinking"),
        ("{block: {type: server_tool_use, id: a, name: web_search, input: {}}}", 12, "block", "web search"),
        ("{block: {type: compaction, content: Hi}}", 12, "block", "compaction"),
        (f"{{content: [{{type: text, text: Hi}}, {{type: text, {CITED[1:]}]}}", 12, "message", "citations"),
    ],
)
def test_a_step_that_the_model_cannot_send_is_a_warning(reply: str, column: int, kind: str, missing: str) -> None:
    assert warnings(reply) == [
        f"scenario.yaml:3:{column}: `{kind}` in a reply of {HAIKU_3}, which has no {missing}; expected blocks of this "
        "model; use another model, or set `as_written: true`"
    ]


def test_every_reply_of_a_rule_is_read() -> None:
    rule = f"when: {{model: {{equals: {HAIKU_3}}}}}, sequence: [Hi, {{thinking: Hm.}}, [Hi, {{thinking: Hm.}}]]"

    assert [str(warning.place) for warning in load_text(f"rules: [{{{rule}}}]").warnings] == [
        "scenario.yaml:1:75",
        "scenario.yaml:1:97",
    ]


@pytest.mark.parametrize(
    ("reply", "model", "more"),
    [
        ("Hi", HAIKU_3, ""),
        ("{tool_use: web_search}", HAIKU_3, ""),
        ("{block: {type: tool_use, id: a, name: web_search, input: {}}}", HAIKU_3, ""),
        ("{server_tool: {name: web_search, server_name: docs, result: Hi}}", HAIKU_3, ""),
        ("{thinking: Hm.}", "claude-haiku-4-5", ""),
        ("{thinking: Hm.}", "claude-does-not-exist", ""),
        ("{thinking: Hm.}", "'claude-3-*'", ""),
        ("{thinking: Hm.}", f"{{contains: {HAIKU_3}}}", ""),
        ("{thinking: Hm.}", f"[{HAIKU_3}, claude-haiku-4-5]", ""),
        ("{thinking: Hm.}", f"[{HAIKU_3}, {{regex: haiku}}]", ""),
        ("{thinking: Hm.}", HAIKU_3, "    as_written: true\n"),
        ("{thinking: Hm.}", HAIKU_3, "as_written: true\n"),
    ],
)
def test_other_replies_get_no_warning(reply: str, model: str, more: str) -> None:
    assert warnings(reply, model, more) == []


@pytest.mark.parametrize("model", CATALOGUE, ids=lambda model: model.id)
def test_only_a_model_that_never_thinks_gets_a_warning_of_thinking(model: Model) -> None:
    assert bool(warnings("{thinking: Hm.}", model.id)) is not model.abilities.thinks
