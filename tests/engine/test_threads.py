from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.errors import ApiError
from mockclaude.engine.state.threads import KEY_BYTES, LIFETIME, MAX_BYTES, MAX_THREADS, Threads, Turn

KEY, NOW = "key", 1_000
CREATE: dict[str, Any] = {"type": "create"}
HELLO = {"role": "user", "content": "Hello"}
HI = [{"type": "text", "text": "Hi!"}]
MORE = {"role": "user", "content": "More"}


def asking(*messages: Any, thread: Any, **fields: Any) -> dict[str, Any]:
    return {"model": "claude-sonnet-5", "max_tokens": 10, "messages": list(messages), "thread": thread, **fields}


def after(message_id: str) -> dict[str, Any]:
    return {"type": "continue", "previous_message_id": message_id}


def answered(threads: Threads, message_id: str, body: dict[str, Any], now: int = NOW, key: str = KEY) -> dict[str, Any]:
    """Return the whole request that `body` was, once it is answered."""
    turn = threads.turn(now)
    whole = turn.resolve(key, body)
    turn.store(message_id, HI)
    turn.end()
    return whole


def created(**fields: Any) -> Threads:
    threads = Threads()
    answered(threads, "msg_1", asking(HELLO, thread=CREATE, **fields))
    return threads


def refused(threads: Threads, body: dict[str, Any], now: int = NOW, key: str = KEY) -> ApiError:
    with pytest.raises(ApiError) as caught:
        threads.turn(now).resolve(key, body)
    return caught.value


def code(error: ApiError) -> tuple[int, Any]:
    return error.status, (error.details or {})["error_code"]


NOT_FOUND = (404, "thread_not_found")
ALREADY_CONTINUED = (400, "thread_already_continued")
IN_FLIGHT = (400, "thread_continue_in_flight")
MISMATCH = (400, "thread_fingerprint_mismatch")


@pytest.mark.parametrize("fields", [{}, {"thread": None}])
def test_a_request_without_a_thread_is_what_it_was_and_leaves_nothing(fields: dict[str, Any]) -> None:
    threads, body = Threads(), {"model": "m", "messages": [HELLO], **fields}
    turn = threads.turn(NOW)

    assert turn.resolve(KEY, body) is body
    turn.store("msg_1", HI)
    turn.end()
    assert code(refused(threads, asking(MORE, thread=after("msg_1")))) == NOT_FOUND


def test_a_request_that_creates_a_thread_is_whole() -> None:
    assert Threads().turn(NOW).resolve(KEY, asking(HELLO, thread=CREATE, system="Be kind.")) == {
        "model": "claude-sonnet-5",
        "max_tokens": 10,
        "messages": [HELLO],
        "system": "Be kind.",
    }


def test_a_thread_goes_on_with_what_was_said_and_with_the_newest_settings() -> None:
    threads = created(system="Be kind.", tools=[{"name": "one"}], stream=True, metadata={"user_id": "u"})

    assert threads.turn(NOW).resolve(KEY, {**asking(MORE, thread=after("msg_1")), "model": "claude-opus-5"}) == {
        "model": "claude-opus-5",
        "max_tokens": 10,
        "messages": [HELLO, {"role": "assistant", "content": HI}, MORE],
        "system": "Be kind.",
        "tools": [{"name": "one"}],
    }


def test_a_thread_goes_on_from_reply_to_reply() -> None:
    threads = created()
    answered(threads, "msg_2", asking(MORE, thread=after("msg_1")))
    whole = answered(threads, "msg_3", asking(thread=after("msg_2")))

    reply = {"role": "assistant", "content": HI}
    assert whole["messages"] == [HELLO, reply, MORE, reply]


def test_a_reply_without_content_is_no_message() -> None:
    threads = Threads()
    turn = threads.turn(NOW)
    turn.resolve(KEY, asking(HELLO, thread=CREATE))
    turn.store("msg_1", [])

    assert threads.turn(NOW).resolve(KEY, asking(MORE, thread=after("msg_1")))["messages"] == [HELLO, MORE]


def test_what_is_kept_does_not_change_with_what_was_given() -> None:
    threads, content = Threads(), [{"type": "tool_use", "id": "t", "name": "n", "input": {"city": "Paris"}}]
    turn = threads.turn(NOW)
    turn.resolve(KEY, asking(HELLO, thread=CREATE))
    turn.store("msg_1", content)
    content[0]["input"] = {}
    threads.turn(NOW).resolve(KEY, asking(thread=after("msg_1")))["messages"][0]["content"] = "Changed"

    assert threads.turn(NOW).resolve(KEY, asking(thread=after("msg_1")))["messages"] == [
        HELLO,
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "t", "name": "n", "input": {"city": "Paris"}}],
        },
    ]


def test_breakpoints_of_the_cache_hold_for_one_request() -> None:
    marked = {"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}
    threads = created(system=[marked], messages=[{"role": "user", "content": [marked]}])
    whole = threads.turn(NOW).resolve(KEY, asking({"role": "user", "content": [marked]}, thread=after("msg_1")))

    plain = {"type": "text", "text": "Hello"}
    assert whole["system"] == whole["messages"][0]["content"] == [plain]
    assert whole["messages"][2]["content"] == [marked]


def test_a_reply_is_continued_once() -> None:
    threads = created()
    answered(threads, "msg_2", asking(MORE, thread=after("msg_1")))

    assert code(refused(threads, asking(MORE, thread=after("msg_1")))) == ALREADY_CONTINUED


def test_a_reply_is_continued_by_one_request_at_a_time() -> None:
    threads = created()
    turn = threads.turn(NOW)
    turn.resolve(KEY, asking(MORE, thread=after("msg_1")))
    turn.store("msg_2", HI)

    assert code(refused(threads, asking(MORE, thread=after("msg_1")))) == IN_FLIGHT
    turn.end()
    assert code(refused(threads, asking(MORE, thread=after("msg_1")))) == ALREADY_CONTINUED


def test_a_request_without_a_reply_can_be_tried_again() -> None:
    threads = created()
    threads.turn(NOW).resolve(KEY, asking(MORE, thread=after("msg_1")))

    assert answered(threads, "msg_2", asking(MORE, thread=after("msg_1")))["messages"][-1] == MORE


def test_no_one_continues_what_another_key_was_told() -> None:
    assert code(refused(created(), asking(MORE, thread=after("msg_1")), key="another")) == NOT_FOUND


def test_a_thread_expires_five_minutes_after_its_last_reply() -> None:
    threads, late = created(), NOW + LIFETIME - 1
    answered(threads, "msg_2", asking(MORE, thread=after("msg_1")), now=late)
    answered(threads, "msg_3", asking(MORE, thread=after("msg_2")), now=late + LIFETIME - 1)

    assert code(refused(threads, asking(MORE, thread=after("msg_3")), now=late + 2 * LIFETIME - 1)) == NOT_FOUND


@pytest.mark.parametrize(
    ("fields", "differing"),
    [
        ({"system": "Be cruel."}, "system"),
        ({"tools": []}, "tools"),
        ({"output_config": {"effort": "low"}}, "output_config"),
        ({"system": "Be cruel.", "tools": [{"name": "two"}]}, "system, tools"),
    ],
)
def test_a_thread_keeps_what_it_was_created_with(fields: dict[str, Any], differing: str) -> None:
    threads = created(system="Be kind.", tools=[{"name": "one"}])
    error = refused(threads, asking(MORE, thread=after("msg_1"), **fields))

    assert code(error) == MISMATCH
    assert f"differing field(s): {differing}." in error.message


def test_leaving_the_output_config_out_changes_it() -> None:
    threads = created(output_config={"effort": "low"})

    assert code(refused(threads, asking(MORE, thread=after("msg_1")))) == MISMATCH


def test_what_a_thread_was_created_with_may_be_said_again() -> None:
    fields = {"system": "Be kind.", "tools": [{"name": "one"}], "output_config": {"effort": "low"}}
    whole = created(**fields).turn(NOW).resolve(KEY, asking(MORE, thread=after("msg_1"), **fields))

    assert {field: whole[field] for field in fields} == fields


@pytest.mark.parametrize("thread", [CREATE, after("msg_1")])
def test_a_request_that_edits_its_context_has_no_thread(thread: dict[str, Any]) -> None:
    error = refused(created(), asking(MORE, thread=thread, context_management={"edits": []}))

    assert error.details == {"error_code": "thread_unsupported_request", "unsupported": ["context_management"]}
    assert error.message.startswith("Threads do not support this request: context_management.")


def test_the_oldest_replies_are_forgotten_when_there_are_too_many() -> None:
    threads = Threads(max_threads=2)
    for number in range(3):
        answered(threads, f"msg_{number}", asking(HELLO, thread=CREATE))

    assert code(refused(threads, asking(MORE, thread=after("msg_0")))) == NOT_FOUND
    assert answered(threads, "msg_3", asking(MORE, thread=after("msg_1")))


LONG = {"role": "user", "content": "x" * 10_000}


def test_the_oldest_replies_are_forgotten_when_they_take_too_much_room() -> None:
    threads = Threads(max_bytes=25_000)
    for number in range(3):
        answered(threads, f"msg_{number}", asking(LONG, thread=CREATE))

    assert code(refused(threads, asking(MORE, thread=after("msg_0")))) == NOT_FOUND
    assert threads.turn(NOW).resolve(KEY, asking(MORE, thread=after("msg_1")))
    assert threads.turn(NOW).resolve(KEY, asking(MORE, thread=after("msg_2")))


def test_a_conversation_that_went_on_takes_room_once() -> None:
    threads = Threads(max_bytes=15_000)
    answered(threads, "msg_0", asking(LONG, thread=CREATE))
    for number in range(3):
        answered(threads, f"msg_{number + 1}", asking(thread=after(f"msg_{number}")))

    assert code(refused(threads, asking(thread=after("msg_0")))) == ALREADY_CONTINUED


def test_an_id_that_is_given_again_stands_for_the_newer_reply_and_takes_its_room() -> None:
    threads = Threads(max_bytes=15_000)
    for first in (HELLO, LONG, HELLO, LONG):
        answered(threads, "msg_1", asking(first, thread=CREATE))

    assert threads.turn(NOW).resolve(KEY, asking(thread=after("msg_1")))["messages"][0] == LONG


def test_what_was_forgotten_while_it_went_on_is_not_missed() -> None:
    threads = Threads(max_threads=1)
    answered(threads, "msg_1", asking(HELLO, thread=CREATE))
    turn: Turn = threads.turn(NOW)
    turn.resolve(KEY, asking(MORE, thread=after("msg_1")))
    turn.store("msg_2", HI)
    answered(threads, "msg_3", asking(HELLO, thread=CREATE))
    turn.end()

    assert code(refused(threads, asking(MORE, thread=after("msg_1")))) == NOT_FOUND


def test_the_threads_of_one_key_drop_none_of_another() -> None:
    dropped: list[str] = []
    threads = Threads(dropped.append, max_threads=2)
    for number, key in enumerate(["victim", "flood", "flood", "flood"]):
        answered(threads, f"msg_{number}", asking(HELLO, thread=CREATE), key=key)

    assert dropped == ["dropped: 1 of the threads of this API key, put longest ago"]
    assert answered(threads, "msg_4", asking(MORE, thread=after("msg_0")), key="victim")
    assert code(refused(threads, asking(MORE, thread=after("msg_1")), key="flood")) == NOT_FOUND


def test_the_bounds_of_threads_are_those_of_the_documentation() -> None:
    assert (MAX_THREADS, KEY_BYTES, MAX_BYTES, LIFETIME) == (10_000, 32 * 1024**2, 128 * 1024**2, 300)


def test_a_reply_can_be_continued_until_its_lifetime_ends() -> None:
    for age, is_continued in ((LIFETIME - 1, True), (LIFETIME, False)):
        threads, body = created(), asking(MORE, thread=after("msg_1"))
        if is_continued:
            assert len(threads.turn(NOW + age).resolve(KEY, body)["messages"]) == 3
        else:
            assert code(refused(threads, body, NOW + age)) == NOT_FOUND


def test_as_many_replies_as_the_bound_allows_can_be_continued() -> None:
    threads = Threads(max_threads=2)
    for message_id in ("msg_1", "msg_2"):
        answered(threads, message_id, asking(HELLO, thread=CREATE))

    for message_id in ("msg_1", "msg_2"):
        assert len(threads.turn(NOW).resolve(KEY, asking(MORE, thread=after(message_id)))["messages"]) == 3
