"""Compose the message of a reply from its steps, and the pauses, errors and disconnects between its blocks.

A `Reply` has everything except times and bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api import models
from mockclaude.api.errors import BATCH_RESULT, ApiError
from mockclaude.api.events import Block, FileResult, MadeFile
from mockclaude.api.request import Constants, MessagesRequest
from mockclaude.reply.blocks import BUILDERS, BlockBuilder, find_display, is_thinking_shown, to_text
from mockclaude.reply.cache_usage import InputUsage
from mockclaude.reply.draws import Draws
from mockclaude.reply.message_usage import build_usage
from mockclaude.reply.mismatches import find_mismatches
from mockclaude.reply.truncate import TruncatedReply, count_tokens_left, truncate
from mockclaude.scenario.format.units import FOREVER
from mockclaude.scenario.rules import ReplyTemplate
from mockclaude.scenario.template.templates import TemplateContext


class Pause(NamedTuple):
    """A time without events in microseconds; None lasts indefinitely."""

    microseconds: int | None


class Disconnect(NamedTuple):
    """An end of the connection: `reset`, `close`, or `clean` after an ended body."""

    how: str


Part: TypeAlias = Block | Pause | Disconnect | ApiError
"""A content block, or an incident between blocks."""


class Reply(NamedTuple):
    """A message, its parts in order, and notes on mismatches with the request.

    Attributes:
        chunk_size: The characters of a delta; None for the usual ones.
        constants: The constants of the model.
        first_usage: The counts of the first iteration, where the usage adds up several.
    """

    message: dict[str, Any]
    parts: Sequence[Part]
    notes: tuple[str, ...] = ()
    chunk_size: int | None = None
    constants: Constants = Constants()
    first_usage: Mapping[str, int] = {}

    @property
    def is_complete(self) -> bool:
        """Whether the reply reaches its last part."""
        incidents = self._incidents
        return not incidents or all(isinstance(part, Pause) and part.microseconds is not None for part in incidents)

    @property
    def is_plain(self) -> bool:
        """Whether the reply has no pause, error or disconnect."""
        return not self._incidents

    @property
    def files(self) -> tuple[MadeFile, ...]:
        """The files that its server tools make."""
        return tuple([file for part in self.parts if isinstance(part, FileResult) for file in part.files])

    @property
    def _incidents(self) -> Sequence[Part]:
        return [part for part in self.parts if not isinstance(part, dict)]


class ReplyContext(NamedTuple):
    """The inputs of a message from its request, except the conversation.

    Attributes:
        input_usage: The input tokens; None to count them.
        optional_fields: Fields of the message that the request asks for.
        as_written: Whether the reply ignores the limits of the request.
        chunk_size: The characters of a delta; None for the usual ones.
    """

    input_usage: InputUsage | None = None
    optional_fields: Mapping[str, Any] = {}
    as_written: bool = False
    chunk_size: int | None = None


PLAIN = ReplyContext()
"""The context of a reply with counted input tokens and without optional fields."""


def compose(
    template: ReplyTemplate, scope: TemplateContext, draws: Draws, message_id: str, context: ReplyContext = PLAIN
) -> Reply:
    """Fill in the steps of `template` and truncate the reply as the request demands.

    Raises:
        FillError: The value of a placeholder does not fit its step.
    """
    request = scope.request
    drafter = Drafter(request, draws, context.as_written)
    for step in template.steps:
        drafter.add(step.kind, step.value.fill(scope))
    parts = drafter.parts
    if context.as_written or drafter.is_whole:
        return finish(drafter, TruncatedReply(parts), message_id, context)
    return finish(
        drafter,
        truncate(parts, request.body, count_tokens_left(request), request.constants.weights),
        message_id,
        context,
    )


def finish(drafter: Drafter, truncated: TruncatedReply, message_id: str, context: ReplyContext) -> Reply:
    """Build the message with the truncated content, its ending and its usage."""
    request = drafter.request
    content = [part for part in truncated.parts if isinstance(part, dict)]
    usage, first_usage = build_usage(request, context.input_usage, content, drafter.usage)
    message = {
        "model": models.resolve(request.model),
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "content": content,
        **_build_ending(drafter.ending, content, truncated),
        "usage": usage,
        **context.optional_fields,
    }
    if drafter.message is not None:
        from mockclaude.reply.written_message import merge_message

        message = merge_message(message, drafter.message)
        first_usage = first_usage if drafter.message.get("usage") is None else {}
    notes = () if context.as_written else _build_notes(truncated, request.body, content)
    if drafter.has_thinking and not context.as_written:
        notes = (*_build_display_notes(request), *notes)
    return Reply(message, truncated.parts, notes, context.chunk_size, request.constants, first_usage)


def _build_display_notes(request: MessagesRequest) -> tuple[str, ...]:
    if find_display(request) or is_thinking_shown(request):
        return ()
    fix = "request `thinking: {display: summarized}`, or set `as_written: true`"
    return (f"the thinking is sent without its text, which is the default of {request.model}; {fix}",)


def _build_notes(truncated: TruncatedReply, body: dict[str, Any], content: Sequence[Block]) -> tuple[str, ...]:
    if truncated.reason is None:
        return tuple(find_mismatches(body, content))
    if truncated.reason == "max_tokens":
        return (f"cut at max_tokens ({body['max_tokens']})",)
    if truncated.reason == "stop_sequence":
        return (f"stopped at '{truncated.sequence}'",)
    return ("cut at the end of the context window",)


class Drafter:
    """A reply under construction, step by step.

    Attributes:
        content: The blocks among the parts.
        ending: The value of the last `stop_reason` step; None without one.
        usage: The value of the last `usage` step.
        message: The values of the `message` steps; None without one.
        has_thinking: Whether a step writes thinking, whose text the model may omit.
    """

    def __init__(self, request: MessagesRequest, draws: Draws, as_written: bool) -> None:
        self.request = request
        self.draws = draws
        self.as_written = as_written
        self.parts: list[Part] = []
        self.content: list[Block] = []
        self.ending: Mapping[str, Any] | None = None
        self.usage: Mapping[str, Any] = {}
        self.message: Mapping[str, Any] | None = None
        self.has_thinking = False

    @property
    def is_whole(self) -> bool:
        """Whether a `message` step has content. Such a reply is not truncated."""
        return self.message is not None and "content" in self.message

    def add(self, kind: str, value: Any) -> None:
        """Add the parts of a step.

        Raises:
            FillError: The value of a placeholder does not fit the step.
        """
        if kind in BUILDERS:
            self.has_thinking |= kind == "thinking"
            self._add_blocks(kind, value)
        elif kind == "generate":
            from mockclaude.reply.auto_reply import build_auto_reply

            for auto_kind, auto_value in build_auto_reply(self.request, self.draws):
                self._add_blocks(auto_kind, auto_value)
        elif kind == "stop_reason":
            self.ending = value
        elif kind == "usage":
            self.usage = value
        elif kind == "message":
            self._add_message(value)
        else:
            self.parts.append(INCIDENTS[kind](value))

    def _add_blocks(self, kind: str, value: Any) -> None:
        blocks = BlockBuilder(self.request, self.draws, self.content, self.as_written).blocks(kind, value)
        self.parts += blocks
        self.content += blocks

    def _add_message(self, message: Mapping[str, Any]) -> None:
        for block in message.get("content", ()):
            self.add("block", {**block, "text": to_text(block["text"])} if block["type"] == "text" else block)
        texts = {key: to_text(message[key]) for key in ("id", "model") if message.get(key) is not None}
        before = {} if self.is_whole and "content" in message else self.message or {}
        self.message = {**before, **message, **texts}


def _build_error(value: Mapping[str, Any]) -> ApiError:
    headers = {name: " ".join(to_text(header).splitlines()) for name, header in value["headers"].items()}
    kind, message = to_text(value["type"]), to_text(value["message"])
    return ApiError(kind, message, value["status"] or 0, headers, value["details"])


def _build_batch_result(kind: str) -> ApiError:
    """Build the error with which a message, which cannot be canceled or expire, fails."""
    message = f"`batch: {kind}` is the result of an item of a batch; add `batch: true` to `when`"
    return ApiError("invalid_request_error", message, details={BATCH_RESULT: kind})


INCIDENTS: dict[str, Callable[[Any], Part]] = {
    "error": _build_error,
    "pause": lambda value: Pause(None if value == FOREVER else value),
    "disconnect": Disconnect,
    "batch": _build_batch_result,
}
"""Kind of step -> builder of its incident."""


def _build_ending(
    step: Mapping[str, Any] | None, content: Sequence[Block], truncated: TruncatedReply
) -> dict[str, Any]:
    """Build the ending from the truncation, or else from the `stop_reason` step, or else from the content."""
    if truncated.reason is not None:
        return {"stop_reason": truncated.reason, "stop_sequence": truncated.sequence, "stop_details": None}
    if step is None:
        return {"stop_reason": _infer_stop_reason(content), "stop_sequence": None, "stop_details": None}
    reason = step["type"]
    details = {"type": reason, "category": step["category"], "explanation": step["explanation"]}
    return {
        "stop_reason": reason,
        "stop_sequence": step["stop_sequence"],
        "stop_details": details if reason == "refusal" else None,
    }


def _infer_stop_reason(content: Sequence[Block]) -> str:
    kinds = [block["type"] for block in content]
    if "tool_use" in kinds:
        return "tool_use"
    return "pause_turn" if kinds[-1:] in (["server_tool_use"], ["mcp_tool_use"]) else "end_turn"
