"""A session keeps what has ended, in memory and in `FILE.part`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockclaude.engine.http_request import Head, HttpRequest
from mockclaude.proxy import session as sessions
from mockclaude.proxy.passed_request import PassedRequest
from mockclaude.proxy.recording_summary import describe_recorded, list_notes
from mockclaude.proxy.session import RecordingSession, drop_retries
from mockclaude.proxy.upstream import ReceivedBody, ResponseHead
from mockclaude.scenario.recording.exchange import Exchange
from tests.proxy.relaying import PlainRecorder

STREAM = ((b"content-type", b"text/event-stream"),)


def passed(number: int, text: str = "{}", refusal: str = "", **headers: str) -> PassedRequest:
    head = Head("POST", "/v1/messages", {}, {name.replace("_", "-"): value for name, value in headers.items()})
    http = HttpRequest(head, head.headers, text.encode(), 0)
    return PassedRequest(number, http, "/v1/messages", text.encode(), "2026-11-30", refusal, is_known=True)


def received(
    status: int = 200, body: bytes | None = b"{}", headers: tuple[tuple[bytes, bytes], ...] = ()
) -> ReceivedBody:
    return ReceivedBody(ResponseHead(status, "", headers), body, 0, (), "", False)


def session(folder: Path) -> RecordingSession:
    return RecordingSession("api.example", folder / "new" / "tide.yaml.part", PlainRecorder())


def keep(folder: Path, *pairs: tuple[PassedRequest, ReceivedBody]) -> tuple[list[Exchange], list[str]]:
    made = session(folder)
    for request, response in pairs:
        made.begin()
        made.add(request, response, None)
    return made.finish(), made.summary.problems


def test_exchanges_are_in_the_order_of_their_requests(tmp_path: Path) -> None:
    exchanges, problems = keep(tmp_path, (passed(2), received()), (passed(1), received()))

    assert ([exchange.number for exchange in exchanges], problems) == ([1, 2], [])
    assert (tmp_path / "new" / "tide.yaml.part").read_bytes() == b"2 200\n1 200\n"


def test_further_keys_have_lanes(tmp_path: Path) -> None:
    keys = [{"x_api_key": "a"}, {"x_api_key": "b"}, {"x_api_key": "a"}, {"x_mockclaude_lane": "north"}]
    exchanges, _ = keep(tmp_path, *((passed(number, **key), received()) for number, key in enumerate(keys)))

    assert [exchange.lane for exchange in exchanges] == ["", "key 2", "", "north"]


def test_request_without_key_has_no_lane(tmp_path: Path) -> None:
    keys: list[dict[str, str]] = [{}, {"x_api_key": "a"}, {}]
    exchanges, _ = keep(tmp_path, *((passed(number, **key), received()) for number, key in enumerate(keys)))

    assert [exchange.lane for exchange in exchanges] == ["", "", ""]


def test_body_that_cannot_be_decompressed_is_named(tmp_path: Path) -> None:
    request = passed(1, content_encoding="gzip")._replace(body=None)

    assert keep(tmp_path, (request, received(400))) == (
        [],
        ["request 1 (POST /v1/messages) is not recorded: cannot decompress its body (gzip)"],
    )


def test_full_disk_is_reported_once(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("a file in place of the folder")
    exchanges, problems = keep(tmp_path, (passed(1), received()), (passed(2), received()))

    assert [exchange.number for exchange in exchanges] == [1, 2]
    assert problems == [f"{tmp_path}/new/tide.yaml.part: cannot be written: File exists"]


def test_large_exchange_is_reported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_SESSION", 10)
    large = received(body=b"0123456789")
    exchanges, problems = keep(tmp_path, (passed(1), received(body=None)), (passed(2), large), (passed(3), received()))

    assert [exchange.number for exchange in exchanges] == [3]
    assert [problem.partition(":")[0] for problem in problems] == ["request 1 (POST /v1/messages) is not recorded"]


def test_exchange_that_cannot_be_redacted_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Exchange:
        raise ValueError("too much work")

    monkeypatch.setattr(PlainRecorder, "redact", fail)
    assert keep(tmp_path, (passed(1), received())) == ([], ["request 1 is not recorded: ValueError: too much work"])


def test_failed_request_that_is_not_recorded_is_no_problem(tmp_path: Path) -> None:
    made, models = session(tmp_path), passed(1)._replace(path="/v1/models", is_known=False)
    made.begin()
    made.add_failure(models, "connection refused")

    assert (made.finish(), made.summary.problems) == ([], [])
    assert made.summary.list_passed() == ["1 request to POST /v1/models was passed through and is not recorded"]


def test_failed_attempts_that_came_again_are_dropped(tmp_path: Path) -> None:
    statuses = [529, 408, 200, 429, 529]
    texts = ["a", "a", "a", "b", "c"]
    pairs = zip(statuses, texts, strict=True)
    exchanges, _ = keep(
        tmp_path, *((passed(number, text), received(status)) for number, (status, text) in enumerate(pairs))
    )

    assert [exchange.number for exchange in drop_retries(exchanges)] == [2, 3, 4]


def test_summary_names_each_kind(tmp_path: Path) -> None:
    message = b'{"type":"message","role":"assistant","content":[]}'
    responses = [received(), received(body=message), received(529), received(404), received(body=b"", headers=STREAM)]
    exchanges, _ = keep(tmp_path, *((passed(number), response) for number, response in enumerate(responses)))

    kinds = "1 stream, 1 message, 2 errors (529, 404), 1 other response"
    assert (
        describe_recorded(exchanges, Path("tide.yaml"), is_saved=True) == f"recorded 5 requests in tide.yaml: {kinds}"
    )


def test_other_judgements_and_unfinished_streams_are_notes(tmp_path: Path) -> None:
    exchanges, _ = keep(
        tmp_path,
        (passed(1, refusal="model: not found"), received()),
        (passed(2), received(400)),
        (passed(3), received(body=b"event: ping\ndata: {}\n\n", headers=STREAM)),
    )

    assert list_notes(exchanges) == [
        "request 3 ended without `message_stop`; recorded as it came",
        "request 1: the API accepts it; mockclaude refuses it: model: not found",
        "request 2: the API refuses it (400); mockclaude accepts it",
    ]
