"""Checks of cache breakpoints: their number, their places, and how long the cached prompt lives."""

from __future__ import annotations

from mockclaude.api.body import Body
from mockclaude.api.checks.check import Check, Details
from mockclaude.api.request import MessagesRequest

_MOST = 4


def _too_many(request: MessagesRequest) -> Details | None:
    count = len(request.breakpoints)
    return {"count": count} if count > _MOST else None


def _empty(request: MessagesRequest) -> Details | None:
    for path, block in request.breakpoints:
        if path and path[0] == "messages" and _is_empty(block):
            return {"path": path}
    return None


def _empty_system(request: MessagesRequest) -> Details | None:
    for path, block in request.breakpoints:
        if path and path[0] == "system" and _is_empty(block):
            return {"index": path[1]}
    return None


def _is_empty(block: Body) -> bool:
    return block.get("type") == "text" and block.get("text") == ""


def _longer_after_shorter(request: MessagesRequest) -> Details | None:
    shorter = False
    for path, block in request.breakpoints:
        longer = bool(path) and block["cache_control"].get("ttl") == "1h"
        if longer and shorter:
            return {"path": path}
        shorter = shorter or not longer
    return None


def _shorter_than_target(request: MessagesRequest) -> Details | None:
    """Find a breakpoint of an hour at the last block, where an automatic one of five minutes would be."""
    content = request.messages[-1]["content"]
    target = content[-1].get("cache_control") if content and isinstance(content, list) else None
    return {} if target and target.get("ttl") == "1h" and request.body["cache_control"].get("ttl") != "1h" else None


CHECKS: tuple[Check, ...] = (
    Check(
        "more marks than four",
        "A maximum of 4 blocks with cache_control may be provided. Found {count}.",
        "reported",
        _too_many,
        "cached",
        citation="AnswerDotAI/lisette#34",
    ),
    Check(
        "a mark on an empty text",
        "{path}.text: cache_control cannot be set for empty text blocks",
        "reported",
        _empty,
        "cached",
        citation="anthropics/claude-code#50484",
    ),
    Check(
        "a mark on an empty text in the system prompt",
        "system.{index}: cache_control cannot be set for empty text blocks",
        "reported",
        _empty_system,
        "cached",
        citation="vellum-ai/vellum-assistant#30712",
    ),
    Check(
        "a mark for an hour after one for five minutes",
        "{path}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
        "Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
        "reported",
        _longer_after_shorter,
        "cached",
        citation="vellum-ai/vellum-assistant#22191",
    ),
    Check(
        "an automatic mark of five minutes on a block with one of an hour",
        "Top-level cache_control has ttl='5m' but the target block already has cache_control with ttl='1h'",
        "reported",
        _shorter_than_target,
        "cache_control",
        citation="vellum-ai/vellum-assistant#23414",
    ),
)
"""Cache breakpoints: not too many, in the right order of lifetimes, and not on empty blocks."""
