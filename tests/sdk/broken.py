"""What an SDK makes of a response, in a word: the class it raises, or `ok` and how the message ended."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from anthropic import Anthropic, AsyncAnthropic, Timeout

ASK: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 500,
    "messages": [{"role": "user", "content": "Hello"}],
    "tools": [{"name": "write_file", "input_schema": {"type": "object"}}],
}
PATIENCE = Timeout(0.6, connect=5)
"""How long the Python SDK waits for the next bytes."""


def described(message: Any) -> str:
    """Return what came of a request that raised nothing."""
    if not hasattr(message, "content"):
        return f"ok {type(message).__name__}"
    return f"ok {message.stop_reason}" if message.content is not None else "ok without content"


def _create(client: Anthropic, headers: Mapping[str, str]) -> str:
    return described(client.messages.create(**ASK, extra_headers=headers))


def _raw(client: Anthropic, headers: Mapping[str, str]) -> str:
    with client.messages.create(**ASK, stream=True, extra_headers=headers) as stream:
        types = [event.type for event in stream]
    return f"ok {types[-1] if types else 'nothing'}"


def _helper(client: Anthropic, headers: Mapping[str, str]) -> str:
    with client.messages.stream(**ASK, extra_headers=headers) as stream:
        return described(stream.get_final_message())


WAYS: dict[str, Callable[[Anthropic, Mapping[str, str]], str]] = {"create": _create, "raw": _raw, "helper": _helper}


def python(url: str, way: str, headers: Mapping[str, str]) -> str:
    """Return what the Python SDK makes of a request: `create`, `raw` (its stream) or `helper` (the stream helper).

    Each way is a lane of its own, so that none changes what another gets.
    """
    with Anthropic(base_url=url, api_key=way, max_retries=0, timeout=PATIENCE) as client:
        try:
            return WAYS[way](client, headers)
        except Exception as error:
            return type(error).__name__


async def python_async(url: str, way: str, headers: Mapping[str, str]) -> str:
    """Return what the asynchronous Python SDK makes of a request."""
    async with AsyncAnthropic(base_url=url, api_key=way, max_retries=0, timeout=PATIENCE) as client:
        try:
            return await ASYNC_WAYS[way](client, headers)
        except Exception as error:
            return type(error).__name__


async def _create_async(client: AsyncAnthropic, headers: Mapping[str, str]) -> str:
    return described(await client.messages.create(**ASK, extra_headers=headers))


async def _raw_async(client: AsyncAnthropic, headers: Mapping[str, str]) -> str:
    async with await client.messages.create(**ASK, stream=True, extra_headers=headers) as stream:
        types = [event.type async for event in stream]
    return f"ok {types[-1] if types else 'nothing'}"


async def _helper_async(client: AsyncAnthropic, headers: Mapping[str, str]) -> str:
    async with client.messages.stream(**ASK, extra_headers=headers) as stream:
        return described(await stream.get_final_message())


ASYNC_WAYS = {"create": _create_async, "raw": _raw_async, "helper": _helper_async}


def typescript(folder: Path, url: str, headers: Mapping[str, Mapping[str, str]]) -> dict[str, Sequence[str]]:
    """Return what the TypeScript SDK makes of requests with these headers, by name, for each of the three ways."""
    asked = json.dumps({"body": ASK, "faults": headers})
    env = {**os.environ, "ANTHROPIC_BASE_URL": url}
    command = ["node", "broken.mjs"]
    done = subprocess.run(
        command, cwd=folder, input=asked, env=env, capture_output=True, text=True, timeout=60, check=True
    )
    outcomes: dict[str, Sequence[str]] = json.loads(done.stdout)
    return outcomes


def table(text: str) -> dict[str, list[str]]:
    """Return the rows of a table, `name | cell | ...`, by name; a single cell stands for six of them."""
    rows = ([cell.strip() for cell in row.split("|")] for row in text.strip().splitlines())
    return {name: cells if len(cells) > 1 else cells * 6 for name, *cells in rows}
