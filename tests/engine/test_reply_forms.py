"""A reply is the same message whether a rule has its steps, or a function returns or yields them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.binding import FABLE
from tests.engine.deciding import call, send
from tests.engine.forms import FORMS, Form, Steps, state_of
from tests.reply.client import events_of, message_of
from tests.serving import Received

STEPS: Steps = [
    {"pause": "0s"},
    {"thinking": "Let me see."},
    {"text": "It is sunny in Oslo, and warm."},
    {"tool_use": {"name": "read", "input": {"page": 7}}},
]


BETAS = ",".join(
    (
        *("context-management-2025-06-27", "compact-2026-01-12", "compact-2026-09-04"),
        "thinking-binding-controls-2026-08-01",
    )
)
COUNTED = "thinking-token-count-2026-05-13"
HELLO = {"role": "user", "content": "Hello"}
LONG = [{"role": "user", "content": "count words " * 30_000}]


def read_pages() -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [HELLO]
    for index in range(4):
        use = {"type": "tool_use", "id": f"toolu_{index}", "name": "read", "input": {"page": index}}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{index}", "content": "a line\n" * 100}
        messages += [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    return messages


def thoughts() -> list[dict[str, Any]]:
    """Return a conversation whose thinking was made for another system prompt."""
    messages = [HELLO]
    for _ in range(2):
        content = answer(None, system="Old.", messages=messages).json["content"]
        messages = [*messages, {"role": "assistant", "content": content[:2]}, HELLO]
    return messages


THINKS: dict[str, Any] = {"thinking": {"type": "adaptive", "display": "summarized"}, "max_tokens": 2_000}
TOOLS = [{"name": "read", "input_schema": {"type": "object"}}]


def answer(form: Form | None, head: str = "", steps: Steps = STEPS, *, stream: bool = False, **fields: Any) -> Received:
    body = {"model": FABLE, "messages": [HELLO], "tools": TOOLS, **THINKS, **fields}
    headers = {"anthropic-beta": body.pop("betas", BETAS)}
    return send(state_of(form, steps, head), call(stream=stream, headers=headers, **body)).response


CLEAR_TOOLS = {"type": "clear_tool_uses_20250919", "trigger": {"type": "tool_uses", "value": 2}}
CLEAR_THINKING = {"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns", "value": 1}}
COMPACT = {"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": 50_000}}
DROPS = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}
CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "with the beta alone": {"betas": BETAS},
    "clear_tool_uses": {"messages": read_pages(), "context_management": {"edits": [CLEAR_TOOLS]}},
    "clear_thinking": {"messages": thoughts(), "system": "Old.", "context_management": {"edits": [CLEAR_THINKING]}},
    "compaction at the trigger": {"messages": LONG, "context_management": {"edits": [COMPACT]}},
    "compaction below it": {"context_management": {"edits": [COMPACT]}},
    "compaction and a pause": {
        "messages": LONG,
        "context_management": {"edits": [{**COMPACT, "pause_after_compaction": True}]},
    },
    "compaction of a cached prompt": {
        "messages": LONG,
        "cache_control": {"type": "ephemeral"},
        "context_management": {"edits": [COMPACT]},
    },
    "compaction on demand": {"compaction": {"type": "summarize"}},
    "dropped thinking": {"messages": thoughts(), "system": "New.", "thinking": DROPS},
    "Opus 4.7 shows its thinking": {"model": "claude-opus-4-7"},
    "Opus 4.7 omits its thinking": {"model": "claude-opus-4-7", "thinking": {"type": "adaptive"}},
    "counted thinking": {"betas": COUNTED},
    "counted thinking that is omitted": {"betas": COUNTED, "thinking": {"type": "adaptive"}},
    "max_tokens": {"max_tokens": 8, "thinking": {"type": "adaptive"}},
}


@pytest.mark.parametrize("case", CASES)
def test_a_json_and_a_stream_of_a_rule_agree(case: str) -> None:
    whole, stream = (answer(None, stream=stream, **CASES[case]) for stream in (False, True))
    assert whole.status == 200, whole.body

    events, expected = events_of(stream.body), whole.json
    message, ending = message_of(events), events[-2]
    for block in (*message["content"], *expected["content"]):
        block.pop("id", None)  # drawn from the whole request
    for key in ("content", "stop_reason", "stop_sequence"):
        assert message[key] == expected[key]
    assert ending["usage"] == {key: expected["usage"][key] for key in ending["usage"]}
    assert ending.get("context_management") == expected.get("context_management")
    assert message.get("input_transformations") == expected.get("input_transformations")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("head", ["", "as_recorded: true\n"], ids=["plain", "as_recorded"])
def test_a_function_replies_as_a_rule_with_its_steps(form: Form, case: str, head: str) -> None:
    for stream in (False, True):
        rule, function = (answer(form, head, stream=stream, **CASES[case]) for form in (None, form))
        assert function.body.decode() == rule.body.decode()
        assert function.status == rule.status == 200


SUMMARY = {"block": {"type": "compaction", "content": "Mine."}}
COMPACTED: list[Steps] = [
    [{"pause": "0s"}],
    [SUMMARY, {"text": "On."}],
    [{"message": {"content": [SUMMARY["block"]]}}],
    [{"text": "On."}, {"usage": {"output_tokens": 7}}, {"stop_reason": "refusal"}],
    [{"error": "overloaded_error"}],
    [{"text": "On."}, {"error": "overloaded_error"}],
    [{"pause": "0s"}, {"generate": "auto"}],
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("compaction")])
@pytest.mark.parametrize("steps", COMPACTED, ids=str)
def test_a_function_replies_to_a_compaction_as_a_rule(form: Form, case: str, steps: Steps) -> None:
    for stream in (False, True):
        rule, function = (answer(form, steps=steps, stream=stream, **CASES[case]) for form in (None, form))
        assert function.raw.split(b"\r\n")[0] == rule.raw.split(b"\r\n")[0]
        assert function.body.decode() == rule.body.decode()
