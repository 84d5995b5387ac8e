"""Compose a reply step by step while it is streamed; each step is composed once.

The result equals that of `compose_compacted` for the same steps, except that text and thinking may continue the
previous block. If a summary of the steps is not their first block, a compaction adds another. A truncation ends the
reply, as an error or a disconnect does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api.errors import ApiError
from mockclaude.api.events import Block, HiddenThinking
from mockclaude.api.request import MessagesRequest
from mockclaude.reply.blocks import build_citations, is_thinking_shown, to_text
from mockclaude.reply.compacted_reply import add_compaction, has_summary
from mockclaude.reply.compaction import find_compaction
from mockclaude.reply.compose import INCIDENTS, Drafter, Part, Pause, Reply, ReplyContext, finish
from mockclaude.reply.draws import Draws
from mockclaude.reply.live.growing_block import GrowingBlock
from mockclaude.reply.schedule import Incident
from mockclaude.reply.truncate import TruncatedReply, Truncation, count_tokens_left
from mockclaude.scenario.rules import CompiledStep, ReplyTemplate
from mockclaude.scenario.template.templates import FillError, TemplateContext


class MoreText(NamedTuple):
    """Text that continues the last block."""

    kind: str
    text: str


class Signature(NamedTuple):
    """The signature that completes a `thinking` block."""

    signature: str


Addition: TypeAlias = Block | MoreText | Signature | Pause
"""A part that a step adds: a block, which may be the beginning of a growing block, more text, a signature or time."""

_WITH_THINKING = ("thinking", "generate")
"""Steps that may add whole thinking blocks."""


class LiveDraft:
    """The reply so far.

    Attributes:
        ended: Whether an incident or a truncation has ended the reply.
        incident: The incident that has ended the reply.
        shows_thinking: Whether `thinking` blocks show their text.
    """

    def __init__(self, scope: TemplateContext, draws: Draws, reply_context: ReplyContext) -> None:
        request = scope.request
        self.ended = False
        self.incident: Incident | None = None
        self._scope = scope
        self._seed = draws.seed
        self._reply_context = reply_context
        self._compaction = None if reply_context.as_written else find_compaction(request, reply_context.input_usage)
        self._summary_position: int | None = None
        self._drafter = Drafter(request, draws, reply_context.as_written)
        self._truncation = None if reply_context.as_written else _truncation(request)
        self.shows_thinking = reply_context.as_written or is_thinking_shown(request)
        self._parts: list[Part] = []
        self._growth: GrowingBlock | None = None
        self._position = 0
        self._listed = False

    def add(self, template: ReplyTemplate) -> Iterator[Addition]:
        """Yield the additions of the steps of `template`.

        Raises:
            FillError: The value of a placeholder does not fit its step.
        """
        if template.recorded is not None:
            raise FillError("`respond` in a part of a reply; expected `respond` as the whole reply")
        continues = template.continues
        for step in template.steps:
            if step.kind not in INCIDENTS:
                yield from self._summarize(step)
                if self._compaction is not None and self._compaction.is_alone:
                    continue
            value = step.value.fill(self._scope)
            yield from self._add(step.kind, value, continues=continues)
            continues = False
            if self.ended:
                return

    def end(self) -> Iterator[Addition]:
        """Yield the additions that complete the reply."""
        yield from self.close()
        if not self.ended:
            yield from self._summarize()

    def close(self) -> Iterator[Addition]:
        """Yield the additions that complete the last block."""
        growth, self._growth = self._growth, None
        if growth is None:
            return
        rest = growth.close()
        yield from self._extend(growth, rest)
        if growth.kind == "thinking" and growth.has_begun:
            content = self._drafter.content[: self._position]
            if signature := growth.sign(self._seed, self._drafter.request, content):
                yield Signature(signature)

    def fail(self, error: ApiError) -> None:
        """End the reply with `error`."""
        self._end_with(error)

    def reply(self, message_id: str) -> Reply:
        """Build the reply so far."""
        if self._growth is not None:
            self._growth.assemble()
        truncation = self._truncation
        ending = (None, None) if truncation is None else (truncation.reason, truncation.sequence)
        truncated, compaction = TruncatedReply(self._parts, *ending), self._compaction
        if compaction is None:
            return finish(self._drafter, truncated, message_id, self._reply_context)
        context = self._reply_context._replace(input_usage=compaction.input_usage)
        position = len(self._parts) if self._summary_position is None else self._summary_position
        return add_compaction(finish(self._drafter, truncated, message_id, context), compaction, position)

    def _summarize(self, step: CompiledStep | None = None) -> Iterator[Addition]:
        """Yield the summary of a compaction before the first block."""
        if self._compaction is None or self._summary_position is not None:
            return
        if step is not None and has_summary(step):
            self._compaction = None
            return
        self._summary_position = len(self._parts)
        if self._compaction.block is not None:
            yield self._compaction.block

    def _add(self, kind: str, value: Any, *, continues: bool) -> Iterator[Addition]:
        grows = kind == "text" or (kind == "thinking" and not value["signature"])
        if grows and value.get("chunks") is None:
            yield from self._grow(kind, value, continues=continues)
            return
        if kind in _WITH_THINKING:  # its signature depends on that of the previous block
            yield from self.close()
            if self.ended:
                return
        before = len(self._drafter.parts)
        self._drafter.add(kind, value)
        if self._drafter.is_whole:
            self._truncation = None
        for part in self._drafter.parts[before:]:
            yield from self._put(part)
            if self.ended:
                return

    def _grow(self, kind: str, value: Mapping[str, Any], *, continues: bool) -> Iterator[Addition]:
        if not (continues and self._growth is not None and self._growth.kind == kind):
            yield from self.close()
            if self.ended:
                return
            self._growth = self._begin(kind, value)
            self._listed = False
        assert self._growth
        yield from self._extend(self._growth, self._growth.add(to_text(value[kind])))

    def _begin(self, kind: str, value: Mapping[str, Any]) -> GrowingBlock:
        if kind == "thinking":
            self._drafter.has_thinking = True
            block: Block = {"type": "thinking", "thinking": "", "signature": ""}
            if not self.shows_thinking:
                block = HiddenThinking(block)
            prefill = ""
        else:
            block = {**build_citations(self._scope.request, value), "type": "text", "text": ""}
            prefill = "" if self._drafter.content else self._scope.request.prefill
        self._position = len(self._drafter.content)
        self._drafter.content.append(block)
        return GrowingBlock(block, self._truncation, prefill)

    def _extend(self, growth: GrowingBlock, text: str) -> Iterator[Addition]:
        if growth.has_begun and not self._listed:
            self._listed = True
            self._parts.append(growth.block)
            yield {**growth.block, growth.kind: ""}
        if text:
            yield MoreText(growth.kind, text)
        self._check_cut()

    def _put(self, part: Part) -> Iterator[Addition]:
        """Add a whole part. A pause leaves the previous block open."""
        if isinstance(part, Pause) and part.microseconds is not None:
            self._parts.append(part)
            yield part
            return
        yield from self.close()
        if self.ended:
            return
        if not isinstance(part, dict):
            self._end_with(part)
            return
        blocks = [part] if self._truncation is None else self._truncation.take(part)
        self._parts += blocks
        yield from blocks
        self._check_cut()

    def _end_with(self, incident: Incident) -> None:
        self._parts.append(incident)
        self.incident = incident
        self.ended = True

    def _check_cut(self) -> None:
        self.ended = self.ended or (self._truncation is not None and self._truncation.reason is not None)


def _truncation(request: MessagesRequest) -> Truncation:
    return Truncation(request.body, count_tokens_left(request), request.constants.weights)
