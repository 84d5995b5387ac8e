"""A Messages request: the parsed body and its headers, with the views that checks, conditions and replies need.

The constructor walks the content blocks once. All other views are computed on first access. The current *turn* is
everything after the last assistant message. An assistant message at the very end is a prefill of the reply and ends no
turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from multidict import CIMultiDict, CIMultiDictProxy

from mockclaude.api import tokens
from mockclaude.api.api_headers import NEW_VERSION, ApiHeaders
from mockclaude.api.body import Body
from mockclaude.api.content_blocks import HAS_BREAKPOINTS, find_breakpoints
from mockclaude.api.field_traits import list_inner_traits
from mockclaude.api.fingerprint import canonical_body
from mockclaude.api.issued import ALL_ISSUED, IssuedBlocks
from mockclaude.api.model_constants import LONGEST_NAME, find_constants
from mockclaude.api.model_constants import Constants as Constants
from mockclaude.api.models import Model
from mockclaude.api.prompt_parts import SETTINGS, PromptParts
from mockclaude.api.redaction import redact
from mockclaude.api.tool_pairs import OF_MESSAGES, ToolCallPairs, pair_tool_calls

if TYPE_CHECKING:
    from mockclaude.api.prompt import Prompt

NO_HEADERS: Mapping[str, str] = CIMultiDictProxy(CIMultiDict())
NO_API_HEADERS = ApiHeaders("", NEW_VERSION, frozenset())

LONG = 100_000
"""Tokens of a request and its reply that fit into the context window of every model."""

_LEVELS = 3
"""Levels of content with text: a search result in a tool result in a message."""

_REMINDER, _END_OF_REMINDER = "<system-reminder>", "</system-reminder>"


class ToolResult(NamedTuple):
    """A `tool_result` block: the name of its tool ('' if unknown) and its text."""

    name: str
    is_error: bool
    content: str


class EarlierTurn(NamedTuple):
    """An earlier turn: its number, the text of the user, and the tool results."""

    number: int
    user: str
    results: tuple[ToolResult, ...]


class MessagesRequest:
    """A request, of which only the warnings, the entry and the `custom_id` change.

    Attributes:
        body: The parsed body with all messages of its thread. Only reports redact its credentials.
        headers: The headers, with credentials; names are case-insensitive.
        model_info: The catalogue's entry of the model; None for a name that the catalogue does not list.
        api_headers: The API key, the version and the betas.
        issued: The thinking blocks that the server or a recording has sent.
        excluded_fields: The fields outside the canonical body, as JSON; empty for none.
        encoded_tools: The tools as JSON; empty if they are not encoded.
        warnings: The errors that the validation mode tolerates, and oddities that the API accepts.
        requested_fault: The requested fault after the model name; '' for none.
        endpoint: The endpoint, such as `messages` or `count_tokens`.
        adapter: The dialect of the client: `anthropic`, `bedrock`, `vertex` or `openai`.
        custom_id: The id of the request in its batch; None for a request outside a batch.
        entry: The `JournalEntry` with the decision and the response; None until the request is handled.
        constants: The constants of the model.
        prompt: The messages that the model reads; None if they are those of the body.
        messages: The messages of the body.
        stream: Whether the client requests a stream.
        user: The text of the current turn, blocks joined by line breaks.
        typed_text: The same text without the reminders that agents add to it.
        blocks: The content blocks of all messages by type, with those in tool results, in the order of the request.
        parts: The counted parts of the prompt.
        input_tokens: The input tokens of the request.
        breakpoints: The items with `cache_control`, in the API's order: tools, system, messages, last the body itself.
        traits: The features that checks depend on, which the module `field_traits` lists.

    Raises:
        KeyError, TypeError, AttributeError: The shape of `body` is invalid. The constructor does not validate it.
    """

    custom_id: str | None = None

    def __init__(
        self,
        body: Body,
        headers: Mapping[str, str] = NO_HEADERS,
        model_info: Model | None = None,
        api_headers: ApiHeaders = NO_API_HEADERS,
        issued: IssuedBlocks = ALL_ISSUED,
        canonical: bytes | None = None,
        excluded_fields: bytes = b"",
        encoded_tools: bytes = b"",
        warnings: Sequence[str] = (),
        requested_fault: str = "",
        endpoint: str = "messages",
        entry: Any = None,
        adapter: str = "anthropic",
    ) -> None:
        self.body: dict[str, Any] = body
        self.headers = headers
        self.model_info = model_info
        self.api_headers = api_headers
        self.issued = issued
        if canonical is not None:
            self.canonical = canonical
        self.excluded_fields, self.encoded_tools = excluded_fields, encoded_tools
        self.warnings = warnings
        self.requested_fault = requested_fault
        self.endpoint = endpoint
        self.entry, self.adapter = entry, adapter
        constants = self.constants = find_constants(body["model"][:LONGEST_NAME])
        self.prompt: Prompt | None = None
        self.messages: list[dict[str, Any]] = body["messages"]
        self.stream = bool(body.get("stream"))
        self._begin, self.user = _current_turn(self.messages)
        self.typed_text = without_reminders(self.user) if _REMINDER in self.user else self.user
        self.parts = PromptParts(constants) if SETTINGS.isdisjoint(body) else parts_of(body, constants, encoded_tools)
        self.blocks, marked, is_blank = tokens.walk(self.messages, self.parts)
        self.input_tokens = tokens.count_prompt(self.parts)
        is_marked = marked or not HAS_BREAKPOINTS.isdisjoint(body)
        self.breakpoints = find_breakpoints(body, marked) if is_marked else []
        self.traits = self._collect_traits(is_blank=is_blank)

    def warn(self, message: str) -> None:
        """Add a warning to this request only, since requests share the warnings of a head."""
        self.warnings = [*self.warnings, message]

    def with_prompt(self, prompt: Prompt) -> MessagesRequest:
        """Return a copy that counts the tokens of an edited prompt.

        All other views are those of the body.
        """
        edited = copy(self)
        edited.prompt = prompt
        edited.parts = parts_of(self.body, self.constants, self.encoded_tools)
        tokens.walk(prompt.messages, edited.parts)
        edited.input_tokens = tokens.count_prompt(edited.parts)
        return edited

    def count_ends(self, ends: Iterable[int]) -> list[int]:
        """Count the tokens of the first tools and blocks; their numbers ascend."""
        return tokens.count_ends(self.parts, ends)

    def _collect_traits(self, *, is_blank: bool) -> frozenset[str]:
        traits = {name for name, value in self.body.items() if value is not None and ":" not in name}
        traits.update([f"role:{message['role']}" for message in self.messages])
        if self.blocks:
            traits.update([f"block:{kind}" for kind in self.blocks])
        if "tools" in traits or "thinking" in traits:
            traits.update(list_inner_traits(self.body))
        if self.breakpoints:
            traits.add("cached")
        if is_blank:
            traits.add("blank")
        if self.input_tokens + (self.body.get("max_tokens") or 0) > LONG:
            traits.add("long")
        return frozenset(traits)

    def __repr__(self) -> str:
        return f"<MessagesRequest {redact(self.user)[:60]!r} of {self.model}, turn {self.turn}>"

    @property
    def model(self) -> str:
        """The model's name as the client sent it."""
        return str(self.body["model"])

    @cached_property
    def canonical(self) -> bytes:
        """The canonical body, without the order of keys and without excluded fields."""
        return canonical_body(self.body)

    @cached_property
    def turn(self) -> int:
        """The number of the current turn: 1 plus the assistant messages before it."""
        return 1 + [message["role"] for message in self.messages[: self._begin]].count("assistant")

    def earlier_turns(self) -> Iterator[EarlierTurn]:
        """Yield the earlier turns, latest first."""
        begin, number = self._begin, self.turn
        while begin > 1:
            end = begin - 1
            begin = _begin_of_turn(self.messages, end)
            turn = self.messages[begin:end]
            number -= 1 + [message["role"] for message in turn].count("assistant")
            yield EarlierTurn(number, "\n".join(list_texts("user", turn)), self._results_in(turn))

    @property
    def prefill(self) -> str:
        """The text of an assistant message at the very end, which begins the reply."""
        last = self.messages[-1] if self.messages else None
        return "\n".join(_block_texts(last["content"])) if last and last["role"] == "assistant" else ""

    @property
    def retry(self) -> int:
        """The number of earlier attempts of the SDK: 0 for the first attempt."""
        count = self.headers.get("x-stainless-retry-count", "")
        return int(count) if count.isdecimal() and len(count) < 10 else 0

    @cached_property
    def system(self) -> str:
        """The system prompt and all system messages, joined by line breaks."""
        return "\n".join((*_block_texts(self.body.get("system") or ()), *list_texts("system", self.messages)))

    @cached_property
    def conversation(self) -> str:
        """The texts of system prompt, messages and tool results, joined by line breaks."""
        contents = [self.body.get("system"), *(message["content"] for message in self.messages)]
        return "\n".join(text for content in contents for text in _texts_within(content, _LEVELS))

    @cached_property
    def tools(self) -> dict[str, Mapping[str, Any]]:
        """The offered tools by name; a toolset without a name is listed by its type."""
        return {str(tool.get("name") or tool.get("type")): tool for tool in self.body.get("tools") or ()}

    @cached_property
    def tool_names(self) -> str:
        """The names of the offered tools, joined by line breaks."""
        return "\n".join(self.tools)

    @cached_property
    def results(self) -> tuple[ToolResult, ...]:
        """The tool results of the current turn, in the order of the request."""
        return self._results_in(self.messages[self._begin :])

    @cached_property
    def result_names(self) -> str:
        """The tool names of the current turn's results, joined by line breaks."""
        return "\n".join([result.name for result in self.results])

    @cached_property
    def result_texts(self) -> str:
        """The texts of the current turn's tool results, joined by line breaks."""
        return "\n".join([result.content for result in self.results])

    @property
    def tool_results(self) -> dict[str, str]:
        """The texts of the current turn's tool results, by tool name."""
        return {result.name: result.content for result in self.results}

    @property
    def tool_errors(self) -> dict[str, str]:
        """The texts of the tool results with an error, by tool name."""
        return {result.name: result.content for result in self.results if result.is_error}

    @cached_property
    def pairs(self) -> ToolCallPairs:
        """The tool calls and their results."""
        return pair_tool_calls(self.messages, self.blocks.get("tool_use", ()), self.blocks.get("tool_result", ()))

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """Values that other modules compute once for each request, by key."""
        return {}

    def _results_in(self, messages: list[Body]) -> tuple[ToolResult, ...]:
        return tuple(
            ToolResult(
                self._called_tools.get(block.get("tool_use_id", ""), ""),
                bool(block.get("is_error")),
                "\n".join(_block_texts(block.get("content") or "")),
            )
            for message in messages
            for block in _blocks_of(message)
            if block["type"] == "tool_result"
        )

    @cached_property
    def _called_tools(self) -> dict[str, str]:
        calls = self.blocks.get("tool_use", ())
        return {call.get("id", ""): call.get("name", "") for path, call in calls if len(path) == OF_MESSAGES}


def parts_of(body: Body, constants: Constants, encoded: bytes) -> PromptParts:
    """Return the parts of the prompt before the messages of a body with `SETTINGS`."""
    from mockclaude.api.prompt_settings import list_parts

    return list_parts(body, constants, encoded)


def without_reminders(text: str) -> str:
    """Remove the reminders that agents add to a text, and the white space around it."""
    before, *reminders = text.split(_REMINDER)
    return "".join((before, *map(_after_reminder, reminders))).strip() if reminders else text


def _after_reminder(text: str) -> str:
    _, end, after = text.partition(_END_OF_REMINDER)
    return after if end else _REMINDER + text


def _current_turn(messages: list[Body]) -> tuple[int, str]:
    """Return the index of the current turn's first message, and the text of the turn."""
    begin = _begin_of_turn(messages, len(messages))
    content = messages[begin]["content"] if begin == len(messages) - 1 else None
    if isinstance(content, str) and messages[begin]["role"] == "user":
        return begin, content
    return begin, "\n".join(list_texts("user", messages[begin:]))


def _begin_of_turn(messages: list[Body], end: int) -> int:
    """Return the index of the first message of the turn that ends before index `end`."""
    for index in range(end - 2, -1, -1):
        if messages[index]["role"] == "assistant":
            return index + 1
    return 0


def _blocks_of(message: Body) -> Iterable[Body]:
    content: str | list[Body] = message["content"]
    return () if isinstance(content, str) else content


def list_texts(role: str, messages: Iterable[Body]) -> list[str]:
    """List the texts in the messages of a role."""
    texts: list[str] = []
    for message in messages:
        if message["role"] == role:
            texts += _block_texts(message["content"])
    return texts


def _block_texts(content: Any) -> Sequence[str]:
    """Return the texts of a `content`: a string, blocks, or another value without text."""
    if isinstance(content, str):
        return (content,)
    blocks = content if isinstance(content, (list, tuple)) else ()
    return [str(block["text"]) for block in blocks if block.get("type") == "text" and "text" in block]


def _texts_within(content: Any, levels: int) -> Iterator[str]:
    """Yield the texts of a `content`, and of the contents of its blocks."""
    if isinstance(content, str):
        yield content
    for block in content if isinstance(content, list) and levels else ():
        if isinstance(block, dict):
            yield from _texts_within(block.get("text" if block.get("type") == "text" else "content"), levels - 1)
