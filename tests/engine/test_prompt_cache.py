from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.prompt_settings import of_input
from mockclaude.api.request import NO_API_HEADERS, MessagesRequest
from mockclaude.engine.state import prompt_cache as module
from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.prompt_cache import diagnose, look_up, request_hashes
from mockclaude.engine.state.store import Address, CacheUsed, RequestRemembered, Store
from mockclaude.reply.cache_usage import InputUsage

KEY, NOW = "key", 1_000
TAIL = 2
"""Tokens before a breakpoint that are not cached."""

SHORT, HOUR = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}
LONG = "x" * 7_000
"""Two thousand tokens, more than any breakpoint needs with the model of these tests."""


def text(content: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": content, **fields}


def said(*blocks: Any, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": list(blocks)}


def asking(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"model": "claude-sonnet-5", "max_tokens": 10, "messages": list(messages), **fields}


def lasting(control: dict[str, Any]) -> dict[str, Any]:
    return asking(said(text(LONG, cache_control=control), text("Hello")))


def asked(body: dict[str, Any], key: str = KEY) -> MessagesRequest:
    return MessagesRequest(body, api_headers=NO_API_HEADERS._replace(key=key))


def used(store: Store, body: dict[str, Any], now: int = NOW, key: str = KEY) -> InputUsage:
    """Return the usage of a request that is answered."""
    usage, renewed, written = look_up(store, asked(body, key), now)
    store.commit([CacheUsed(key, renewed, written, now)])
    return usage


def total(body: dict[str, Any]) -> int:
    return of_input(body)


def test_a_request_without_a_breakpoint_is_all_input(store: Store) -> None:
    body = asking(said(text(LONG)))

    assert [used(store, body) for _ in range(2)] == [InputUsage(total(body))] * 2


def test_a_request_keeps_its_four_longest_prefixes_however_many_it_marks(store: Store) -> None:
    parts = [text(f"{number}{LONG}", cache_control=SHORT) for number in range(6)]
    used(store, asking(said(*parts)))

    assert [look_up(store, asked(asking(said(*parts[:count]))), NOW).usage.read > 0 for count in (1, 2, 3, 6)] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("control", [SHORT, HOUR])
def test_a_second_request_reads_what_the_first_created(store: Store, control: dict[str, Any]) -> None:
    first, second = (used(store, lasting(control)) for _ in range(2))

    assert first.read == 0
    assert second == InputUsage(first.input_tokens, read=first.created_5m + first.created_1h)
    assert second.read > 2000


def test_looking_tells_what_a_use_would_and_keeps_nothing(store: Store) -> None:
    looked = [look_up(store, asked(lasting(SHORT)), NOW).usage for _ in range(2)]

    assert looked == [used(store, lasting(SHORT))] * 2
    assert look_up(store, asked(lasting(SHORT)), NOW).usage.read > 2000


@pytest.mark.parametrize(("control", "seconds"), [(SHORT, 300), (HOUR, 3600)])
def test_what_is_created_lives_as_long_as_asked(store: Store, control: dict[str, Any], seconds: int) -> None:
    body = lasting(control)
    for later, lives in ((seconds - 1, True), (seconds, False)):
        store.forget()
        used(store, body)

        assert (used(store, body, NOW + later).read > 0) is lives


def test_what_is_read_lives_on_as_long_as_it_was_created_for(store: Store) -> None:
    body = lasting(SHORT)
    used(store, body)
    used(store, body, NOW + 299)

    assert used(store, body, NOW + 598).read > 0


def test_a_breakpoint_within_what_is_read_lives_on_too_unless_it_was_dead(store: Store) -> None:
    system = [text(LONG, cache_control=SHORT)]
    whole = asking(said(text(LONG, cache_control=SHORT)), system=system)
    other = asking(said(text("Another", cache_control=SHORT)), system=system)
    used(store, whole)
    used(store, whole, NOW + 200)
    assert used(store, other, NOW + 400).read > 0

    store.forget()
    used(store, {**whole, "system": LONG})
    used(store, whole, NOW + 100)
    assert used(store, other, NOW + 200).read == 0


def test_using_the_cache_twice_is_using_it_once(store: Store) -> None:
    usage, renewed, written = look_up(store, asked(lasting(SHORT)), NOW)
    store.commit([CacheUsed(KEY, renewed, written, NOW)] * 2)

    assert used(store, lasting(SHORT), NOW + 299).read == usage.created_5m


def test_late_effect_shortens_no_life_that_a_later_request_has_renewed(store: Store) -> None:
    _, renewed, written = look_up(store, asked(lasting(SHORT)), NOW)
    used(store, lasting(SHORT))
    used(store, lasting(SHORT), NOW + 200)
    store.commit([CacheUsed(KEY, renewed, written, NOW)])

    assert used(store, lasting(SHORT), NOW + 499).read > 0


def test_no_key_reads_what_another_created(store: Store) -> None:
    body = lasting(SHORT)
    first = used(store, body)

    assert used(store, body, key="another") == first


def test_other_tools_miss_everything(store: Store) -> None:
    tools = [{"name": name, "input_schema": {"type": "object"}} for name in ("one", "two")]
    used(store, {**lasting(SHORT), "tools": tools})

    assert used(store, {**lasting(SHORT), "tools": tools[::-1]}).read == 0


def test_another_last_message_reads_up_to_an_earlier_breakpoint(store: Store) -> None:
    system = [text(LONG, cache_control=HOUR)]
    body = asking(said(text("One", cache_control=SHORT)), system=system)
    first = used(store, body)
    second = used(store, asking(said(text("Two", cache_control=SHORT)), system=system))

    assert (first.read, second.read) == (0, first.created_1h)
    assert second.created_5m == first.created_5m > 0


def test_a_conversation_reads_its_last_turn_and_creates_the_new_one(store: Store) -> None:
    body = asking(said(text(LONG)), cache_control=SHORT)
    used(store, body)
    longer = asking(*body["messages"], said(text("Hi!"), role="assistant"), said(text("More")), cache_control=SHORT)

    assert used(store, longer) == InputUsage(TAIL, created_5m=total(longer) - total(body), read=total(body) - TAIL)


def bounded(monkeypatch: pytest.MonkeyPatch, **bounds: int) -> Store:
    """Return an empty store with these bounds, which are constants of the module."""
    for name, value in bounds.items():
        monkeypatch.setattr(module, name, value)
    return MemoryStore()


def test_what_was_used_longest_ago_is_forgotten_when_there_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    store = bounded(monkeypatch, KEY_ENTRIES=2)
    one, two, three = (asking(said(text(LONG + name, cache_control=HOUR))) for name in ("one", "two", "three"))
    for body in (one, two, one, three):
        used(store, body)

    assert used(store, one).read > 0
    assert used(store, two).read == 0


BLOCKS = st.builds(
    text,
    st.sampled_from(["Hello", "x" * 2_000, LONG]),
    cache_control=st.sampled_from([None, None, SHORT, HOUR]),
)
MESSAGES = st.lists(st.lists(BLOCKS, min_size=1, max_size=4).map(lambda blocks: said(*blocks)), min_size=1, max_size=4)
BODIES = st.builds(
    lambda messages, **fields: asking(*messages, **fields),
    MESSAGES,
    system=st.sampled_from(["", "Be kind.", LONG, [text(LONG, cache_control=HOUR)]]),
    cache_control=st.sampled_from([None, SHORT, HOUR]),
)


@given(st.lists(st.tuples(BODIES, st.integers(0, 400)), max_size=4))
def test_all_input_is_read_created_or_neither_whatever_came_before(asked: list[tuple[dict[str, Any], int]]) -> None:
    store, now = MemoryStore(), NOW
    for body, later in asked:
        now += later
        usage = used(store, body, now)

        assert sum(usage) == total(body)
        assert min(usage) >= 0


@given(BODIES)
def test_the_same_request_again_reads_all_that_it_created(body: dict[str, Any]) -> None:
    store = MemoryStore()
    first, second = used(store, body), used(store, body)

    assert second == InputUsage(first.input_tokens, read=first.read + first.created_5m + first.created_1h)


TOOLS = [{"name": "one", "input_schema": {"type": "object"}}]
EARLIER = asking(
    said(text("One")),
    said(text("Two"), role="assistant"),
    said(text("Three")),
    system="Be kind.",
    tools=TOOLS,
    diagnostics={"previous_message_id": None},
)


def remember(store: Store, message_id: str, body: dict[str, Any] = EARLIER, key: str = KEY) -> None:
    store.commit([RequestRemembered(Address(key, message_id), request_hashes(MessagesRequest(body)))])


def diagnosed(store: Store, previous: str | None, key: str = KEY, **changed: Any) -> Any:
    """Return the diagnostics of a request that differs so from `EARLIER`."""
    body = {**EARLIER, **changed}
    later = asked({**body, "diagnostics": {"previous_message_id": previous}}, key)
    return diagnose(store, later, request_hashes(MessagesRequest(body)))


def missed(kind: str, count: int) -> dict[str, Any]:
    return {"cache_miss_reason": {"type": kind, "cache_missed_input_tokens": count}}


def without(*fields: str) -> dict[str, Any]:
    return {name: value for name, value in EARLIER.items() if name not in fields}


MESSAGE_TOKENS = total(without("tools", "system"))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"model": "claude-opus-5"}, missed("model_changed", total(EARLIER))),
        ({"speed": "fast"}, missed("model_changed", total(EARLIER))),
        ({"system": "Be cruel.", "tools": []}, missed("system_changed", total(without("tools")))),
        ({"system": None}, missed("system_changed", total(without("tools")))),
        ({"tools": None}, missed("tools_changed", total(EARLIER))),
        ({"tool_choice": {"type": "any"}, "messages": []}, {"cache_miss_reason": {"type": "unavailable"}}),
        ({"thinking": {"type": "adaptive"}}, {"cache_miss_reason": {"type": "unavailable"}}),
        ({"messages": [said(text("Else"))]}, missed("messages_changed", MESSAGE_TOKENS)),
        (
            {"messages": EARLIER["messages"][:2]},
            missed("messages_changed", MESSAGE_TOKENS - total(asking(*EARLIER["messages"][:2]))),
        ),
    ],
)
def test_the_first_difference_is_told_and_the_tokens_after_it(
    store: Store, changed: dict[str, Any], expected: Any
) -> None:
    remember(store, "msg_1")

    assert diagnosed(store, "msg_1", **changed) == expected


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"max_tokens": 20, "stream": True, "speed": "standard"},
        {"messages": [*EARLIER["messages"], said(text("Four"), role="assistant")]},
        {"messages": [said(text("One", cache_control=SHORT)), *EARLIER["messages"][1:]]},
        {"messages": [{"role": "user", "content": "One"}, *EARLIER["messages"][1:]]},
        {"system": [text("Be kind.", cache_control=HOUR)], "cache_control": SHORT},
    ],
)
def test_nothing_is_told_of_a_request_that_only_adds_to_the_earlier_one(store: Store, changed: dict[str, Any]) -> None:
    remember(store, "msg_1")

    assert diagnosed(store, "msg_1", **changed) is None


NOT_FOUND = {"cache_miss_reason": {"type": "previous_message_not_found"}}


def test_there_is_nothing_to_compare_the_first_request_to(store: Store) -> None:
    assert diagnosed(store, None) is None


def test_a_message_that_is_not_remembered_is_not_found(store: Store) -> None:
    remember(store, "msg_1", key="another")

    assert diagnosed(store, "msg_1") == NOT_FOUND


def test_the_oldest_requests_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    store = bounded(monkeypatch, KEY_ENTRIES=1)
    remember(store, "msg_1")
    remember(store, "msg_2")

    assert diagnosed(store, "msg_1") == NOT_FOUND
    assert diagnosed(store, "msg_2") is None


@pytest.mark.slow
def test_requests_are_remembered_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    store = bounded(monkeypatch, KEY_DIAGNOSTICS=100_000)
    long = EARLIER | {"messages": EARLIER["messages"] * 1_000}
    for number in range(20):
        remember(store, f"msg_{number}", long)
    kept = [number for number in range(20) if diagnosed(store, f"msg_{number}", **long) is None]

    assert kept == list(range(20 - len(kept), 20))
    assert 1 <= len(kept) * 24_000 * len(EARLIER["messages"]) <= 100_000


def test_request_remembered_again_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    store = bounded(monkeypatch, KEY_DIAGNOSTICS=3_000)
    for message_id in ("msg_1", "msg_2", "msg_2", "msg_2"):
        remember(store, message_id)

    assert diagnosed(store, "msg_1") is None


def test_the_prefixes_of_one_key_drop_none_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    store = bounded(monkeypatch, KEY_ENTRIES=2)
    one, *others = (asking(said(text(LONG + str(number), cache_control=HOUR))) for number in range(4))
    for key, body in (("victim", one), *(("flood", body) for body in others)):
        used(store, body, key=key)

    assert store.take_notes() == ("dropped: 1 of the cached prefixes of this API key, put longest ago",)
    assert used(store, one, key="victim").read > 0
    assert used(store, others[0], key="flood").read == 0


def test_the_requests_of_one_key_drop_none_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    store = bounded(monkeypatch, KEY_ENTRIES=1)
    for number, key in enumerate(["victim", "flood", "flood"]):
        remember(store, f"msg_{number}", key=key)

    assert diagnosed(store, "msg_0", "victim") is None
    assert diagnosed(store, "msg_1", "flood") == NOT_FOUND
