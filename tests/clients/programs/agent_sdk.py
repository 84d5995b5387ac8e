"""The Claude Agent SDK, with the Claude Code that it brings: a text, and a tool loop."""

import asyncio
import sys

import steps
from claude_agent_sdk import ClaudeAgentOptions, ResultMessage, query


def ask(model: str, prompt: str = "Hello") -> str:
    async def run() -> str:
        options = ClaudeAgentOptions(model=model, max_turns=4, allowed_tools=["Read"])
        results = [message async for message in query(prompt=prompt, options=options)]
        assert isinstance(results[-1], ResultMessage)
        assert not results[-1].is_error
        return str(results[-1].result)

    return asyncio.run(run())


def read(model: str) -> str:
    text = ask(model, "Use the Read tool")
    assert "Read: " in text
    return text


steps.run(sys.argv[1], ask=ask, read=read)
