"""Headers and body parameters that the five gateways document: all are taken as a gateway, some refused as the API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from mockclaude.journal.console import log_line
from mockclaude.scenario.loading.loader import load_text
from tests.serving import Received, Running, ServerThread, request

TOOL = {"name": "get_time", "input_schema": {"type": "object", "properties": {}}}
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
FORMAT = {"type": "json_schema", "schema": SCHEMA}
ADAPTIVE = (
    '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
    '"output_config.effort" to control thinking behavior.'
)


def extra(field: str) -> str:
    return f"{field}: Extra inputs are not permitted"


class Documented(NamedTuple):
    """Body `fields` (`...`: left out) and `headers` (None: left out), and the API's `refusal` ('' if there is none)."""

    gateway: str
    fields: Mapping[str, Any] = {}
    headers: Mapping[str, str | None] = {}
    refusal: str = ""
    status: int = 400

    def __str__(self) -> str:
        names = ", ".join(f"{name} {json.dumps(value, default=str)[:30]}" for name, value in self.fields.items())
        return f"{self.gateway} {names}{', '.join(self.headers)}"

    def sent(self, **headers: str) -> bytes:
        body = {
            "model": "claude-sonnet-4-5",
            "max_tokens": 2048,
            "messages": [{"role": "user", "content": "你好"}],
            **self.fields,
        }
        data = json.dumps({name: value for name, value in body.items() if value is not ...}).encode()
        return request(
            "POST", "/v1/messages", data, "1.1", **{"anthropic-version": "2023-06-01", **self.headers, **headers}
        )


BEARER = {"x-api-key": None, "authorization": "Bearer sk-mock"}
SYSTEM = [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}]
MCP = [{"type": "url", "name": "files", "url": "https://example.com/mcp"}]

TOOLSET = [{"type": "mcp_toolset", "mcp_server_name": "files"}]
IMAGE_URL = {"type": "image", "source": {"type": "url", "url": "https://example.com/image.jpg"}}
PLACEHOLDER = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "<base64>"}}
NO_EFFORT = "This model does not support the effort parameter."

MODELS = {
    "crazyrouter": ["claude-sonnet-4-6", "claude-opus-4-6", "claude-opus-4-6-thinking"],
    "ezmodel": [
        "claude-3-opus-20240229",
        "claude-3-sonnet-20240229",
        "claude-3-haiku-20240307",
        "claude-3-5-sonnet-20241022",
    ],
    "mandao": ["claude-sonnet-4-5", "claude-opus-4-6", "claude-opus-4-7"],
    "wrouter": ["claude-sonnet-4-5", "claude-opus-4-1", "gpt-4o"],
    "yourouter": ["claude-3-5-sonnet-20240620", "claude-sonnet-4-20250514"],
}
"""The models that each document names."""

DOCUMENTED = [
    Documented("crazyrouter", headers=BEARER),
    Documented("crazyrouter", {"model": "claude-opus-4-6-thinking"}),
    Documented("ezmodel", headers=BEARER),
    Documented("ezmodel", {"model": "claude-3-opus-20240229"}, refusal="model: claude-3-opus-20240229", status=404),
    Documented("ezmodel", {"model": "claude-3-sonnet-20240229"}, refusal="model: claude-3-sonnet-20240229", status=404),
    Documented("ezmodel", {"model": "claude-3-haiku-20240307"}, refusal="model: claude-3-haiku-20240307", status=404),
    Documented(
        "ezmodel", {"model": "claude-3-5-sonnet-20241022"}, refusal="model: claude-3-5-sonnet-20241022", status=404
    ),
    Documented("ezmodel", {"temperature": 0.7}),
    Documented("ezmodel", {"top_p": 0.9}),
    Documented("ezmodel", {"top_k": 40}),
    Documented("ezmodel", {"system": "Be kind."}),
    Documented("ezmodel", {"system": SYSTEM}),
    Documented("ezmodel", {"stop_sequences": ["END"]}),
    Documented("ezmodel", {"tools": [TOOL], "tool_choice": {"type": "auto"}}),
    Documented("ezmodel", {"metadata": {"user_id": "xxx"}}),
    Documented("ezmodel", {"messages": [{"role": "user", "content": [IMAGE_URL, {"type": "text", "text": "?"}]}]}),
    Documented("ezmodel", {"thinking": {"type": "disabled"}}),
    Documented("ezmodel", {"thinking": {"type": "enabled"}}, refusal="thinking.enabled.budget_tokens: Field required"),
    Documented("mandao", headers=BEARER),
    Documented("mandao", headers={"anthropic-version": None}, refusal="anthropic-version: header is required"),
    Documented("mandao", headers={"anthropic-beta": "tools-2024-04-04"}),
    Documented("mandao", {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
    Documented(
        "mandao",
        {"model": "claude-opus-4-7", "thinking": {"type": "enabled", "budget_tokens": 1024}},
        refusal=ADAPTIVE,
    ),
    Documented("mandao", {"metadata": {"user_id": "xxx"}}),
    Documented("mandao", {"system": SYSTEM, "stop_sequences": ["END"]}),
    Documented("mandao", {"temperature": 0, "top_k": 40}),
    Documented(
        "mandao",
        {"model": "claude-opus-4-7", "temperature": 0.7},
        refusal="`temperature` is deprecated for this model.",
    ),
    Documented(
        "mandao",
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "?"}, PLACEHOLDER]}]},
        refusal="messages.0.content.1.image.source.base64: invalid base64 data",
    ),
    Documented("mandao", {"web_search_options": {}}, refusal=extra("web_search_options")),
    Documented("wrouter", headers=BEARER),
    Documented("wrouter", {"model": "claude-opus-4-1"}, refusal="model: claude-opus-4-1", status=404),
    Documented("wrouter", {"model": "gpt-4o"}, refusal="model: gpt-4o", status=404),
    Documented("wrouter", {"thinking": {"type": "enabled", "budget_tokens": 10000}, "max_tokens": 16000}),
    Documented("wrouter", {"tools": [TOOL], "tool_choice": {"type": "any"}}),
    Documented("wrouter", {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "get_time"}}),
    Documented("wrouter", {"cache_control": {"type": "ephemeral"}}),
    Documented("wrouter", {"context_management": {"edits": []}}, refusal=extra("context_management")),
    Documented("wrouter", {"output_config": {"format": FORMAT}}),
    Documented("wrouter", {"output_format": FORMAT}, refusal=extra("output_format")),
    Documented("wrouter", {"mcp_servers": MCP}, refusal=extra("mcp_servers")),
    Documented("wrouter", {"mcp_servers": MCP, "tools": TOOLSET}, {"anthropic-beta": "mcp-client-2025-11-20"}),
    Documented("wrouter", {"container": "container_011CUdVj1vHyzFUPkwsb3xyz"}),
    Documented("wrouter", {"container": {"id": "container_011CUdVj1vHyzFUPkwsb3xyz"}}),
    Documented("wrouter", {"output_config": {"effort": "high"}}, refusal=NO_EFFORT),
    Documented(
        "wrouter", {"speed": "fast"}, refusal="'claude-sonnet-4-5-20250929' does not support the `speed` parameter."
    ),
    Documented("wrouter", {"inference_geo": "us"}),
    Documented("wrouter", {"speed": "standard"}),
    Documented("wrouter", {"service_tier": "auto"}),
    Documented("wrouter", {"service_tier": "standard_only"}),
    Documented("yourouter", headers={**BEARER, "vendor": "anthropic"}),
    Documented("yourouter", {"max_tokens": ...}, refusal="max_tokens: Field required"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with ServerThread({"": load_text("rules: [{reply: '你好!'}]")}) as running:
        yield running


def answered(server: Running, sent: bytes) -> tuple[Received, str]:
    """Return the response, and what the console shows."""
    return server.ask(sent), log_line(server.line(), colour=False)


@pytest.mark.parametrize("documented", DOCUMENTED, ids=str)
def test_a_gateway_takes_it_and_warns_of_what_the_api_would_refuse(server: Running, documented: Documented) -> None:
    given, shown = answered(server, documented.sent(**{"x-mockclaude-validation": "gateway"}))

    assert given.json["content"][-1] == {"type": "text", "text": "你好!"}
    assert ("warning:" in shown) is bool(documented.refusal)
    assert documented.refusal in shown


@pytest.mark.parametrize("documented", DOCUMENTED, ids=str)
def test_a_gateway_takes_it_with_every_model_of_its_document(server: Running, documented: Documented) -> None:
    for model in MODELS[documented.gateway]:
        asked = documented._replace(fields={**documented.fields, "model": model})
        given, _ = answered(server, asked.sent(**{"x-mockclaude-validation": "gateway"}))

        assert given.status == 200, given.json


FORBIDDEN = [
    Documented("all", {"model": ...}, refusal="model: Field required"),
    Documented("all", {"messages": ...}, refusal="messages: Field required"),
    Documented("all", {"messages": [{"role": "user"}]}, refusal="messages.0.content: Field required"),
    Documented("all", headers={"x-api-key": None}, refusal="x-api-key header is required", status=401),
    Documented(
        "crazyrouter",
        {"thinking": {"type": "enabled", "budget_tokens": 2048}},
        refusal="`max_tokens` must be greater than `thinking.budget_tokens`",
    ),
]
"""What the documents require, and the error without it, in the shape that the document of mandao shows."""


@pytest.mark.parametrize("forbidden", FORBIDDEN, ids=str)
def test_a_gateway_refuses_what_the_documents_forbid(server: Running, forbidden: Documented) -> None:
    given, _ = answered(server, forbidden.sent(**{"x-mockclaude-validation": "gateway"}))

    kind = "authentication_error" if forbidden.status == 401 else "invalid_request_error"
    assert given.status == forbidden.status
    assert {"type": "error", "error": {"type": kind, "message": forbidden.refusal}}.items() <= given.json.items()


@pytest.mark.parametrize("documented", DOCUMENTED, ids=str)
def test_the_api_takes_it_or_says_why_not(server: Running, documented: Documented) -> None:
    given, shown = answered(server, documented.sent())

    assert "warning:" not in shown
    if documented.refusal:
        kind = "not_found_error" if documented.status == 404 else "invalid_request_error"
        assert (given.status, given.error) == (documented.status, (kind, documented.refusal))
    else:
        assert given.json["content"][-1] == {"type": "text", "text": "你好!"}


@pytest.mark.parametrize("field", [{"stream": True}, {"stream": True, "max_tokens": ...}])
def test_a_gateway_streams(server: Running, field: dict[str, Any]) -> None:
    sent = Documented("yourouter", field).sent(**{"x-mockclaude-validation": "gateway"})
    given, _ = answered(server, sent)
    events = [line.removeprefix("event: ") for line in given.body.decode().splitlines() if line.startswith("event: ")]

    assert (events[0], events[-1]) == ("message_start", "message_stop")
    assert {"content_block_delta", "message_delta"} < {*events}


@pytest.mark.parametrize(("mode", "status"), [("off", 200), ("gateway", 200), ("anthropic", 404)])
def test_only_the_api_requires_v1(server: Running, mode: str, status: int) -> None:
    sent = Documented("yourouter").sent(**{"x-mockclaude-validation": mode})
    given, _ = answered(server, sent.replace(b"POST /v1/messages", b"POST /messages", 1))

    assert given.status == status
