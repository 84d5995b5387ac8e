"""Which calls are answered: by key, headers, content type, shape, model and mode, in this order."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockclaude.engine.decision import Decision
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import NOW, Received, asking, http_request, received, sent_of, with_client_headers

HELLO = "rules: [{reply: Hello!}]"
GPT = "rules: [{when: {model: gpt-4o}, reply: Hello!}, {reply: Bye!}]"


def ask(scenario: str = HELLO, headers: dict[str, str | None] | None = None, **fields: Any) -> Decision:
    call = http_request("POST", "/v1/messages", {}, with_client_headers(headers or {}), asking(**fields), NOW)
    return answer(call, ScenarioState(load_text(scenario)))


def sent(given: Decision) -> Received:
    return received(sent_of(given))


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({"x-api-key": None}, 401, "x-api-key header is required"),
        ({"content-type": None}, 415, "Content-Type must be application/json"),
        ({"content-type": "text/plain"}, 415, "Content-Type must be application/json; got 'text/plain'"),
        (
            {"x-mockclaude-validation": "of"},
            400,
            "x-mockclaude-validation: unknown validation mode, got 'of'; expected anthropic, gateway or off; "
            "did you mean 'off'?",
        ),
    ],
)
def test_a_call_that_is_refused_by_its_headers(headers: dict[str, str | None], status: int, message: str) -> None:
    given = sent(ask(headers=headers))

    assert (given.status, given.error[1]) == (status, message)


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_json_however_it_is_written(kind: str) -> None:
    assert sent(ask(headers={"content-type": kind})).status == 200


def test_an_api_key_that_the_file_does_not_list_is_refused() -> None:
    listed = f"api_keys: [sk-test]\n{HELLO}"

    assert sent(ask(listed, {"x-api-key": "sk-test"})).status == 200
    assert sent(ask(listed, {"x-api-key": None, "authorization": "Bearer sk-test"})).status == 200
    assert sent(ask(listed)).error == ("authentication_error", "invalid x-api-key")


@pytest.mark.parametrize(
    ("models", "known", "unknown"),
    [
        ("similar", ["claude-sonnet-5", "claude-sonnet-9", "gpt-4o"], ["gpt-5", "claude-does-not-exist"]),
        ("listed", ["claude-sonnet-5", "gpt-4o"], ["claude-sonnet-9"]),
        ("any", ["claude-sonnet-5", "gpt-4o", "gpt-5"], []),
    ],
)
def test_a_model_is_known_as_the_file_says(models: str, known: list[str], unknown: list[str]) -> None:
    scenario = f"models: {models}\n{GPT}"

    assert {sent(ask(scenario, model=model)).status for model in known} == {200}
    assert [sent(ask(scenario, model=model)).error for model in unknown] == [
        ("not_found_error", f"model: {model}") for model in unknown
    ]


@pytest.mark.parametrize(
    "chosen", [(f"validation: gateway\n{HELLO}", {}), (HELLO, {"x-mockclaude-validation": "gateway"})]
)
def test_what_a_gateway_takes_is_answered_with_a_warning(chosen: tuple[str, dict[str, str | None]]) -> None:
    given = ask(*chosen, web_search_options={})

    assert sent(given).status == 200
    assert given.notes == ("warning: web_search_options: Extra inputs are not permitted",)


def test_the_header_goes_before_the_file() -> None:
    given = ask(f"validation: 'off'\n{HELLO}", {"x-mockclaude-validation": "anthropic"}, web_search_options={})

    assert sent(given).error[1] == "web_search_options: Extra inputs are not permitted"


@pytest.mark.parametrize(
    "name",
    [
        "mid-conversation-output-config-2026-07-01",
        "per-turn-control-2026-07-01",
        "mid-conversation-effort-2026-08-01",
    ],
)
def test_a_system_message_that_only_directs_needs_no_content(name: str) -> None:
    beta: dict[str, str | None] = {"anthropic-beta": name}
    question = {"role": "user", "content": "Hello"}
    directive: dict[str, Any] = {"role": "system", "output_config": {"effort": "low"}}

    assert sent(ask(headers=beta, messages=[question])).status == 200
    assert sent(ask(headers=beta, messages=[question, directive])).status == 200
    assert sent(ask(headers=beta, messages=[question, {"role": "system"}])).error[1] == (
        "messages.1: system content must contain at least one block"
    )
    assert sent(ask(messages=[question, {"role": "system"}])).error[1] == "messages.1.content: Field required"
    assert sent(ask(messages=[question, directive])).error[1] == "messages.1.content: Field required"


@pytest.mark.parametrize(
    ("betas", "status", "notes"),
    [
        ("known", 200, 1),
        ("strict", 400, 0),
        ("any", 200, 0),
        ("[new-2027-01-01]", 200, 0),
        ("new-2027-01-01", 200, 0),
        ("[other-2027-01-01]", 200, 1),
    ],
)
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_an_unknown_beta_is_accepted_as_the_file_says(betas: str, status: int, notes: int, path: str) -> None:
    headers = with_client_headers({"anthropic-beta": "new-2027-01-01"})
    fields = {} if path == "/v1/messages" else {"max_tokens": None}
    body = {key: value for key, value in orjson.loads(asking(**fields)).items() if value is not None}
    given = answer(
        http_request("POST", path, {}, headers, orjson.dumps(body), NOW),
        ScenarioState(load_text(f"betas: {betas}\n{HELLO}")),
    )

    assert sent(given).status == status
    assert [note.partition(",")[0] for note in given.notes] == ["warning: anthropic-beta: unknown"] * notes


def test_a_slip_in_the_name_of_a_beta_is_refused() -> None:
    headers: dict[str, str | None] = {"anthropic-beta": "interleaved-thinkin-2025-05-14"}

    assert sent(ask(headers=headers)).error[1].startswith("Unexpected value(s) `interleaved-thinkin-2025-05-14` for")
    assert sent(ask(f"betas: [interleaved-thinkin-2025-05-14]\n{HELLO}", headers)).status == 200


def test_safeguards_need_their_beta() -> None:
    headers: dict[str, str | None] = {"anthropic-beta": "dangerous-tool-use-2026-09-03,afk-mode-2026-01-31"}
    safeguards = [{"type": "dangerous_tool_use", "classifier_context": {"v": 1, "rules": {"allow": []}}}]

    assert sent(ask(headers=headers, safeguards=safeguards)).status == 200
    assert sent(ask(safeguards=safeguards)).error[1] == "safeguards: Extra inputs are not permitted"


def test_who_is_not_known_is_told_no_organization_and_no_workspace() -> None:
    unknown, known = sent(ask(headers={"x-api-key": None})).headers, sent(ask()).headers

    assert {"anthropic-organization-id", "anthropic-workspace-id"} <= known.keys()
    assert {"anthropic-organization-id", "anthropic-workspace-id"}.isdisjoint(unknown)
