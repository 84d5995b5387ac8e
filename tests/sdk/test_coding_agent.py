"""What a coding agent sends (in the shape of Claude Code 2.1's requests), and what the built-in scenario answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from mockclaude.engine.decision import Decision
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.rules import built_in
from tests.serving import CLIENT, http_request, script_of

REMINDER = (
    "<system-reminder>\nEnd `git commits` with a line, see CLAUDE.md, and use the Agent tool.\n</system-reminder>\n"
)
PLAIN = (
    "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,per-turn-control-2026-07-01,"
    "mid-conversation-tool-changes-2026-07-01,thinking-token-count-2026-05-13,advanced-tool-use-2025-11-20,"
    "effort-2025-11-24"
)
AUTO = f"{PLAIN},dangerous-tool-use-2026-09-03,afk-mode-2026-01-31"
OTHER_CAPTURE = (
    "claude-code-20250219,interleaved-thinking-2025-05-14,thinking-token-count-2026-05-13,"
    "context-management-2025-06-27,prompt-caching-scope-2026-01-05,mid-conversation-system-2026-04-07,"
    "per-turn-control-2026-07-01,mid-conversation-tool-changes-2026-07-01,effort-2025-11-24"
)
BY_OAUTH = (
    f"{OTHER_CAPTURE},oauth-2025-04-20,context-1m-2025-08-07,timing-2026-09-09,redact-thinking-2026-02-12,"
    "mid-conversation-effort-2026-08-01,thinking-display-updates-2026-08-18"
).replace("per-turn-control-2026-07-01,", "")
"""What Claude Code 2.1.332 sends in `anthropic-beta`: plainly, in auto mode, as captured elsewhere, by subscription."""


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


def request_of(text: str, *later: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the body that an agent sends whose user typed `text`."""
    typed = {"role": "user", "content": [{"type": "text", "text": REMINDER}, {"type": "text", "text": text}]}
    environment = {"role": "system", "content": "# Environment", "output_config": {"effort": "medium"}}
    return {
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


def asked(text: str, *later: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the message that answers an agent whose user typed `text`."""
    body = request_of(text, *later, **fields)
    message: dict[str, Any] = orjson.loads(script_of(sent(body), http11=False).sends[0].data.split(b"\r\n\r\n")[1])
    return message


def sent(body: dict[str, Any], betas: str = PLAIN) -> Decision:
    headers = {**CLIENT, "anthropic-version": "2023-06-01", "anthropic-beta": betas}
    return answer(
        http_request("POST", "/v1/messages", {"beta": "true"}, headers, orjson.dumps(body), 0, False),
        ScenarioState(built_in()),
    )


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


SAFEGUARDS = [
    {
        "type": "dangerous_tool_use",
        "classifier_context": {
            "v": 1,
            "permission_mode": "auto",
            "rules": {"allow": [], "deny": []},
            "refused_calls": [],
        },
    }
]


@pytest.mark.parametrize(
    ("betas", "fields"),
    [
        (PLAIN, {}),
        (OTHER_CAPTURE, {}),
        (BY_OAUTH, {"thinking": {"type": "adaptive", "display": "updates"}}),
        (AUTO, {"safeguards": SAFEGUARDS}),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_first_request_of_claude_code_is_accepted(betas: str, fields: dict[str, Any], stream: bool) -> None:
    given = sent(request_of("hi", stream=stream, **fields), betas)

    assert (given.response.status, given.notes) == (200, ())


def test_output_config_on_a_system_message_needs_its_beta() -> None:
    betas = PLAIN.replace("per-turn-control-2026-07-01,", "")

    assert sent(request_of("hi"), betas).reason == "messages.1.output_config: Extra inputs are not permitted"


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


def marked(text: str) -> list[dict[str, Any]]:
    """Return the content of the newest message, which ends in a breakpoint."""
    return [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]


def result_of(call: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"tool_use_id": call["id"], "type": "tool_result", "content": "Milk.", **more}]}


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-2", "claude-sonnet-5"])
def test_a_session_with_thinking_and_tools_goes_on(model: str) -> None:
    """In the next request, a breakpoint has moved, and a list with one text is a string (captured: 3 sessions of 4)."""
    command = "Use the Read tool on notes.txt"
    later: list[dict[str, Any]] = []
    for number in range(3):
        newest = [{"role": "user", "content": marked(command)}] if number else []
        called = asked(command, *later, *newest, model=model)
        assert [block["type"] for block in called["content"]] == ["thinking", "tool_use"]
        history = [{"role": "user", "content": command}] if number else []
        later += [*history, {"role": "assistant", "content": called["content"]}]

        call = called["content"][-1]
        ended = asked(command, *later, result_of(call, cache_control={"type": "ephemeral"}), model=model)
        assert [block["type"] for block in ended["content"]] == ["thinking", "text"]
        later += [result_of(call, is_error=False), {"role": "assistant", "content": ended["content"]}]


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
