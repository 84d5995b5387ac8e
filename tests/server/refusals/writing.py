"""How refusals are written down: a request that is refused, the API's words, and the nearest legal request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.serving import request

Headers = Mapping[str, str | None]
OLD: Headers = {"anthropic-version": "2023-06-01"}
INVALID = "invalid_request_error"
COUNT = "/v1/messages/count_tokens"


@dataclass(frozen=True)
class Sent:
    """A request: `fields` on top of a plain question (`...`: left out), and headers."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    headers: Headers = field(default_factory=dict)
    path: str = "/v1/messages"

    @property
    def raw(self) -> bytes:
        plain = {"model": "claude-opus-4-8", "max_tokens": 2048, "messages": [QUESTION], "stream": False}
        if self.path != "/v1/messages":
            del plain["max_tokens"], plain["stream"]
        body = {name: value for name, value in {**plain, **self.fields}.items() if value is not ...}
        return request("POST", self.path, json.dumps(body).encode(), "1.1", **self.headers)


class Refusal(NamedTuple):
    """A request that is refused, the API's words, and the nearest legal request."""

    message: str
    sent: Sent
    legal: Sent
    status: int = 400
    type: str = INVALID
    about: str = ""

    def __str__(self) -> str:
        return f"{self.message[:80]} {self.about}".strip()


def row(message: str, wrong: Mapping[str, Any], legal: Mapping[str, Any], headers: Headers | None = None) -> Refusal:
    """Return the row of two bodies under the same headers."""
    return Refusal(message, Sent(wrong, headers or {}), Sent(legal, headers or {}))


def by_headers(message: str, wrong: Headers, legal: Headers, status: int = 400) -> Refusal:
    """Return the row of two headers with the same body."""
    kind = "authentication_error" if status == 401 else INVALID
    return Refusal(message, Sent({}, wrong), Sent({}, legal), status, kind)


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def text(said: str = "Hi", **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": said, **more}


def use(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{name}", "name": "get_weather", "input": {}, **more}


def result(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": f"toolu_{name}", "content": "Sunny", **more}


def said(*messages: Any, **more: Any) -> dict[str, Any]:
    """Return fields in which `messages` follow a question."""
    return {"messages": [QUESTION, *messages], **more}


def asked(*blocks: Any, **more: Any) -> dict[str, Any]:
    """Return fields in which the user sends `blocks`."""
    return {"messages": [user(*blocks)], **more}


def image(data: str, kind: str = "image/png") -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}


def document(data: str) -> dict[str, Any]:
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}}


def beta(*names: str) -> Headers:
    return {"anthropic-beta": ",".join(names)}


def cached(ttl: str = "5m") -> dict[str, Any]:
    return {"cache_control": {"type": "ephemeral", "ttl": ttl}}


def tool(name: str = "get_weather", **more: Any) -> dict[str, Any]:
    return {"name": name, "input_schema": {"type": "object", "properties": {}}, **more}


def formatted(**schema: Any) -> dict[str, Any]:
    return {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object", **schema}}}}


def searched(**more: Any) -> dict[str, Any]:
    return {"type": "web_search_20250305", "name": "web_search", **more}


def found(**more: Any) -> dict[str, Any]:
    return {"type": "search_result", "source": "here", "title": "Hi", "content": [text()], **more}


def server_use(name: str = "web_search", **more: Any) -> dict[str, Any]:
    return {"type": "server_tool_use", "id": "srvtoolu_a", "name": name, "input": {}, **more}


def server_result(kind: str = "web_search_tool_result", content: Any = (), **more: Any) -> dict[str, Any]:
    return {"type": kind, "tool_use_id": "srvtoolu_a", "content": content or [], **more}


QUESTION = {"role": "user", "content": "What is the weather?"}
ANSWER = {"role": "assistant", "content": "Sunny."}
SYSTEM = {"role": "system", "content": "Be brief."}
CLOSED = {"additionalProperties": False}
OLDER, MIDDLE, FABLE, NO_PREFILL = "claude-haiku-4-5", "claude-opus-4-6", "claude-fable-5-1", "claude-sonnet-4-6"
ENABLED, ADAPTIVE, DISABLED = {"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}, {"type": "disabled"}
ANYWHERE = "; the directive-only form (content: [] with output_config) is accepted at any position"
ADAPTIVE_INSTEAD = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
EXTRA = "Extra inputs are not permitted"
AGENT = {"tools": [tool()]}
