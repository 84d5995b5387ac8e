"""Python functions as conditions and as replies; what they raise fails the test."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic, Timeout

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading import inline
from mockclaude.testing import MessagesRequest, MockClaude, callbacks
from mockclaude.testing.types import ReplyFunction
from tests.serving import PATIENCE, TIME_SCALE

ASK: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hello"}],
}


@pytest.fixture
async def mock() -> AsyncIterator[MockClaude]:
    async with MockClaude() as mock:
        yield mock


@pytest.fixture
async def client(mock: MockClaude) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(base_url=mock.url, api_key="mock", max_retries=0) as client:
        yield client


async def reply_text(client: AsyncAnthropic) -> str:
    return "".join(block.text for block in (await client.messages.create(**ASK)).content if block.type == "text")


async def test_predicate_and_conditions_must_all_match(mock: MockClaude, client: AsyncAnthropic) -> None:
    mock.when(lambda request: request.turn == 2).reply("Second turn.")
    mock.when(lambda request: "ell" in request.user, user="Bye").reply("Bye!")
    mock.when(lambda request: request.headers["authorization"] == "Bearer mock").reply("Here.")

    assert await reply_text(client) == "Here."


async def test_unmatched_predicate_is_named_in_the_message(mock: MockClaude, client: AsyncAnthropic) -> None:
    def is_late(request: MessagesRequest) -> bool:
        return request.turn > 3

    mock.when(is_late).reply("Late.")
    with pytest.raises(
        anthropic.APIStatusError, match=r"function: expected is_late\(\) to be true, got <MessagesRequest 'Hello'"
    ):
        await reply_text(client)


async def decides_later(_: MessagesRequest) -> bool:
    return False


async def decides_in_parts(_: MessagesRequest) -> AsyncIterator[bool]:
    yield False


def decides_part_by_part(_: MessagesRequest) -> Iterator[bool]:
    yield False


class LatePredicate:
    async def __call__(self, _: MessagesRequest) -> bool:
        return False


@pytest.mark.parametrize(
    ("predicate", "problem"),
    [
        (decides_later, "decides_later() is a coroutine function, always true; {}; remove `async`"),
        (LatePredicate(), "LatePredicate() is a coroutine function, always true; {}; remove `async`"),
        (
            decides_in_parts,
            "decides_in_parts() is an asynchronous generator function, always true; {}; use `return`, without `async`",
        ),
        (
            decides_part_by_part,
            "decides_part_by_part() is a generator function, always true; {}; use `return` in place of `yield`",
        ),
    ],
)
def test_predicate_that_is_always_true_is_an_error(predicate: Any, problem: str) -> None:
    with MockClaude() as mock, pytest.raises(TypeError) as caught:
        mock.when(predicate)

    place, _, message = str(caught.value).partition(": `when`: ")
    assert place.startswith("tests/testing/test_callbacks.py:")
    assert message == problem.format("expected a function that returns true or false")


@pytest.mark.parametrize(("decide", "kind"), [(decides_later, "coroutine"), (decides_part_by_part, "generator")])
async def test_result_of_a_predicate_that_is_always_true_is_an_error(
    mock: MockClaude, client: AsyncAnthropic, decide: Any, kind: str
) -> None:
    mock.when(lambda request: decide(request)).reply("x")
    with pytest.raises(anthropic.InternalServerError):
        await reply_text(client)

    with pytest.raises(TypeError, match=f"`when`: the result is always true, got {kind}; expected a function"):
        mock._raise_callback_errors()


def shout(request: MessagesRequest) -> str:
    return request.user.upper()


def steps(request: MessagesRequest) -> Any:
    return [{"text": request.user}, {"text": "!"}]


async def later(request: MessagesRequest) -> str:
    await asyncio.sleep(0)
    return f"{request.user}, later"


async def in_parts(request: MessagesRequest) -> AsyncGenerator[Any, None]:
    yield request.user
    await asyncio.sleep(0)
    yield {"text": ", in parts"}


class Polite:
    async def __call__(self, request: MessagesRequest) -> str:
        return f"{request.user}, please"


class Parts:
    """An asynchronous iterator that is no generator."""

    def __init__(self, request: MessagesRequest) -> None:
        self._parts = iter([request.user, ", part by part"])

    def __aiter__(self) -> Parts:
        return self

    async def __anext__(self) -> str:
        try:
            return next(self._parts)
        except StopIteration:
            raise StopAsyncIteration from None


FUNCTIONS = [
    (Parts, "Hello, part by part"),
    (lambda request: iter([request.user, ", iterated"]), "Hello, iterated"),
    (shout, "HELLO"),
    (steps, "Hello!"),
    (later, "Hello, later"),
    (in_parts, "Hello, in parts"),
    (Polite(), "Hello, please"),
]


@pytest.mark.parametrize(("function", "text"), FUNCTIONS)
async def test_function_builds_the_reply(
    mock: MockClaude, client: AsyncAnthropic, function: ReplyFunction, text: str
) -> None:
    mock.reply(function)

    assert await reply_text(client) == text
    async with client.messages.stream(**ASK) as stream:
        assert await stream.get_final_text() == text
    streamed, whole = mock.journal[1].response, mock.journal[0].response
    assert streamed
    assert whole
    assert streamed.count(b"message_stop") == 2


def test_function_passed_outside_a_loop_runs_on_the_server_loop() -> None:
    with MockClaude() as mock, Anthropic(base_url=mock.url, api_key="mock") as client:
        mock.reply(in_parts)

        assert [block.text for block in client.messages.create(**ASK).content if block.type == "text"] == [
            "Hello",
            ", in parts",
        ]


async def test_generator_controls_when_a_stream_continues(mock: MockClaude, client: AsyncAnthropic) -> None:
    gate = asyncio.Event()

    async def waiting(_: MessagesRequest) -> AsyncGenerator[Any, None]:
        yield "First."
        await gate.wait()
        yield {"tool_use": {"name": "next", "input": {"n": 1}}}

    mock.reply(waiting)
    kinds: list[str] = []
    async for event in await client.messages.create(**ASK, stream=True):
        kinds.append(event.type)
        if event.type == "content_block_delta" and not gate.is_set():
            assert "content_block_stop" not in kinds
            gate.set()

    assert kinds.count("message_start") == kinds.count("message_stop") == 1
    assert kinds.count("content_block_start") == kinds.count("content_block_stop") == 2


async def test_yielded_error_is_the_status_or_an_event(mock: MockClaude, client: AsyncAnthropic) -> None:
    async def failing(request: MessagesRequest) -> AsyncGenerator[Any, None]:
        if request.stream:
            yield "First."
        yield {"error": "overloaded_error"}

    mock.reply(failing)
    with pytest.raises(anthropic.OverloadedError):
        await reply_text(client)
    with pytest.raises(anthropic.APIStatusError) as caught:
        async for _ in await client.messages.create(**ASK, stream=True):
            pass
    assert caught.value.status_code == 200


@pytest.mark.parametrize("stream", [True, False])
async def test_empty_generator_is_an_empty_message(mock: MockClaude, client: AsyncAnthropic, stream: bool) -> None:
    async def nothing(_: MessagesRequest) -> AsyncGenerator[Any, None]:
        for text in list[str]():
            yield text

    mock.reply(nothing)
    if not stream:
        assert (await client.messages.create(**ASK)).content == []
        return
    async with client.messages.stream(**ASK) as events:
        assert (await events.get_final_message()).content == []


def raises(_: MessagesRequest) -> str:
    raise KeyError("oops")


async def raises_later(request: MessagesRequest) -> AsyncGenerator[Any, None]:
    if request.stream:
        yield "First."
    raise KeyError("oops")


@pytest.mark.parametrize("function", [raises, raises_later])
async def test_function_that_raises_is_a_500_without_retry(
    mock: MockClaude, client: AsyncAnthropic, function: ReplyFunction
) -> None:
    mock.reply(function)
    with pytest.raises(
        anthropic.InternalServerError, match=r"test_callbacks.py:\d+: reply function raised KeyError: 'oops'"
    ):
        await client.with_options(max_retries=2).messages.create(**ASK)

    assert len(mock.journal) == 1
    with pytest.raises(KeyError, match="oops") as raised:
        mock._raise_callback_errors()
    assert raised.traceback[-1].name == function.__name__
    mock._raise_callback_errors()


async def test_fault_of_a_function_can_have_the_position_of_any_delta(mock: MockClaude, client: AsyncAnthropic) -> None:
    def reply(_: MessagesRequest) -> Iterator[Any]:
        yield {"tool_use": {"name": "get_time", "input": {"zone": "UTC"}}}

    mock.reply(reply, fault={"error": "overloaded_error", "before": "input_json_delta 1"})
    async with client.messages.stream(**ASK) as events:
        with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
            await events.get_final_message()


async def test_generator_that_raises_midway_sends_an_error_event(mock: MockClaude, client: AsyncAnthropic) -> None:
    mock.reply(raises_later)
    with pytest.raises(anthropic.APIStatusError, match="reply function raised KeyError"):
        async for _ in await client.messages.create(**ASK, stream=True):
            pass

    with pytest.raises(KeyError):
        mock._raise_callback_errors()


async def test_error_of_a_predicate_is_raised_in_the_test(mock: MockClaude, client: AsyncAnthropic) -> None:
    mock.when(lambda request: request.body["none"]).reply("x")
    with pytest.raises(anthropic.InternalServerError):
        await reply_text(client)

    with pytest.raises(KeyError, match="none"):
        mock._raise_callback_errors()


async def test_invalid_result_of_a_function_names_its_call_site(mock: MockClaude, client: AsyncAnthropic) -> None:
    wrong: Any = lambda request: {"txt": request.user}  # noqa: E731
    mock.reply(wrong)
    with pytest.raises(anthropic.InternalServerError):
        await reply_text(client)

    with pytest.raises(ScenarioError, match=r"test_callbacks.py:\d+ \(reply.txt\): unknown key 'txt'"):
        mock._raise_callback_errors()


def fails(_: MessagesRequest) -> str:
    pytest.fail("wrong question")


def skips(_: MessagesRequest) -> str:
    pytest.skip("not here")


def exits(_: MessagesRequest) -> str:
    sys.exit(3)


def is_interrupted(_: MessagesRequest) -> str:
    raise KeyboardInterrupt


def fails_in_the_middle(_: MessagesRequest) -> Iterator[str]:
    yield "First."
    pytest.fail("wrong question")


async def fails_later(_: MessagesRequest) -> str:
    await asyncio.sleep(0)
    pytest.fail("wrong question")


@pytest.mark.parametrize(
    ("function", "kind", "text"),
    [
        (fails, pytest.fail.Exception, "Failed: wrong question"),
        (skips, pytest.skip.Exception, "Skipped: not here"),
        (exits, SystemExit, "SystemExit: 3"),
        (is_interrupted, KeyboardInterrupt, "KeyboardInterrupt: "),
        (fails_in_the_middle, pytest.fail.Exception, "Failed: wrong question"),
        (fails_later, pytest.fail.Exception, "Failed: wrong question"),
    ],
)
async def test_server_survives_a_function_that_ends_the_test(
    mock: MockClaude, client: AsyncAnthropic, function: ReplyFunction, kind: type[BaseException], text: str
) -> None:
    mock.reply(function, times=1)
    mock.reply("Still here.")
    with pytest.raises(anthropic.InternalServerError, match=rf"test_callbacks.py:\d+: reply function raised {text}"):
        await reply_text(client)

    with pytest.raises(kind):
        mock._raise_callback_errors()
    assert await reply_text(client) == "Still here."


async def test_outcome_set_by_a_predicate_is_raised_in_the_test(mock: MockClaude, client: AsyncAnthropic) -> None:
    predicate: Any = fails
    mock.when(predicate).reply("x")
    with pytest.raises(anthropic.InternalServerError, match="condition function raised Failed: wrong question"):
        await reply_text(client)

    with pytest.raises(pytest.fail.Exception):
        mock._raise_callback_errors()


async def test_several_callback_errors_are_raised_as_a_group(mock: MockClaude, client: AsyncAnthropic) -> None:
    mock.reply(raises)
    for _ in range(2):
        with pytest.raises(anthropic.InternalServerError):
            await reply_text(client)

    with pytest.raises(BaseExceptionGroup, match="functions of the test raised errors"):
        mock._raise_callback_errors()


def test_end_of_with_raises_callback_errors_unless_with_failed() -> None:
    def run(error: type[Exception] | None) -> None:
        with MockClaude() as mock, Anthropic(base_url=mock.url, api_key="mock") as client:
            mock.reply(raises)
            with pytest.raises(anthropic.InternalServerError):
                client.messages.create(**ASK)
            if error:
                raise error

    with pytest.raises(KeyError, match="oops"):
        run(None)
    with pytest.raises(ZeroDivisionError):
        run(ZeroDivisionError)


async def test_disconnect_of_the_client_closes_the_generator(mock: MockClaude, client: AsyncAnthropic) -> None:
    ended = asyncio.Event()

    async def endless(_: MessagesRequest) -> AsyncGenerator[Any, None]:
        try:
            while True:
                yield "More. "
                await asyncio.sleep(0.001)
        finally:
            ended.set()

    mock.reply(endless)
    async for _ in await client.messages.create(**ASK, stream=True):
        break
    async with asyncio.timeout(10):
        await client.close()
        await ended.wait()


def test_function_may_add_rules() -> None:
    with MockClaude() as mock, Anthropic(base_url=mock.url, api_key="mock") as client:

        def once(_: MessagesRequest) -> str:
            mock.reply("From now on.")
            return "Once."

        mock.when(user="Hello").reply(once, times=1)
        texts = [client.messages.create(**ASK).content[0] for _ in range(2)]

    assert [text.text for text in texts if text.type == "text"] == ["Once.", "From now on."]


def ask_and_fail() -> None:
    with MockClaude() as mock, Anthropic(base_url=mock.url, api_key="mock") as client:
        mock.reply(raises)
        try:
            client.messages.create(**ASK)
        except anthropic.InternalServerError as error:
            raise error from RuntimeError("an earlier cause")


def test_callback_error_is_the_cause_of_the_error_in_with() -> None:
    with pytest.raises(anthropic.InternalServerError) as caught:
        ask_and_fail()

    assert isinstance(caught.value.__cause__, RuntimeError)
    assert isinstance(caught.value.__cause__.__cause__, KeyError)


def test_error_in_with_without_callback_errors_has_no_cause() -> None:
    with pytest.raises(ZeroDivisionError) as caught, MockClaude():
        _ = 1 / 0

    assert caught.value.__cause__ is None


@pytest.mark.parametrize("function", [later, in_parts])
async def test_blocked_event_loop_is_reported_with_its_line(
    mock: MockClaude, monkeypatch: pytest.MonkeyPatch, function: ReplyFunction
) -> None:
    monkeypatch.setattr(callbacks, "START_TIMEOUT", 0.01)
    monkeypatch.setattr(callbacks, "_CLOSE_TIMEOUT", 0.01)
    mock.reply(function)
    message = (
        r"the event loop of the function is blocked at tests/testing/test_callbacks.py:\d+; expected a free loop "
        r"during the request; use an asynchronous client, or `await asyncio.to_thread\(...\)`"
    )
    with (
        Anthropic(base_url=mock.url, api_key="mock") as blocking,
        pytest.raises(anthropic.InternalServerError, match=f"reply function raised RuntimeError: {message}"),
    ):
        blocking.messages.create(**ASK)

    assert "is blocked at" in mock.journal[0].reason
    with pytest.raises(RuntimeError, match=message):
        mock._raise_callback_errors()


@pytest.mark.parametrize(
    ("close", "problem"),
    [(False, "function is not running; expected a loop that runs"), (True, "function is closed; expected a loop")],
)
@pytest.mark.parametrize("function", [later, in_parts])
def test_stopped_event_loop_is_reported(
    monkeypatch: pytest.MonkeyPatch, function: ReplyFunction, close: bool, problem: str
) -> None:
    monkeypatch.setattr(callbacks, "START_TIMEOUT", 0.01)
    monkeypatch.setattr(callbacks, "_CLOSE_TIMEOUT", 0.01)
    loop = asyncio.new_event_loop()
    with MockClaude() as mock, Anthropic(base_url=mock.url, api_key="mock") as client:

        async def give() -> None:
            mock.reply(function)

        loop.run_until_complete(give())
        if close:
            loop.close()
        with pytest.raises(anthropic.InternalServerError, match=problem):
            client.messages.create(**ASK)
        with pytest.raises(RuntimeError, match=problem):
            mock._raise_callback_errors()
    if not close:
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


async def test_started_coroutine_has_no_timeout() -> None:
    home = asyncio.new_event_loop()
    thread = threading.Thread(target=home.run_forever)
    thread.start()
    begun, goes_on = threading.Event(), asyncio.Event()

    async def make() -> str:
        begun.set()
        await goes_on.wait()
        return "At last."

    made = asyncio.create_task(callbacks._run_on(callbacks._TestLoop(home, thread.ident or 0), make, 0))
    await asyncio.sleep(0)
    begun.wait()  # holds this loop, so that the coroutine begins before the time is over
    for _ in range(2):
        await asyncio.sleep(0)
    home.call_soon_threadsafe(goes_on.set)

    assert await made == "At last."
    home.call_soon_threadsafe(home.stop)
    thread.join()
    home.close()


async def test_disconnect_before_the_loop_starts_is_not_an_error(mock: MockClaude) -> None:
    mock.reply(later)
    timeout = Timeout(PATIENCE, read=0.05 * TIME_SCALE)
    with (
        Anthropic(base_url=mock.url, api_key="mock", max_retries=0, timeout=timeout) as blocking,
        pytest.raises(anthropic.APITimeoutError),
    ):
        blocking.messages.create(**ASK)
    await asyncio.sleep(0)

    mock._raise_callback_errors()


@pytest.mark.parametrize("text", ["Hello", "", "é", "$${{ x", "auto", "${{ user }}"])
def test_a_text_is_the_reply_that_a_file_has(text: str) -> None:
    (written,) = inline.compile_rules({"reply": text}, "t.py:1").scenario.rules[0].replies
    made = callbacks.parse_reply(text, "t.py:1")

    assert ([step.kind for step in made.steps], made.fixed) == (["text"], written.fixed)
    assert made.steps[0].value.data == written.steps[0].value.data
    assert made.steps[0].value.fixed == written.steps[0].value.fixed


def test_a_text_without_placeholders_is_not_validated_like_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inline, "compile_rules", pytest.fail)

    (step,) = callbacks.parse_reply("Hello, é.", "t.py:1").steps
    assert step.value.data == {"text": "Hello, é.", "chunks": None, "citations": []}


def test_text_with_a_lone_surrogate_is_an_error() -> None:
    with pytest.raises(ScenarioError, match="invalid data"):
        callbacks.parse_reply("\ud800", "t.py:1")
