"""A reset by the admin API while responses are in progress: they end, and change nothing that came after it."""

from __future__ import annotations

import threading
from asyncio import sleep
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from anthropic import Anthropic
from anthropic._exceptions import OverloadedError

from mockclaude.testing import MockClaude

LIMITS = "limits: {in_flight: 1, output_tokens_per_minute: 1000}\n"
PACED = """rules:
- {when: {user: short}, reply: Short., pace: {ttft: 1h}}
- {when: {user: long}, reply: Long., pace: {ttft: 1000h}}
- {reply: Hi!}
"""


def reset(mock: MockClaude) -> None:
    urlopen(Request(f"{mock.url}/_mockclaude/reset", b"{}", {"content-type": "application/json"})).close()


def ask(client: Anthropic, text: str) -> int:
    """Ask, and return the output tokens that are left in this minute."""
    response = client.messages.with_raw_response.create(
        model="claude-sonnet-5", max_tokens=100, messages=[{"role": "user", "content": text}]
    )
    return int(response.headers["anthropic-ratelimit-output-tokens-remaining"])


def begin(mock: MockClaude, client: Anthropic, text: str) -> threading.Thread:
    """Ask in a thread, and wait until the request is in the journal."""
    asking = threading.Thread(target=ask, args=(client, text))
    asking.start()
    while not mock.journal:
        pass
    return asking


def test_the_end_of_a_response_before_the_reset_frees_no_place_of_one_after_it(tmp_path: Path) -> None:
    (file := tmp_path / "paced.yaml").write_text(LIMITS + PACED)
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


def test_a_live_reply_that_began_before_the_reset_uses_no_tokens_after_it(tmp_path: Path) -> None:
    (file := tmp_path / "limits.yaml").write_text(LIMITS + "rules: [{when: {user: other}, reply: Hi!}]")
    is_reset = threading.Event()

    async def reply(_: object) -> str:
        while not is_reset.is_set():
            await sleep(0)
        return "word " * 50

    with MockClaude(file) as mock, Anthropic(base_url=mock.url, api_key="mock", max_retries=0) as client:
        untouched = ask(client, "other")
        mock.when(user="live").reply(reply)
        asking = begin(mock, client, "live")
        reset(mock)
        is_reset.set()
        asking.join()

        assert ask(client, "other") == untouched
