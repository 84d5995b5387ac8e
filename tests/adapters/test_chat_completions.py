"""Chat completions: the core answers a chat, in OpenAI's form."""

from __future__ import annotations

import orjson
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.adapters.chatting import CLIENT, TOOLS, USAGE, chat, read_chunks, send
from tests.serving import NOW, http_request

SCENARIO = """
rules:
  - when: {user: tool}
    reply: [{text: Let me see.}, {tool_use: {name: get_weather, input: {city: Oslo}}}, {tool_use: now}]
  - {when: {user: Hello, adapter: openai}, reply: Hello from the rule.}
"""


def test_completion_has_the_keys_of_openai_in_their_order() -> None:
    response = send(SCENARIO, chat())

    assert response.status == 200
    completion_id = response.json["id"]
    assert completion_id.startswith("chatcmpl-0")
    assert list(response.json.items()) == [
        ("id", completion_id),
        ("object", "chat.completion"),
        ("created", NOW),
        ("model", "claude-haiku-4-5-20251001"),
        (
            "choices",
            [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "Hello from the rule.", "refusal": None},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
        ),
        (
            "usage",
            {
                "prompt_tokens": 8,
                "completion_tokens": 5,
                "total_tokens": 13,
                "prompt_tokens_details": {"cached_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
        ),
        ("service_tier", "default"),
        ("system_fingerprint", None),
    ]


def test_stream_ends_with_the_usage_if_the_client_demands_it() -> None:
    chunks = read_chunks(send(SCENARIO, chat(stream=True, stream_options=USAGE)).body)

    assert [chunk["choices"][0]["delta"] for chunk in chunks[:-2]] == [
        {"role": "assistant", "content": ""},
        {"content": "Hell"},
        {"content": "o from the rule."},
        {},
    ]
    assert [chunk["usage"] for chunk in chunks[:-2]] == [None] * 4
    assert (chunks[-2]["choices"], chunks[-2]["usage"]["total_tokens"]) == ([], 13)
    assert chunks[-1] == "[DONE]"


def test_calls_of_tools_are_numbered() -> None:
    message = send(SCENARIO, chat("tool", tools=TOOLS)).json["choices"][0]["message"]

    assert message["content"] == "Let me see."
    assert [(call["type"], call["function"]) for call in message["tool_calls"]] == [
        ("function", {"name": "get_weather", "arguments": '{"city":"Oslo"}'}),
        ("function", {"name": "now", "arguments": "{}"}),
    ]


@pytest.mark.parametrize(
    ("scenario", "headers", "status"),
    [
        ("", {}, 200),
        ("validation: anthropic\n", {}, 200),
        ("", {"x-mockclaude-validation": "anthropic"}, 404),
        ("validation: off\n", {}, 200),
    ],
)
def test_mode_is_that_of_gateways_unless_the_client_chooses(
    scenario: str, headers: dict[str, str], status: int
) -> None:
    assert send(f"{scenario}{SCENARIO}", chat(model="my-model"), **headers).status == status


def test_mode_off_stays() -> None:
    assert send(f"validation: off\n{SCENARIO}", chat(max_tokens=-1)).status == 200
    assert send(SCENARIO, chat(max_tokens=-1)).status == 400


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "The request body is not valid JSON"),
        (b"[]", "Input should be a valid dictionary"),
        (chat(messages=None), "messages: Field required"),
        (chat(messages=[]), "messages: at least one message is required"),
        (chat(messages=[{"role": "user"}]), "messages.0.content: Field required"),
        (chat(model=None), "model: Field required"),
    ],
)
def test_bad_body_is_an_error_of_openai(body: object, message: str) -> None:
    response = send(SCENARIO, body)
    error = response.json["error"]

    assert (response.status, error["code"], error["param"]) == (400, "invalid_request_error", None)
    assert error["message"].startswith(message)


def test_wrong_key_precedes_a_bad_body() -> None:
    assert [send(f"api_keys: [good]\n{SCENARIO}", body).status for body in (b"{", chat(n=2), chat())] == [401] * 3


def test_body_is_not_nested_too_deeply() -> None:
    body = orjson.dumps(chat(thinking="@")).replace(b'"@"', b"[" * 300 + b"]" * 300)
    assert b"nested too deeply" in send(SCENARIO, body).body


def test_journal_has_the_body_of_the_api() -> None:
    http = http_request("POST", "/v1/chat/completions", {}, CLIENT, orjson.dumps(chat(max_tokens=9)))
    decision = answer(http, ScenarioState(load_text(SCENARIO)))

    assert decision.whole is not None
    assert orjson.loads(decision.whole) == {**chat(), "max_tokens": 9}


@pytest.mark.parametrize("text", ["Hello", "tool"])
def test_completion_has_the_types_of_the_sdk(text: str) -> None:
    ChatCompletion.model_validate(send(SCENARIO, chat(text, tools=TOOLS)).json)
    for chunk in read_chunks(send(SCENARIO, chat(text, tools=TOOLS, stream=True, stream_options=USAGE)).body)[:-1]:
        ChatCompletionChunk.model_validate(chunk)
