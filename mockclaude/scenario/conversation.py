"""What a request says, in the words that a rule asks for.

In: a request body whose shape is checked, and headers. Out: a `Conversation`.
Knows nothing of rules. The *current turn* is what the client sent since the last assistant message; an assistant
message at the very end is a prefill of the answer and ends no turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from multidict import CIMultiDict, CIMultiDictProxy

from mockclaude.api import tokens
from mockclaude.api.body import Body
from mockclaude.scenario.conditions.queries import Query
from mockclaude.scenario.conditions.work import Work

NO_HEADERS: Mapping[str, str] = CIMultiDictProxy(CIMultiDict())

_REMINDER, _END_OF_REMINDER = "<system-reminder>", "</system-reminder>"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A `tool_result` of the current turn: the name of the tool it answers ('' if unknown), and its text."""

    name: str
    is_error: bool
    content: str


class Conversation:
    """A request as rules see it. Names in `headers` are looked up whatever their case."""

    def __init__(self, body: Body, headers: Mapping[str, str] = NO_HEADERS, input_tokens: int | None = None) -> None:
        self.body = body
        self.headers = headers
        self.input_tokens = tokens.of_input(body) if input_tokens is None else input_tokens
        """How many input tokens the request has; counted, if it is not given."""
        self._messages: list[dict[str, Any]] = body["messages"]
        self._begin = _begin_of_turn(self._messages)
        self.stream = bool(body.get("stream"))
        """Whether the client wants a stream."""
        self._turn = self._messages[self._begin :]
        self.user = "\n".join(_texts_of("user", self._turn))
        """The text of the current turn, blocks joined by line breaks."""

    @property
    def before(self) -> Conversation | None:
        """The conversation as it was one turn ago; None in its first turn."""
        messages = self._messages[: max(0, self._begin - 1)]
        return Conversation({**self.body, "messages": messages}, self.headers, self.input_tokens) if messages else None

    @cached_property
    def question(self) -> str:
        """What the person typed: the text of the current turn without the reminders that agents put around it."""
        return without_reminders(self.user)

    @property
    def prefill(self) -> str:
        """The beginning of the answer, as the client wrote it: the text of an assistant message at the very end."""
        last = self._messages[-1] if self._messages else None
        return "\n".join(_block_texts(last["content"])) if last and last["role"] == "assistant" else ""

    @property
    def model(self) -> str:
        """The model's name as the client wrote it."""
        return str(self.body["model"])

    @property
    def retry(self) -> int:
        """How often the SDK has tried before: 0 for a first attempt."""
        count = self.headers.get("x-stainless-retry-count", "")
        return int(count) if count.isdecimal() and len(count) < 10 else 0

    @cached_property
    def system(self) -> str:
        """The system prompt and all system messages, joined by line breaks."""
        inside = _texts_of("system", self._messages)
        return "\n".join((*_block_texts(self.body.get("system") or ()), *inside))

    @cached_property
    def turn(self) -> int:
        """The number of the current turn, from 1: one more than the assistant messages that came before it."""
        return 1 + [message["role"] for message in self._messages[: self._begin]].count("assistant")

    @cached_property
    def tools(self) -> dict[str, Mapping[str, Any]]:
        """The offered tools by name; a toolset without a name goes by its type."""
        return {str(tool.get("name") or tool.get("type")): tool for tool in self.body.get("tools") or ()}

    @cached_property
    def tool_results(self) -> tuple[ToolResult, ...]:
        """The tool results of the current turn, in the order in which they came."""
        blocks = [block for message in self._turn for block in _blocks(message) if block["type"] == "tool_result"]
        names = self._tool_names() if blocks else {}
        return tuple(
            ToolResult(
                names.get(block.get("tool_use_id", ""), ""),
                bool(block.get("is_error")),
                "\n".join(_block_texts(block.get("content") or "")),
            )
            for block in blocks
        )

    @cached_property
    def tool_names(self) -> str:
        """The names of the offered tools, joined by line breaks."""
        return "\n".join(self.tools)

    @cached_property
    def result_names(self) -> str:
        """The names of the tools whose results are in the current turn, joined by line breaks."""
        return "\n".join([result.name for result in self.tool_results])

    @cached_property
    def result_texts(self) -> str:
        """The texts of the tool results of the current turn, joined by line breaks."""
        return "\n".join([result.content for result in self.tool_results])

    @cached_property
    def work(self) -> Work:
        """The work that is left for the conditions and placeholders of this request."""
        return Work()

    def find(self, query: Query) -> Any:
        """Return what `query` finds in the body. Equal expressions are evaluated once.

        Raises:
            TooMuchWorkError: The evaluation takes more than what is left of `work`.
        """
        if query not in self._found:
            self._found[query] = query.evaluate(self.body, self.work)
        return self._found[query]

    @cached_property
    def _found(self) -> dict[Query, Any]:
        return {}

    def _tool_names(self) -> dict[str, str]:
        uses = (block for message in self._messages for block in _blocks(message) if block["type"] == "tool_use")
        return {use.get("id", ""): use.get("name", "") for use in uses}


def without_reminders(text: str) -> str:
    """Return `text` without the reminders that agents put around what a person typed."""
    before, *reminders = text.split(_REMINDER)
    return "".join((before, *map(_after_reminder, reminders))).strip()


def _after_reminder(text: str) -> str:
    _, end, after = text.partition(_END_OF_REMINDER)
    return after if end else _REMINDER + text


def _begin_of_turn(messages: list[dict[str, Any]]) -> int:
    """Return the index of the current turn's first message."""
    for index in range(len(messages) - 2, -1, -1):
        if messages[index]["role"] == "assistant":
            return index + 1
    return 0


def _blocks(message: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return () if isinstance(message["content"], str) else message["content"]


def _texts_of(role: str, messages: Iterable[Mapping[str, Any]]) -> list[str]:
    texts: list[str] = []
    for message in messages:
        if message["role"] == role:
            texts += _block_texts(message["content"])
    return texts


def _block_texts(content: Any) -> Sequence[str]:
    """Return the texts of a `content` in any of its forms: text, blocks, or one thing that is neither."""
    if isinstance(content, str):
        return (content,)
    blocks = content if isinstance(content, (list, tuple)) else ()
    return [str(block["text"]) for block in blocks if block.get("type") == "text" and "text" in block]
