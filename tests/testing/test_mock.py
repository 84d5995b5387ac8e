"""A server for a test: rules in the words of a scenario file, and what was asked."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic

from mockclaude import testing
from mockclaude.journal.verification import CountRange
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.server.run import CannotListenError
from mockclaude.testing import MessagesRequest, MockClaude, background

HERE = Path(__file__).name


@pytest.fixture
def mock() -> Iterator[MockClaude]:
    with MockClaude() as mock:
        yield mock


@pytest.fixture
def client(mock: MockClaude) -> Iterator[Anthropic]:
    with Anthropic(base_url=mock.url, api_key="mock") as client:
        yield client


def ask(client: Anthropic, text: str = "Hello", **fields: Any) -> Any:
    asked: dict[str, Any] = {"model": "claude-sonnet-5", "max_tokens": 100, **fields}
    return client.messages.create(messages=[{"role": "user", "content": text}], **asked)


def said(client: Anthropic, text: str = "Hello", **fields: Any) -> str:
    return "".join(block.text for block in ask(client, text, **fields).content)


def test_the_first_rule_that_holds_answers(mock: MockClaude, client: Anthropic) -> None:
    mock.when(user="weather", tools="get_weather").reply({"tool_use": {"name": "get_weather", "input": {}}})
    mock.when(user={"regex": "call me (?P<name>\\w+)"}).reply("Hello, ${{ match.name }}.")
    mock.reply("Hello.", "How are you?")

    tool: Any = {"name": "get_weather", "input_schema": {"type": "object"}}
    assert ask(client, "the weather", tools=[tool]).stop_reason == "tool_use"
    assert said(client, "call me Ada") == "Hello, Ada."
    assert said(client) == "Hello.How are you?"


def test_a_sequence_goes_on_and_a_choice_is_drawn(mock: MockClaude, client: Anthropic) -> None:
    mock.when(user="next").sequence("One.", [{"text": "Two."}])
    mock.choice({"weight": 1, "reply": "Maybe."})

    assert [said(client, "next") for _ in range(3)] == ["One.", "Two.", "Two."]
    assert said(client) == "Maybe."


def test_a_rule_has_the_options_of_a_file(mock: MockClaude, client: Anthropic) -> None:
    mock.when(user="Hello").reply({"error": "overloaded_error"}, times=2, name="busy")
    once = mock.reply("There.", fault={"error": 529, "occurrence": 1})

    assert said(client.with_options(max_retries=3)) == "There."
    assert [entry.status for entry in mock.journal] == [529, 529, 529, 200]
    assert once.rule.place.file.startswith(f"tests/testing/{HERE}:")


def test_what_was_asked_reads_like_the_question_of_a_test(mock: MockClaude, client: Anthropic) -> None:
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
    last = mock.last

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


def test_each_rule_knows_what_it_answered(mock: MockClaude, client: Anthropic) -> None:
    hello, other = mock.when(user="Hello").reply("Hi!"), mock.reply("What?")
    said(client)

    assert [request.user for request in hello.requests] == ["Hello"]
    assert mock.unused == [other]
    assert repr(other).startswith("<rule tests/testing/")


def test_what_was_asked_can_be_asserted(mock: MockClaude, client: Anthropic) -> None:
    mock.reply("Hi!")
    for text in ("Hello", "Hello again"):
        said(client, text)

    mock.assert_asked(user="Hello")
    mock.assert_asked(user="again", times=1)
    mock.assert_asked(times=CountRange(1, 2))
    mock.assert_asked(user="Bye", times=0)
    with pytest.raises(AssertionError, match=r"expected 3 requests with user: text that contains 'Hello', got 2"):
        mock.assert_asked(user="Hello", times=3)


def test_a_misspelt_key_is_told_with_its_place(mock: MockClaude) -> None:
    wrong: Any = {"usr": "Hello"}
    with pytest.raises(ScenarioError, match=rf"{HERE}:\d+ \(when.usr\): unknown key 'usr'.*did you mean 'user'"):
        mock.when(**wrong).reply("x")
    with pytest.raises(ScenarioError, match=r"unknown key 'usr'"):
        mock.assert_asked(**wrong)


def test_a_text_in_place_of_a_function_is_told(mock: MockClaude) -> None:
    wrong: Any = "Hello"
    with pytest.raises(TypeError, match=r"'Hello' is no function; expected such as when\(user='Hello'\)"):
        mock.when(wrong)


@pytest.mark.parametrize("reply", [(), ([],), (3,), ({"txt": "x"},), ({"error": "none"},), ("${{ nothing }}",)])
def test_a_reply_that_is_none_is_told_with_its_place(mock: MockClaude, reply: tuple[Any, ...]) -> None:
    with pytest.raises(ScenarioError, match=rf"{HERE}:\d+ \(reply"):
        mock.reply(*reply)


def test_without_rules_nothing_is_answered(mock: MockClaude, client: Anthropic) -> None:
    with pytest.raises(
        anthropic.APIStatusError,
        match="no rule matched: no rules are defined; add one with",
    ):
        ask(client)

    assert [entry.status for entry in mock.unmatched] == [410]


def test_nothing_asked_is_an_assertion_that_fails(mock: MockClaude) -> None:
    with pytest.raises(AssertionError, match="nothing was asked"):
        _ = mock.last


def test_files_come_after_what_is_said(mock: MockClaude, client: Anthropic, tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"
    file.write_text("seed: 7\nrules: [{reply: From the file.}]")
    mock.load(file)
    mock.when(user="Python").reply("From Python.")

    assert (said(client), said(client, "Python")) == ("From the file.", "From Python.")
    assert mock.journal[0].draws
    assert mock.journal[0].draws.seed == 7


def test_a_wrong_file_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot read the file"):
        MockClaude(tmp_path / "none.yaml")


def test_a_reset_forgets_rules_and_requests(mock: MockClaude, client: Anthropic) -> None:
    mock.reply("Hi!")
    said(client)
    mock.reset()

    assert (mock.requests, mock.journal, mock.unused) == ([], [], [])
    mock.reply("Hello!")
    assert said(client) == "Hello!"


def test_seed_and_validation_go_before_the_files_own(tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"
    file.write_text("seed: 7\nvalidation: anthropic\nrules: [{reply: Hi!}]")
    with MockClaude(file, seed=8, validation="off") as mock, Anthropic(base_url=mock.url, api_key="mock") as client:
        assert said(client, extra_body={"temperature": 9}) == "Hi!"
        assert mock.journal[0].draws
        assert mock.journal[0].draws.seed == 8


def test_nothing_waits_unless_it_is_to(mock: MockClaude, client: Anthropic) -> None:
    mock.reply("Hi!", pace={"ttft": "1h"}, times=1)
    mock.reply({"error": "rate_limit_error"}, times=1)
    mock.reply("Again.")

    assert [said(client), said(client)] == ["Hi!", "Again."]


def test_time_can_be_moved_by_hand() -> None:
    with MockClaude(speed="manual") as mock, Anthropic(base_url=mock.url, api_key="mock") as client:
        mock.reply("Hi!", pace={"ttft": "1h"})
        answers: list[str] = []
        asking = threading.Thread(target=lambda: answers.append(said(client)))
        asking.start()
        while not answers:
            mock.advance(3600)
        asking.join()

    assert answers == ["Hi!"]


def test_a_clock_that_moves_by_itself_is_not_moved(mock: MockClaude) -> None:
    with pytest.raises(RuntimeError, match=r"expected MockClaude\(speed='manual'\)"):
        mock.advance(1)


def test_the_environment_points_here_for_a_while(mock: MockClaude, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "secret")
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    mock.reply("Hi!")
    with mock.environment(), Anthropic() as client:
        assert mock.env.items() <= os.environ.items()
        assert said(client) == "Hi!"
        assert os.environ["no_proxy"] == "127.0.0.1,localhost,example.com"

    assert (os.environ["ANTHROPIC_AUTH_TOKEN"], os.environ.get("ANTHROPIC_BASE_URL")) == ("secret", None)
    assert os.environ["NO_PROXY"] == "example.com"


async def test_it_is_an_asynchronous_context_manager_too() -> None:
    async with MockClaude() as mock, anthropic.AsyncAnthropic(base_url=mock.url, api_key="mock") as client:
        mock.reply("Hi!")
        message = await client.messages.create(
            model="claude-sonnet-5", max_tokens=10, messages=[{"role": "user", "content": "Hello"}]
        )

    assert message.stop_reason == "end_turn"


def test_a_port_that_is_taken_is_told_and_leaves_nothing_behind(mock: MockClaude) -> None:
    port = int(mock.url.rpartition(":")[2])
    before = threading.active_count()
    with pytest.raises(CannotListenError, match=f"cannot listen on 127.0.0.1:{port}: address already in use"):
        MockClaude(port=port).start()

    assert threading.active_count() == before


def test_it_is_started_once(mock: MockClaude) -> None:
    with pytest.raises(RuntimeError, match=r"was started before; expected another one"):
        mock.start()


def test_what_has_stopped_says_so() -> None:
    for other in (MockClaude(), MockClaude().start()):
        other.stop()
        with pytest.raises(RuntimeError, match="this MockClaude is not running"):
            other.reply("Hi!")


def test_a_fork_is_told_to_start_its_own(mock: MockClaude, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 1)

    with pytest.raises(RuntimeError, match="of which 1 is a fork; here its URL can be used"):
        mock.reply("Hi!")
    mock.stop()


def test_a_function_that_takes_long_is_told_with_its_place(
    mock: MockClaude, client: Anthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, done = threading.Event(), threading.Event()

    def slow(_: MessagesRequest) -> str:
        begun.set()
        done.wait()
        return "At last."

    mock.reply(slow)
    asking = threading.Thread(target=said, args=(client,))
    asking.start()
    begun.wait()
    monkeypatch.setattr(background, "PATIENCE", 0.01)
    with pytest.raises(RuntimeError, match=rf"busy for 0.01 s at tests/testing/{HERE}:\d+; expected an asynchronous"):
        mock.reply("Hi!")
    monkeypatch.undo()
    done.set()
    asking.join()


def test_a_server_that_is_busy_otherwise_says_so_without_a_place(
    mock: MockClaude, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()
    mock._background._loop.call_soon_threadsafe(done.wait)
    monkeypatch.setattr(background, "PATIENCE", 0.01)
    with pytest.raises(RuntimeError, match=r"busy for 0.01 s; expected"):
        mock.settle()
    monkeypatch.undo()
    done.set()


def test_a_server_whose_loop_has_ended_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: raised.append(told.exc_type))
    others = set(threading.enumerate())
    mock = MockClaude().start()
    (server,) = set(threading.enumerate()) - others
    mock._background._loop.call_soon_threadsafe(sys.exit)
    server.join()

    assert raised == [SystemExit]
    with pytest.raises(RuntimeError, match="this MockClaude is not running"):
        mock.reply("Hi!")
    mock.stop()


def test_a_rule_is_used_even_if_its_request_is_forgotten(mock: MockClaude, client: Anthropic) -> None:
    first = mock.reply("Hi!", times=1)
    mock.reply("Ho!")
    for _ in range(2):
        said(client)
    mock._journal.clear()

    assert (mock.unused, first.requests) == ([], [])


def test_a_stream_that_is_open_does_not_keep_it_from_stopping() -> None:
    with MockClaude() as mock, Anthropic(base_url=mock.url, api_key="mock", max_retries=0) as client:
        mock.reply("Wait", {"pause": "forever"})
        asked: Any = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
        with client.messages.create(**asked, stream=True) as stream:
            next(iter(stream))
            mock.stop()


def test_a_refused_connection_does_not_keep_the_port_open_after_the_stop() -> None:
    for _ in range(10):
        with MockClaude() as mock, Anthropic(base_url=mock.url, api_key="mock", max_retries=0) as client:
            mock.reply("Hello.", fault="refuse")
            with pytest.raises(anthropic.APIConnectionError):
                said(client)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])))


def test_a_body_that_was_not_kept_whole_is_told_so() -> None:
    with MockClaude(max_body=100) as mock, Anthropic(base_url=mock.url, api_key="mock") as client:
        mock.reply("Hi!")
        said(client, "x" * 200)
        with pytest.raises(
            ValueError, match="of which 100 were kept; expected all; give MockClaude a larger `max_body`"
        ):
            _ = mock.last


@pytest.mark.parametrize("block", ["1", '{"type": "x", "a": ' * 600 + "1" + "}" * 600], ids=["number", "deep"])
def test_a_refused_request_without_readable_body_is_reported(mock: MockClaude, client: Anthropic, block: str) -> None:
    body = f'{{"model": "m", "messages": [{{"role": "user", "content": [{block}]}}]}}'
    with pytest.raises(anthropic.BadRequestError):
        client.post("/v1/messages", cast_to=object, content=body.encode())

    with pytest.raises(ValueError, match=r"^request 1: invalid body, got '\{.model.*…'; expected a Messages request"):
        _ = mock.last
    mock.assert_asked(user="x", times=0)


def test_many_threads_ask_one_server(mock: MockClaude, client: Anthropic) -> None:
    mock.reply("${{ user }}")
    answers: list[str] = []
    threads = [threading.Thread(target=lambda n=n: answers.append(said(client, f"{n}"))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers, key=int) == [f"{number}" for number in range(20)]
    assert len(mock.requests) == 20


def test_the_package_has_what_it_says_and_no_more() -> None:
    names = {name: getattr(testing, name) for name in testing.__all__}
    assert names == {"Asked": MessagesRequest, "MessagesRequest": MessagesRequest, "MockClaude": MockClaude}
    with pytest.raises(AttributeError, match="no attribute 'Mock'"):
        _ = testing.Mock


async def test_it_can_be_used_inside_a_running_loop(mock: MockClaude) -> None:
    mock.reply("Hi!")
    await asyncio.sleep(0)

    assert mock.requests == []


def test_unmatched_holds_the_requests_that_no_rule_answered_and_no_others(mock: MockClaude, client: Anthropic) -> None:
    mock.when(user="Hello").reply("Hi!")
    ask(client)
    for text in ("Bye", "Ciao"):
        with pytest.raises(anthropic.APIStatusError):
            ask(client, text)
    ask(client)

    assert [request.user for request in mock.requests] == ["Hello", "Bye", "Ciao", "Hello"]
    assert [(entry.number, entry.unmatched) for entry in mock.unmatched] == [(2, True), (3, True)]


async def test_an_asynchronous_block_raises_what_a_function_raised() -> None:
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
