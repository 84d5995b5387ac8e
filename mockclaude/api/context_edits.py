"""The edits of `context_management` that the API makes before the model reads the prompt.

The caller's messages stay as they are. Sources: Anthropic's documentation of context editing and compaction; probes of
the API for the order of the edits. Supposed: a trigger fires above its value, and not at it.
"""

from __future__ import annotations

from typing import Any

from mockclaude.api.body import Body
from mockclaude.api.clearing import CLEARING, list_blocks
from mockclaude.api.prompt import Prompt
from mockclaude.api.request import MessagesRequest

_MOST_EDITS = 16
"""The edits that are applied (supposed): each counts all tokens again."""


def edit_context(request: MessagesRequest) -> MessagesRequest:
    """Return the request with the prompt that its compaction and its edits leave."""
    edited = _drop_compacted(request) if "block:compaction" in request.traits else request
    if "context_management" not in request.traits:
        return edited
    original, applied_edits = edited.input_tokens, []
    edits = list_edits(request.body)
    if len(edits) > _MOST_EDITS:
        edited.warn(f"context_management.edits: only the first {_MOST_EDITS} of {len(edits)} are applied")
    for edit in edits[:_MOST_EDITS]:
        edited, entry = _apply(edited, edit)
        applied_edits += entry
    if edited.prompt is not None:
        edited.prompt = edited.prompt._replace(original_tokens=original, applied_edits=applied_edits)
    return edited


def list_edits(body: Body) -> list[Body]:
    """Return the edits that a body requests."""
    settings = body.get("context_management")
    edits = settings.get("edits") if isinstance(settings, dict) else None
    return [edit for edit in edits if isinstance(edit, dict)] if isinstance(edits, list) else []


def _apply(request: MessagesRequest, edit: Body) -> tuple[MessagesRequest, list[dict[str, Any]]]:
    """Apply an edit, and return its entry of `applied_edits`; none if it frees too few tokens."""
    kind = str(edit.get("type"))
    if kind not in CLEARING:
        return request, []
    clear, key = CLEARING[kind]
    cleared = clear(request, edit)
    if cleared is None:
        return request, []
    edited = _with_messages(request, cleared.messages)
    freed = request.input_tokens - edited.input_tokens
    if freed < cleared.at_least:
        return request, []
    return edited, [{"type": kind, key: cleared.amount, "cleared_input_tokens": freed}]


def _drop_compacted(request: MessagesRequest) -> MessagesRequest:
    """Drop everything before the newest compaction that has a summary."""
    messages = request.messages if request.prompt is None else request.prompt.messages
    for number in range(len(messages) - 1, -1, -1):
        content = list_blocks(messages[number])
        for index in range(len(content) - 1, -1, -1):
            block = content[index]
            if block["type"] == "compaction" and block.get("content") is not None:
                first = {**messages[number], "content": content[index:]}
                return _with_messages(request, [first, *messages[number + 1 :]])
    return request


def _with_messages(request: MessagesRequest, messages: list[Body]) -> MessagesRequest:
    return request.with_prompt((request.prompt or Prompt([]))._replace(messages=messages))
