"""`MockClaude`: rules, requests, assertions, environment, start and stop."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
import threading
import weakref
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import anthropic
import pytest
from anthropic import Anthropic
from anthropic._exceptions import OverloadedError

from mockclaude import testing
from mockclaude.journal.verification import CountRange
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.server.run import CannotListenError
from mockclaude.testing import MessagesRequest, MockClaude, background

HERE = Path(__file__).name


def ask(client: Anthropic, text: str = "Hello", **fields: Any) -> Any:
    body: dict[str, Any] = {"model": "claude-sonnet-5", "max_tokens": 100, **fields}
    return client.messages.create(messages=[{"role": "user", "content": text}], **body)


def reply_text(client: Anthropic, text: str = "Hello", **fields: Any) -> str:
    return "".join(block.text for block in ask(client, text, **fields).content)


def test_first_matching_rule_is_selected(mock: MockClaude, client: Anthropic) -> None:
    mock.when(user="weather", tools="get_weather").reply({"tool_use": {"name": "get_weather", "input": {}}})
    mock.when(user={"regex": "call me (?P<name>\\w+)"}).reply("Hello, ${{ match.name }}.")
    mock.reply("Hello.", "How are you?")

    tool: Any = {"name": "get_weather", "input_schema": {"type": "object"}}
    assert ask(client, "the weather", tools=[tool]).stop_reason == "tool_use"
    assert reply_text(client, "call me Ada") == "Hello, Ada."
    assert reply_text(client) == "Hello.How are you?"


def test_sequence_advances_and_choice_is_drawn(mock: MockClaude, client: Anthropic) -> None:
    mock.when(user="next").sequence("One.", [{"text": "Two."}])
    mock.choice({"weight": 1, "reply": "Maybe."})

    assert [reply_text(client, "next") for _ in range(3)] == ["One.", "Two.", "Two."]
    assert reply_text(client) == "Maybe."


def test_turns_reply_by_the_turn_of_the_conversation(mock: MockClaude, client: Anthropic) -> None:
    mock.when(user="next").turns("One.", [{"text": "Two."}], times=2)

    assert [reply_text(client, "next") for _ in range(2)] == ["One.", "One."]


def test_other_endpoints_fail_and_are_verified(mock: MockClaude, client: Anthropic) -> None:
    busy = mock.when(endpoint=["count_tokens", "models"], headers={"anthropic-version": "*"}).reply({"error": 529})
    client = client.with_options(max_retries=0)
    messages: Any = [{"role": "user", "content": "Hi"}]
    with pytest.raises(OverloadedError):
        client.messages.count_tokens(model="claude-sonnet-5", messages=messages)
    with pytest.raises(OverloadedError):
        client.models.retrieve("claude-sonnet-5")

    assert [(request.endpoint, request.model) for request in busy.requests] == [
        ("count_tokens", "claude-sonnet-5"),
        ("models", "claude-sonnet-5"),
    ]
    assert mock.requests == []
    mock.assert_requested(endpoint="count_tokens", user="Hi", times=1)
    mock.assert_requested(endpoint=["models", "count_tokens"], times=2)
    with pytest.raises(AssertionError, match=r"expected at least 1 request with endpoint: 'messages', got 0 \(of 2"):
        mock.assert_requested(endpoint="messages")


def test_function_cannot_reply_to_other_endpoints(mock: MockClaude) -> None:
    with pytest.raises(ScenarioError, match=r"test_mock.py:\d+: a function replies to Messages requests only"):
        mock.when(endpoint="models").reply(lambda _: "Hi")


def test_rule_accepts_the_options_of_a_file(mock: MockClaude, client: Anthropic) -> None:
    mock.when(user="Hello").reply({"error": "overloaded_error"}, times=2, name="busy")
    once = mock.reply("There.", fault={"error": 529, "occurrence": 1})

    assert reply_text(client.with_options(max_retries=3)) == "There."
    assert [entry.status for entry in mock.journal] == [529, 529, 529, 200]
    assert once.rule.place.file.startswith(f"tests/testing/{HERE}:")


def test_last_request_has_the_fields_of_the_request(mock: MockClaude, client: Anthropic) -> None:
    mock.reply("Yes.")
    use = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Sunny", "is_error": True}
    messages: Any = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result, {"type": "text", "text": "Well?"}]},
    ]
    client.messages.create(
        model="claude-sonnet-5",
        max_tokens=10,
        system="Be brief.",
        tools=[{"name": "get_weather", "input_schema": {"type": "object"}}],
        messages=messages,
        extra_headers={"x-test": "1"},
    )
    last = mock.last_request

    assert (last.user, last.system, last.model, list(last.tools)) == (
        "Well?",
        "Be brief.",
        "claude-sonnet-5",
        ["get_weather"],
    )
    assert last.tool_results == last.tool_errors == {"get_weather": "Sunny"}
    assert (last.turn, last.retry, last.stream, last.headers["X-Test"]) == (2, 0, False, "1")
    assert (last.body["max_tokens"], len(last.messages)) == (10, 3)
    assert repr(last) == "<MessagesRequest 'Well?' of claude-sonnet-5, turn 2>"
    assert last.entry is mock.journal[-1]


def test_added_rule_has_its_requests(mock: MockClaude, client: Anthropic) -> None:
    hello, other = mock.when(user="Hello").reply("Hi!"), mock.reply("What?")
    reply_text(client)

    assert [request.user for request in hello.requests] == ["Hello"]
    assert mock.unused_rules == [other]
    assert repr(other).startswith("<rule tests/testing/")


def test_assert_requested_counts_matching_requests(mock: MockClaude, client: Anthropic) -> None:
    mock.reply("Hi!")
    for text in ("Hello", "Hello again"):
        reply_text(client, text)

    mock.assert_requested(user="Hello")
    mock.assert_requested(user="again", times=1)
    mock.assert_requested(times=CountRange(1, 2))
    mock.assert_requested(user="Bye", times=0)
    with pytest.raises(AssertionError, match=r"expected 3 requests with user: text that contains 'Hello', got 2"):
        mock.assert_requested(user="Hello", times=3)


def test_unknown_key_is_reported_with_its_call_site(mock: MockClaude) -> None:
    wrong: Any = {"usr": "Hello"}
    with pytest.raises(ScenarioError, match=rf"{HERE}:\d+ \(when.usr\): unknown key 'usr'.*did you mean 'user'"):
        mock.when(**wrong).reply("x")
    with pytest.raises(ScenarioError, match=r"unknown key 'usr'"):
        mock.assert_requested(**wrong)


@pytest.mark.parametrize(("wrong", "example"), [("Hello", "user='Hello'"), ({"user": "a"}, "when(**{'user': 'a'})")])
def test_data_as_predicate_is_an_error(mock: MockClaude, wrong: Any, example: str) -> None:
    with pytest.raises(TypeError) as caught:
        mock.when(wrong)

    _, _, message = str(caught.value).partition(f"{HERE}:")
    assert message.partition(": ")[2] == (
        f"`when`: not a function, got {wrong!r}; expected a function that returns true or false, or a condition, "
        f"e.g. {example}"
    )


def test_an_exception_is_no_reply(mock: MockClaude) -> None:
    wrong: Any = anthropic.RateLimitError
    with pytest.raises(ScenarioError, match=r"\(reply\): an exception, got RateLimitError; .*`\{'error': 429\}`"):
        mock.reply(wrong)


def test_a_mock_as_the_result_of_a_function_is_an_error(mock: MockClaude, client: Anthropic) -> None:
    mock.reply(MagicMock())
    with pytest.raises(anthropic.InternalServerError):
        ask(client)
    with pytest.raises(ScenarioError, match="a mock, got MagicMock; expected data"):
        mock._raise_callback_errors()
    assert mock.journal[0].reason.count(f"{HERE}:") == 2  # the place of the rule, and that in the error


def test_a_mock_is_a_reply_function(mock: MockClaude, client: Anthropic) -> None:
    function = MagicMock(return_value="Hello!")
    mock.reply(function)

    assert reply_text(client) == "Hello!"
    function.assert_called_once()


@pytest.mark.parametrize("reply", [(), ([],), (3,), ({"txt": "x"},), ({"error": "none"},), ("${{ nothing }}",)])
def test_invalid_reply_is_reported_with_its_call_site(mock: MockClaude, reply: tuple[Any, ...]) -> None:
    with pytest.raises(ScenarioError, match=rf"{HERE}:\d+ \(reply"):
        mock.reply(*reply)


def test_request_without_rules_is_unmatched(mock: MockClaude, client: Anthropic) -> None:
    with pytest.raises(anthropic.APIStatusError, match="no rule matched: no rules are defined; add one with"):
        ask(client)

    assert [entry.status for entry in mock.unmatched_requests] == [410]


def test_last_request_without_requests_is_an_assertion_error(mock: MockClaude) -> None:
    with pytest.raises(
        AssertionError,
        match="no Messages request received; expected at least 1; check that",
    ):
        _ = mock.last_request


def test_added_rules_precede_files(mock: MockClaude, client: Anthropic, tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"
    file.write_text("seed: 7\nrules: [{reply: From the file.}]")
    mock.load(file)
    mock.when(user="Python").reply("From Python.")

    assert (reply_text(client), reply_text(client, "Python")) == ("From the file.", "From Python.")
    assert mock.journal[0].draws
    assert mock.journal[0].draws.seed == 7


def test_a_function_may_load_files(mock: MockClaude, client: Anthropic, tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"
    file.write_text("rules: [{reply: From the file.}]")

    def load(_: MessagesRequest) -> str:
        mock.load(file)
        return "Loaded."

    mock.when(user="load").reply(load)
    assert [reply_text(client, "load"), reply_text(client)] == ["Loaded.", "From the file."]


def test_a_mark_with_other_lanes_applies_to_an_open_connection(
    client: Anthropic, mock: MockClaude, tmp_path: Path
) -> None:
    file = tmp_path / "lanes.yaml"
    file.write_text("lane_from: headers.x-user\nrules: [{reply: Hi!}]")
    for files in ((), (file,), (file,), ()):
        mock._reconfigure(*files)
        mock.when(user="Hello").reply("Hi!")
        reply_text(client, extra_headers={"x-user": "ada"})
        assert (mock.journal[0].lane == "ada") == bool(files)


def test_invalid_file_is_an_error_before_the_start(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot read the file"):
        MockClaude(tmp_path / "none.yaml")


def test_reset_removes_rules_and_requests(mock: MockClaude, client: Anthropic) -> None:
    mock.reply("Hi!")
    reply_text(client)
    mock.reset()

    assert (mock.requests, mock.journal, mock.unused_rules) == ([], [], [])
    mock.reply("Hello!")
    assert reply_text(client) == "Hello!"


def test_reset_frees_rules_and_requests_without_a_collection(mock: MockClaude) -> None:
    mock.reply("Hi!")
    parts: tuple[Any, ...] = (mock._server.site, mock._server._state, mock._server.journal)
    before = [weakref.ref(part) for part in parts]
    del parts
    gc.disable()
    try:
        mock.reset()
        assert [part() for part in before] == [None] * 3
    finally:
        gc.enable()


def test_a_response_in_progress_ends_after_a_reset_and_leaves_no_request() -> None:
    with MockClaude(speed="manual") as mock, Anthropic(base_url=mock.url, api_key="mock") as client:
        mock.reply("Before.", pace={"ttft": "1h"})
        answers: list[str] = []
        asking = threading.Thread(target=lambda: answers.append(reply_text(client)))
        asking.start()
        while not mock.journal:
            pass
        mock.reset()
        after = mock.reply("After.")
        assert reply_text(client) == "After."
        while not answers:
            mock.advance(3600)
        asking.join()

        assert answers == ["Before."]
        assert [request.entry.number for request in mock.requests] == [1]
        assert [request.entry.number for request in after.requests] == [1]


def test_requests_during_resets_get_the_rules_of_one_test(mock: MockClaude, client: Anthropic) -> None:
    results: set[str | int] = set()
    is_over = threading.Event()

    def send() -> None:
        while not is_over.is_set():
            try:
                results.add(reply_text(client.with_options(max_retries=0)))
            except anthropic.APIStatusError as error:
                results.add(error.status_code)

    sending = [threading.Thread(target=send) for _ in range(2)]
    for thread in sending:
        thread.start()
    for number in range(30):
        mock.reset()
        mine = mock.when(user="mine").reply(f"mine {number}")
        mock.reply(str(number))
        assert reply_text(client, "mine") == f"mine {number}"
        assert [request.user for request in mine.requests] == ["mine"]
    is_over.set()
    for thread in sending:
        thread.join()

    assert results <= {410, *map(str, range(30))}


def test_seed_and_validation_override_the_files(tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"
    file.write_text("seed: 7\nvalidation: anthropic\nrules: [{reply: Hi!}]")
    with MockClaude(file, seed=8, validation="off") as mock, Anthropic(base_url=mock.url, api_key="mock") as client:
        assert reply_text(client, extra_body={"temperature": 9}) == "Hi!"
        assert mock.journal[0].draws
        assert mock.journal[0].draws.seed == 8


def test_pace_and_retries_are_instant_by_default(mock: MockClaude, client: Anthropic) -> None:
    mock.reply("Hi!", pace={"ttft": "1h"}, times=1)
    mock.reply({"error": "rate_limit_error"}, times=1)
    mock.reply("Again.")

    assert [reply_text(client), reply_text(client)] == ["Hi!", "Again."]


def test_manual_clock_is_advanced() -> None:
    with MockClaude(speed="manual") as mock, Anthropic(base_url=mock.url, api_key="mock") as client:
        mock.reply("Hi!", pace={"ttft": "1h"})
        answers: list[str] = []
        asking = threading.Thread(target=lambda: answers.append(reply_text(client)))
        asking.start()
        while not answers:
            mock.advance(3600)
        asking.join()

    assert answers == ["Hi!"]


def test_advance_needs_a_manual_clock(mock: MockClaude) -> None:
    with pytest.raises(RuntimeError, match=r"the clock is not manual; expected `speed=\"manual\"`; pass it"):
        mock.advance(1)


def test_environment_is_set_and_restored(mock: MockClaude, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "secret")
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    mock.reply("Hi!")
    with mock.environment(), Anthropic() as client:
        assert mock.env.items() <= os.environ.items()
        assert reply_text(client) == "Hi!"
        assert os.environ["no_proxy"] == "127.0.0.1,localhost,example.com"

    assert (os.environ["ANTHROPIC_AUTH_TOKEN"], os.environ.get("ANTHROPIC_BASE_URL")) == ("secret", None)
    assert os.environ["NO_PROXY"] == "example.com"


async def test_mock_is_an_asynchronous_context_manager() -> None:
    async with MockClaude() as mock, anthropic.AsyncAnthropic(base_url=mock.url, api_key="mock") as client:
        mock.reply("Hi!")
        message = await client.messages.create(
            model="claude-sonnet-5", max_tokens=10, messages=[{"role": "user", "content": "Hello"}]
        )

    assert message.stop_reason == "end_turn"


def test_used_port_is_an_error_and_leaves_no_thread(mock: MockClaude) -> None:
    port = int(mock.url.rpartition(":")[2])
    before = threading.active_count()
    with pytest.raises(CannotListenError, match=f"cannot listen on 127.0.0.1:{port}: address already in use"):
        MockClaude(port=port).start()

    assert threading.active_count() == before


def test_second_start_is_an_error(mock: MockClaude) -> None:
    with pytest.raises(RuntimeError, match="already started; expected one start; create another"):
        mock.start()


def test_call_without_a_running_server_is_an_error() -> None:
    for other in (MockClaude(), MockClaude().start()):
        other.stop()
        with pytest.raises(RuntimeError, match="MockClaude: not running; expected a call between start and stop"):
            other.reply("Hi!")


def test_call_in_a_fork_is_an_error(mock: MockClaude, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 1)

    with pytest.raises(RuntimeError, match="got a call from its fork 1; expected the same process; use the URL alone"):
        mock.reply("Hi!")
    mock.stop()


def test_blocking_function_is_reported_with_its_line(
    mock: MockClaude, client: Anthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, done = threading.Event(), threading.Event()

    def slow(_: MessagesRequest) -> str:
        begun.set()
        done.wait()
        return "At last."

    mock.reply(slow)
    asking = threading.Thread(target=reply_text, args=(client,))
    asking.start()
    begun.wait()
    monkeypatch.setattr(background, "TIMEOUT", 0.01)
    with pytest.raises(RuntimeError, match=rf"blocked for 0.01 s at tests/testing/{HERE}:\d+; expected functions"):
        mock.reset()
    monkeypatch.undo()
    done.set()
    asking.join()


def test_blocked_server_is_reported_without_a_line(mock: MockClaude, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    mock._server._loop.call_soon_threadsafe(done.wait)
    monkeypatch.setattr(background, "TIMEOUT", 0.01)
    with pytest.raises(RuntimeError, match=r"blocked for 0.01 s; expected"):
        mock._wait_until_journaled()
    monkeypatch.undo()
    done.set()


def test_call_after_the_end_of_the_loop_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: raised.append(args.exc_type))
    others = set(threading.enumerate())
    mock = MockClaude().start()
    (server,) = set(threading.enumerate()) - others
    mock._server._loop.call_soon_threadsafe(sys.exit)
    server.join()

    assert raised == [SystemExit]
    with pytest.raises(RuntimeError, match="MockClaude: not running; expected a call between start and stop"):
        mock.reply("Hi!")
    mock.stop()


def test_rule_counts_as_used_after_the_journal_is_cleared(mock: MockClaude, client: Anthropic) -> None:
    first = mock.reply("Hi!", times=1)
    mock.reply("Ho!")
    for _ in range(2):
        reply_text(client)
    mock._server.journal.clear()

    assert (mock.unused_rules, first.requests) == ([], [])


def test_stop_cuts_an_open_stream() -> None:
    with MockClaude() as mock, Anthropic(base_url=mock.url, api_key="mock", max_retries=0) as client:
        mock.reply("Wait", {"pause": "forever"})
        body: Any = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
        with client.messages.create(**body, stream=True) as stream:
            next(iter(stream))
            mock.stop()


def test_stop_closes_the_port_after_a_refused_connection() -> None:
    for _ in range(10):
        with MockClaude() as mock, Anthropic(base_url=mock.url, api_key="mock", max_retries=0) as client:
            mock.reply("Hello.", fault="refuse")
            with pytest.raises(anthropic.APIConnectionError):
                reply_text(client)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])))


def test_truncated_body_is_an_error() -> None:
    with MockClaude(max_body=100) as mock, Anthropic(base_url=mock.url, api_key="mock") as client:
        mock.reply("Hi!")
        reply_text(client, "x" * 200)
        with pytest.raises(
            ValueError,
            match=r"request 1: truncated body, got 100 of \d+ bytes; expected all; pass a larger `max_body`",
        ):
            _ = mock.last_request


@pytest.mark.parametrize("block", ["1", '{"type": "x", "a": ' * 1_200 + "1" + "}" * 1_200], ids=["number", "deep"])
def test_a_refused_request_without_readable_body_is_reported(mock: MockClaude, client: Anthropic, block: str) -> None:
    body = f'{{"model": "m", "messages": [{{"role": "user", "content": [{block}]}}]}}'
    with pytest.raises(anthropic.BadRequestError):
        client.post("/v1/messages", cast_to=object, content=body.encode())

    with pytest.raises(ValueError, match=r"^request 1: invalid body, got '\{.model.*…'; expected a Messages request"):
        _ = mock.last_request
    mock.assert_requested(user="x", times=0)


def test_threads_share_one_server(mock: MockClaude, client: Anthropic) -> None:
    mock.reply("${{ user }}")
    answers: list[str] = []
    threads = [threading.Thread(target=lambda n=n: answers.append(reply_text(client, f"{n}"))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers, key=int) == [f"{number}" for number in range(20)]
    assert len(mock.requests) == 20


def test_earlier_names_are_aliases() -> None:
    names = {
        "last": "last_request",
        "unmatched": "unmatched_requests",
        "unused": "unused_rules",
        "assert_asked": "assert_requested",
    }

    assert {name: getattr(MockClaude, name) for name in names} == {
        name: getattr(MockClaude, later) for name, later in names.items()
    }


def test_package_exports_its_public_names() -> None:
    names = {name: getattr(testing, name).__name__ for name in testing.__all__}
    assert names == {name: name for name in testing.__all__} | {"Asked": "MessagesRequest"}
    with pytest.raises(AttributeError, match="no attribute 'Mock'"):
        _ = testing.Mock


async def test_mock_works_inside_a_running_loop(mock: MockClaude) -> None:
    mock.reply("Hi!")
    await asyncio.sleep(0)

    assert mock.requests == []


def test_unmatched_requests_has_unmatched_requests_only(mock: MockClaude, client: Anthropic) -> None:
    mock.when(user="Hello").reply("Hi!")
    ask(client)
    for text in ("Bye", "Ciao"):
        with pytest.raises(anthropic.APIStatusError):
            ask(client, text)
    ask(client)

    assert [request.user for request in mock.requests] == ["Hello", "Bye", "Ciao", "Hello"]
    assert [(entry.number, entry.unmatched) for entry in mock.unmatched_requests] == [(2, True), (3, True)]


async def test_asynchronous_with_raises_callback_errors() -> None:
    async def fail() -> None:
        async with (
            MockClaude() as mock,
            anthropic.AsyncAnthropic(base_url=mock.url, max_retries=0, api_key="x") as client,
        ):
            mock.reply(lambda _: str(1 / 0))
            with pytest.raises(anthropic.InternalServerError):
                await client.messages.create(
                    model="claude-sonnet-5", max_tokens=10, messages=[{"role": "user", "content": "Hello"}]
                )

    with pytest.raises(ZeroDivisionError):
        await fail()
