"""The newest requests are kept within bounds, and found by conditions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mockclaude.api.redaction import REDACTED
from mockclaude.engine.decision import NO_RESPONSE
from mockclaude.journal import journal as journal_module
from mockclaude.journal.entry import MAX_BODY, OVERHEAD, JournalEntry
from mockclaude.journal.entry_json import entry_to_json
from mockclaude.journal.journal import Journal
from mockclaude.reply.response import End
from mockclaude.scenario.conditions.conditions import conditions
from mockclaude.scenario.format.when import When
from mockclaude.server.site import Site
from mockclaude.wire.script import Script, Send
from tests.conftest import Serve
from tests.journal.entries import journal_entry
from tests.serving import NOW, asking, post, request

SCENARIO = """
rules:
  - {name: hello, when: {user: Hello}, reply: Hi!}
  - {name: slow, when: {user: slow}, pace: {ttft: 1ms}, reply: There.}
  - {name: tool, when: {tools: [get_weather]}, reply: Sunny.}
"""


def entry(number: int = 1, text: str = "Hello", **fields: Any) -> JournalEntry:
    return journal_entry(number, NOW, **{"body": asking(text), **fields})


def when(**wanted: Any) -> Any:
    return conditions(When(**wanted))


@pytest.fixture
def journal() -> Journal:
    return Journal()


def test_request_decision_and_response_are_kept(serve: Serve, journal: Journal) -> None:
    server = serve(SCENARIO, journal=journal)
    server.ask(post("slow", stream=True, x_mockclaude_lane="me"))
    ended = server.line()
    (kept,) = journal.entries()

    assert kept is ended
    assert (kept.method, kept.path, kept.body) == ("POST", "/v1/messages", asking("slow", stream=True))
    assert (kept.rule and kept.rule.name, kept.lane, kept.status, kept.ending) == ("slow", "me", 200, "")
    assert kept.draws
    assert kept.planned[0][0] == 1000
    assert len(kept.sent) == len(kept.planned)
    assert kept.sent[0] >= 1000


def test_unmatched_request_has_its_near_miss(serve: Serve, journal: Journal) -> None:
    serve(SCENARIO, journal=journal).ask(post("Bye"))
    (kept,) = journal.entries()

    assert kept.unmatched
    assert kept.closest
    assert kept.closest.rule.name == "hello"


def test_the_index_page_is_not_kept(serve: Serve, journal: Journal) -> None:
    serve(SCENARIO, journal=journal).ask(request("GET", "/"))

    assert len(journal) == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("DELETE", "/nowhere", 404),
        ("POST", "/messages", 404),
        ("POST", "/wrong/v1/messages?beta=true", 404),
        ("POST", "/v1/completed", 404),
        ("GET", "/v1/messages", 405),
    ],
)
def test_a_request_to_a_wrong_path_is_kept(serve: Serve, journal: Journal, method: str, path: str, status: int) -> None:
    server = serve(SCENARIO, journal=journal)
    server.ask(request(method, path, b"{}", x_mockclaude_lane="me"))
    (kept,) = journal.entries(lane="me")

    assert kept is server.line()
    assert (kept.method, kept.path, kept.status, kept.body) == (method, path, status, b"{}")
    assert (kept.is_question, kept.unmatched, kept.ending) == (False, False, "")


def test_a_request_for_another_host_is_kept(serve: Serve, journal: Journal) -> None:
    serve(SCENARIO, journal=journal).ask(request("POST", "/v1/messages", b"{}", host="api.anthropic.com"))
    (kept,) = journal.entries()

    assert (kept.status, kept.is_question, kept.headers["host"]) == (403, False, "api.anthropic.com")


@pytest.mark.parametrize("most", [2, 50])
def test_the_newest_entries_are_kept(most: int) -> None:
    journal = Journal(max_entries=most)
    for number in range(3 * most):
        journal.keep(entry(number))

    assert [kept.number for kept in journal.entries()] == [*range(2 * most, 3 * most)]
    assert journal.count_dropped() == 2 * most
    journal.clear()
    assert journal.count_dropped() == 0


def test_bytes_of_entries_are_bounded() -> None:
    journal = Journal(max_bytes=10 * OVERHEAD)
    for number in range(5):
        journal.keep(entry(number, response=bytes(4 * OVERHEAD)))

    assert [kept.number for kept in journal.entries()] == [4]
    journal.clear()
    journal.keep(entry(6))
    assert len(journal) == 1


def numbers(journal: Journal, lane: str | None = None) -> list[int]:
    return [kept.number for kept in journal.entries(lane)]


def test_lane_does_not_displace_the_entries_of_another() -> None:
    journal = Journal(max_entries=2)
    for number, lane in enumerate("abbbba"):
        journal.keep(entry(number, lane=lane))

    assert (numbers(journal), numbers(journal, "a"), numbers(journal, "b")) == ([0, 3, 4, 5], [0, 5], [3, 4])
    assert [journal.count_dropped(lane) for lane in (None, "a", "b", "c")] == [2, 0, 2, 0]
    assert (len(journal), journal.count_dropped()) == (4, 2)


def test_largest_lane_loses_its_oldest_entry() -> None:
    journal = Journal(max_bytes=12 * OVERHEAD)
    for number, lane in enumerate("abbbbbbbcbcbb"):
        journal.keep(entry(number, lane=lane, response=bytes(OVERHEAD)))

    assert (numbers(journal, "a"), numbers(journal, "c"), numbers(journal, "b")) == ([0], [8, 10], [11, 12])
    journal.keep(entry(13, lane="d"))
    assert (numbers(journal, "a"), numbers(journal, "d")) == ([0], [13])


def test_equal_lane_used_longest_ago_loses_its_oldest_entry() -> None:
    journal = Journal(max_bytes=4 * OVERHEAD)
    for number, lane in enumerate("abcad"):
        journal.keep(entry(number, lane=lane))

    assert (numbers(journal), journal.count_dropped("a"), journal.count_dropped("b")) == ([2, 3, 4], 1, 1)
    journal.keep(entry(5, lane="b"))
    assert (numbers(journal), journal.count_dropped("b")) == ([3, 4, 5], 1)
    journal.clear("b")
    assert (numbers(journal), journal.count_dropped("b"), journal.count_dropped()) == ([3, 4], 0, 2)


def respond(journal: Journal, entry: JournalEntry, response: bytes) -> None:
    script = Script(200, [Send(0, response)])
    entry.record_decision(NO_RESPONSE, script)
    journal.grow(entry)


def test_entry_counts_with_its_completed_response() -> None:
    journal = Journal(max_bytes=6 * OVERHEAD)
    grown, other = entry(0, lane="a"), entry(1, lane="b")
    for each in (grown, other, entry(2, lane="a"), entry(3, lane="c")):
        journal.keep(each)
    respond(journal, grown, bytes(4 * OVERHEAD))

    assert numbers(journal) == [1, 2, 3]
    respond(journal, grown, bytes(MAX_BODY))
    journal.clear("b")
    respond(journal, other, bytes(MAX_BODY))
    assert numbers(journal) == [2, 3]


def test_counts_of_dropped_entries_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MAX_OWNERS", 2)
    journal = Journal(max_bytes=1)
    for number, lane in enumerate("aabcc"):
        journal.keep(entry(number, lane=lane))

    assert [journal.count_dropped(lane) for lane in (None, "a", "b", "c")] == [3, 0, 1, 2]


def test_dropped_unmatched_requests_stay_known() -> None:
    journal = Journal(max_entries=2)
    for number in range(200):
        journal.keep(entry(number, unmatched=number % 2 == 0, lane="ab"[number // 198]))

    assert [dropped.number for dropped in journal.dropped_unmatched] == list(range(0, 196, 2))
    for number in range(200, 300):
        journal.keep(entry(number, unmatched=True, lane="b"))
    assert len(journal.dropped_unmatched) == journal_module.MAX_UNMATCHED
    journal.clear("a")
    assert [dropped.number for dropped in journal.dropped_unmatched] == [198, 200]
    journal.clear()
    assert journal.dropped_unmatched == []


def test_one_large_dropped_unmatched_request_stays_known() -> None:
    journal = Journal(max_entries=1, max_bytes=100 * 50_000)
    for number, size in enumerate((60_000, 60_000, 1, 60_000, 1)):
        journal.keep(entry(number, unmatched=True, body=b"x" * size))

    assert [dropped.number for dropped in journal.dropped_unmatched] == [0, 2]


def test_entries_of_all_lanes_are_sorted_by_number() -> None:
    journal = Journal()
    for number, lane in enumerate("babca"):
        journal.keep(entry(number, lane=lane))

    assert numbers(journal) == [0, 1, 2, 3, 4]


def test_long_body_is_truncated(serve: Serve) -> None:
    journal = Journal(max_body=1000)
    server = serve("rules: [{reply: '${{ user }}'}]", journal=journal)
    server.ask(post("x" * 2000))
    (kept,) = journal.entries()

    assert (len(kept.body), kept.body_size, kept.response) == (1000, len(asking("x" * 2000, stream=False)), None)
    assert kept.request is None
    assert journal.find(when(user="x")) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [({}, [1, 2, 3]), ({"user": "Hello"}, [1, 2]), ({"user": "Hello", "turn": [2]}, []), ({"user": "Bye"}, [3])],
)
def test_messages_requests_are_found_by_conditions(wanted: dict[str, Any], found: list[int]) -> None:
    journal = Journal()
    for number, text in enumerate(("Hello", "Hello there", "Bye"), 1):
        journal.keep(entry(number, text))
    journal.keep(entry(4, endpoint="/v1/messages/count_tokens"))
    journal.keep(entry(5, body=b"{"))

    assert [kept.number for kept in journal.find(when(**wanted))] == found


def test_one_lane_is_found_and_cleared() -> None:
    journal = Journal()
    for number, lane in enumerate("aba"):
        journal.keep(entry(number, lane=lane))

    assert [kept.number for kept in journal.find((), "a")] == [0, 2]
    journal.clear("a")
    assert [kept.number for kept in journal.entries()] == [1]


def test_one_scenario_is_found_and_cleared() -> None:
    journal = Journal()
    for number, scenario in enumerate("xyx"):
        journal.keep(entry(number, lane="a", scenario=scenario))

    assert [kept.number for kept in journal.find((), scenario="x")] == [0, 2]
    journal.clear("a", "x")
    assert [kept.number for kept in journal.entries()] == [1]


async def test_wait_for_two_requests_returns_both() -> None:
    journal = Journal()
    waiting = asyncio.ensure_future(journal.wait_for(2, when(user="Hello")))
    for number, text in enumerate(("Hello", "Bye", "Hello"), 1):
        await asyncio.sleep(0)
        assert not waiting.done()
        journal.keep(entry(number, text))

    assert [kept.number for kept in await waiting] == [1, 3]
    assert [kept.number for kept in await journal.wait_for(1)] == [1, 2, 3]


async def test_wait_returns_all_requests_until_it_resumes() -> None:
    journal = Journal()
    waiting = asyncio.ensure_future(journal.wait_for(1))
    await asyncio.sleep(0)
    for number in (1, 2):
        journal.keep(entry(number))

    assert [kept.number for kept in await waiting] == [1, 2]


async def test_wait_is_limited_to_its_lane_and_scenario() -> None:
    journal = Journal()
    waiting = asyncio.ensure_future(journal.wait_for(1, lane="a", scenario="x"))
    await asyncio.sleep(0)
    for number, (lane, scenario) in enumerate((("a", "y"), ("b", "x"), ("a", "x")), 1):
        journal.keep(entry(number, lane=lane, scenario=scenario))

    assert [kept.number for kept in await waiting] == [3]


async def test_cancelled_wait_ends_its_subscription() -> None:
    journal = Journal()
    waiting = asyncio.ensure_future(journal.wait_for(1))
    await asyncio.sleep(0)
    waiting.cancel()
    journal.keep(entry())

    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_request_of_a_thread_is_kept_with_the_whole_conversation(serve: Serve, journal: Journal) -> None:
    server = serve("rules: [{reply: Hi!}]", journal=journal)
    beta = {"anthropic_beta": "message-threads-2026-08-12"}
    first = server.ask(request("POST", "/v1/messages", asking("One", thread={"type": "create"}), **beta)).json
    thread = {"type": "continue", "previous_message_id": first["id"]}
    server.ask(request("POST", "/v1/messages", asking("Two", thread=thread), **beta))
    second = journal.entries()[1]

    assert second.request
    assert (second.request.user, second.request.turn) == ("Two", 2)
    assert second.body == asking("Two", thread=thread)


def test_entry_is_converted_to_json(serve: Serve, journal: Journal) -> None:
    server = serve(SCENARIO, journal=journal)
    server.ask(post("Hello"))
    server.ask(post("Bye"))
    hello, bye = map(entry_to_json, journal.entries())

    assert hello["decision"]["drawn"]
    assert hello["response"]["digest"]
    assert bye["decision"]["closest"]
    assert hello["decision"]["rule"] == {"id": "hello", "name": "hello", "place": "scenario.yaml:3:5"}
    assert hello["decision"]["drawn"]["occurrence"] == 1
    assert (hello["request"]["headers"]["x-api-key"], hello["request"]["body"][:9]) == (REDACTED, '{"model":')
    assert (hello["response"]["status"], hello["response"]["end"], hello["ending"]) == (200, "keep", "")
    assert len(hello["response"]["digest"]) == 32
    assert bye["decision"]["closest"]["checks"] == [
        {"key": "user", "wanted": "text that contains 'Hello'", "got": "'Bye'", "held": False, "hint": ""}
    ]


def test_response_that_is_too_long_to_keep_has_no_digest() -> None:
    assert entry_to_json(entry(response=bytes(MAX_BODY + 1), end=End.RESET))["response"]["digest"] is None


def test_a_site_has_a_journal_of_its_own() -> None:
    assert len(Site({}).journal) == 0
