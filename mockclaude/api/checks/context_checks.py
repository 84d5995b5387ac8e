"""Checks of context editing and compaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockclaude.api.checks.check import Check, Details
from mockclaude.api.request import MessagesRequest

COMPACT, CLEAR_THINKING = "compact_20260112", "clear_thinking_20251015"
THRESHOLD_BETA, SUMMARY_BETA = "compact-2026-01-12", "compact-2026-09-04"
MINIMUM_TRIGGER = 50_000
"""Tokens of the smallest trigger of a compaction."""

_PROBED = "tdavison784/context-runtime, docs/probes, 26 Sep 2026; design note of Claudio"


def _edits(request: MessagesRequest) -> list[dict[str, Any]]:
    return (request.body.get("context_management") or {}).get("edits") or []


def _find_late_clear_thinking(request: MessagesRequest) -> Details | None:
    return {} if any(edit["type"] == CLEAR_THINKING for edit in _edits(request)[1:]) else None


def _find_clear_thinking_without_thinking(request: MessagesRequest) -> Details | None:
    if not any(edit["type"] == CLEAR_THINKING for edit in _edits(request)):
        return None
    kind, model = (request.body.get("thinking") or {}).get("type"), request.model_info
    is_default_off = kind is None and model is not None and not model.abilities.thinks_by_default
    return {} if kind == "disabled" or is_default_off else None


def _find_small_trigger(request: MessagesRequest) -> Details | None:
    for index, edit in enumerate(_edits(request)):
        if edit["type"] == COMPACT and (edit.get("trigger") or {}).get("value", MINIMUM_TRIGGER) < MINIMUM_TRIGGER:
            return {"index": index}
    return None


def _compactions(request: MessagesRequest) -> list[dict[str, Any]]:
    return [block for _, block in request.blocks["compaction"]]


def _find_without_strategy(request: MessagesRequest) -> Details | None:
    if THRESHOLD_BETA not in request.api_headers.betas or any(edit["type"] == COMPACT for edit in _edits(request)):
        return None
    return {} if not all(block.get("signature") for block in _compactions(request)) else None


def _find_unsigned(request: MessagesRequest) -> Details | None:
    if THRESHOLD_BETA in request.api_headers.betas:
        return None
    blocks = _compactions(request)
    return {} if any(block.get("content") is not None and not block.get("signature") for block in blocks) else None


def _find_signed(request: MessagesRequest) -> Details | None:
    if SUMMARY_BETA in request.api_headers.betas:
        return None
    signed = [path for path, block in request.blocks["compaction"] if block.get("signature")]
    return {"path": signed[0]} if signed else None


def _find_edited(request: MessagesRequest) -> Details | None:
    from mockclaude.api.summary_signature import is_edited

    for block in _compactions(request):
        if block.get("signature") and is_edited(block.get("content") or "", block["signature"]):
            return {"details": {"error_code": "compaction_content_mismatch"}}
    return None


def _find_unanswered_call(request: MessagesRequest) -> Details | None:
    last = request.messages[-1] if request.messages else {}
    content = last.get("content")
    is_open = last.get("role") == "assistant" and isinstance(content, list) and _has_call(content)
    return {"details": {"error_code": "compaction_incomplete_turn"}} if is_open and _is_summarized(request) else None


def _has_call(content: list[dict[str, Any]]) -> bool:
    return any(block["type"] == "tool_use" for block in content)


def _is_summarized(request: MessagesRequest) -> bool:
    """Return whether the request is for a summary. The endpoint count_tokens ignores the field."""
    return request.endpoint == "messages"


def _is_forced(body: dict[str, Any]) -> bool:
    return (body.get("tool_choice") or {}).get("type") in ("any", "tool")


def _output_config(body: dict[str, Any]) -> dict[str, Any]:
    return body.get("output_config") or {}


_EXCLUDED: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
    ("stop_sequences", lambda body: bool(body.get("stop_sequences"))),
    ("output_config.format", lambda body: _output_config(body).get("format") is not None),
    ("output_config.task_budget.remaining", lambda body: _has_remaining(_output_config(body).get("task_budget"))),
    ("tool_choice", _is_forced),
)


def _has_remaining(budget: Any) -> bool:
    return (budget or {}).get("remaining") is not None


def _exclude(field: str, is_set: Callable[[dict[str, Any]], bool]) -> Check:
    """Build the check of a field that a compaction request cannot have."""

    def find(request: MessagesRequest) -> Details | None:
        return {} if _is_summarized(request) and is_set(request.body) else None

    return Check(
        f"a compaction, and {field}",
        f"`compaction` cannot be combined with `{field}`.",
        "assumed",
        find,
        "compaction",
        citation="documentation of compaction: the condition",
    )


CHECKS: tuple[Check, ...] = (
    Check(
        "thinking that is cleared after another edit",
        "context_management: `clear_thinking_20251015` must be the first strategy in `context_management.edits` when "
        "provided",
        "reported",
        _find_late_clear_thinking,
        "context_management",
        citation=_PROBED,
    ),
    Check(
        "thinking that is cleared where the model does not think",
        "`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive",
        "reported",
        _find_clear_thinking_without_thinking,
        "context_management",
        gateway=True,
        citation="router-for-me/CLIProxyAPI#4957, #4784; anthropics/claude-code#11971, all with request ids or logs",
    ),
    Check(
        "a compaction at fewer tokens than the least",
        f"context_management.edits.{{index}}.compact_20260112: trigger.value must be at least {MINIMUM_TRIGGER}",
        "reported",
        _find_small_trigger,
        "context_management",
        citation=_PROBED,
    ),
    *(_exclude(field, is_set) for field, is_set in _EXCLUDED),
    Check(
        "a compaction of a turn with an open call",
        "`compaction` cannot follow a `tool_use` block without its `tool_result`.",
        "assumed",
        _find_unanswered_call,
        "compaction",
        citation="documentation of compaction: the condition; SDK 2.13: the code",
    ),
    Check(
        "a compaction in the messages without the edit",
        "`compaction` blocks require a `compact_20260112` strategy in `context_management.edits`.",
        "reported",
        _find_without_strategy,
        "block:compaction",
        citation=_PROBED,
    ),
    Check(
        "a compaction in the messages without a signature",
        "a `compaction` block with `content` requires its `signature`",
        "reported",
        _find_unsigned,
        "block:compaction",
        citation=_PROBED,
    ),
    Check(
        "a signed compaction without its beta",
        "{path}: `signature` requires anthropic-beta: compact-2026-09-04",
        "assumed",
        _find_signed,
        "block:compaction",
        citation=f"{_PROBED}: the end of the text",
    ),
    Check(
        "a signed compaction with another summary",
        "`compaction` block `content` does not match its `signature`",
        "reported",
        _find_edited,
        "block:compaction",
        citation=_PROBED,
    ),
)
"""Context: the order of edits, the fields that a compaction excludes, and compactions in the messages."""
