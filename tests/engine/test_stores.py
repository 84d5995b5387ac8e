"""Two stores, and two processes on one store, give what one gives; and a fork changes nothing."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from multiprocessing import get_context
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.resources import Resource, ResourcePut
from mockclaude.engine.state.store import (
    Address,
    CacheUsed,
    Claim,
    Effect,
    LimitRequest,
    Permit,
    RequestHashes,
    RequestRemembered,
    Store,
    ThreadStored,
)
from mockclaude.reply.cache_usage import InputUsage
from mockclaude.scenario.format.limits import Limit
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import RuleKey
from tests.engine.conftest import NewStore
from tests.engine.deciding import CREATE, Sent, after, call, send
from tests.engine.remote_store import Location, RemoteStore, StoreProcess

LIMITED = LimitRequest(0, 0, Limit(requests_per_minute=1), "key", "model", InputUsage(1), 0)
LANES = "abcdefgh"
SHARED = load_text(f"""
rules:
  - {{when: {{user: few}}, times: 3, reply: Few.}}
  - {{when: {{user: sequence}}, sequence: [{", ".join(f"Number {number}." for number in range(6))}]}}
  - {{reply: Rest.}}
""")
TEXTS = ("few", "sequence", "other") * 3
Decision: TypeAlias = tuple[str, str, str]
"""A lane, the id of a message, and its text; or a lane, the type of an error, and its code."""


def answers(location: Location, message_ids: Sequence[str]) -> list[Decision]:
    """Return half of what the lanes get, from a process of its own."""
    store = RemoteStore(location)
    return [*_answers(store), *_continuations(store, message_ids)]


def _answers(store: Store) -> list[Decision]:
    state = ScenarioState(SHARED, store=store)
    messages = [(lane, send(state, call(text, lane)).response.json) for text in TEXTS for lane in LANES]
    return [(lane, message["id"], message["content"][0]["text"]) for lane, message in messages]


def _continuations(store: Store, message_ids: Sequence[str]) -> list[Decision]:
    """Continue each of the messages; of those who do, one alone gets a reply."""
    state = ScenarioState(SHARED, store=store)
    replies = [send(state, call("go on", thread=after(each))).response.json for each in message_ids]
    return [("", reply["type"], reply.get("error", {}).get("details", {}).get("error_code", "")) for reply in replies]


def test_two_processes_give_out_every_position_occurrence_and_thread_once(store_process: StoreProcess) -> None:
    shared, alone = store_process.new_store(), MemoryStore()
    created = [send(ScenarioState(SHARED, store=shared), call("create", thread=CREATE)) for _ in range(20)]
    message_ids = [each.response.json["id"] for each in created]
    context = get_context("spawn")
    with context.Pool(2, initializer=context.Barrier(2).wait) as pool:
        halves = pool.starmap(answers, [(shared.location, message_ids)] * 2, chunksize=1)
        pool.close()
        pool.join()
    given = [answer for half in halves for answer in half]

    assert Counter(answer for answer in given if answer[0]) == Counter([*_answers(alone), *_answers(alone)])
    assert len({answer for answer in given if answer[0]}) == 144
    kinds = Counter(kind for lane, kind, _ in given if not lane)
    assert kinds == {"message": 20, "error": 20}
    codes = {code for _, kind, code in given if kind == "error"}
    assert codes <= {"thread_already_continued", "thread_continue_in_flight"}


EVERYTHING = load_text("""
limits: {requests_per_minute: 12, in_flight: 2}
chaos: [{error: 503, p: 20%}, {headers: {x-ramp: '1'}, ramp: {end: 60%, over: 9}}]
rules:
  - {when: {user: once}, times: 1, reply: Once.}
  - {when: {user: sequence}, sequence: [One., Two., Three.]}
  - {when: {user: script}, reply: Done., fault: {script: [529, 500, ok]}}
  - {when: {user: cut}, reply: [Half, {disconnect: reset}]}
  - {when: {user: who}, reply: '${{ fake.name }}'}
  - {when: {user: [Hello, changed, more, again]}, reply: Hello!}
""")
LONG = {"type": "text", "text": "All that is known of it. " * 1000, "cache_control": {"type": "ephemeral"}}
OPTIONS: dict[str, dict[str, Any]] = {
    "once": {},
    "sequence": {"stream": True},
    "script": {},
    "cut": {"stream": True},
    "who": {},
    "unmatched": {},
    "Hello": {"system": [LONG], "diagnostics": {}},
    "changed": {"system": "Other.", "diagnostics": {}},
    "more": {"thread": CREATE},
    "again": {},
}


class Client:
    """Sends what `OPTIONS` names.

    "Hello" and "changed" compare themselves with the last "Hello". "more" continues the last reply of its thread,
    "again" the one before, or else begins none.
    """

    def __init__(self, store: Store) -> None:
        self.state = ScenarioState(EVERYTHING, store=store)
        self.last: dict[str, str] = {}
        self.later = 0

    def copied(self) -> Client:
        """Return a client of a fork, which has had the same messages."""
        copy = Client(self.state.store.fork())
        copy.last, copy.later = dict(self.last), self.later
        return copy

    def sends(self, *texts: str) -> list[Sent]:
        return [self._send(text) for text in texts]

    def _send(self, text: str) -> Sent:
        options = dict(OPTIONS[text])
        if "diagnostics" in options:
            options["diagnostics"] = {"previous_message_id": self.last.get("Hello")}
        elif text in self.last:
            options["thread"] = after(self.last[text])
        self.later += 3
        sent = send(self.state, call(text, "lane", later=self.later, **options))
        if text in ("Hello", "more") and sent.script.status == 200:
            if text == "more" and text in self.last:
                self.last["again"] = self.last[text]
            self.last[text] = sent.response.json["id"]
        return sent


TRANSCRIPT = [*OPTIONS, "more", *OPTIONS, *reversed(OPTIONS), "script", "Hello", "more", "sequence", "Hello"]


def test_transcript_covers_what_a_store_remembers() -> None:
    sent = Client(MemoryStore()).sends(*TRANSCRIPT)
    statuses = {each.script.status for each in sent}
    bodies = b"".join(send.data for each in sent for send in each.script.sends)
    covered = [
        b"thread_already_continued",
        b"Two.",
        b"cache_miss_reason",
        b'"cache_read_input_tokens":8',
        b"rate_limit_error",
    ]

    assert statuses >= {200, 410, 429, 500, 503, 529}
    assert [each for each in covered if each not in bodies] == []


class Twice(MemoryStore):
    """A store to which every effect is told twice."""

    def commit(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            super().commit([effect, effect])


def test_every_store_gives_the_same_bytes_and_notes(store_process: StoreProcess) -> None:
    alone, remote, twice = (Client(store) for store in (MemoryStore(), store_process.new_store(), Twice()))
    expected = alone.sends(*TRANSCRIPT)

    assert remote.sends(*TRANSCRIPT) == expected
    assert twice.sends(*TRANSCRIPT) == expected


KEY = RuleKey(0, "rule", 0)
ADDRESS = Address("key", "msg_1")
HASHES = RequestHashes("model", b"", b"", b"", b"", 0, 0, array("Q"))
CHANGES: dict[str, tuple[Callable[[Store], object], Callable[[Store], object]]] = {
    "claim": (
        lambda store: store.claim(Claim("lane", "fingerprint", KEY, attempts=(("fault", "", b"turn"),))),
        lambda store: (store.totals(), store.fork().claim(Claim("lane", "fingerprint", KEY, 1))),
    ),
    "prompt cache": (
        lambda store: store.commit([CacheUsed("key", (), ((b"prefix", "5m"),), 0)]),
        lambda store: store.find_live_prefixes("key", [b"prefix"], 0),
    ),
    "request": (
        lambda store: store.commit([RequestRemembered(ADDRESS, HASHES)]),
        lambda store: store.earlier_request(ADDRESS),
    ),
    "thread": (
        lambda store: store.commit([ThreadStored(ADDRESS, b"{}", None, 0)]),
        lambda store: store.continue_thread(ADDRESS, 0, hold=False),
    ),
    "resource": (
        lambda store: store.commit([ResourcePut(Resource("file", "lane", "file_1", 0, b"{}"))]),
        lambda store: store.list_resources("file", "lane"),
    ),
    "limit": (
        lambda store: store.admit(LIMITED),
        lambda store: isinstance(store.fork().admit(LIMITED), Permit),
    ),
}
"""What changes a store, and what reads that, by what is changed."""


@pytest.mark.parametrize("what", CHANGES)
def test_a_store_and_its_fork_change_separately(new_store: NewStore, what: str) -> None:
    change, read = CHANGES[what]
    for is_fork_changed in (True, False):
        store = new_store()
        fork = store.fork()
        before = read(store)
        change(fork if is_fork_changed else store)

        assert [read(each) == before for each in (store, fork)] == [is_fork_changed, not is_fork_changed]
        assert read(fork.fork()) == read(fork)


TALKS = st.lists(st.sampled_from([*OPTIONS]), max_size=8)


@settings(max_examples=30)
@given(TALKS, TALKS, TALKS)
def test_deciding_on_a_fork_changes_nothing_and_gives_what_the_store_would(
    new_store: NewStore, earlier: list[str], forked: list[str], later: list[str]
) -> None:
    client, untouched = Client(new_store()), Client(MemoryStore())
    assert client.sends(*earlier) == untouched.sends(*earlier)
    on_fork = client.copied().sends(*forked)

    fork = client.copied()
    assert client.sends(*later) == untouched.copied().sends(*later)
    assert fork.sends(*forked) == on_fork == untouched.sends(*forked)


@pytest.mark.parametrize("lane", ["lane", None])
def test_forgetting_on_a_fork_forgets_nothing_else(store: Store, lane: str | None) -> None:
    client = Client(store)
    client.sends("once", "sequence")
    fork = client.copied()
    fork.state.store.forget(lane)

    assert sum(store.totals().values()) == 2
    assert fork.state.store.totals() == {}
