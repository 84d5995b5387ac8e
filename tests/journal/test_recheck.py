"""Recorded requests are decided again: unchanged scenarios give the same bytes, differences are named."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.redaction import REDACTED
from mockclaude.journal.entry_json import entry_to_json
from mockclaude.journal.journal import Journal
from mockclaude.journal.recheck import is_complete, rebuild_request, recheck, select_entries, split_runs
from mockclaude.scenario.format.policy import Policy
from mockclaude.scenario.loading.loader import load_text
from tests.conftest import Serve
from tests.journal.entries import journal_entry
from tests.serving import asking, post, request

SCENARIO = """
seed: 4
api_keys: [secret, mock, other]
limits: {requests_per_minute: 50}
chaos: [{error: 529, p: 30%}]
rules:
  - {name: twice, times: 2, reply: '${{ fake.name }}'}
  - {name: drawn, when: {user: Hello}, choice: [{reply: A}, {reply: B}, {reply: [{thinking: x}, C]}]}
  - {name: slow, when: {user: slow}, pace: {ttft: 1ms, jitter: 50%, tokens_per_second: 5000}, reply: There it is.}
  - {name: late, when: {user: late}, reply: Late., fault: {error: 500, time: 0s..1h}}
"""


@pytest.fixture
def recorded(serve: Serve) -> list[dict[str, Any]]:
    """Return the journal of a server, as it is read back from a file."""
    journal = Journal()
    server = serve({"": load_text(SCENARIO), "set/a": load_text("rules: [{reply: x}]")}, journal=journal)
    for number in range(6):
        server.ask(post("Hello", x_api_key="secret" if number % 2 else "mock"))
    for said in ("slow", "late", "nothing"):
        server.ask(post(said, stream=True))
    server.ask(post("x", path="/set/a/v1/messages?beta=true", x_mockclaude_lane="me"))
    server.ask(post("x", x_api_key=None, authorization="Bearer secret"))
    server.ask(post("x", x_api_key="wrong"))
    server.ask(post("x", x_api_key=None))
    server.ask(request("POST", "/v1/messages", asking("slow"), version="1.0"))
    server.ask(request("GET", "/v1/models?limit=2"))
    with server.connect() as wire:
        wire.send(request("HEAD", "/v1/models"))
        wire.response("HEAD")
    for _ in range(16):
        server.line()
    return [orjson.loads(orjson.dumps(entry_to_json(entry))) for entry in journal.entries()]


def again(recorded: list[dict[str, Any]], scenario: str = SCENARIO, **more: Any) -> list[str]:
    scenarios = {"": load_text(scenario), "set/a": load_text("rules: [{reply: x}]")}
    return [str(difference).partition(": ")[2] for difference in recheck(scenarios, recorded, **more)]


def test_unchanged_scenario_has_no_differences(recorded: list[dict[str, Any]]) -> None:
    assert {entry["response"]["status"] for entry in recorded} >= {200, 401, 410, 500}
    assert again(recorded) == []
    assert again(recorded[::-1]) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("There it is.", "Here it is.", "the bytes are different"),
        ("ttft: 1ms", "ttft: 2ms", "the times are different"),
        ("name: slow", "name: fast", "the rule was 'slow' (scenario.yaml:9:5), is 'fast' (scenario.yaml:9:5)"),
        (
            "{user: late}",
            "{user: never}",
            "the rule was 'late' (scenario.yaml:10:5), is none; the status was 500, is 410",
        ),
        ("{error: 500, time: 0s..1h}", "{disconnect: reset}", "the ending was keep, is reset"),
    ],
)
def test_differences_are_named(recorded: list[dict[str, Any]], before: str, after: str, told: str) -> None:
    assert any(told in line for line in again(recorded, SCENARIO.replace(before, after)))


def test_rule_without_a_name_is_shown_by_its_place(recorded: list[dict[str, Any]]) -> None:
    assert (
        "the rule was 'slow' (scenario.yaml:9:5), is scenario.yaml:9:5"
        in again(recorded, SCENARIO.replace("name: slow, ", ""))[0]
    )


def test_other_retry_speed_changes_bytes(recorded: list[dict[str, Any]]) -> None:
    assert set(again(recorded, retry_speed=0)) == {"the bytes are different"}


def test_response_that_was_not_kept_is_compared_without_bytes(recorded: list[dict[str, Any]]) -> None:
    for entry in recorded:
        entry["response"]["digest"] = None

    assert again(recorded, SCENARIO.replace("There it is.", "Her it isss.")) == []


def test_request_that_cannot_be_rechecked_is_reported(recorded: list[dict[str, Any]]) -> None:
    recorded[0]["request"]["body_size"] += 1
    lines = {str(difference) for difference in recheck({"": load_text(SCENARIO)}, recorded)}

    assert {
        "request 1, POST /v1/messages: skipped, its body was truncated in the journal",
        "request 10, POST /set/a/v1/messages?beta=true: unknown scenario 'set/a'; expected one that is served",
    } <= lines


@given(st.binary())
def test_body_is_rebuilt_byte_for_byte(body: bytes) -> None:
    data = entry_to_json(journal_entry(body=body))

    assert (is_complete(data), rebuild_request(data, Policy()).body) == (True, body)
    assert is_complete({**data, "request": {**data["request"], "redacted": True}})


def test_body_that_is_not_utf8_and_truncated_is_incomplete() -> None:
    data = entry_to_json(journal_entry(body=b"\xff", body_size=2))

    assert (data["request"].get("body_base64"), is_complete(data)) == (None, False)


def entry(number: int, at: float, since_start: float, scenario: str = "") -> dict[str, Any]:
    made = journal_entry(number, at, scenario=scenario, time=int(since_start * 1e6))
    return dict(entry_to_json(made))


def test_entries_are_grouped_by_server() -> None:
    first = [entry(2, 101.5, 1.5), entry(1, 101.25, 1.25)]
    second = [entry(1, 205.5, 5.5)]

    assert split_runs([*first, *second]) == [[first[1], first[0]], second]


def test_entries_up_to_a_request_are_of_its_scenario() -> None:
    one, two, other, last = entry(1, 100, 0), entry(2, 101, 1), entry(3, 102, 2, "x"), entry(1, 500, 0)

    assert select_entries([one, two, other], 2) == [one, two]
    assert select_entries([one, two, other]) == [other]
    assert select_entries([one, two, last], 1) == [last]
    assert select_entries([one, two, last], 9) == select_entries([]) == []


@pytest.mark.parametrize(
    ("headers", "keys", "status", "given"),
    [
        ({"X-Api-Key": REDACTED}, (), 200, {"x-api-key": "lane"}),
        ({"authorization": REDACTED}, (), 200, {"authorization": "Bearer lane"}),
        ({"x-api-key": REDACTED}, ("b", "a"), 200, {"x-api-key": "a"}),
        ({"x-api-key": REDACTED}, ("a",), 401, {"x-api-key": REDACTED}),
        ({"authorization": REDACTED}, ("a",), 401, {"authorization": f"Bearer {REDACTED}"}),
        ({}, (), 200, {"x-api-key": None, "authorization": None}),
    ],
)
def test_api_key_is_rebuilt_from_the_lane(
    headers: dict[str, str], keys: tuple[str, ...], status: int, given: dict[str, str | None]
) -> None:
    recorded = entry_to_json(journal_entry(headers=headers, lane="lane", status=status))
    call = rebuild_request(recorded, Policy(api_keys=frozenset(keys)))

    assert {name: call.headers.get(name) for name in given} == given
    assert call.head.lane == "lane"


SCRIPTED = """
rules:
  - {when: {user: sixth}, reply: x, fault: {error: 500, requests: 6..6}}
  - {reply: x, fault: {script: [529, ok, 400]}}
"""


def test_requests_and_attempts_are_counted_again(serve: Serve) -> None:
    journal = Journal(max_body=300)
    server = serve({"": load_text(SCRIPTED)}, journal=journal)
    for minute in range(3):
        server.ask(request("POST", "/v1/messages", asking(f"Hello at 15:0{minute}", stream=minute == 1)))
    server.ask(post("Hello " * 100))
    server.ask(post("Hello"))
    server.ask(post("The sixth"))
    for _ in range(6):
        server.line()
    recorded = [orjson.loads(orjson.dumps(entry_to_json(entry))) for entry in journal.entries()]

    assert [entry["response"]["status"] for entry in recorded] == [529, 200, 400, 529, 529, 500]
    assert [str(each) for each in recheck({"": load_text(SCRIPTED)}, recorded)] == [
        "request 4, POST /v1/messages: skipped, its body was truncated in the journal"
    ]


IN_FLIGHT = """
limits: {in_flight: {most: 1}, requests_per_minute: 3}
rules:
  - {when: {user: slow}, sequence: [[First., {pause: forever}], Second.]}
  - {sequence: [One., Two.]}
"""


def test_requests_refused_in_flight_are_refused_again(serve: Serve) -> None:
    journal = Journal()
    server = serve(IN_FLIGHT, journal=journal)
    with server.connect() as wire:
        wire.send(post("slow", stream=True))
        wire.head()
        statuses = [server.ask(post("Hello")).status for _ in range(2)]
    server.line()
    server.line()
    assert server.line().ending == "client gone"
    statuses += [server.ask(post(said)).status for said in ("slow", "Hello", "Hello")]
    for _ in range(3):
        server.line()
    recorded = [orjson.loads(orjson.dumps(entry_to_json(entry))) for entry in journal.entries()]

    assert statuses == [529, 529, 200, 200, 429]
    assert recheck({"": load_text(IN_FLIGHT)}, recorded) == []
    unlimited = recheck({"": load_text(IN_FLIGHT.replace("in_flight: {most: 1}, ", ""))}, recorded)
    assert "the status was 529, is 200" in str(unlimited[0])


def test_question_is_recorded_unless_it_is_the_fingerprint(recorded: list[dict[str, Any]]) -> None:
    drawn = [entry["decision"]["drawn"] for entry in recorded if entry["decision"]["drawn"]]

    assert {"question" in each for each in drawn} == {True, False}
    assert all(each["question"] != each["fingerprint"] for each in drawn if "question" in each)


def test_betas_in_several_header_lines_are_joined(serve: Serve) -> None:
    journal = Journal()
    server = serve("betas: strict\nrules: [{reply: x}]", journal=journal)
    lines = b"anthropic-beta: new-2027-01-01\r\nanthropic-beta: pdfs-2024-09-25, old-2023-01-01\r\n\r\n"
    given = server.ask(post().replace(b"\r\n\r\n", b"\r\n" + lines, 1))
    server.line()
    entries = [orjson.loads(orjson.dumps(entry_to_json(entry))) for entry in journal.entries()]

    assert given.error[1].startswith("Unexpected value(s) `new-2027-01-01`, `old-2023-01-01` for")
    assert entries[0]["request"]["headers"]["anthropic-beta"] == "new-2027-01-01, pdfs-2024-09-25, old-2023-01-01"
    assert recheck({"": load_text("betas: strict\nrules: [{reply: x}]")}, entries) == []
    assert len(recheck({"": load_text("betas: any\nrules: [{reply: x}]")}, entries)) == 1


KEYED = "api_keys: [good]\nrules: [{when: {user: denied}, reply: x, fault: {error: 401}}, {reply: x}]"


def test_accepted_key_is_accepted_again_and_a_refused_one_is_not(serve: Serve) -> None:
    journal = Journal()
    server = serve({"": load_text(KEYED)}, journal=journal)
    converse = b'{"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}'
    path = "/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/converse"
    requests = [
        *[post("Hello", x_api_key=None, api_key=key) for key in ("good", "bad")],
        *[request("POST", path, converse, x_api_key=None, authorization=f"Bearer {key}") for key in ("good", "bad")],
        post("denied", x_api_key="good"),
    ]
    statuses = [server.ask(sent).status for sent in requests]
    for _ in requests:
        server.line()
    entries = [orjson.loads(orjson.dumps(entry_to_json(entry))) for entry in journal.entries()]

    assert statuses == [200, 401, 200, 403, 401]
    assert recheck({"": load_text(KEYED)}, entries) == []


REFUSED = "api_keys: [good]\nrules: [{when: {user: rule}, reply: {error: 401}}, {reply: x}]"


@pytest.mark.parametrize(
    ("text", "key", "authorization"),
    [
        ("Hello", None, "Bearer wrong"),
        ("Hello", None, "Basic good"),
        ("Hello", "wrong", None),
        ("rule", "good", None),
        ("rule", None, "Bearer good"),
    ],
)
def test_refused_key_is_refused_again(serve: Serve, text: str, key: str | None, authorization: str | None) -> None:
    journal = Journal()
    server = serve(REFUSED, journal=journal)
    refused = server.ask(post(text, x_api_key=key, authorization=authorization))
    server.line()
    entries = [orjson.loads(orjson.dumps(entry_to_json(entry))) for entry in journal.entries()]

    assert refused.status == 401
    assert recheck({"": load_text(REFUSED)}, entries) == []
