"""Compose a reply after a compaction: its summary comes first, and the usage has iterations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockclaude.reply.compaction import Compaction, find_compaction
from mockclaude.reply.compose import INCIDENTS, Reply, ReplyContext, compose
from mockclaude.reply.draws import Draws
from mockclaude.reply.message_usage import build_iterations
from mockclaude.scenario.rules import CompiledStep, ReplyTemplate
from mockclaude.scenario.template.templates import TemplateContext


def compose_compacted(
    template: ReplyTemplate,
    scope: TemplateContext,
    draws: Draws,
    message_id: str,
    context: ReplyContext,
) -> Reply:
    """Compose a reply with the summary of a compaction, if the request asks for it.

    A template that has a summary stays as it is. If the message ends with the summary, only the incidents of the
    template remain.

    Raises:
        FillError: The value of a placeholder does not fit its step.
    """
    compaction = find_compaction(scope.request, context.input_usage)
    if compaction is None or any(map(has_summary, template.steps)):
        return compose(template, scope, draws, message_id, context)
    steps = template.steps
    position = next((index for index, step in enumerate(steps) if step.kind not in INCIDENTS), len(steps))
    if compaction.is_alone:
        template = ReplyTemplate(tuple(step for step in steps if step.kind in INCIDENTS), template.fixed)
    context = context._replace(input_usage=compaction.input_usage)
    reply = compose(template, scope, draws, message_id, context)
    return add_compaction(reply, compaction, position)


def has_summary(step: CompiledStep) -> bool:
    """Return whether a step adds a compaction."""
    data = step.value.data
    blocks = [data] if step.kind == "block" else data.get("content", ()) if step.kind == "message" else ()
    return any(isinstance(block, dict) and block.get("type") == "compaction" for block in blocks)


def add_compaction(reply: Reply, compaction: Compaction, position: int) -> Reply:
    """Add a compaction to a reply, with its summary before the part at `position`."""
    usage = reply.message["usage"]
    message = {**reply.message, "usage": {**usage, "iterations": _list_iterations(usage, compaction)}}
    if compaction.block is None:
        return reply._replace(message=message)
    message["content"] = [compaction.block, *message["content"]]
    if compaction.is_alone:
        message["stop_reason"] = "compaction"
    parts = [*reply.parts[:position], compaction.block, *reply.parts[position:]]
    return reply._replace(message=message, parts=parts)


def _list_iterations(usage: Mapping[str, Any], compaction: Compaction) -> list[dict[str, Any]]:
    """List the compaction before the iterations of the usage, unless these have one."""
    iterations: list[dict[str, Any]] = usage.get("iterations") or build_iterations(usage, [{"type": "message"}])
    if any(entry.get("type") == "compaction" for entry in iterations):
        return iterations
    return [*compaction.iterations, *(() if compaction.is_alone else iterations)]
