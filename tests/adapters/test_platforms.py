"""Names of models below `/anthropic` and with a signature of AWS: they are the API's in all parts of the server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import Head, HttpRequest
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import NOW, Received, received, script_of

NAME, WRITTEN = "claude-haiku-4-5-20251001", "anthropic.claude-haiku-4-5-20251001-v1:0"
SCENARIO = f"""
rules:
  - {{when: {{model: {NAME}, headers: {{anthropic-user-profile-id: uprof_1}}}}, reply: Profile}}
  - {{when: {{model: {NAME}}}, reply: Hello}}
"""
KEY = {"x-api-key": "mock"}
SIGNED = {
    "authorization": "AWS4-HMAC-SHA256 Credential=AKIAMOCK/20261130/eu-west-1/bedrock-mantle/aws4_request, Signature=0",
    "x-amz-date": "20261130T080000Z",
}


def decide(
    headers: dict[str, str], path: str = "/v1/messages", *, is_platform: bool = False, **fields: Any
) -> Decision:
    body = {"model": WRITTEN, "messages": [{"role": "user", "content": "Hi"}], **fields}
    if path == "/v1/messages":
        body["max_tokens"] = 99
    lines = {"anthropic-version": "2023-06-01", "content-type": "application/json", **headers}
    head = Head("POST", path, {}, lines, is_platform=is_platform)
    return answer(HttpRequest(head, lines, json.dumps(body).encode(), NOW), ScenarioState(load_text(SCENARIO)))


def send(headers: dict[str, str], path: str = "/v1/messages", **fields: Any) -> Received:
    return received(b"".join(send.data for send in script_of(decide(headers, path, **fields)).sends))


@pytest.mark.parametrize(
    "client",
    [
        {"headers": KEY, "is_platform": True},
        {"headers": {"api-key": "mock"}, "is_platform": True},
        {"headers": {"authorization": "Bearer mock"}, "is_platform": True},
        {"headers": SIGNED},
    ],
)
def test_names_of_a_platform_are_those_of_the_api(client: dict[str, Any]) -> None:
    response = send(**client)
    assert response.json["model"] == NAME
    assert response.json["content"][0]["text"] == "Hello"
    assert send(**client, path="/v1/messages/count_tokens").json["input_tokens"] > 0
    assert decide(**client).notes[-1] == f"model {WRITTEN} is {NAME}"


def test_items_of_a_batch_with_names_of_a_platform_have_their_own_custom_ids() -> None:
    rules = "rules:\n- {when: {custom_id: b}, reply: B}\n- {reply: Other}"
    params = {"model": WRITTEN, "max_tokens": 99, "messages": [{"role": "user", "content": "Hi"}]}
    body = json.dumps({"requests": [{"custom_id": name, "params": params} for name in "abc"]}).encode()
    lines = {"anthropic-version": "2023-06-01", "content-type": "application/json", **KEY}
    head = Head("POST", "/v1/messages/batches", {}, lines, is_platform=True)
    decision = answer(HttpRequest(head, head.headers, body, NOW), ScenarioState(load_text(rules)))

    assert decision.batch is not None
    assert [item.rule.place.line for _, item in decision.batch.items if item.rule] == [3, 2, 3]


def test_requests_with_the_name_of_the_api_are_not_changed() -> None:
    decision = decide(SIGNED, model=NAME)
    assert decision.notes == ()
    assert decision.whole is None


def test_a_user_profile_in_the_body_is_a_header_of_the_api() -> None:
    assert send(SIGNED, user_profile_id="uprof_1").json["content"][0]["text"] == "Profile"
    assert send(SIGNED, model=NAME, user_profile_id="uprof_1").json["content"][0]["text"] == "Profile"
    assert send(SIGNED, user_profile_id=5).json["content"][0]["text"] == "Hello"


def test_invalid_bodies_are_refused_as_by_the_api() -> None:
    assert send(SIGNED, model=5).error == ("invalid_request_error", "model: Input should be a valid string")
    assert send(SIGNED, model=None).status == 400
    assert send(SIGNED, model="anthropic.claude-nope").error == ("not_found_error", "model: claude-nope")


def test_the_api_itself_refuses_names_of_a_platform_with_a_hint() -> None:
    decision = decide(KEY)
    assert decision.response.status == 404
    assert decision.reason == (
        f"model: {WRITTEN}; unknown model; expected '{NAME}'; "
        "add /anthropic to the base URL to send names of a platform"
    )
