"""The body of a chat completion as the body of a Messages request."""

from __future__ import annotations

from typing import Any

from mockclaude.api import models
from mockclaude.api.errors import invalid
from mockclaude.api.events import Block
from mockclaude.engine.adapters.chat_content import read_list, read_object, read_text, to_blocks, to_text
from mockclaude.engine.adapters.chat_tools import build_tool_use, to_tool_use, to_tools, without_dialect

_MOST_OF_UNKNOWN = 4_096
"""The maximum tokens of a model that is not in the catalogue, if the request has none."""

_USER_PARTS = ("text", "image_url", "file", "input_audio")
_RESULT_PARTS = ("text", "image_url")
_ROLES = "Input should be 'system', 'developer', 'user', 'assistant', 'tool' or 'function'"


def to_messages(chat: dict[str, Any]) -> dict[str, Any]:
    """Translate a body. Fields without a counterpart are dropped.

    Raises:
        ApiError: 400; the body cannot be translated.
    """
    body: dict[str, Any] = {name: chat[name] for name in chat if name in _SAME and chat[name] is not None}
    body["max_tokens"] = _find_max_tokens(chat)
    if chat.get("messages") is not None:
        conversation = _Conversation()
        for index, message in enumerate(read_list(chat["messages"], "messages")):
            conversation.add(message, index)
        body["messages"] = conversation.turns
        if conversation.system:
            body["system"] = "\n".join(conversation.system)
    if not _MORE.isdisjoint(chat):
        _add_parameters(body, chat)
    return body


_SAME = frozenset({"model", "stream", "top_p", "thinking"})
"""Fields that both APIs have."""

_MORE = frozenset(
    {
        *("n", "temperature", "stop", "user", "safety_identifier", "response_format", "reasoning_effort"),
        *("tools", "tool_choice", "functions", "function_call"),
    }
)


def _find_max_tokens(chat: dict[str, Any]) -> Any:
    for name in ("max_completion_tokens", "max_tokens"):
        if chat.get(name) is not None:
            return chat[name]
    model = _find_model(chat)
    return _MOST_OF_UNKNOWN if model is None else model.max_tokens


def _find_model(chat: dict[str, Any]) -> models.Model | None:
    name = chat.get("model")
    return models.find(name) if isinstance(name, str) else None


def _add_parameters(body: dict[str, Any], chat: dict[str, Any]) -> None:
    if chat.get("n") not in (None, 1):
        raise invalid("n: Input should be 1; only one choice is supported")
    temperature = chat.get("temperature")
    if temperature is not None:
        body["temperature"] = min(1, temperature) if isinstance(temperature, (int, float)) else temperature
    if stop := _read_stop(chat.get("stop")):
        body["stop_sequences"] = stop
    user = chat.get("user") or chat.get("safety_identifier")
    if isinstance(user, str) and user:
        body["metadata"] = {"user_id": user}
    if output := _read_output(chat):
        body["output_config"] = output
    body.update(to_tools(chat))


def _read_stop(stop: Any) -> Any:
    """Return the stop sequences, without blank ones, which the API refuses."""
    if isinstance(stop, str):
        return [stop] if stop.strip() else []
    return [text for text in stop if not isinstance(text, str) or text.strip()] if isinstance(stop, list) else stop


def _read_output(chat: dict[str, Any]) -> dict[str, Any]:
    """Return `output_config`: the schema of the text, and the effort."""
    output: dict[str, Any] = {}
    if chat.get("response_format") is not None:
        form = read_object(chat["response_format"], "response_format")
        if form.get("type") == "json_schema":
            schema = read_object(form.get("json_schema"), "response_format.json_schema").get("schema")
            written = read_object(schema, "response_format.json_schema.schema")
            output["format"] = {"type": "json_schema", "schema": without_dialect(written)}
        elif form.get("type") not in ("text", "json_object"):
            raise invalid("response_format.type: Input should be 'text', 'json_object' or 'json_schema'")
    effort = find_effort(chat.get("reasoning_effort"), _find_model(chat))
    return output if effort is None else {**output, "effort": effort}


def find_effort(effort: Any, model: models.Model | None) -> Any:
    """Return the API's effort; None if the request or the model has none."""
    if effort in (None, "none"):
        return None
    wanted = "low" if effort == "minimal" else effort
    if model is None or wanted in model.effort_levels:
        return wanted
    if wanted == "xhigh":
        return next((level for level in ("max", "high") if level in model.effort_levels), None)
    return wanted if model.effort_levels else None


class _Conversation:
    """The turns of a chat, and its system prompt."""

    def __init__(self) -> None:
        self.system: list[str] = []
        self.turns: list[dict[str, Any]] = []
        self._results: list[Block] | None = None
        self._calls: dict[str, str] = {}

    def add(self, message: Any, index: int) -> None:
        """Add a message. Tool results and the user's message after them are one turn."""
        role = message.get("role") if isinstance(message, dict) else None
        path = f"messages.{index}"
        if role == "user":
            self._add_user(message, path)
        elif role == "assistant":
            self._results = None
            self.turns.append({"role": "assistant", "content": self._to_content(message, index)})
        elif role in ("system", "developer"):
            if text := to_text(message.get("content"), f"{path}.content"):
                self.system.append(text)
        elif role == "tool":
            self._add_result(read_text(message.get("tool_call_id"), f"{path}.tool_call_id"), message, path)
        elif role == "function":
            name = read_text(message.get("name"), f"{path}.name")
            self._add_result(self._calls.get(name, _name_call(name, index)), message, path)
        else:
            read_object(message, path)
            raise invalid(f"{path}.role: {_ROLES}")

    def _add_user(self, message: dict[str, Any], path: str) -> None:
        content = message.get("content")
        if self._results is not None:
            self._results += to_blocks(content, f"{path}.content", _USER_PARTS)
            self._results = None
            return
        if not isinstance(content, str):
            content = to_blocks(content, f"{path}.content", _USER_PARTS)
        self.turns.append({"role": "user", "content": content})

    def _to_content(self, message: dict[str, Any], index: int) -> str | list[Block]:
        """Return the content of an assistant's message: its text and its calls."""
        path, content = f"messages.{index}", message.get("content")
        calls = message.get("tool_calls") or []
        is_called = calls or message.get("function_call") is not None
        if content is None and isinstance(message.get("refusal"), str):
            content = message["refusal"]
        if isinstance(content, str) and not is_called:
            return content
        blocks = [] if content is None and is_called else to_blocks(content, f"{path}.content", ("text", "refusal"))
        for at, call in enumerate(read_list(calls, f"{path}.tool_calls")):
            blocks.append(to_tool_use(call, f"{path}.tool_calls.{at}"))
        if message.get("function_call") is not None:
            function = read_object(message["function_call"], f"{path}.function_call")
            name = read_text(function.get("name"), f"{path}.function_call.name")
            self._calls[name] = _name_call(name, index)
            blocks.append(build_tool_use(function, self._calls[name], f"{path}.function_call"))
        return blocks

    def _add_result(self, call_id: str, message: dict[str, Any], path: str) -> None:
        content = message.get("content")
        if not isinstance(content, str):
            content = to_blocks(content, f"{path}.content", _RESULT_PARTS)
        if self._results is None:
            self._results = []
            self.turns.append({"role": "user", "content": self._results})
        self._results.append({"type": "tool_result", "tool_use_id": call_id, "content": content})


def _name_call(name: str, index: int) -> str:
    """Return the id of a call of `functions`, which have none."""
    return f"call_{index}_{name}"
