"""Prepare the bytes of replies without a pace, with holes that each request fills.

The holes are the model, the message's id, the counted tokens, and the texts with placeholders. The result equals that
of `render_response`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import orjson

from mockclaude.api import events, tokens
from mockclaude.api.events import Block, Event
from mockclaude.api.request import Constants, MessagesRequest
from mockclaude.api.schema.gates import GATES
from mockclaude.reply.blocks import to_text
from mockclaude.reply.cache_usage import CacheUsage, InputUsage
from mockclaude.reply.compose import Reply, ReplyContext, compose
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import Data, RenderedReply, new_rendered_reply, new_run
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.stream import CountedPieces, build_block_run, stream_events
from mockclaude.scenario.format.pace import Pace
from mockclaude.scenario.rules import CompiledStep, ReplyTemplate
from mockclaude.scenario.template.fakes import DEFAULT_LOCALE, Fakes
from mockclaude.scenario.template.templates import Template, TemplateContext, compile_template

# Private-use characters and long numbers mark the holes in prepared bytes: JSON encoding leaves them unchanged, and a
# reply that contains one is not prepared.
_MODEL, _ID, _TEXT = "\ue000model\ue000", "\ue000id\ue000", "\ue000text{}\ue000"
_INPUT = InputUsage(8_611_000_000_000_017, 8_611_000_000_000_029, 8_611_000_000_000_053, 8_611_000_000_000_071)
_OUTPUT_TOKENS = 8_611_000_000_000_083
_INPUT_MARKS = tuple(map(str, (*_INPUT, _INPUT.created_5m + _INPUT.created_1h)))
_OUTPUT_MARK = str(_OUTPUT_TOKENS)
_HOLES = re.compile("|".join((_MODEL, _ID, _TEXT.format(r"\d+"), *_INPUT_MARKS, _OUTPUT_MARK)).join("()").encode())

_END_OF_EVENT, _ENDING = b"\n\n", b"event: message_delta\n"

_PLAIN = frozenset(
    {
        *("model", "messages", "max_tokens", "stream", "system", "tools", "metadata"),
        *("thinking", "cache_control", "temperature", "top_k", "top_p"),
    }
)
"""Fields that do not change a reply which is short enough and calls no tool. Some values of `thinking` do."""

_COUNTED = frozenset({"input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation"})
"""Values of a usage that are counted in the request."""


class _TextHole(NamedTuple):
    """The hole of a text with placeholders: its mark, the position of its block, and the text."""

    mark: str
    position: int
    template: Template


_CHANGING_BETAS = GATES["binding"] | GATES["context_management"] | {"claude-code-20250219"}
"""Betas that add fields to a message."""


class _PreparedReply(NamedTuple):
    """A reply as bytes with holes.

    Attributes:
        parts: The bytes, with a hole between two parts.
        holes: The marks of the holes.
        texts: The holes of texts. In a stream, such a hole is for all events of the block.
        chunk_size: The characters of a delta; None for the usual ones.
        tokens: The output tokens of the content without these texts.
        content: The blocks, with marks as these texts.
        static: The events of a stream between its first and its last two, if these have no holes.
        usage: The usage, without `input_tokens` if the request's are counted.
        cites: Whether a text has citations, which depend on the documents of the request.
    """

    parts: list[bytes]
    holes: list[str]
    texts: Sequence[_TextHole]
    chunk_size: int | None
    tokens: int
    content: list[Block]
    static: Sequence[Event]
    usage: dict[str, Any]
    cites: bool


def render_prepared(
    template: ReplyTemplate,
    pace: Pace,
    request: MessagesRequest,
    context: ResponseContext,
    make_scope: Callable[[], TemplateContext],
    cached: CacheUsage | None = None,
    chunk_size: int | None = None,
) -> RenderedReply | None:
    """Fill the holes of a prepared reply; None if the reply must be composed.

    Raises:
        FillError: The value of a placeholder does not fit its step.
    """
    body, stream, messages = request.body, request.stream, request.messages
    is_plain = pace.instant and _PLAIN.issuperset(body) and _CHANGING_BETAS.isdisjoint(request.api_headers.betas)
    if not is_plain or ("thinking" in body and _changes_reply(body["thinking"])):
        return None
    input_tokens, most, constants = request.input_tokens, body.get("max_tokens"), request.constants
    counted = input_tokens if cached is None else cached.usage.input_tokens
    is_cached = cached is not None and any(cached.usage[1:])
    name = body["model"] if (model := request.model_info) is None else model.id
    prepared = _prepare(template, stream, chunk_size, is_cached, bool(body.get("thinking")), constants)
    has_prefill = messages and messages[-1]["role"] == "assistant"
    if prepared is None or has_prefill or (prepared.cites and "block:document" in request.traits):
        return None
    parts, holes, texts, _, size, content, static, usage, _ = prepared
    values = {_MODEL: orjson.dumps(name)[1:-1], _ID: context.message_id.encode(), _INPUT_MARKS[0]: b"%d" % counted}
    if cached is not None and is_cached:
        values.update(_encode_counts(cached.usage))
    if texts:
        content, size = _fill_texts(prepared, make_scope(), values, constants, stream=stream)
        usage = {**usage, "output_tokens": size} if _OUTPUT_MARK in holes else usage
    if (most is not None and size > most) or (model is not None and size > constants.plain_window - input_tokens):
        return None
    filled = parts.copy()
    filled[1::2] = [values[hole] for hole in holes]
    run = new_run((data := b"".join(filled), partial(_take_apart, data, static, stream)))
    response = context.whole_stream(run) if stream else context.message(run)
    return new_rendered_reply((response, (), content, usage, (), ""))


def _changes_reply(thinking: Any) -> bool:
    """Return whether the field `thinking` can add a note or a field of the message."""
    return bool(thinking) and (thinking.get("type") == "disabled" or thinking.get("block_binding") is not None)


def _encode_counts(counts: InputUsage) -> dict[str, bytes]:
    numbers = (*counts, counts.created_5m + counts.created_1h)
    return {mark: b"%d" % number for mark, number in zip(_INPUT_MARKS, numbers, strict=True)}


def _fill_texts(
    prepared: _PreparedReply, scope: TemplateContext, values: dict[str, bytes], constants: Constants, *, stream: bool
) -> tuple[list[Block], int]:
    """Add the bytes of texts to `values`; return the content and its tokens."""
    content, size = prepared.content.copy(), prepared.tokens
    for mark, position, template in prepared.texts:
        text = to_text(template.fill(scope))
        content[position] = {**content[position], "text": text}
        size += tokens.of_text(text, constants.weights)
        if stream:
            values[mark] = build_block_run(position, content[position], constants, prepared.chunk_size).encoded
        else:
            values[mark] = orjson.dumps(text)[1:-1]
    values[_OUTPUT_MARK] = b"%d" % size
    return content, size


def _take_apart(data: bytes, static: Sequence[Event], stream: bool) -> Sequence[Event | Data]:
    """Parse the events, or the message, of a filled reply."""
    if not stream:
        return [Data(data, orjson.loads(data))]
    first, middle, last = _cut(data)
    return [*events.parse_events(first), *(static or events.parse_events(middle)), *events.parse_events(last)]


def _cut(stream: bytes) -> tuple[bytes, bytes, bytes]:
    """Cut the bytes of a stream after its first event and before its last two."""
    begin, end = stream.index(_END_OF_EVENT) + len(_END_OF_EVENT), stream.rindex(_ENDING)
    return stream[:begin], stream[begin:end], stream[end:]


@lru_cache(maxsize=1024)
def _prepare(
    template: ReplyTemplate, stream: bool, chunk_size: int | None, is_cached: bool, thinks: bool, constants: Constants
) -> _PreparedReply | None:
    """Prepare the reply; None if that is not possible.

    It has an incident, a tool call, or other placeholders than those of texts.
    """
    steps = [_mark_text(step, _TEXT.format(number)) for number, step in enumerate(template.steps)]
    written = _list_written_counts(template)
    is_counted = _COUNTED.isdisjoint(written)
    if not all(step.fixed for step in steps) or not (is_counted or ("input_tokens" in written and not is_cached)):
        return None
    thinking = {"thinking": {"type": "adaptive"}} if thinks else {}
    request = MessagesRequest({"model": _MODEL, "messages": [], **thinking})
    request.constants = constants
    scope = TemplateContext(request, dict, lambda: Fakes(DEFAULT_LOCALE))
    fields = ReplyContext(_INPUT if is_cached else InputUsage(_INPUT.input_tokens), {}, True, chunk_size)
    reply = compose(ReplyTemplate(tuple(steps), fixed=True), scope, Draws(0, ""), _ID, fields)
    content, usage = reply.message["content"], reply.message["usage"]
    calls = any(block["type"] == "tool_use" or block["type"].endswith("_tool_result") for block in content)
    if calls or not reply.is_plain or _HOLES.search(_encode_steps(template)):
        return None
    texts = _find_texts(template, content)
    if texts and "output_tokens" not in written:
        usage["output_tokens"] = _OUTPUT_TOKENS
    data = _encode(reply, {text.position: text.mark for text in texts}, stream=stream)
    static = events.parse_events(_cut(data)[1]) if stream and not texts else ()
    parts = _HOLES.split(data)
    weights = request.constants.weights
    count = sum([tokens.of_output(block, weights) for block in content])
    count -= sum([tokens.of_text(text.mark, weights) for text in texts])
    kept = {key: value for key, value in usage.items() if not (is_counted and key in _COUNTED)}
    holes = [part.decode() for part in parts[1::2]]
    cites = any(block.get("citations") for block in content)
    return _PreparedReply(parts, holes, texts, chunk_size, count, content, static, kept, cites)


def _mark_text(step: CompiledStep, mark: str) -> CompiledStep:
    """Return the step with `mark` as its text, if placeholders are in this text."""
    data = step.value.data
    if step.kind != "text" or step.fixed or data["chunks"] is not None:
        return step
    return CompiledStep("text", compile_template({**data, "text": mark}))


def _find_texts(template: ReplyTemplate, content: Sequence[Block]) -> list[_TextHole]:
    texts = [block.get("text") for block in content]
    marks = {_TEXT.format(number): step for number, step in enumerate(template.steps) if not step.fixed}
    return [
        _TextHole(mark, texts.index(mark), compile_template(step.value.data["text"])) for mark, step in marks.items()
    ]


def _encode(reply: Reply, marks: dict[int, str], *, stream: bool) -> bytes:
    """Encode the reply without incidents; in a stream, the events of some blocks as marks."""
    if not stream:
        return orjson.dumps(reply.message)
    parts = [part.pieces for part in stream_events(reply, whole=True) if isinstance(part, CountedPieces)]
    pieces = [piece.encoded for part in parts for piece in part]
    for position, mark in marks.items():
        pieces[2 * position + 1] = mark.encode()
    return b"".join(pieces)


def _encode_steps(template: ReplyTemplate) -> bytes:
    return orjson.dumps([step.value.data for step in template.steps], option=orjson.OPT_NON_STR_KEYS)


def _list_written_counts(template: ReplyTemplate) -> set[str]:
    """List the values of the usage that the reply writes."""
    written = [step.value.data for step in template.steps if step.kind == "usage"]
    return {key for usage in written[-1:] for key, value in usage.items() if value is not None}
