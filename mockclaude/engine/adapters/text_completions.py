"""The legacy Text Completions API, `/v1/complete`: a prompt as one user message, and the text of the reply.

Only SDKs of 2023 and the TypeScript SDK up to 0.120 call it. The mode `anthropic` refuses it as the API does.
"""

from __future__ import annotations

from typing import Any

import orjson

from mockclaude.api import events, models
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.events import Event
from mockclaude.api.fingerprint import read_object
from mockclaude.api.headers import Headers
from mockclaude.api.mode import ValidationResult
from mockclaude.engine.adapters.adapter import CoreRequest, decide_in_dialect
from mockclaude.engine.adapters.edited_values import as_object, as_text, list_blocks
from mockclaude.engine.adapters.platform_body import write_object
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.reply.dialect import TranslatedBody
from mockclaude.reply.response import Response

_HUMAN, _ASSISTANT = "Human:", "Assistant:"

_SAME = ("model", "stop_sequences", "temperature", "top_p", "top_k", "metadata", "stream")
"""The fields with the same name in a Messages request."""

_REQUIRED = ("model", "prompt", "max_tokens_to_sample")

_LENGTHS = ("max_tokens", "model_context_window_exceeded")
"""Stop reasons of a message that is cut by its length."""


def complete(http: HttpRequest, state: ScenarioState) -> Decision:
    """Answer a text completion with the reply to its prompt.

    Raises:
        ApiError: 400 or 404; the body is invalid, or the mode is `anthropic`.
    """
    result = state.validator.headers(http.head).result
    fields = read_object(http.body)
    if not result.is_off:
        for name in _REQUIRED:
            if name not in fields:
                raise invalid(f"{name}: Field required")
    if result.mode == "anthropic":
        raise _refuse_model(fields["model"], result, state)
    prompt = fields.get("prompt", "")
    if not isinstance(prompt, str):
        raise invalid("prompt: Input should be a valid string")
    body = {name: fields[name] for name in _SAME if fields.get(name) is not None}
    if "max_tokens_to_sample" in fields:
        body["max_tokens"] = fields["max_tokens_to_sample"]
    body["messages"] = [{"role": "user", "content": _read_prompt(prompt)}]
    dialect = CompletionDialect(" " if prompt.endswith(_ASSISTANT) else "")
    return decide_in_dialect(http, state, CoreRequest(write_object(body), ()), dialect)


def _refuse_model(name: object, result: ValidationResult, state: ScenarioState) -> ApiError:
    if not isinstance(name, str):
        return invalid("model: Input should be a valid string")
    if (model := models.find(name)) is None:
        state.validator.check_unlisted(name, result)
    else:
        state.validator.check_retirement(name, model, result)
    return invalid(f'"{name}" is not supported on this API. Please use the Messages API instead.')


def _read_prompt(prompt: str) -> str:
    """Return a prompt without the marks of its first and its last turn."""
    return prompt.strip().removeprefix(_HUMAN).removesuffix(_ASSISTANT).strip()


class CompletionDialect:
    """The responses to a text completion.

    Args:
        space: The text before the reply: a model continues `Assistant:` with a space.
    """

    def __init__(self, space: str) -> None:
        self._space = space

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Build a completion from the text blocks of a message."""
        message = as_object(document)
        text = "".join([as_text(block.get("text")) for block in list_blocks(message) if block.get("type") == "text"])
        completion = _build_completion(message, f"{self._space}{text}" if text else "", message)
        return TranslatedBody(200, response.headers, completion)

    def translate_error(self, error: Any, response: Response) -> TranslatedBody:
        """Return the error of the API."""
        return TranslatedBody(response.status, response.headers, error)

    def translate_headers(self, response: Response) -> Headers:
        """Return the headers of the API's streams."""
        return response.headers

    def open_stream(self) -> _CompletionStream:
        """Create the encoder of a stream of completions."""
        return _CompletionStream(self._space)


class _CompletionStream:
    """Encodes each delta of text as a completion; the last one has the ending."""

    def __init__(self, space: str) -> None:
        self._space = space
        self._message: dict[str, Any] = {}
        self._space_before, self._before, self._after = space, *_split(self._message)

    def encode(self, event: Event, _: int) -> bytes:
        data = as_object(event.data)
        if event.delta == "text_delta":
            text = f"{self._space_before}{as_text(as_object(data.get('delta')).get('text'))}"
            self._space_before = ""
            return b"%b%b%b" % (self._before, orjson.dumps(text), self._after)
        if event.name == "message_start":
            self._message, self._space_before = as_object(data.get("message")), self._space
            self._before, self._after = _split(self._message)
        elif event.name == "message_delta":
            return _encode(_build_completion(self._message, "", as_object(data.get("delta"))))
        return b"" if event.name.startswith(("message_", "content_block_")) else event.encoded


def _split(message: dict[str, Any]) -> tuple[bytes, bytes]:
    """Encode what all deltas of a message share: the bytes before and after the text."""
    shared = _encode(_build_completion(message, _TEXT, {}))
    before, _, after = shared.partition(orjson.dumps(_TEXT))
    return before, after


_TEXT = "\ue000text\ue000"
"""The place of the text: private-use characters."""


def _encode(completion: dict[str, Any]) -> bytes:
    return events.event("completion", completion).encoded


def _build_completion(message: dict[str, Any], text: str, ending: dict[str, Any]) -> dict[str, Any]:
    """Build a completion.

    Args:
        message: The message, for its model and its id.
        text: The text.
        ending: The object with the stop reason and the stop sequence; an empty one for a part of a stream.
    """
    reason, stop = ending.get("stop_reason"), ending.get("stop_sequence")
    if reason is not None:
        reason = "max_tokens" if reason in _LENGTHS else "stop_sequence"
        stop = None if reason == "max_tokens" else stop or f"\n\n{_HUMAN}"
    name = f"compl_{as_text(message.get('id')).removeprefix('msg_')}"
    return {
        "type": "completion",
        "id": name,
        "completion": text,
        "stop_reason": reason,
        "model": message.get("model"),
        "stop": stop,
        "log_id": name,
    }
