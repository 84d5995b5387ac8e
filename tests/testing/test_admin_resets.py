"""A reset by the admin API while responses are in progress: they end, and change nothing that came after it."""

from __future__ import annotations

import threading
from asyncio import sleep
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from anthropic import Anthropic
from anthropic._exceptions import OverloadedError
from anthropic.types import MessageParam, TextBlockParam, Usage

from mockclaude.testing import MockClaude

PACED = """
limits: {in_flight: 1}
rules:
- {when: {user: short}, reply: Short., pace: {ttft: 1h}}
- {when: {user: long}, reply: Long., pace: {ttft: 1000h}}
- {reply: Hi!}
"""


def reset(mock: MockClaude) -> None:
    urlopen(Request(f"{mock.url}/_mockclaude/reset", b"{}", {"content-type": "application/json"})).close()


def ask(client: Anthropic, text: str) -> Usage:
    system: list[TextBlockParam] = [{"type": "text", "text": "word " * 5000, "cache_control": {"type": "ephemeral"}}]
    messages: list[MessageParam] = [{"role": "user", "content": text}]
    return client.messages.create(model="claude-sonnet-5", max_tokens=100, system=system, messages=messages).usage


def begin(mock: MockClaude, client: Anthropic, text: str) -> threading.Thread:
    """Ask in a thread, and wait until the request is in the journal."""
    asking = threading.Thread(target=ask, args=(client, text))
    asking.start()
    while not mock.journal:
        pass
    return asking


def test_the_end_of_a_response_before_the_reset_frees_no_place_of_one_after_it(tmp_path: Path) -> None:
    (file := tmp_path / "paced.yaml").write_text(PACED)
    with (
        MockClaude(file, speed="manual") as mock,
        Anthropic(base_url=mock.url, api_key="mock", max_retries=0) as client,
    ):
        before = begin(mock, client, "short")
        reset(mock)
        after = begin(mock, client, "long")
        while before.is_alive():
            mock.advance(3600)
            before.join(0.01)
        with pytest.raises(OverloadedError):
            ask(client, "another")
        mock.advance(1000 * 3600)
        after.join()


def test_a_live_reply_that_began_before_the_reset_fills_no_prompt_cache_after_it() -> None:
    is_reset = threading.Event()

    async def reply(_: object) -> str:
        while not is_reset.is_set():
            await sleep(0)
        return "Hi!"

    with MockClaude() as mock, Anthropic(base_url=mock.url, api_key="mock") as client:
        mock.reply(reply)
        asking = begin(mock, client, "before")
        reset(mock)
        is_reset.set()
        asking.join()
        mock.reply("Hi!")

        assert ask(client, "after").cache_read_input_tokens == 0
        assert ask(client, "later").cache_read_input_tokens != 0
