"""A reply becomes a response: as JSON or as a stream, at its pace, with everything that happens on its way."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api import headers
from mockclaude.api.errors import ApiError, invalid
from mockclaude.reply.compose import Reply
from mockclaude.reply.response import End
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.schedule import schedule_reply
from mockclaude.reply.stream import CountedPieces, stream_events
from mockclaude.scenario.format.file import Pace
from mockclaude.wire.encode import encode
from mockclaude.wire.framing import encode_header_lines
from mockclaude.wire.script import Script
from tests.reply.client import message_of, received
from tests.reply.making import DRAWS, INSTANT, any_replies, composed, plain_replies

NOW = 1_787_150_451
CONTEXT = ResponseContext("req_1", "msg_1", NOW)
TEXT = {"text": "A sentence that takes some time to say, at the speed of a model."}
HI = {"text": "Hi."}
OVERLOADED = {"error": "overloaded_error"}
OVERLOADED_JSON = {
    "type": "error",
    "error": {"details": None, "type": "overloaded_error", "message": "Overloaded"},
    "request_id": "req_1",
}
S = 1_000_000

paces = st.builds(
    Pace,
    ttft=st.sampled_from(["0ms", "400ms", "1.5s"]),
    tokens_per_second=st.floats(0.5, 10_000),
    jitter=st.floats(0, 1),
)


def paced(**pace: Any) -> Pace:
    return Pace.model_validate(pace)


def planned(reply: Reply, pace: Pace = INSTANT, *, stream: bool = True, chunked: bool = True) -> Script:
    return encode(schedule_reply(reply, pace, DRAWS, CONTEXT, stream=stream), http11=chunked)


def beats(reply: Reply) -> list[float]:
    """Return the tokens of those beats of `reply` that have any."""
    parts = [part for part in stream_events(reply, whole=False) if isinstance(part, CountedPieces)]
    return [count for part in parts for count in part.tokens if count]


def kinds(script: Script) -> list[str]:
    return [event["type"] for event in received(script).events]


@given(steps=plain_replies, pace=paces | st.just(INSTANT), chunked=st.booleans())
def test_streamed_or_not_at_any_pace_the_message_is_the_same(
    steps: list[dict[str, Any]], pace: Pace, chunked: bool
) -> None:
    reply = composed(*steps)
    json, stream = (planned(reply, pace, stream=stream, chunked=chunked) for stream in (False, True))

    assert received(json).json == message_of(received(stream).events) == reply.message
    assert json.status == stream.status == 200
    assert json.end_at == stream.end_at == stream.sends[-1].at
    assert json.end is stream.end is (End.KEEP if chunked else End.CLOSE)


@pytest.mark.parametrize(("stream", "lines"), [(False, headers.message(NOW)), (True, headers.stream(NOW))])
def test_response_has_its_headers_and_request_id(stream: bool, lines: headers.Headers) -> None:
    data = planned(composed(HI), stream=stream).sends[0].data.decode()

    usual = encode_header_lines(lines).decode()
    framing = "transfer-encoding: chunked\r\nconnection: keep-alive\r\n"
    assert data.startswith(f"HTTP/1.1 200 OK\r\n{usual}{framing}request-id: req_1\r\n\r\n")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("pace", [INSTANT, paced(jitter="20%")])
def test_a_reply_without_pace_is_sent_in_one_piece_at_once(pace: Pace, stream: bool) -> None:
    script = planned(composed(TEXT, HI), pace, stream=stream)

    assert [send.at for send in script.sends] == [0]
    assert script.end_at == 0


@given(steps=plain_replies, rate=st.floats(0.5, 10_000), ttft=st.sampled_from([0, 400, 1500]))
def test_stream_takes_ttft_and_the_time_of_its_tokens(steps: list[dict[str, Any]], rate: float, ttft: int) -> None:
    reply = composed(*steps)
    script = planned(reply, paced(ttft=f"{ttft}ms", tokens_per_second=rate))
    count = beats(reply)

    assert script.end_at == pytest.approx(ttft * 1000 + sum(count) * S / rate, abs=len(count))
    assert script.sends[0].at == ttft * 1000


@given(steps=plain_replies, rate=st.floats(0.5, 10_000), jitter=st.floats(0, 1))
def test_jitter_keeps_within_its_bounds(steps: list[dict[str, Any]], rate: float, jitter: float) -> None:
    reply = composed(*steps)
    script = planned(reply, paced(ttft="1s", tokens_per_second=rate, jitter=jitter))
    time = sum(beats(reply)) * S / rate

    assert S + time * (1 - jitter) - len(beats(reply)) <= script.end_at <= S + time * (1 + jitter) + len(beats(reply))


@given(steps=any_replies, pace=paces, stream=st.booleans())
def test_the_sends_of_any_reply_are_in_the_order_of_their_times(
    steps: list[dict[str, Any]], pace: Pace, stream: bool
) -> None:
    script = planned(composed(*steps), pace, stream=stream)
    times = [send.at for send in script.sends]

    assert times == sorted(set(times))
    assert all(0 <= at <= script.end_at for at in times)


def gaps(script: Script) -> list[int]:
    return [later.at - earlier.at for earlier, later in pairwise(script.sends)]


def test_jitter_is_drawn_for_each_gap_on_its_own() -> None:
    reply = composed({"text": "word " * 400}, model="claude-haiku-4-5")
    even, varied = (planned(reply, paced(tokens_per_second=50, jitter=jitter)) for jitter in (0, "50%"))
    ratios = [varied_gap / usual for varied_gap, usual in zip(gaps(varied), gaps(even), strict=True)]

    assert len({round(ratio, 3) for ratio in ratios}) > 80
    assert 0.5 <= min(ratios) < 0.55
    assert 1.45 < max(ratios) <= 1.5
    assert sum(ratios) / len(ratios) == pytest.approx(1, abs=0.1)


def test_jitter_differs_between_attempts_only() -> None:
    reply, pace = composed(TEXT), paced(tokens_per_second=50, jitter="50%")
    one, again = (planned(reply, pace) for _ in range(2))
    other = schedule_reply(reply, pace, DRAWS._replace(occurrence=1), CONTEXT, stream=True)

    assert one == again
    assert one.end_at != other.end_at


def test_piece_has_the_time_of_its_tokens() -> None:
    script = planned(composed({"text": "Hello there."}), paced(ttft="400ms", tokens_per_second=10))

    assert [send.at for send in script.sends] == [400_000, 500_000, 700_000]
    assert b"message_start" in script.sends[0].data
    assert b'"text":"Hell"' in script.sends[1].data
    assert b'"text":"o there."' in script.sends[2].data
    assert script.sends[2].data.endswith(b"0\r\n\r\n")


def test_a_pace_without_a_rate_only_waits_for_the_first_token() -> None:
    assert [send.at for send in planned(composed(TEXT, HI), paced(ttft="2s")).sends] == [2 * S]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("steps", "seconds"),
    [
        ([{"pause": "2s"}, HI], 2),
        ([HI, {"pause": "2s"}], 2),
        ([HI, {"pause": "2s"}, HI, {"pause": "1s"}, {"pause": "500ms"}], 3.5),
    ],
)
def test_pauses_add_up(steps: list[dict[str, Any]], seconds: float, stream: bool) -> None:
    reply, pace = composed(*steps), paced(ttft="1s", tokens_per_second=100)

    assert planned(reply, stream=stream).end_at == seconds * S
    assert planned(reply, pace, stream=stream).end_at == seconds * S + S + sum(beats(reply)) * 10_000


def test_a_pause_holds_back_what_comes_after_it() -> None:
    script = planned(composed(HI, {"pause": "2s"}, HI))

    assert [send.at for send in script.sends] == [0, 2 * S]
    assert b"content_block_stop" not in script.sends[0].data


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("chunked", [False, True])
def test_an_error_first_is_an_http_error(stream: bool, chunked: bool) -> None:
    script = planned(composed({"pause": "1s"}, OVERLOADED, HI), stream=stream, chunked=chunked)
    response = received(script)

    assert (script.status, response.status, response.json) == (529, 529, OVERLOADED_JSON)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-should-retry"] == "true"
    assert (script.sends[0].at, script.end_at) == (S, S)
    assert script.end is (End.KEEP if chunked else End.CLOSE)


def test_a_later_error_is_an_event_and_leaves_the_block_open() -> None:
    script = planned(composed(HI, {"pause": "1s"}, OVERLOADED, HI))
    response = received(script)

    assert (script.status, script.end, script.end_at, response.complete) == (200, End.KEEP, S, True)
    assert kinds(script) == ["message_start", "content_block_start", "ping", "content_block_delta", "error"]
    assert response.events[-1] == OVERLOADED_JSON
    assert [send.at for send in script.sends] == [0, S]


def test_not_streamed_a_later_error_is_the_response() -> None:
    script = planned(composed(HI, OVERLOADED), paced(ttft="1s", tokens_per_second=10), stream=False)

    assert (script.status, received(script).json) == (529, OVERLOADED_JSON)
    assert script.end_at == S + sum(beats(composed(HI))) * 100_000


@pytest.mark.parametrize(
    ("how", "end", "complete"), [("reset", End.RESET, False), ("close", End.CLOSE, False), ("clean", End.KEEP, True)]
)
def test_a_disconnect_cuts_a_stream_where_it_stands(how: str, end: End, complete: bool) -> None:
    script = planned(composed(HI, {"disconnect": how}, HI))

    assert (script.status, script.end, received(script).complete) == (200, end, complete)
    assert kinds(script) == ["message_start", "content_block_start", "ping", "content_block_delta"]


@pytest.mark.parametrize(
    ("how", "end"), [("reset", End.RESET), ("close", End.CLOSE), ("clean", End.CLOSE), ("forever", End.HANG)]
)
@pytest.mark.parametrize(("before", "stream"), [([], False), ([], True), ([HI], False)])
def test_disconnect_before_any_content_sends_nothing(
    how: str, end: End, before: list[dict[str, Any]], stream: bool
) -> None:
    cause = {"pause": how} if how == "forever" else {"disconnect": how}
    script = planned(composed({"pause": "1s"}, *before, cause, HI), stream=stream)

    assert script == Script(0, (), end, S)


def test_a_pause_for_ever_hangs_after_what_was_sent() -> None:
    script = planned(composed(HI, {"pause": "forever"}, HI))

    assert (script.status, script.end, received(script).complete) == (200, End.HANG, False)
    assert kinds(script)[-1] == "content_block_delta"


@pytest.mark.parametrize(
    ("cause", "end"),
    [({"disconnect": "clean"}, End.CLOSE), ({"disconnect": "reset"}, End.RESET), ({"pause": "forever"}, End.HANG)],
)
def test_http_1_0_has_no_chunks_and_its_end_is_the_connections(cause: dict[str, Any], end: End) -> None:
    script = planned(composed(HI, cause), chunked=False)

    assert script.end is end
    assert received(script).headers["connection"] == "close"
    assert kinds(script)[-1] == "content_block_delta"


@pytest.mark.parametrize(
    ("error", "retried", "last"),
    [
        (invalid("model: Field required"), "false", "x-should-retry"),
        (ApiError("rate_limit_error", headers={"retry-after": "2"}), "true", "retry-after"),
        (ApiError("api_error", headers={"x-should-retry": "false"}), "false", "x-should-retry"),
    ],
)
def test_error_has_x_should_retry(error: ApiError, retried: str, last: str) -> None:
    response = received(encode(CONTEXT.error(error), http11=True))
    own = list(response.headers)[:-3]

    assert (response.status, response.json) == (error.status, error.envelope("req_1"))
    assert response.headers["x-should-retry"] == retried
    assert own[-1] == last
    assert not any("ratelimit" in name for name in own)


@pytest.mark.parametrize(
    ("error", "speed", "delay"),
    [
        (ApiError("overloaded_error"), 1, None),
        (ApiError("overloaded_error"), 0, "1"),
        (ApiError("rate_limit_error", headers={"retry-after": "2"}), 0, "1"),
        (ApiError("rate_limit_error", headers={"Retry-After": "2"}), 10, "200"),
        (ApiError("rate_limit_error", headers={"retry-after": "soon"}), 10, None),
        (ApiError("rate_limit_error", headers={"retry-after-ms": "7"}), 0, "7"),
        (ApiError("rate_limit_error", headers={"Retry-After": "in 1m"}), 100, "600"),
        (ApiError("rate_limit_error", headers={"retry-after": "in a minute"}), 100, None),
        (ApiError("overloaded_error"), 10, None),
        (invalid("model: Field required"), 0, None),
    ],
)
def test_retry_speed_shortens_the_retry_delay(error: ApiError, speed: float, delay: str | None) -> None:
    response = received(encode(CONTEXT._replace(retry_speed=speed).error(error), http11=True))

    assert response.headers.get("retry-after-ms") == delay


def test_any_json_can_be_a_response() -> None:
    response = CONTEXT.json({"input_tokens": 6})

    assert (response.data, response.headers) == (b'{"input_tokens":6}', headers.json(NOW))
