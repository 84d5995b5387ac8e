"""From a rule's reply to a finished message and what happens on its way.

In: the steps of a reply, the conversation, and the draws. Out: a `Reply`: everything is decided but the time and bytes.
Knows nothing of streaming, of HTTP, or of which rule was chosen and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api import models, tokens
from mockclaude.api.errors import ApiError
from mockclaude.api.events import Block
from mockclaude.api.request import MessagesRequest
from mockclaude.reply.auto_reply import improvise
from mockclaude.reply.blocks import BUILDERS, Maker, as_text
from mockclaude.reply.cache_usage import InputUsage
from mockclaude.reply.draws import Draws
from mockclaude.reply.mismatches import contradictions
from mockclaude.reply.truncate import Obeyed, obey
from mockclaude.scenario.format.units import FOREVER
from mockclaude.scenario.rules import ReplyTemplate
from mockclaude.scenario.template.templates import TemplateContext


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is sent for so many microseconds; None is for ever."""

    microseconds: int | None


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The connection ends: by a TCP reset, by a plain close, or after a cleanly ended body."""

    how: str


Part: TypeAlias = Block | Pause | Disconnect | ApiError
"""What a reply is made of, in order: content blocks, and what happens between them."""


class Reply(NamedTuple):
    """A decided answer: the finished message, its parts, and notes on where it does not fit the request."""

    message: dict[str, Any]
    parts: Sequence[Part]
    notes: tuple[str, ...] = ()

    @property
    def arrives(self) -> bool:
        """Whether it gets to its end."""
        return all(
            isinstance(part, dict) or (isinstance(part, Pause) and part.microseconds is not None) for part in self.parts
        )

    @property
    def is_plain(self) -> bool:
        """Whether nothing happens on its way."""
        return all(isinstance(part, dict) for part in self.parts)


class Asking(NamedTuple):
    """What of a request a reply tells: its input tokens (None: counted), and fields that it asks for."""

    input_usage: InputUsage | None = None
    extras: Mapping[str, Any] = {}
    as_written: bool = False


PLAIN = Asking()
"""Nothing that is not counted, and nothing that was asked for."""


def compose(
    outline: ReplyTemplate, scope: TemplateContext, draws: Draws, message_id: str, asking: Asking = PLAIN
) -> Reply:
    """Return the reply that `outline` describes. Raises `FillError` if the values of placeholders do not fit in.

    It obeys the request, unless it is to be sent `as_written`.
    """
    conversation = scope.request
    drafter = Drafter(conversation, draws, asking.as_written)
    for step in outline.steps:
        drafter.add(step.kind, step.value.fill(scope))
    obeyed = Obeyed(drafter.parts) if asking.as_written else obey(drafter.parts, conversation.body, room(conversation))
    return finish(drafter, obeyed, message_id, asking)


def finish(drafter: Drafter, obeyed: Obeyed, message_id: str, asking: Asking) -> Reply:
    """Return the reply of which the request leaves `obeyed`, with the ending and the usage that `drafter` was given."""
    conversation = drafter.conversation
    content = [part for part in obeyed.parts if isinstance(part, dict)]
    message = {
        "model": models.resolve(conversation.model),
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "content": content,
        **_ending(drafter.ending, content, obeyed),
        "usage": _usage(asking.input_usage or InputUsage(conversation.input_tokens), content, drafter.usage),
        **asking.extras,
    }
    notes = () if asking.as_written else tuple(_notes(obeyed, conversation.body, content))
    return Reply(message, obeyed.parts, notes)


def room(conversation: MessagesRequest) -> float:
    """Return how many tokens the context window of the model has left for a reply."""
    model = models.find(conversation.model)
    return inf if model is None else max(0, model.max_input_tokens - conversation.input_tokens)


def _notes(obeyed: Obeyed, body: Mapping[str, Any], content: Sequence[Block]) -> Iterator[str]:
    if obeyed.reason == "max_tokens":
        yield f"cut at max_tokens ({body['max_tokens']})"
    elif obeyed.reason == "stop_sequence":
        yield f"stopped at '{obeyed.sequence}'"
    elif obeyed.reason is not None:
        yield "cut at the end of the context window"
    else:
        yield from contradictions(dict(body), content)


class Drafter:
    """Steps made into parts, one after the other; `ending` and `usage` are what steps say of them, if any does."""

    def __init__(self, conversation: MessagesRequest, draws: Draws, as_written: bool) -> None:
        self.conversation = conversation
        self.draws = draws
        self.as_written = as_written
        self.parts: list[Part] = []
        self.content: list[Block] = []
        self.ending: Mapping[str, Any] | None = None
        self.usage: Mapping[str, Any] = {}

    def add(self, kind: str, value: Any) -> None:
        """Add what a step with this value makes. Raises `FillError` if the values of placeholders do not fit in."""
        if kind in BUILDERS:
            blocks = Maker(self.conversation, self.draws, len(self.content), self.as_written).blocks(kind, value)
            self.parts += blocks
            self.content += blocks
        elif kind == "generate":
            for made_kind, made_value in improvise(self.conversation, self.draws):
                self.add(made_kind, made_value)
        elif kind == "stop_reason":
            self.ending = value
        elif kind == "usage":
            self.usage = value
        else:
            self.parts.append(_INCIDENTS[kind](value))


def _error(value: Mapping[str, Any]) -> ApiError:
    headers = {name: " ".join(as_text(header).splitlines()) for name, header in value["headers"].items()}
    kind, message = as_text(value["type"]), as_text(value["message"])
    return ApiError(kind, message, value["status"] or 0, headers, value["details"])


_INCIDENTS: dict[str, Callable[[Any], Part]] = {
    "error": _error,
    "pause": lambda value: Pause(None if value == FOREVER else value),
    "disconnect": Disconnect,
}


def _ending(given: Mapping[str, Any] | None, content: Sequence[Block], obeyed: Obeyed) -> dict[str, Any]:
    """Return `stop_reason`, `stop_sequence` and `stop_details`: as the request ended the reply, as it is given, or
    inferred from the content.
    """
    if obeyed.reason is not None:
        return {"stop_reason": obeyed.reason, "stop_sequence": obeyed.sequence, "stop_details": None}
    if given is None:
        return {"stop_reason": _inferred_stop_reason(content), "stop_sequence": None, "stop_details": None}
    reason = given["type"]
    details = {"type": reason, "category": given["category"], "explanation": given["explanation"]}
    return {
        "stop_reason": reason,
        "stop_sequence": given["stop_sequence"],
        "stop_details": details if reason == "refusal" else None,
    }


def _inferred_stop_reason(content: Sequence[Block]) -> str:
    kinds = [block["type"] for block in content]
    if "tool_use" in kinds:
        return "tool_use"
    return "pause_turn" if kinds[-1:] in (["server_tool_use"], ["mcp_tool_use"]) else "end_turn"


_THOUGHTS = ("thinking", "redacted_thinking")


def _usage(used: InputUsage, content: Sequence[Block], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the usage of a message in the API's key order; what is `given` replaces what is counted."""
    created = {"ephemeral_5m_input_tokens": used.created_5m, "ephemeral_1h_input_tokens": used.created_1h}
    usage = {
        "input_tokens": used.input_tokens,
        "cache_creation_input_tokens": used.created_5m + used.created_1h,
        "cache_read_input_tokens": used.read,
        "cache_creation": created,
        "output_tokens": sum(map(tokens.of_output, content)),
        "service_tier": "standard",
        "inference_geo": "not_available",
        **dict(_usage_details(content)),
    }
    return usage | {key: value for key, value in given.items() if value is not None}


def _usage_details(content: Sequence[Block]) -> Iterator[tuple[str, Any]]:
    thoughts = [block for block in content if block["type"] in _THOUGHTS]
    if thoughts:
        yield "output_tokens_details", {"thinking_tokens": sum(map(tokens.of_output, thoughts))}
    used = [block.get("name") for block in content if block["type"] == "server_tool_use"]
    if "web_search" in used or "web_fetch" in used:
        counts = {f"{name}_requests": used.count(name) for name in ("web_search", "web_fetch")}
        yield "server_tool_use", counts
