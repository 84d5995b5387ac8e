from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.errors import ApiError
from mockclaude.api.mode import ValidationResult
from mockclaude.engine.state import threads as module
from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.store import Effect, Store
from mockclaude.engine.state.threads import KEY_BYTES, LIFETIME, MAX_BYTES, MAX_THREADS, ThreadRequest

KEY, NOW = "key", 1_000
CREATE: dict[str, Any] = {"type": "create"}
HELLO = {"role": "user", "content": "Hello"}
HI = [{"type": "text", "text": "Hi!"}]
MORE = {"role": "user", "content": "More"}


def asking(*messages: Any, thread: Any, **fields: Any) -> dict[str, Any]:
    return {"model": "claude-sonnet-5", "max_tokens": 10, "messages": list(messages), "thread": thread, **fields}


def after(message_id: str) -> dict[str, Any]:
    return {"type": "continue", "previous_message_id": message_id}


def resolved(store: Store, body: dict[str, Any], now: int = NOW, *, hold: bool = False) -> dict[str, Any]:
    """Return the whole request that `body` is; with `hold`, it is being answered from then on."""
    return ThreadRequest(store, now, hold=hold).resolve(KEY, body, ValidationResult())


def answered(
    store: Store, message_id: str, body: dict[str, Any], now: int = NOW, key: str = KEY, content: Any = HI
) -> dict[str, Any]:
    """Return the whole request that `body` was, once it is answered."""
    thread = ThreadRequest(store, now)
    whole = thread.resolve(key, body, ValidationResult())
    store.commit((*thread.store_effects(message_id, content), *thread.end_effects()))
    return whole


def create(store: Store, **fields: Any) -> None:
    answered(store, "msg_1", asking(HELLO, thread=CREATE, **fields))


def refused(store: Store, body: dict[str, Any], now: int = NOW, key: str = KEY) -> ApiError:
    with pytest.raises(ApiError) as caught:
        ThreadRequest(store, now).resolve(key, body, ValidationResult())
    return caught.value


def code(error: ApiError) -> tuple[int, Any]:
    return error.status, (error.details or {})["error_code"]


NOT_FOUND = (404, "thread_not_found")
ALREADY_CONTINUED = (400, "thread_already_continued")
IN_FLIGHT = (400, "thread_continue_in_flight")
MISMATCH = (400, "thread_fingerprint_mismatch")


@pytest.mark.parametrize("fields", [{}, {"thread": None}])
def test_a_request_without_a_thread_is_what_it_was_and_leaves_nothing(store: Store, fields: dict[str, Any]) -> None:
    body = {"model": "m", "messages": [HELLO], **fields}
    thread = ThreadRequest(store, NOW)

    assert thread.resolve(KEY, body, ValidationResult()) is body
    assert (*thread.store_effects("msg_1", HI), *thread.end_effects(), *thread.restore_effects()) == ()


def test_a_request_that_creates_a_thread_is_whole(store: Store) -> None:
    assert resolved(store, asking(HELLO, thread=CREATE, system="Be kind.")) == {
        "model": "claude-sonnet-5",
        "max_tokens": 10,
        "messages": [HELLO],
        "system": "Be kind.",
    }


def test_a_thread_goes_on_with_what_was_said_and_with_the_newest_settings(store: Store) -> None:
    create(store, system="Be kind.", tools=[{"name": "one"}], stream=True, metadata={"user_id": "u"})

    assert resolved(store, {**asking(MORE, thread=after("msg_1")), "model": "claude-opus-5"}) == {
        "model": "claude-opus-5",
        "max_tokens": 10,
        "messages": [HELLO, {"role": "assistant", "content": HI}, MORE],
        "system": "Be kind.",
        "tools": [{"name": "one"}],
    }


def test_a_thread_goes_on_from_reply_to_reply(store: Store) -> None:
    create(store)
    answered(store, "msg_2", asking(MORE, thread=after("msg_1")))
    whole = answered(store, "msg_3", asking(thread=after("msg_2")))

    reply = {"role": "assistant", "content": HI}
    assert whole["messages"] == [HELLO, reply, MORE, reply]


def test_a_reply_without_content_is_no_message(store: Store) -> None:
    answered(store, "msg_1", asking(HELLO, thread=CREATE), content=[])

    assert resolved(store, asking(MORE, thread=after("msg_1")))["messages"] == [HELLO, MORE]


def test_what_is_kept_does_not_change_with_what_was_given(store: Store) -> None:
    content = [{"type": "tool_use", "id": "t", "name": "n", "input": {"city": "Paris"}}]
    answered(store, "msg_1", asking(HELLO, thread=CREATE), content=content)
    content[0]["input"] = {}
    resolved(store, asking(thread=after("msg_1")))["messages"][0]["content"] = "Changed"

    assert resolved(store, asking(thread=after("msg_1")))["messages"] == [
        HELLO,
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "t", "name": "n", "input": {"city": "Paris"}}],
        },
    ]


def test_breakpoints_of_the_cache_hold_for_one_request(store: Store) -> None:
    marked = {"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}
    create(store, system=[marked], messages=[{"role": "user", "content": [marked]}])
    whole = resolved(store, asking({"role": "user", "content": [marked]}, thread=after("msg_1")))

    plain = {"type": "text", "text": "Hello"}
    assert whole["system"] == whole["messages"][0]["content"] == [plain]
    assert whole["messages"][2]["content"] == [marked]


def test_a_reply_is_continued_once(store: Store) -> None:
    create(store)
    answered(store, "msg_2", asking(MORE, thread=after("msg_1")))

    assert code(refused(store, asking(MORE, thread=after("msg_1")))) == ALREADY_CONTINUED


def test_a_reply_is_continued_by_one_request_at_a_time(store: Store) -> None:
    create(store)
    thread = ThreadRequest(store, NOW)
    thread.resolve(KEY, asking(MORE, thread=after("msg_1")), ValidationResult())
    steps: list[tuple[Effect, ...]] = [
        (),
        thread.store_effects("msg_2", HI),
        thread.end_effects(),
        thread.end_effects(),
    ]
    codes = []
    for effects in steps:
        store.commit(effects)
        codes.append(code(refused(store, asking(MORE, thread=after("msg_1")))))

    assert codes == [IN_FLIGHT, IN_FLIGHT, ALREADY_CONTINUED, ALREADY_CONTINUED]


@pytest.mark.parametrize("times", [1, 2])
def test_a_request_without_a_reply_can_be_tried_again(store: Store, times: int) -> None:
    create(store)
    thread = ThreadRequest(store, NOW)
    thread.resolve(KEY, asking(MORE, thread=after("msg_1")), ValidationResult())
    store.commit(thread.restore_effects() * times)

    assert answered(store, "msg_2", asking(MORE, thread=after("msg_1")))["messages"][-1] == MORE


def test_reading_a_thread_holds_no_reply(store: Store) -> None:
    create(store)
    thread = ThreadRequest(store, NOW, hold=False)
    thread.resolve(KEY, asking(MORE, thread=after("msg_1")), ValidationResult())

    assert (*thread.end_effects(), *thread.restore_effects()) == ()
    assert answered(store, "msg_2", asking(MORE, thread=after("msg_1")))


def test_a_reply_that_went_on_is_not_restored(store: Store) -> None:
    create(store)
    thread = ThreadRequest(store, NOW)
    thread.resolve(KEY, asking(MORE, thread=after("msg_1")), ValidationResult())
    store.commit((*thread.store_effects("msg_2", HI), *thread.restore_effects()))
    assert code(refused(store, asking(MORE, thread=after("msg_1")))) == IN_FLIGHT

    store.commit((*thread.end_effects(), *thread.restore_effects()))
    assert code(refused(store, asking(MORE, thread=after("msg_1")))) == ALREADY_CONTINUED


def test_storing_a_reply_twice_is_storing_it_once(store: Store) -> None:
    create(store)
    thread = ThreadRequest(store, NOW)
    thread.resolve(KEY, asking(MORE, thread=after("msg_1")), ValidationResult())
    store.commit(thread.store_effects("msg_2", HI) * 2)

    assert len(resolved(store, asking(MORE, thread=after("msg_2")))["messages"]) == 5


def test_no_one_continues_what_another_key_was_told(store: Store) -> None:
    create(store)

    assert code(refused(store, asking(MORE, thread=after("msg_1")), key="another")) == NOT_FOUND


def test_a_thread_expires_five_minutes_after_its_last_reply(store: Store) -> None:
    late = NOW + LIFETIME - 1
    create(store)
    answered(store, "msg_2", asking(MORE, thread=after("msg_1")), now=late)
    answered(store, "msg_3", asking(MORE, thread=after("msg_2")), now=late + LIFETIME - 1)

    body = asking(MORE, thread=after("msg_3"))
    assert len(resolved(store, body, late + 2 * LIFETIME - 2)["messages"]) == 7
    assert code(refused(store, body, late + 2 * LIFETIME - 1)) == NOT_FOUND


@pytest.mark.parametrize(
    ("fields", "differing"),
    [
        ({"system": "Be cruel."}, "system"),
        ({"tools": []}, "tools"),
        ({"output_config": {"effort": "low"}}, "output_config"),
        ({"system": "Be cruel.", "tools": [{"name": "two"}]}, "system, tools"),
    ],
)
def test_a_thread_keeps_what_it_was_created_with(store: Store, fields: dict[str, Any], differing: str) -> None:
    create(store, system="Be kind.", tools=[{"name": "one"}])
    error = refused(store, asking(MORE, thread=after("msg_1"), **fields))

    assert code(error) == MISMATCH
    assert f"differing field(s): {differing}." in error.message


def test_leaving_the_output_config_out_changes_it(store: Store) -> None:
    create(store, output_config={"effort": "low"})

    assert code(refused(store, asking(MORE, thread=after("msg_1")))) == MISMATCH


def test_what_a_thread_was_created_with_may_be_said_again(store: Store) -> None:
    fields = {"system": "Be kind.", "tools": [{"name": "one"}], "output_config": {"effort": "low"}}
    create(store, **fields)
    whole = resolved(store, asking(MORE, thread=after("msg_1"), **fields))

    assert {field: whole[field] for field in fields} == fields


@pytest.mark.parametrize("thread", [CREATE, after("msg_1")])
def test_a_request_that_edits_its_context_has_no_thread(store: Store, thread: dict[str, Any]) -> None:
    error = refused(store, asking(MORE, thread=thread, context_management={"edits": []}))

    assert error.details == {"error_code": "thread_unsupported_request", "unsupported": ["context_management"]}
    assert error.message.startswith("Threads do not support this request: context_management.")


def test_a_thread_may_edit_its_context_without_validation(store: Store) -> None:
    body = asking(HELLO, thread=CREATE, context_management={"edits": []})

    whole = ThreadRequest(store, NOW).resolve(KEY, body, ValidationResult("off"))
    assert whole == {name: value for name, value in body.items() if name != "thread"}


def bounded(monkeypatch: pytest.MonkeyPatch, **bounds: int) -> Store:
    """Return an empty store with these bounds, which are constants of the module."""
    for name, value in bounds.items():
        monkeypatch.setattr(module, name, value)
    return MemoryStore()


def test_the_oldest_replies_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    store = bounded(monkeypatch, MAX_THREADS=2)
    for number in range(3):
        answered(store, f"msg_{number}", asking(HELLO, thread=CREATE))

    assert code(refused(store, asking(MORE, thread=after("msg_0")))) == NOT_FOUND
    assert resolved(store, asking(MORE, thread=after("msg_1")))
    assert resolved(store, asking(MORE, thread=after("msg_2")))


LONG = {"role": "user", "content": "x" * 10_000}


def test_the_oldest_replies_are_forgotten_when_they_take_too_much_room(monkeypatch: pytest.MonkeyPatch) -> None:
    store = bounded(monkeypatch, KEY_BYTES=25_000)
    for number in range(3):
        answered(store, f"msg_{number}", asking(LONG, thread=CREATE))

    assert code(refused(store, asking(MORE, thread=after("msg_0")))) == NOT_FOUND
    assert resolved(store, asking(MORE, thread=after("msg_1")))
    assert resolved(store, asking(MORE, thread=after("msg_2")))


def test_a_conversation_that_went_on_takes_room_once(monkeypatch: pytest.MonkeyPatch) -> None:
    store = bounded(monkeypatch, KEY_BYTES=15_000)
    answered(store, "msg_0", asking(LONG, thread=CREATE))
    for number in range(3):
        answered(store, f"msg_{number + 1}", asking(thread=after(f"msg_{number}")))

    assert code(refused(store, asking(thread=after("msg_0")))) == ALREADY_CONTINUED


def test_an_id_that_is_given_again_stands_for_the_newer_reply_and_takes_its_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = bounded(monkeypatch, KEY_BYTES=15_000)
    for first in (HELLO, LONG, HELLO, LONG):
        answered(store, "msg_1", asking(first, thread=CREATE))

    assert resolved(store, asking(thread=after("msg_1")))["messages"][0] == LONG


def test_what_was_forgotten_while_it_went_on_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    store = bounded(monkeypatch, MAX_THREADS=1)
    create(store)
    thread = ThreadRequest(store, NOW)
    thread.resolve(KEY, asking(MORE, thread=after("msg_1")), ValidationResult())
    store.commit(thread.store_effects("msg_2", HI))
    answered(store, "msg_3", asking(HELLO, thread=CREATE))
    store.commit(thread.end_effects())

    assert code(refused(store, asking(MORE, thread=after("msg_1")))) == NOT_FOUND


def test_the_threads_of_one_key_drop_none_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    store = bounded(monkeypatch, MAX_THREADS=2)
    for number, key in enumerate(["victim", "flood", "flood", "flood"]):
        answered(store, f"msg_{number}", asking(HELLO, thread=CREATE), key=key)

    assert store.take_notes() == ("dropped: 1 of the threads of this API key, put longest ago",)
    assert answered(store, "msg_4", asking(MORE, thread=after("msg_0")), key="victim")
    assert code(refused(store, asking(MORE, thread=after("msg_1")), key="flood")) == NOT_FOUND


def test_the_bounds_of_threads_are_those_of_the_documentation() -> None:
    assert (MAX_THREADS, KEY_BYTES, MAX_BYTES, LIFETIME) == (10_000, 32 * 1024**2, 128 * 1024**2, 300)
