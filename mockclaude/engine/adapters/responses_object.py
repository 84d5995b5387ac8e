"""The response object of OpenAI's Responses API and the items in its output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.engine.adapters.edited_values import as_object, as_text, encode_input, list_blocks, read_count

Json: TypeAlias = dict[str, Any]

_INCOMPLETE = {
    "max_tokens": "max_output_tokens",
    "model_context_window_exceeded": "max_output_tokens",
    "refusal": "content_filter",
}
"""Stop reason -> reason of an incomplete response. With other stop reasons, a response is complete."""

IN_PROGRESS, COMPLETED, INCOMPLETE = "in_progress", "completed", "incomplete"


class MessageItem:
    """An item with one text. Successive text blocks of the API share an item.

    Attributes:
        kind: The kind of its content, by which its events are called.
        id: The id of the item.
        index: The index in the output.
        texts: The parts of the text.
    """

    __slots__ = ("id", "index", "kind", "texts")

    def __init__(self, name: str, index: int, kind: str = "output_text") -> None:
        self.kind = kind
        self.id = f"msg_{name}_{index}"
        self.index = index
        self.texts: list[str] = []

    @property
    def place(self) -> Json:
        """The fields by which its events name it."""
        return {"item_id": self.id, "output_index": self.index, "content_index": 0}

    def write(self, status: str) -> bytes:
        """Write the item of the output as JSON."""
        part = b"" if status == IN_PROGRESS else self.write_part()
        return _MESSAGE % (orjson.dumps(self.id), status.encode(), part)

    def write_part(self) -> bytes:
        """Write the content part with the text up to now as JSON."""
        return (_REFUSAL if self.kind == "refusal" else _TEXT) % orjson.dumps("".join(self.texts))

    def build_end(self) -> Json:
        """Build the fields with the text up to now."""
        text = "".join(self.texts)
        return {"refusal": text} if self.kind == "refusal" else {"logprobs": [], "text": text}


class CallItem:
    """An item that calls a function.

    Attributes:
        kind: The kind of its content, by which its events are called.
        id: The id of the item.
        index: The index in the output.
        texts: The parts of the arguments.
    """

    __slots__ = ("_call_id", "_name", "id", "index", "kind", "texts")

    def __init__(self, name: str, index: int, block: Mapping[str, Any]) -> None:
        self.kind = "function_call_arguments"
        self.id = f"fc_{name}_{index}"
        self.index = index
        self.texts: list[str] = []
        self._name, self._call_id = block.get("name"), block.get("id")

    @property
    def place(self) -> Json:
        """The fields by which its events name it."""
        return {"item_id": self.id, "output_index": self.index}

    def write(self, status: str) -> bytes:
        """Write the item of the output as JSON."""
        call = {"call_id": self._call_id, **self.build_end()}
        return orjson.dumps({"id": self.id, "type": "function_call", "status": status, **call})

    def build_end(self) -> Json:
        """Build the name of the function and its arguments up to now, as JSON."""
        return {"name": self._name, "arguments": "".join(self.texts)}


Item: TypeAlias = MessageItem | CallItem

_MESSAGE = b'{"id":%b,"type":"message","status":"%b","role":"assistant","content":[%b]}'
_TEXT = b'{"type":"output_text","annotations":[],"logprobs":[],"text":%b}'
_REFUSAL = b'{"type":"refusal","refusal":%b}'


class Ending(NamedTuple):
    """The ending of a message.

    Attributes:
        incomplete: The reason of an incomplete response; None for a complete one.
        explanation: The explanation of a refusal.
    """

    incomplete: str | None = None
    explanation: str | None = None

    @property
    def status(self) -> str:
        """The status of the response."""
        return COMPLETED if self.incomplete is None else INCOMPLETE


class ResponseForm(NamedTuple):
    """The values of a response object that do not depend on the reply.

    Attributes:
        created: The time of creation, in seconds since the epoch.
        fields: The fields that repeat those of the request, as a JSON object.
    """

    created: int
    fields: bytes

    def write(self, message: Mapping[str, Any], output: bytes, status: str, ending: Ending, usage: bytes) -> bytes:
        """Write the object as JSON, which takes a third of the time of a `dict`.

        Args:
            message: The message of the API; only its id and its model count.
            output: The list of the items.
            status: The status.
            ending: The ending of the message.
            usage: The usage as JSON.
        """
        reason = b"null" if ending.incomplete is None else b'{"reason":"%b"}' % ending.incomplete.encode()
        return _OBJECT % (
            orjson.dumps(f"resp_{read_name(message)}"),
            self.created,
            status.encode(),
            reason,
            orjson.dumps(message.get("model")),
            output,
            self.fields[1:-1],
            usage,
        )


_OBJECT = (
    b'{"id":%b,"object":"response","created_at":%d,"status":"%b","background":false,"error":null,'
    b'"incomplete_details":%b,"model":%b,"output":%b,%b,"usage":%b}'
)


def read_name(message: Mapping[str, Any]) -> str:
    """Return the id of a message without its prefix."""
    return str(message.get("id", "")).removeprefix("msg_")


def read_ending(fields: Mapping[str, Any]) -> Ending:
    """Read the ending of a message or of a `message_delta`."""
    reason, details = fields.get("stop_reason"), fields.get("stop_details")
    incomplete = _INCOMPLETE.get(reason) if isinstance(reason, str) else None
    explanation = details.get("explanation") if isinstance(details, dict) else None
    return Ending(incomplete, explanation if isinstance(explanation, str) else None)


def write_output(message: Mapping[str, Any], ending: Ending) -> bytes:
    """Write the items of a whole message. Thinking and server tools have none."""
    name, items = read_name(message), list[Item]()
    for block in list_blocks(message):
        kind = block.get("type")
        if kind == "text":
            find_message(items, name).texts.append(as_text(block.get("text")))
        elif kind == "tool_use":
            call = CallItem(name, len(items), block)
            call.texts.append(encode_input(block))
            items.append(call)
    add_refusal(items, name, ending)
    return write_items(items, ending)


def find_message(items: list[Item], name: str) -> MessageItem:
    """Return the last item if it is a message; else add one."""
    last = items[-1] if items else None
    if isinstance(last, MessageItem):
        return last
    items.append(added := MessageItem(name, len(items)))
    return added


def add_refusal(items: list[Item], name: str, ending: Ending) -> MessageItem | None:
    """Add an item with the explanation of a refusal.

    Return it; None if the message has no explanation.
    """
    if not ending.explanation:
        return None
    items.append(refusal := MessageItem(name, len(items), "refusal"))
    refusal.texts.append(ending.explanation)
    return refusal


def write_items(items: list[Item], ending: Ending) -> bytes:
    """Write complete items as JSON. Only the last message can be incomplete."""
    if ending.incomplete is None or not items or isinstance(items[-1], CallItem):
        return b"[%b]" % b",".join([item.write(COMPLETED) for item in items])
    written = [item.write(COMPLETED) for item in items[:-1]]
    return b"[%b]" % b",".join([*written, items[-1].write(INCOMPLETE)])


def write_usage(usage: Any) -> bytes:
    """Write the usage, in whose input the tokens of the cache count, as JSON."""
    counts = as_object(usage)
    read, created = read_count(counts, "cache_read_input_tokens"), read_count(counts, "cache_creation_input_tokens")
    sent, received = read_count(counts, "input_tokens") + read + created, read_count(counts, "output_tokens")
    thought = read_count(as_object(counts.get("output_tokens_details")), "thinking_tokens")
    return _USAGE % (sent, read, created, received, thought, sent + received)


_USAGE = (
    b'{"input_tokens":%d,"input_tokens_details":{"cached_tokens":%d,"cache_write_tokens":%d},'
    b'"output_tokens":%d,"output_tokens_details":{"reasoning_tokens":%d},"total_tokens":%d}'
)
