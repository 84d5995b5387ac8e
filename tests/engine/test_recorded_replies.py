"""A `respond` step sends the bytes of another server, and everything else knows the message in them."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.reply.response import End
from mockclaude.scenario.digests import digest_request
from mockclaude.scenario.loading.loader import load_text
from tests.engine.deciding import CREATE, Sent, after, call, send
from tests.engine.forms import returning, state_of, yielding_later
from tests.serving import NOW, http_request, with_client_headers

MESSAGE = {
    "model": "claude-haiku-4-5-20251001",
    "id": "msg_01Recorded",
    "type": "message",
    "role": "assistant",
    "content": [{"type": "text", "text": "At 14:10."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 9_000, "output_tokens": 14},
}
EVENTS: list[tuple[str, Any]] = [
    ("message_start", {"message": {**MESSAGE, "content": [], "stop_reason": None}}),
    ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
    ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "At "}}),
    ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "14:10."}}),
    ("content_block_stop", {"index": 0}),
    ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 14}}),
    ("message_stop", {}),
]
STREAM = "".join(f"event: {name}\r\ndata: {json.dumps({'type': name, **data})}   \r\n\r\n" for name, data in EVENTS)
HEADERS = {"content-type": "text/event-stream", "request-id": "req_01Recorded"}
STREAMED: dict[str, Any] = {"headers": HEADERS, "body": STREAM}


def state(respond: dict[str, Any], *more: dict[str, Any], **keys: Any) -> ScenarioState:
    head = {key: keys.pop(key) for key in ("limits", "as_recorded", "pace") if key in keys}
    return ScenarioState(load_text(json.dumps({**head, "rules": [{"reply": [{"respond": respond}, *more], **keys}]})))


def ask(respond: dict[str, Any], *more: dict[str, Any], stream: bool = True, **keys: Any) -> Sent:
    return send(state(respond, *more, **keys), call(stream=stream))


@pytest.mark.parametrize("head", [{}, {"as_recorded": True}, {"pace": {"gap": "1ms"}}], ids=str)
def test_a_stream_has_the_recorded_bytes(head: dict[str, Any]) -> None:
    response = ask(STREAMED, **head).response

    assert (response.status, response.body.decode()) == (200, STREAM)
    assert response.headers["request-id"] == "req_01Recorded"
    assert response.headers["content-type"] == "text/event-stream"


def test_a_message_is_sent_in_the_form_that_the_client_asks_for() -> None:
    sent = ask(STREAMED, stream=False)

    assert sent.response.json == MESSAGE
    assert sent.response.headers["content-type"] == "application/json"
    assert sent.notes == ("not as recorded: it was a stream",)

    streamed = ask({"body": MESSAGE})
    assert b"event: message_stop" in streamed.response.body
    assert streamed.notes == ("not as recorded: it was JSON",)


def test_a_rule_for_one_form_keeps_it() -> None:
    assert ask({"body": MESSAGE}, when={"stream": True}).response.json == MESSAGE


def test_a_media_type_is_known_in_upper_case() -> None:
    assert ask({**STREAMED, "headers": {"Content-Type": "Text/Event-Stream"}}, stream=False).response.json == MESSAGE


def test_a_stream_with_another_status_keeps_its_status() -> None:
    response = ask({**STREAMED, "status": 201}, stream=False).response

    assert (response.status, response.body.decode()) == (201, STREAM)


@pytest.mark.parametrize(
    ("respond", "present"),
    [
        ({"body": MESSAGE}, True),
        ({"body": "<h1>Bad gateway</h1>", "status": 502}, True),
        ({"body": MESSAGE, "headers": {"server": False}}, False),
        ({"body": MESSAGE, "usual_headers": False}, False),
    ],
)
def test_the_usual_headers_are_sent_unless_they_are_left_out(respond: dict[str, Any], present: bool) -> None:
    assert ("server" in ask(respond, stream=False).response.headers) is present


def test_only_written_headers_are_sent_without_the_usual_ones() -> None:
    headers = ask({**STREAMED, "usual_headers": False}).response.headers

    assert sorted(headers) == ["connection", "content-type", "request-id", "transfer-encoding"]


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_no_chunks(status: int) -> None:
    [sent] = ask({"status": status, "usual_headers": False}).script.sends

    assert sent.data.startswith(f"HTTP/1.1 {status} ".encode())
    assert sent.data.count(b"\r\n") == 2


def test_a_body_that_is_no_message_is_sent_with_a_note() -> None:
    sent = ask({"body": "<h1>Hello</h1>"})

    assert sent.response.body == b"<h1>Hello</h1>"
    assert sent.notes == ("the recorded body is not a message of the API",)
    assert ask({"status": 502, "body": "<h1>Bad gateway</h1>"}).notes == ()


def test_headers_that_frame_the_recorded_body_are_not_sent() -> None:
    framing = {"Transfer-Encoding": "gzip", "content-length": "7", "connection": "close"}
    response = ask({"body": MESSAGE, "headers": framing, "usual_headers": False}, stream=False).response

    assert response.json == MESSAGE
    assert response.headers == {"connection": "keep-alive", "transfer-encoding": "chunked"}


def test_json_is_sent_without_spaces_in_its_order() -> None:
    body = {"type": "error", "error": {"details": None, "type": "overloaded_error", "message": "Overloaded"}}
    response = ask({"status": 529, "body": body}, stream=False).response

    assert (response.status, response.body) == (529, orjson.dumps(body))


def test_the_pace_is_the_time_to_the_first_byte_and_the_gaps() -> None:
    script = ask({**STREAMED, "pace": {"ttft": "800ms", "gaps": ["0ms", "5ms", "10ms"]}}).script

    assert sorted({send.at for send in script.sends}) == [800_000, 805_000, 815_000, 825_000, 835_000, 845_000]


def test_a_pace_in_tokens_is_spread_over_the_texts() -> None:
    script = ask({**STREAMED, "pace": {"tokens_per_second": 10}}).script

    assert [send.at > 0 for send in script.sends] == [False, True, True]


@pytest.mark.parametrize(
    ("step", "end"),
    [({"disconnect": "reset"}, End.RESET), ({"disconnect": "close"}, End.CLOSE), ({"pause": "forever"}, End.HANG)],
)
def test_a_recorded_reply_can_end_early(step: dict[str, Any], end: End) -> None:
    script = ask({**STREAMED, "body": STREAM[:400]}, step).script

    assert script.end is end
    assert not script.sends[-1].data.endswith(b"0\r\n\r\n")


def test_faults_find_the_events_of_a_recorded_stream() -> None:
    body = ask(STREAMED, fault={"disconnect": "clean", "after": "text_delta 1"}).response.body

    assert body.decode() == STREAM[: STREAM.index("event: content_block_delta", STREAM.index("At "))]


def test_a_thread_continues_a_recorded_reply() -> None:
    served = state(STREAMED)
    send(served, call(stream=True, thread=CREATE))
    again = send(served, call("And then?", stream=True, thread=after("msg_01Recorded")))

    assert again.response.status == 200


def test_a_limit_counts_the_recorded_usage() -> None:
    served = state({"body": MESSAGE}, limits={"output_tokens_per_minute": 14})

    assert [send(served, call(stream=False)).response.status for _ in range(2)] == [200, 429]


def test_a_body_can_have_placeholders() -> None:
    response = ask({"body": {"answer": "${{ user }}"}, "templates": True}, stream=False).response

    assert response.json == {"answer": "Hello"}
    assert ask({"body": "${{ user }}", "templates": True}).response.body == b"Hello"
    assert (
        ask({"body": "${{ match.a }}", "templates": True}, when={"user": {"regex": "(?P<a>b)?"}}).response.status == 200
    )


def test_a_function_can_return_a_recorded_reply() -> None:
    assert send(state_of(returning, [{"respond": STREAMED}]), call(stream=True)).response.body.decode() == STREAM


def test_a_function_cannot_yield_one() -> None:
    sent = send(state_of(yielding_later, [{"respond": STREAMED}]), call(stream=True))

    assert "`respond` in a part of a reply" in sent.response.json["error"]["message"]


def test_a_fault_can_have_the_pace_and_the_headers_of_the_api() -> None:
    fault = {"respond": {**STREAMED, "pace": {"ttft": "1s"}, "usual_headers": True}}
    sent = send(ScenarioState(load_text(json.dumps({"rules": [{"reply": "Hi", "fault": fault}]}))), call())

    assert (sent.response.body.decode(), sent.script.sends[0].at) == (STREAM, 1_000_000)
    assert "server" in sent.response.headers


REFUSED: dict[str, Any] = {"max_tokens": -1}


def test_a_recorded_rule_answers_a_request_that_is_refused() -> None:
    sent = send(state(STREAMED), call(stream=True, **REFUSED))

    assert sent.response.body.decode() == STREAM
    assert sent.notes == (
        "warning: the API's rules, as known here, would have refused it: max_tokens: Input should be greater than or "
        "equal to 0",
    )


@pytest.mark.parametrize("keys", [{"when": {"user": "Goodbye"}}, {"times": 1}], ids=str)
def test_a_refusal_stays_if_no_recorded_rule_answers(keys: dict[str, Any]) -> None:
    served = state(STREAMED, **keys)
    send(served, call("Hello", stream=True))

    assert send(served, call("Hello", stream=True, **REFUSED)).response.status == 400


def test_a_rule_that_is_not_recorded_does_not_answer_a_refused_request() -> None:
    served = ScenarioState(load_text("rules: [{reply: Hi, times: 1}, {reply: {respond: {body: x}}}]"))

    assert send(served, call(**REFUSED)).response.body == b"x"


def test_a_request_without_messages_stays_refused() -> None:
    assert send(state(STREAMED), call(stream=True, messages=7)).response.status == 400


def test_a_refused_request_continues_a_thread() -> None:
    served = state(STREAMED)
    send(served, call(stream=True, thread=CREATE))
    again = call("And then?", stream=True, thread=after("msg_01Recorded"), **REFUSED)

    assert send(served, again).response.status == 200


@pytest.mark.parametrize(
    ("system", "notes"), [("Tides.", ()), ("Weather.", ("stale: system differs from what was recorded",))]
)
def test_a_request_that_is_not_the_recorded_one_gets_a_note(system: str, notes: tuple[str, ...]) -> None:
    request = orjson.loads(call(stream=True, system="Tides.").body)
    origin = {"from": "api.anthropic.com", "on": "2026-11-29", "request": digest_request(request)}

    assert send(state(STREAMED, recorded=origin), call(stream=True, system=system)).notes == notes


def test_a_client_of_another_api_gets_a_recorded_reply() -> None:
    body = orjson.dumps({"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": "Hello"}]})
    headers = with_client_headers({"authorization": "Bearer mock"})
    response = send(state(STREAMED), http_request("POST", "/v1/chat/completions", {}, headers, body, NOW)).response

    assert response.json["choices"][0]["message"]["content"] == "At 14:10."
    assert response.json["usage"]["prompt_tokens"] == 9_000


@pytest.mark.parametrize(
    "change",
    [
        {"content": ["Hi"]},
        {"content": [{"type": ["text"]}]},
        {"content": [{"type": "text", "text": None}]},
        {"content": [{"type": "thinking", "thinking": "Hm.", "signature": ["a"]}]},
        {"model": None},
        {"model": 7},
        {"id": [1]},
        {"usage": None},
        {"usage": [1]},
        {"usage": {"output_tokens": None}},
        {"usage": {"output_tokens": "14"}},
        {"usage": {"output_tokens": 10**18}},
        {"usage": {"output_tokens": 1, "iterations": 7}},
        {"usage": {"output_tokens": 1, "iterations": [None]}},
    ],
    ids=str,
)
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("is_stream", [True, False])
def test_json_that_is_almost_a_message_is_sent(change: dict[str, Any], stream: bool, is_stream: bool) -> None:
    message = {**MESSAGE, **change}
    body = STREAM.replace(json.dumps(EVENTS[0][1]["message"]), json.dumps(message)) if is_stream else message
    response = ask({"body": body}, stream=stream, limits={"output_tokens_per_minute": 99}).response

    assert response.status == 200


@pytest.mark.parametrize("body", ["x", "", {}, [1], {"type": "error"}], ids=str)
def test_a_limit_accepts_a_body_without_usage(body: Any) -> None:
    assert ask({"body": body}, limits={"output_tokens_per_minute": 14}).response.status == 200


def test_a_text_that_is_no_string_counts_as_no_token() -> None:
    stream = STREAM.replace('"text": "At "', '"text": 7')

    assert ask({"body": stream, "pace": {"tokens_per_second": 10}}).response.body.decode() == stream


def test_a_client_of_another_api_gets_a_list_as_recorded() -> None:
    body = orjson.dumps({"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": "Hello"}]})
    headers = with_client_headers({"authorization": "Bearer mock"})
    served = state({"body": [1]})

    assert send(served, http_request("POST", "/v1/chat/completions", {}, headers, body, NOW)).response.json == [1]


@pytest.mark.parametrize("respond", [STREAMED, {"body": MESSAGE}], ids=["stream", "JSON"])
def test_an_instant_reply_is_one_write(respond: dict[str, Any]) -> None:
    served = state(respond)
    [first], [second] = (send(served, call(stream=respond is STREAMED)).script.sends for _ in range(2))

    assert (first.at, first.data.count(b"msg_01Recorded")) == (0, 1)
    assert first.data[-20:] == second.data[-20:]


def test_headers_of_a_kept_reply_follow_the_time() -> None:
    served = state({"body": MESSAGE, "headers": {"retry-after": "in 30s"}})
    dates = [send(served, call(stream=False, later=later)).response.headers for later in (0, 0, 9)]

    assert [headers["retry-after"][-6:-4] for headers in dates] == ["10", "10", "19"]
    assert dates[0]["date"] == dates[1]["date"] != dates[2]["date"]
    assert len({headers["request-id"] for headers in dates}) == 3


def test_templates_are_filled_for_each_request() -> None:
    served = state({"body": {"content": [{"type": "text", "text": "${{ user }}"}], "id": "msg_1"}, "templates": True})
    texts = [send(served, call(text, stream=False)).response.json["content"][0]["text"] for text in ("Hi", "Bye")]

    assert texts == ["Hi", "Bye"]


def test_every_part_works_on_a_kept_reply() -> None:
    keys = {"fault": {"disconnect": "clean", "after": "text_delta 1", "occurrence": 2}}
    served = state(STREAMED, limits={"output_tokens_per_minute": 99}, **keys)
    whole, cut, again = (send(served, call(stream=True, thread=CREATE)).response for _ in range(3))

    assert (whole.body.decode(), again.body.decode()) == (STREAM, STREAM)
    assert cut.body.decode() == STREAM[: STREAM.index("event: content_block_delta", STREAM.index("At "))]
    assert [sent.headers["anthropic-ratelimit-output-tokens-remaining"] for sent in (whole, again)] == ["85", "57"]
    assert send(served, call("And?", stream=True, thread=after("msg_01Recorded"))).response.status == 200
