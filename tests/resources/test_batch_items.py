"""Items of batches: each is decided as a message is, in the order of the requests."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from mockclaude.scenario.rules import Rule
from tests.resources.batching import PATH, Batching, error_of, frame, params, text_of

SCENARIO = """
rules:
  - {name: fail, when: {user: fail}, reply: {error: overloaded_error}}
  - {name: late, when: {user: late}, reply: [Some, {error: {type: api_error, message: Broken}}]}
  - {name: cut, when: {user: cut}, reply: [Some, {disconnect: reset}]}
  - {name: canceled, when: {user: cancel, custom_id: '*'}, reply: {batch: canceled}}
  - {name: expired, when: {user: expire, batch: true}, reply: {batch: expired}}
  - {name: faulty, when: {user: faulty}, reply: Never, fault: {error: rate_limit_error, after: text_delta 1}}
  - {name: slow, when: {user: slow}, reply: Fine, pace: {ttft: 2s}, fault: [{stall: 1s}, {disconnect: reset}]}
  - {name: once, when: {user: once}, times: 1, reply: First}
  - {name: named, when: {custom_id: 'item-1*', user: name}, reply: One of them}
  - {name: live, when: {user: name, batch: false}, reply: Live}
  - {name: both, when: {user: name}, reply: Another}
  - {name: retry, when: {user: retried, retry: 0}, reply: Not retried}
  - {name: any, when: {user: Hello}, reply: Hi!}
chaos: {error: 529}
"""


@pytest.fixture
def client() -> Batching:
    return Batching(SCENARIO.replace("chaos: {error: 529}\n", ""))


def test_an_item_has_the_content_of_the_message_and_ids_of_its_own(client: Batching) -> None:
    result, again = client.run(params(), params())
    message = client.ask("Hello").json
    assert result["type"] == "succeeded"
    assert result["message"]["content"] == message["content"] == again["message"]["content"]
    assert len({message["id"], result["message"]["id"], again["message"]["id"]}) == 3
    assert result["message"]["usage"] == {**message["usage"], "service_tier": "batch"}
    assert list(result["message"]) == list(message)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"model": "claude-nope"}, ("not_found_error", "model: claude-nope")),
        ({"messages": None}, ("invalid_request_error", "messages: Field required")),
        ({"stream": True}, ("invalid_request_error", "`stream=True` is not supported in the Message Batches API")),
        ({"max_tokens": 0}, ("invalid_request_error", "max_tokens: must be greater than or equal to 1")),
        ({"speed": "fast"}, ("invalid_request_error", "speed: Extra inputs are not permitted")),
        ({"fallbacks": "default"}, ("invalid_request_error", "fallbacks: Extra inputs are not permitted")),
        (
            {"billing_policy": {"type": "billing_policy", "bill_to": "user_profile"}},
            (
                "invalid_request_error",
                "billing_policy.bill_to: 'user_profile' is not supported in the Message Batches API",
            ),
        ),
    ],
)
def test_an_invalid_item_is_an_errored_line(client: Batching, fields: dict[str, Any], error: tuple[str, str]) -> None:
    invalid, valid = client.run(params(**fields), params())
    assert error_of(invalid) == error
    assert invalid["error"]["request_id"] is None
    assert list(invalid["error"]["error"]) == ["details", "type", "message"]
    assert invalid["error"]["error"]["details"] == {"error_visibility": "user_facing"}
    assert text_of(valid) == "Hi!"


def test_params_that_are_no_object_are_an_errored_line(client: Batching) -> None:
    assert error_of(client.run(7)[0]) == ("invalid_request_error", "Input should be a valid dictionary")


@pytest.mark.parametrize("mode", ["anthropic", "gateway", "'off'"])
def test_params_that_nest_too_deeply_are_an_errored_line(mode: str) -> None:
    body = frame(params(metadata="deep")).replace(b'"deep"', b"[" * 300 + b"]" * 300)
    client = Batching(f"{{validation: {mode}, rules: [{{reply: Hi!}}]}}")
    batch_id = client.send("POST", PATH, body).json["id"]
    client.retrieve(batch_id)
    [result] = client.results(batch_id).values()
    assert error_of(result) == ("invalid_request_error", "The request body is nested too deeply")


def test_an_item_that_no_rule_answers_is_unmatched(client: Batching) -> None:
    (result,) = client.run(params("unknown"))
    assert "no rule matched" in error_of(result)[1]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("fail", ("overloaded_error", "Overloaded")),
        ("late", ("api_error", "Broken")),
        ("faulty", ("rate_limit_error", None)),
        ("cut", ("api_error", "Internal server error")),
    ],
)
def test_an_error_of_a_rule_is_an_errored_line(client: Batching, content: str, error: tuple[str, str | None]) -> None:
    (result,) = client.run(params(content))
    kind, message = error_of(result)
    assert kind == error[0]
    assert error[1] in (None, message)
    assert result["error"]["request_id"].startswith("workerreq_01")


def test_other_faults_and_the_pace_have_no_effect(client: Batching) -> None:
    batch_id = client.create(params("slow"))
    assert client.decision.batch is not None
    (item,) = client.decision.batch.items
    assert [note for note in item.decision.notes if "no effect" in note] == [
        "the fault 'stall 1s' has no effect in a batch",
        "the fault 'disconnect reset' has no effect in a batch",
    ]
    assert client.retrieve(batch_id)["request_counts"]["succeeded"] == 1


def test_chaos_and_requested_faults_strike_no_item() -> None:
    client = Batching(SCENARIO)
    assert text_of(client.run(params())[0]) == "Hi!"
    assert client.ask("Hello").status == 529
    (result,) = client.run(params(model="claude-sonnet-5+529"))
    assert text_of(result) == "Hi!"


def test_steps_cancel_and_expire_items(client: Batching) -> None:
    assert client.run(params("cancel"), params("expire"), params())[:2] == [{"type": "canceled"}, {"type": "expired"}]
    canceled = client.state.rules[3].replies[0]
    client.state.add([{"reply": {"generate": "auto"}}], "here", bind=_binder(lambda _: canceled))
    live = client.ask("cancel")
    assert live.status == 400
    assert "`batch: canceled` is the result of an item of a batch" in live.json["error"]["message"]


def test_counters_move_in_the_order_of_the_requests(client: Batching) -> None:
    first, second = client.run(params("once"), params("once"))
    assert text_of(first) == "First"
    assert second["type"] == "errored"


def test_rules_can_be_for_items_by_their_name(client: Batching) -> None:
    results = client.run(*[params("name")] * 11)
    assert [text_of(result) for result in results] == [
        "Another",
        "One of them",
        *["Another"] * 8,
        "One of them",
    ]
    live = client.ask("name")
    assert live.json["content"][0]["text"] == "Live"


def test_an_item_is_no_retry(client: Batching) -> None:
    (result,) = client.run(params("retried"), x_stainless_retry_count="2")
    assert text_of(result) == "Not retried"


def test_a_prefix_that_one_item_caches_is_read_by_the_next(client: Batching) -> None:
    text = {"type": "text", "text": "Known. " * 4000, "cache_control": {"type": "ephemeral"}}
    first, second = (result["message"]["usage"] for result in client.run(*[params(system=[text])] * 2))
    assert first["cache_creation_input_tokens"] == second["cache_read_input_tokens"] > 1000


def test_limits_apply_to_no_item() -> None:
    client = Batching("{rules: [{reply: Hi!}], limits: {requests_per_minute: 3}}")
    assert [text_of(result) for result in client.run(*[params()] * 5)] == ["Hi!"] * 5


def test_functions_reply_to_items_unless_they_are_async(client: Batching) -> None:
    async def wait(_: Any) -> Any:
        raise AssertionError

    async def generate(_: Any) -> AsyncIterator[Any]:
        yield

    reply = client.state.rules[-1].replies[0]
    results = []
    for function in (wait, generate, lambda _: reply):
        client.state.reset()
        client.state.add([{"reply": {"generate": "auto"}}], "here", bind=_binder(function))
        results += client.run(params())
    message = ("api_error", "an async function cannot reply to an item of a batch")
    assert [error_of(result) for result in results[:2]] == [message, message]
    assert text_of(results[2]) == "Hi!"


def _binder(function: Any) -> Any:
    def bind(rule: Rule) -> Rule:
        return dataclasses.replace(rule, function=function)

    return bind


def test_without_validation_every_item_has_a_result() -> None:
    client = Batching("{validation: 'off', rules: [{reply: Hi!}]}")
    results = client.run(params(stream=True), params(speed="fast"), params(max_tokens=0))
    assert [text_of(result) for result in results[:2]] == ["Hi!", "Hi!"]
    assert results[2]["type"] == "succeeded"


def test_the_results_of_a_batch_do_not_depend_on_other_lanes() -> None:
    alone, beside = Batching(SCENARIO), Batching(SCENARIO)
    for number in range(20):
        beside.lane = "b"
        beside.run(params(f"Hello {number}"))
    beside.lane = "a"
    ids = {client.create(params(), params("once")) for client in (alone, beside)}
    (batch_id,) = ids
    for client in (alone, beside):
        client.retrieve(batch_id)
    path = f"/v1/messages/batches/{batch_id}/results"
    assert alone.send("GET", path).body == beside.send("GET", path).body


RECORDED = {"type": "message", "content": [], "usage": {"output_tokens": 1}}


@pytest.mark.parametrize(
    ("respond", "kind"),
    [
        ({"body": RECORDED}, "succeeded"),
        ({"body": {**RECORDED, "usage": None}}, "succeeded"),
        ({"body": {}, "status": 529}, "errored"),
        ({"body": {"error": None}, "status": 529}, "errored"),
        ({"body": {"error": {"details": 7}}, "status": 529}, "errored"),
        ({"body": [1], "status": 529}, "errored"),
        ({"body": [1]}, "errored"),
        ({"status": 204}, "errored"),
    ],
    ids=str,
)
def test_an_item_can_have_a_recorded_reply(respond: dict[str, Any], kind: str) -> None:
    rules = [{"when": {"batch": True}, "reply": [{"respond": respond}]}]
    client = Batching(orjson.dumps({"rules": rules}).decode())

    assert client.run(params())[0]["type"] == kind


@pytest.mark.parametrize("refused", [{"max_tokens": -1}, {"stream": True}], ids=str)
def test_a_recorded_rule_answers_a_refused_item(refused: dict[str, Any]) -> None:
    rules = [{"when": {"batch": True}, "reply": [{"respond": {"body": RECORDED}}]}]
    client = Batching(orjson.dumps({"rules": rules}).decode())

    message = {**RECORDED, "usage": {"output_tokens": 1, "service_tier": "batch"}}
    assert client.run(params(**refused))[0] == {"type": "succeeded", "message": message}
