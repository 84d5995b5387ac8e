"""What a coding agent sends (in the shape of Claude Code 2.1's requests), and what the built-in scenario answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from mockclaude.scenario.rules import built_in
from mockclaude.server.calls import Call
from mockclaude.server.endpoints import answer
from mockclaude.server.served import Served
from tests.serving import CLIENT

REMINDER = (
    "<system-reminder>\nEnd `git commits` with a line, see CLAUDE.md, and use the Agent tool.\n</system-reminder>\n"
)
BETAS = "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,effort-2025-11-24"
BETAS += ",mid-conversation-output-config-2026-07-01"


def tool(name: str, **properties: str) -> dict[str, Any]:
    schema = {key: {"type": kind} for key, kind in properties.items()}
    return {
        "name": name,
        "description": f"The {name} tool.",
        "input_schema": {"type": "object", "properties": schema, "required": list(schema)},
    }


TOOLS = [
    tool("Agent", prompt="string"),
    tool("Bash", command="string"),
    tool("Read", file_path="string"),
    tool("ToolSearch", query="string"),
    {**tool("DeferredToolPlaceholder"), "defer_loading": True},
    tool("Write", file_path="string", content="string"),
]


def asked(text: str, *later: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the message that answers an agent whose user typed `text`."""
    typed = {"role": "user", "content": [{"type": "text", "text": REMINDER}, {"type": "text", "text": text}]}
    environment = {"role": "system", "content": "# Environment", "output_config": {"effort": "medium"}}
    body = {
        "model": "claude-opus-5-5",
        "messages": [typed, environment, *later],
        "system": [{"type": "text", "text": "You are an agent.", "cache_control": {"type": "ephemeral"}}],
        "tools": TOOLS,
        "metadata": {"user_id": "{}"},
        "max_tokens": 128_000,
        "thinking": {"type": "adaptive", "display": "omitted"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "output_config": {"effort": "medium"},
        **fields,
    }
    call = Call(
        "POST", "/v1/messages", {"beta": "true"}, {**CLIENT, "anthropic-beta": BETAS}, orjson.dumps(body), 0, False
    )
    message: dict[str, Any] = orjson.loads(answer(Served(built_in()), call).script.sends[0].data.split(b"\r\n\r\n")[1])
    return message


def used(message: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((block["name"], block["input"]) for block in message["content"] if block["type"] == "tool_use")


@pytest.mark.parametrize(
    ("text", "name", "given"),
    [
        ("Use the Bash tool to run: echo 'a b'; ls.", "Bash", {"command": "echo 'a b'; ls."}),
        ("Run `ls -la` with Bash", "Bash", {"command": "ls -la"}),
        ("Use the Read tool on notes.md", "Read", {"file_path": "notes.md"}),
        ("Use the Write tool on a.txt: 'hello'", "Write", {"file_path": "a.txt", "content": "hello"}),
        ("Use the Write tool on agent.txt: 'hi'", "Write", {"file_path": "agent.txt", "content": "hi"}),
        ("Use ToolSearch for 'cron'", "ToolSearch", {"query": "cron"}),
    ],
)
def test_the_tool_that_the_user_names_gets_what_the_user_wrote(text: str, name: str, given: Any) -> None:
    message = asked(text)
    assert list(used(message)) == [(name, given)]
    assert message["stop_reason"] == "tool_use"


@pytest.mark.parametrize("text", ["hello", "Which tool is best?", "Fix the bug"])
def test_a_reminder_asks_for_nothing(text: str) -> None:
    message = asked(text)
    assert message["content"][-1]["text"].startswith(f"You asked: “{text}”")
    assert message["stop_reason"] == "end_turn"


def test_the_loop_ends_after_the_tool_result() -> None:
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "hi", "is_error": False}
    message = asked(
        "Use the Bash tool to run: echo hi",
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}]},
        {"role": "user", "content": [result]},
        {"role": "system", "content": "# Environment"},
    )
    assert message["content"][-1] == {"type": "text", "text": "Here is what I found. Bash: hi"}
    assert message["stop_reason"] == "end_turn"


def test_omitted_thinking_is_signed_but_not_shown() -> None:
    thinking, _ = asked("hello")["content"]
    assert thinking["thinking"] == ""
    assert thinking["signature"]


def test_thinking_that_is_shown_begins_with_the_question() -> None:
    thinking, _ = asked("hello", thinking={"type": "adaptive", "display": "summarized"})["content"]
    assert thinking["thinking"].startswith("The question is: hello ")


def test_thinking_after_a_tool_result_has_no_question_to_begin_with() -> None:
    use = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}
    message = asked(
        "hello",
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1"}]},
        thinking={"type": "adaptive"},
    )
    assert "The question is" not in message["content"][0]["thinking"]
