"""The body of OpenAI's Responses API as the body of a Messages request."""

from __future__ import annotations

from typing import Any

from mockclaude.api.errors import invalid
from mockclaude.engine.adapters import chat_body
from mockclaude.engine.adapters.chat_content import read_list, read_object, read_text
from mockclaude.engine.adapters.platform_body import write_object
from mockclaude.engine.adapters.responses_items import InputTurns

_STATEFUL = frozenset({"conversation", "prompt", "background"})
"""Fields that need other objects that OpenAI stores."""

_SAME = frozenset(
    {"model", "stream", "temperature", "top_p", "user", "safety_identifier", "parallel_tool_calls", "thinking"}
)
"""Fields that chat completions have, too."""

_SHOWN: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "store": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
    "metadata": {},
    "reasoning": {"effort": None, "summary": None},
    "text": {"format": {"type": "text"}},
}
"""Fields of the request that its response repeats -> their defaults."""


def to_messages(body: dict[str, Any]) -> dict[str, Any]:
    """Translate a body. Fields without a counterpart are dropped.

    Raises:
        ApiError: 400; the body cannot be translated.
    """
    for field in _STATEFUL & body.keys():
        if body[field]:
            raise invalid(f"{field}: not supported; expected the whole conversation as `input`")
    turns = _read_input(body)
    chat = {name: value for name, value in body.items() if name in _SAME}
    if "max_output_tokens" in body:
        chat["max_completion_tokens"] = body["max_output_tokens"]
    if not _MORE.isdisjoint(body):
        _add_parameters(chat, body)
    fields = chat_body.to_messages(chat)
    fields["messages"] = turns.messages
    if system := "\n".join(filter(None, turns.system)):
        fields["system"] = system
    return fields


_MORE = frozenset({"tools", "tool_choice", "text", "reasoning"})


def show_fields(body: dict[str, Any]) -> bytes:
    """Return the fields of a request that its response repeats, as a JSON object.

    Raises:
        ApiError: 400; a field is nested too deeply.
    """
    shown = {name: value for name, value in body.items() if name in _SHOWN and value is not None}
    if not shown:
        return _USUAL
    for name in ("reasoning", "text"):
        if name in shown:
            shown[name] = {**_SHOWN[name], **shown[name]}
    return write_object({**_SHOWN, **shown})


_USUAL = write_object(_SHOWN)


def _read_input(body: dict[str, Any]) -> InputTurns:
    turns, written = InputTurns(), body.get("input")
    if body.get("instructions") is not None:
        turns.system.append(read_text(body["instructions"], "instructions"))
    if isinstance(written, str):
        turns.messages.append({"role": "user", "content": written})
        return turns
    if written is None:
        raise invalid("input: Field required")
    for at, item in enumerate(read_list(written, "input")):
        turns.add(item, f"input.{at}")
    return turns


def _add_parameters(chat: dict[str, Any], body: dict[str, Any]) -> None:
    """Add tools, the form of the text and the effort in the form of chat completions."""
    if body.get("tools"):
        chat["tools"] = [_to_tool(tool, f"tools.{at}") for at, tool in enumerate(read_list(body["tools"], "tools"))]
    if body.get("tool_choice") is not None:
        chat["tool_choice"] = _to_choice(body["tool_choice"])
    if body.get("reasoning") is not None:
        chat["reasoning_effort"] = read_object(body["reasoning"], "reasoning").get("effort")
    if body.get("text") is not None and (written := read_object(body["text"], "text").get("format")) is not None:
        chat["response_format"] = _to_format(read_object(written, "text.format"))


def _to_tool(tool: Any, path: str) -> dict[str, Any]:
    kind = read_object(tool, path).get("type")
    if kind != "function":
        raise invalid(f"{path}.type: '{kind}' is not supported; expected 'function'")
    read_text(tool.get("name"), f"{path}.name")
    if tool.get("parameters") is not None:
        read_object(tool["parameters"], f"{path}.parameters")
    return {"type": "function", "function": tool}


def _to_choice(choice: Any) -> Any:
    if isinstance(choice, str):
        return choice
    kind = read_object(choice, "tool_choice").get("type")
    if kind == "function":
        read_text(choice.get("name"), "tool_choice.name")
        return {"type": kind, "function": choice}
    if kind == "allowed_tools":
        tools = read_list(choice.get("tools"), "tool_choice.tools")
        functions = [_to_tool(tool, f"tool_choice.tools.{at}") for at, tool in enumerate(tools)]
        return {"type": kind, kind: {"mode": choice.get("mode"), "tools": functions}}
    raise invalid(f"tool_choice.type: '{kind}' is not supported; expected 'function' or 'allowed_tools'")


def _to_format(form: dict[str, Any]) -> dict[str, Any]:
    kind = form.get("type")
    if kind not in ("text", "json_object", "json_schema"):
        raise invalid("text.format.type: Input should be 'text', 'json_object' or 'json_schema'")
    if kind == "json_schema":
        read_object(form.get("schema"), "text.format.schema")
    return {"type": kind, str(kind): form}
