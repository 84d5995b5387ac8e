"""Steps of a scenario file with the values of a recorded reply, for people to read and edit.

The steps keep the values of a message, an error, or a cut stream. They do not keep all bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.api.errors import STATUS
from mockclaude.api.events import Block, StreamedBlock
from mockclaude.scenario.recorded_reply import RecordedReply

Steps: TypeAlias = list[dict[str, Any]]


def list_forms(recorded: RecordedReply) -> Iterator[Steps]:
    """Yield the forms of a recorded reply as steps, the most readable first.

    Each form composes to values that are as close to the recorded ones as the form permits. They end as the recorded
    reply ends.
    """
    if (assembled := recorded.assembled) is None or recorded.status != 200:
        if error := _build_error(recorded.document, recorded):
            yield _escape([error, *_build_ending(recorded, is_complete=True)])
        return
    message, content = assembled.message, assembled.message["content"]
    is_complete = assembled.is_complete and not recorded.ending
    ending = _build_ending(recorded, is_complete=assembled.is_complete)
    failure = next((event.data for event in recorded.events if event.name == "error"), None)
    if failure is not None:
        ending = [error] if (error := _build_error(failure)) else ending
    blocks = [_build_block(block) for block in content]
    stop, fields = _build_stop(message) if is_complete else ([], {})
    fields = {**_list_fields(message), **fields}
    if blocks or stop:
        yield _escape([*blocks, *stop, {"usage": message.get("usage") or {}}, {"message": fields}, *ending])
        yield _escape([*blocks, *stop, {"message": {**fields, "usage": message.get("usage")}}, *ending])
    yield _escape([{"message": {**message, "content": [dict(block) for block in content]}}, *ending])


class Loss(NamedTuple):
    """Bytes or times that the steps of a reply do not keep.

    Attributes:
        kind: The kind of loss, e.g. `the cuts of deltas`.
        text: The loss with its count, e.g. `the cuts of 2 deltas`.
    """

    kind: str
    text: str


def list_losses(recorded: RecordedReply) -> Iterator[Loss]:
    """Yield the bytes and times that the steps of a recorded reply do not keep."""
    events = recorded.events
    counts = (
        ("the cuts of", sum(bool(event.delta) for event in events), "delta"),
        ("the padding of", sum(event.encoded.rstrip().endswith(b" }") for event in events), "event"),
        ("the place of", sum(event.name == "ping" for event in events), "ping"),
        ("the spaces in the JSON of", sum(map(_is_spaced, _list_blocks(recorded))), "tool input"),
    )
    yield from (_count(*counted) for counted in counts if counted[1])
    kept = recorded.headers.keys() - {"request-id"} if recorded.assembled is None else {"content-type"}
    if headers := [name for name in recorded.headers if name not in kept]:
        yield Loss("headers", f"the headers {', '.join(headers)}")
    if recorded.pace is not None and recorded.pace.gaps:
        yield _count("the times of", len(recorded.pace.gaps), "event")


def _count(what: str, count: int, noun: str) -> Loss:
    return Loss(f"{what} {noun}s", f"{what} {count} {noun}{'s' * (count != 1)}")


def _list_blocks(recorded: RecordedReply) -> Sequence[Block]:
    return recorded.assembled.message["content"] if recorded.assembled else ()


def _is_spaced(block: Block) -> bool:
    text = block.partial_json if isinstance(block, StreamedBlock) else None
    return text is not None and _is_mapping(text) and text.encode() != orjson.dumps(block["input"])


def _build_ending(recorded: RecordedReply, *, is_complete: bool) -> Steps:
    if recorded.ending == "forever":
        return [{"pause": "forever"}]
    if recorded.ending:
        return [{"disconnect": recorded.ending}]
    return [] if is_complete else [{"disconnect": "clean"}]


def _build_error(document: Any, recorded: RecordedReply | None = None) -> dict[str, Any]:
    """Build the step of an error of the API; {} for other JSON."""
    error = document.get("error") if isinstance(document, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("type"), str):
        return {}
    step: dict[str, Any] = {"type": error["type"], "message": error.get("message")}
    status = recorded.status if recorded is not None else STATUS.get(error["type"], 500)
    if STATUS.get(error["type"]) != status:
        step["status"] = status
    if error.get("details") is not None:
        step["details"] = error["details"]
    if recorded is not None:
        written = {name: value for name, value in recorded.headers.items() if value and name not in _DRAWN_HEADERS}
        step |= {"headers": written} if written else {}
    return {"error": step}


_DRAWN_HEADERS = ("content-type", "request-id")
"""Headers of an error that no step sets."""


def _build_block(block: Block) -> dict[str, Any]:
    """Build the step of a content block; `block` if no other step makes the same."""
    keys, kind = block.keys(), block["type"]
    if kind == "text" and keys == {"type", "text"}:
        return {"text": block["text"]}
    if kind == "thinking" and keys == {"type", "thinking", "signature"} and block["signature"]:
        return {"thinking": {"thinking": block["thinking"], "signature": block["signature"]}}
    if kind == "redacted_thinking" and keys == {"type", "data"}:
        return {"redacted_thinking": block["data"]}
    if kind == "tool_use" and keys <= _TOOL_USE:
        return {"tool_use": _build_tool_use(block)}
    return {"block": dict(block)}


_TOOL_USE = {"type", "id", "name", "input", "caller", "toolset_name"}


def _build_tool_use(block: Block) -> dict[str, Any]:
    step = {"name": block["name"], "input": block["input"], "id": block["id"]}
    text = block.partial_json if isinstance(block, StreamedBlock) else None
    if text is not None and not _is_mapping(text):
        step = {"name": block["name"], "json": text, "id": block["id"]}
    if block.get("caller", _DIRECT) != _DIRECT:
        step["caller"] = block["caller"]
    return {**step, **({"toolset_name": block["toolset_name"]} if block.get("toolset_name") else {})}


_DIRECT = {"type": "direct"}


def _is_mapping(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _build_stop(message: Mapping[str, Any]) -> tuple[Steps, dict[str, Any]]:
    """Return the step of the stop reason, and the fields of the message that the step cannot say."""
    reason, sequence = message.get("stop_reason"), message.get("stop_sequence")
    details = message.get("stop_details")
    if reason not in _STOP_REASONS:
        ending = {key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details") if key in message}
        return [], ending
    step: dict[str, Any] = {"type": reason}
    if sequence is not None:
        step["stop_sequence"] = sequence
    if reason == "refusal" and isinstance(details, dict) and details.keys() == {"type", "category", "explanation"}:
        step |= {key: details[key] for key in ("category", "explanation") if details[key] is not None}
        details = None
    return [{"stop_reason": step if len(step) > 1 else reason}], {} if details is None else {"stop_details": details}


_STOP_REASONS = (
    *("end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"),
    *("model_context_window_exceeded", "compaction"),
)

_OF_STEPS = ("type", "role", "content", "stop_reason", "stop_sequence", "stop_details", "usage")
"""Fields of a message that other steps say, or that every message has."""


def _list_fields(message: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key not in _OF_STEPS}


def _escape(data: Any) -> Any:
    """Return data whose texts have no placeholders."""
    if isinstance(data, str):
        return data.replace("${{", "$${{")
    if isinstance(data, Mapping):
        return {key: _escape(value) for key, value in data.items()}
    return [_escape(value) for value in data] if isinstance(data, Sequence) else data
