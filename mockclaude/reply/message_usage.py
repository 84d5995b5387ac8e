"""The usage of a message: its tokens, iterations and calls of server tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from mockclaude.api import tokens
from mockclaude.api.events import Block
from mockclaude.api.request import MessagesRequest
from mockclaude.api.token_weights import Weights
from mockclaude.reply.blocks import is_thinking_enabled
from mockclaude.reply.cache_usage import InputUsage

_THINKING = ("thinking", "redacted_thinking")

_ITERATING_BETA = "claude-code-20250219"
"""The beta of Claude Code, whose recorded usage lists the iterations."""

_ITERATION_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation",
)
"""Values of the usage that an iteration has, in the API's key order."""


def build_usage(
    request: MessagesRequest, input_usage: InputUsage | None, content: Sequence[Block], step: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, int]]:
    """Build the usage in the API's key order, and the counts that begin a stream.

    Args:
        request: The request.
        input_usage: The input tokens of the first iteration; None to count them.
        content: The blocks of the reply.
        step: The values of the `usage` step, which replace counted values.
    """
    constants = request.constants
    first = input_usage or InputUsage(request.input_tokens)
    counts = add_iterations(first, content, constants.weights)
    created = {"ephemeral_5m_input_tokens": counts.created_5m, "ephemeral_1h_input_tokens": counts.created_1h}
    thinking = [block for block in content if block["type"] in _THINKING]
    usage: dict[str, Any] = {
        "input_tokens": counts.input_tokens,
        "cache_creation_input_tokens": counts.created_5m + counts.created_1h,
        "cache_read_input_tokens": counts.read,
        "cache_creation": created,
        "output_tokens": sum([tokens.of_output(block, constants.weights) for block in content]),
    }
    if constants.details == "always" or (constants.details == "thinking" and (thinking or _thinks(request))):
        count = sum([tokens.of_output(block, constants.weights) for block in thinking])
        usage["output_tokens_details"] = {"thinking_tokens": count}
    usage["service_tier"] = "standard"
    usage["inference_geo"] = constants.geo
    if request.body.get("speed") == "fast":
        usage["speed"] = "fast"
    kinds = [block["type"] for block in content]
    tools = [block.get("name") for block in content if block["type"] == "server_tool_use"]
    if "web_search" in tools or "web_fetch" in tools:
        usage["server_tool_use"] = {f"{name}_requests": tools.count(name) for name in ("web_search", "web_fetch")}
    if step:
        usage.update({key: value for key, value in step.items() if value is not None})
    if "fallback" in kinds or "advisor" in tools or _ITERATING_BETA in request.api_headers.betas:
        usage["iterations"] = step.get("iterations") or build_iterations(usage, _list_iterations(content))
    return usage, {} if counts is first else _list_counts(first, step)


def _list_counts(counts: InputUsage, step: Mapping[str, Any]) -> dict[str, int]:
    """List the counts that iterations add up, unless the `usage` step has them."""
    added = {"input_tokens": counts.input_tokens, "cache_read_input_tokens": counts.read}
    return {key: count for key, count in added.items() if step.get(key) is None}


def _thinks(request: MessagesRequest) -> bool:
    return "thinking" in request.body and is_thinking_enabled(request.body)


def build_iterations(usage: Mapping[str, Any], kinds: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Build `usage.iterations`.

    The last entry has the counts of `usage`. Of the others, only the input is known.

    Args:
        usage: The usage of the message.
        kinds: The `type` of each entry, and its `model`.
    """
    counts = {key: usage[key] for key in _ITERATION_COUNTS if key in usage}
    last = len(kinds) - 1
    return [{**counts, **({} if at == last else {"output_tokens": 0}), **kind} for at, kind in enumerate(kinds)]


def _list_iterations(content: Sequence[Block]) -> list[dict[str, Any]]:
    """List a `message` for each model that declined, and the model that wrote the reply."""
    fallbacks = [block for block in content if block["type"] == "fallback"]
    served = (
        {"type": "fallback_message", "model": fallbacks[-1]["to"].get("model")} if fallbacks else {"type": "message"}
    )
    return [*({"type": "message"} for _ in fallbacks), served]


_FEWEST = 3
"""The blocks of a reply with an iteration: a call, its result and what follows."""


def add_iterations(first: InputUsage, content: Sequence[Block], weights: Weights) -> InputUsage:
    """Add up the input of all iterations of a reply.

    Args:
        first: The input of the first iteration. Later iterations read its cached tokens again (assumed).
        content: The blocks of the reply.
        weights: The weights of the model.
    """
    if len(content) < _FEWEST or not any(map(_is_result, content)):
        return first
    totals = accumulate(tokens.of_block(block, weights) for block in content[:-1])
    read_again = [
        total
        for total, (block, following) in zip(totals, pairwise(content), strict=True)
        if _is_result(block) and not _is_result(following)
    ]
    if not read_again:
        return first
    return first._replace(
        input_tokens=first.input_tokens * (1 + len(read_again)) + sum(read_again),
        read=first.read + len(read_again) * (first.read + first.created_5m + first.created_1h),
    )


def _is_result(block: Block) -> bool:
    return bool(block["type"].endswith("_tool_result"))
