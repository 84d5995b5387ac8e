"""Decide on the compaction of a conversation: its summary, and the input tokens before and after it.

Sources: recordings of `compact_20260112` in the tests of pydantic/pydantic-ai, where nothing but the system prompt and
the summary stays; probes of the API, and Anthropic's documentation of compaction. The summary's text is mockclaude's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from mockclaude.api import tokens
from mockclaude.api.clearing import read_value
from mockclaude.api.context_edits import list_edits
from mockclaude.api.events import Block
from mockclaude.api.prompt import Prompt
from mockclaude.api.request import MessagesRequest
from mockclaude.api.summary_signature import sign_summary
from mockclaude.reply.cache_usage import InputUsage

_TRIGGER_TOKENS = 150_000


class Compaction(NamedTuple):
    """The changes that a request for a compaction makes to its message.

    Attributes:
        block: The block with the summary; None below the trigger, where only the usage has an additional field.
        is_alone: Whether the message ends with the summary.
        input_usage: The input tokens of the message after the compaction; None to count the whole request.
        iterations: The usage of the compaction; empty without one.
    """

    block: Block | None = None
    is_alone: bool = False
    input_usage: InputUsage | None = None
    iterations: tuple[dict[str, Any], ...] = ()


def find_compaction(request: MessagesRequest, counts: InputUsage | None) -> Compaction | None:
    """Return the compaction that the request asks for; None if it asks for none.

    Args:
        request: The request.
        counts: Its input tokens by their effect on the cache; None without cached ones.
    """
    summary = f"Summary of the conversation so far. Messages: {len(request.messages)}."
    block = {"type": "compaction", "content": summary}
    if request.body.get("compaction") is not None:
        return _compact(request, counts, {**block, "signature": sign_summary(summary)}, is_alone=True)
    edit = next((edit for edit in list_edits(request.body) if edit.get("type") == "compact_20260112"), None)
    if edit is None:
        return None
    if request.input_tokens < read_value(edit.get("trigger"), _TRIGGER_TOKENS):
        return Compaction(input_usage=counts)
    return _compact(request, counts, block, is_alone=bool(edit.get("pause_after_compaction")))


def _compact(request: MessagesRequest, counts: InputUsage | None, block: Block, *, is_alone: bool) -> Compaction:
    before = counts or InputUsage(request.input_tokens)
    left = request.with_prompt(Prompt([{"role": "assistant", "content": [block]}])).input_tokens
    usage = {
        "input_tokens": before.input_tokens,
        "output_tokens": tokens.of_text(block["content"], request.constants.weights),
        "cache_read_input_tokens": before.read,
        "cache_creation_input_tokens": before.created_5m + before.created_1h,
        "cache_creation": {
            "ephemeral_5m_input_tokens": before.created_5m,
            "ephemeral_1h_input_tokens": before.created_1h,
        },
        "type": "compaction",
    }
    return Compaction(block, is_alone, InputUsage(0 if is_alone else left), (usage,))
