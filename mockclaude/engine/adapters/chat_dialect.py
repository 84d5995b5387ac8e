"""The responses of chat completions: a message as a choice, and its stream as chunks."""

from __future__ import annotations

from typing import Any

from mockclaude.engine.adapters.chat_stream import ChatEncoder
from mockclaude.engine.adapters.chat_usage import FINISH_REASONS, SERVICE_TIERS, build_usage, name_completion
from mockclaude.engine.adapters.edited_values import as_object, as_text, encode_input, list_blocks
from mockclaude.engine.adapters.openai_errors import OpenaiErrors
from mockclaude.reply.dialect import TranslatedBody
from mockclaude.reply.response import Response


class ChatCompletion(OpenaiErrors):
    """The form of the response to one request.

    Args:
        model: The model of the request, for a stream without its first event.
        created: The Unix time of the request in seconds.
        with_usage: Whether the stream ends with the usage.
        is_legacy: Whether the request has `functions`, which came before `tools`.
    """

    def __init__(self, model: str, created: int, *, with_usage: bool, is_legacy: bool) -> None:
        self._model = model
        self._created = created
        self._with_usage = with_usage
        self._is_legacy = is_legacy

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Build the completion of a message."""
        text, calls = None, []
        for block in list_blocks(document):
            kind = block.get("type")
            if kind == "text":
                text = (text or "") + as_text(block.get("text"))
            elif kind == "tool_use":
                calls.append(_to_call(block))
        message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
        usage, stop = as_object(document.get("usage")), document.get("stop_reason")
        reason = FINISH_REASONS.get(stop, stop) if isinstance(stop, str) else stop
        if calls and self._is_legacy:
            message["function_call"] = calls[0]["function"]
        elif calls:
            message["tool_calls"] = calls
        if reason == "tool_calls" and self._is_legacy:
            reason = "function_call"
        completion = {
            "id": name_completion(document.get("id")),
            "object": "chat.completion",
            "created": self._created,
            "model": document.get("model"),
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
            "usage": build_usage(usage),
            "service_tier": SERVICE_TIERS.get(as_text(usage.get("service_tier"))),
            "system_fingerprint": None,
        }
        return TranslatedBody(200, self.translate_headers(response), completion)

    def open_stream(self) -> ChatEncoder:
        """Create the encoder of a stream."""
        return ChatEncoder(self._model, self._created, with_usage=self._with_usage, is_legacy=self._is_legacy)


def _to_call(block: dict[str, Any]) -> dict[str, Any]:
    function = {"name": block.get("name"), "arguments": encode_input(block)}
    return {"id": block.get("id"), "type": "function", "function": function}
