"""The Python SDK compacts a conversation, and goes on from the summary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from anthropic import Anthropic, DefaultHttpxClient

from tests.conftest import Serve

THRESHOLD, ON_DEMAND = "compact-2026-01-12", "compact-2026-09-04"
LONG: Any = {"role": "user", "content": "count words " * 30_000}
EDIT: Any = {"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": 50_000}}


@pytest.fixture
def messages(serve: Serve) -> Iterator[Any]:
    """Return the beta namespace of a client whose server answers "Sunny."."""
    url = serve("rules: [reply: Sunny.]").url
    with Anthropic(base_url=url, api_key="mock", http_client=DefaultHttpxClient(trust_env=False)) as client:
        yield client.beta.messages


def ask(*messages: Any, beta: str = THRESHOLD, **fields: Any) -> dict[str, Any]:
    return {"model": "claude-opus-4-8", "max_tokens": 100, "messages": [*messages], "betas": [beta], **fields}


def edits(**more: Any) -> Any:
    return {"edits": [{**EDIT, **more}]}


@pytest.mark.parametrize("pauses", [False, True])
def test_a_stream_is_assembled_to_the_message(messages: Any, pauses: bool) -> None:
    asked = ask(LONG, context_management=edits(pause_after_compaction=pauses))
    message = messages.create(**asked)
    with messages.stream(**asked) as stream:
        streamed = stream.get_final_message()

    assert [block.type for block in streamed.content] == [block.type for block in message.content]
    assert streamed.content[0].content == message.content[0].content
    assert [entry.type for entry in message.usage.iterations] == ["compaction", "message"][: 2 - pauses]
    assert streamed.usage.iterations == message.usage.iterations
    assert streamed.stop_reason == message.stop_reason == ("compaction" if pauses else "end_turn")


def test_a_paused_message_is_continued(messages: Any) -> None:
    asked = ask(LONG, context_management=edits(pause_after_compaction=True))
    paused = messages.create(**asked)
    asked["messages"].append({"role": "assistant", "content": paused.content})

    message = messages.create(**asked)

    assert [block.type for block in message.content] == ["text"]
    assert message.usage.input_tokens < 1_000


def test_a_summary_on_demand_comes_back_signed(messages: Any) -> None:
    asked = ask({"role": "user", "content": "Hi"}, beta=ON_DEMAND, compaction={"type": "summarize"})
    summary = messages.create(**asked)
    with messages.stream(**asked) as stream:
        assert stream.get_final_message().content == summary.content

    onward = [{"role": "assistant", "content": summary.content}, {"role": "user", "content": "On."}]

    assert summary.stop_reason == "compaction"
    assert messages.create(**ask(*onward, beta=ON_DEMAND)).content[0].text == "Sunny."
