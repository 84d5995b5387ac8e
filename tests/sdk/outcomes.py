"""What the SDKs make of a response, as one line: what a person saw of it, and how it ended.

In: cases. Out: for each a line `seen | end`: the text, thinking and tool input that arrived, then the stop reason, the
class of the exception (with the status where there is one), or `waiting` where nothing came until patience ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import httpx2
from anthropic import Anthropic, AsyncAnthropic, DefaultAsyncHttpxClient, DefaultHttpxClient
from anthropic.types import MessageParam

from tests.serving import PROGRAM_PATIENCE, TIME_SCALE

HERE = Path(__file__).parent / "typescript"
WAITING = "waiting"
ALONE = httpx2.Limits(max_keepalive_connections=0)
TOGETHER = 16
"""Requests that are made at once: more would wait for each other, and their clients are not patient."""

Way: TypeAlias = Literal["create", "raw", "helper"]
"""Not streamed; the events of a stream as they come; the SDK's own helper that puts a message together."""


class Case(NamedTuple):
    """One request: where it goes, what it asks, and how patient the client is, in seconds."""

    base_url: str
    way: Way
    text: str = "Hello"
    fault: str | None = None
    retries: int = 0
    timeout: float = 20.0 * TIME_SCALE
    patience: float = 40.0 * TIME_SCALE
    lane: str = "one"

    @property
    def options(self) -> dict[str, Any]:
        """What its client is to be like."""
        fault = {"x-mockclaude-fault": self.fault} if self.fault else {}
        return {
            "base_url": self.base_url,
            "max_retries": self.retries,
            "timeout": self.timeout,
            "default_headers": {"x-mockclaude-lane": self.lane} | fault,
        }

    @property
    def asked(self) -> dict[str, Any]:
        messages: list[MessageParam] = [{"role": "user", "content": self.text}]
        return {"model": "claude-sonnet-5", "max_tokens": 1024, "messages": messages}


def shown(content: Iterable[Any] | None) -> str:
    """Return what a person sees of the content of a message."""
    return "nothing" if content is None else "".join(map(_shown_block, content))


def _shown_block(block: Any) -> str:
    if block.type in ("tool_use", "server_tool_use"):
        return json.dumps(block.input)
    return str(getattr(block, block.type, ""))


_FIELDS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


class Seen:
    """What the events of a stream have told so far."""

    def __init__(self) -> None:
        self.text = ""
        self.end: str | None = None

    def event(self, event: Any) -> None:
        """Take in one event of a raw stream."""
        if event.type == "content_block_delta" and event.delta is not None:
            field = _FIELDS.get(event.delta.type)
            self.text += str(getattr(event.delta, field)) if field else ""
        if event.type == "message_delta":
            self.end = event.delta.stop_reason

    def message(self, message: Any) -> None:
        """Take in a whole message."""
        self.text, self.end = shown(message.content), message.stop_reason


def named(error: BaseException) -> str:
    """Return the class of `error`, with its status if it has one."""
    status = getattr(error, "status_code", None)
    return type(error).__name__ + (f" {status}" if status else "")


def end(outcome: str) -> str:
    """Return how a response ended, without what was seen of it."""
    return outcome.rpartition(" | ")[2]


def all_python(cases: Sequence[Case]) -> list[str]:
    """Return what the client makes of each response, each on a connection of its own."""
    with (
        Anthropic(api_key="mock", http_client=DefaultHttpxClient(limits=ALONE)) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        return list(pool.map(lambda case: python(client.with_options(**case.options), case), cases))


def python(client: Anthropic, case: Case) -> str:
    """Return what `client` makes of a response; it is not patient longer than its timeout."""
    seen = Seen()
    try:
        _ask(client, case, seen)
    except Exception as error:
        return f"{seen.text} | {named(error)}"
    return f"{seen.text} | {seen.end}"


def _ask(client: Anthropic, case: Case, seen: Seen) -> None:
    if case.way == "create":
        seen.message(client.messages.create(**case.asked))
    elif case.way == "raw":
        for event in client.messages.create(**case.asked, stream=True):
            seen.event(event)
    else:
        with client.messages.stream(**case.asked) as stream:
            for event in stream:
                seen.event(event)
            seen.message(stream.get_final_message())


async def all_python_async(cases: Sequence[Case]) -> list[str]:
    """Return what the asynchronous client makes of each response, each on a connection of its own."""
    turns = asyncio.Semaphore(TOGETHER)

    async def in_turn(client: AsyncAnthropic, case: Case) -> str:
        async with turns:
            return await python_async(client.with_options(**case.options), case)

    async with AsyncAnthropic(api_key="mock", http_client=DefaultAsyncHttpxClient(limits=ALONE)) as client:
        return await asyncio.gather(*(in_turn(client, case) for case in cases))


async def python_async(client: AsyncAnthropic, case: Case) -> str:
    """Return what `client` makes of a response."""
    seen = Seen()
    try:
        async with asyncio.timeout(case.patience):
            await _ask_async(client, case, seen)
    except TimeoutError:
        return f"{seen.text} | {WAITING}"
    except Exception as error:
        return f"{seen.text} | {named(error)}"
    return f"{seen.text} | {seen.end}"


async def _ask_async(client: AsyncAnthropic, case: Case, seen: Seen) -> None:
    if case.way == "create":
        seen.message(await client.messages.create(**case.asked))
    elif case.way == "raw":
        async for event in await client.messages.create(**case.asked, stream=True):
            seen.event(event)
    else:
        async with client.messages.stream(**case.asked) as stream:
            async for event in stream:
                seen.event(event)
            seen.message(await stream.get_final_message())


def typescript(folder: Path, cases: Sequence[Case]) -> list[str]:
    """Return what the TypeScript client makes of each response, in one process."""
    shutil.copy(HERE / "faults.mjs", folder)
    asked = [
        {"client": case.options, "asked": case.asked, "way": case.way, "patience": case.patience} for case in cases
    ]
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
    done = subprocess.run(
        ["node", "faults.mjs"],
        cwd=folder,
        env=env,
        input=json.dumps(asked),
        capture_output=True,
        encoding="utf-8",
        timeout=PROGRAM_PATIENCE,
        check=True,
    )
    outcomes: list[str] = json.loads(done.stdout)
    return outcomes
