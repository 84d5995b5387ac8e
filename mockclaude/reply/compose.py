"""From a rule's reply to a finished message and what happens on its way.

In: the steps of a reply, the conversation, and the draws. Out: a `Reply`: everything is decided but the time and bytes.
Knows nothing of streaming, of HTTP, or of which rule was chosen and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api import models, tokens
from mockclaude.api.errors import ApiError
from mockclaude.api.events import Block
from mockclaude.reply.blocks import BUILDERS, Maker, as_text
from mockclaude.reply.draws import Draws
from mockclaude.reply.improvise import improvise
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.quantities import FOREVER
from mockclaude.scenario.rules import Outline, Rule
from mockclaude.scenario.templates import Scope


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
    """A decided answer: the finished message, and the parts it arrives in."""

    message: dict[str, Any]
    parts: Sequence[Part]

    @property
    def is_plain(self) -> bool:
        """Whether nothing happens on its way."""
        return all(isinstance(part, dict) for part in self.parts)


def choose(rule: Rule, answered: int, draws: Draws) -> Outline:
    """Return the reply of `rule` that is due: the next of a sequence, or one drawn by weight."""
    if rule.weights:
        return rule.replies[draws.weighted("choice", rule.weights)]
    return rule.replies[min(answered, len(rule.replies) - 1)]


def compose(outline: Outline, scope: Scope, draws: Draws, message_id: str) -> Reply:
    """Return the reply that `outline` describes. Raises `ApiError` 400 if a schema of the request has no instance."""
    conversation = scope.conversation
    drafter = _Drafter(conversation, draws)
    for step in outline.steps:
        drafter.add(step.kind, step.value.fill(scope))
    message = {
        "model": models.resolve(conversation.model),
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "content": drafter.content,
        **_ending(drafter.ending, drafter.content),
        "usage": _usage(conversation, drafter.content, drafter.usage),
    }
    return Reply(message, drafter.parts)


class _Drafter:
    def __init__(self, conversation: Conversation, draws: Draws) -> None:
        self.conversation = conversation
        self.draws = draws
        self.parts: list[Part] = []
        self.content: list[Block] = []
        self.ending: Mapping[str, Any] | None = None
        self.usage: Mapping[str, Any] = {}

    def add(self, kind: str, value: Any) -> None:
        if kind in BUILDERS:
            blocks = Maker(self.conversation, self.draws, len(self.content)).blocks(kind, value)
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


def _ending(given: Mapping[str, Any] | None, content: Sequence[Block]) -> dict[str, Any]:
    """Return `stop_reason`, `stop_sequence` and `stop_details`, inferred from the content when not given."""
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


def _usage(conversation: Conversation, content: Sequence[Block], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the usage of a message in the API's key order; what is `given` replaces what is counted."""
    usage = {
        "input_tokens": tokens.of_input(conversation.body),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
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
