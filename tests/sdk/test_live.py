"""Replies that functions make part by part, as the real SDK receives them over a socket."""

from __future__ import annotations

import asyncio
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic
from anthropic.types import Message

from mockclaude.reply.faults import resolve
from mockclaude.testing import MessagesRequest, MockClaude
from mockclaude.testing.types import ReplyFunction
from tests.serving import PATIENCE

Yields: TypeAlias = tuple[Any, ...]


def ask(content: str = "Count.", **fields: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": content}]
    return {"model": "claude-sonnet-5", "max_tokens": 1000, "messages": messages, **fields}


def yielding(*parts: Any) -> ReplyFunction:
    async def function(_: MessagesRequest) -> AsyncIterator[Any]:
        for part in parts:
            yield part

    return function


def stepping(*parts: Any) -> ReplyFunction:
    def function(_: MessagesRequest) -> Iterator[Any]:
        yield from parts

    return function


@pytest.fixture
async def mock() -> AsyncIterator[MockClaude]:
    async with MockClaude() as mock:
        yield mock


@pytest.fixture
async def client(mock: MockClaude) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(base_url=mock.url, api_key="mock", max_retries=0) as client:
        yield client


class Heard:
    """A stream as a client got it: its events, and the message that the SDK makes of them."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.message: Message | None = None
        self.error: Exception | None = None

    @property
    def kinds(self) -> list[str]:
        return [event.delta.type if event.type == "content_block_delta" else event.type for event in self.events]

    @property
    def texts(self) -> list[str]:
        return [event.delta.text for event in self.events if getattr(getattr(event, "delta", None), "text", None)]


async def hear(client: AsyncAnthropic, on_event: Callable[[Any], None] = lambda _: None, **request: Any) -> Heard:
    """Return what is streamed; `on_event` is called with each event of the API as it comes."""
    heard = Heard()
    try:
        async for event in await client.messages.create(**request, stream=True):
            heard.events.append(event)
            on_event(event)
    except Exception as error:
        heard.error = error
    return heard


async def both(client: AsyncAnthropic, **request: Any) -> Message:
    """Return the message, which must be the same streamed and not streamed."""
    whole: Message = await client.messages.create(**request)
    async with client.messages.stream(**request) as stream:
        streamed = await stream.get_final_message()
    assert content(streamed) == content(whole)
    assert (streamed.stop_reason, streamed.stop_sequence) == (whole.stop_reason, whole.stop_sequence)
    assert streamed.usage.output_tokens == whole.usage.output_tokens
    return whole


def content(message: Message) -> list[dict[str, Any]]:
    return [block.model_dump(exclude_none=True, exclude={"caller", "id", "parsed_output"}) for block in message.content]


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def tool(name: str, **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "name": name, "input": given}


LOOK: dict[str, Any] = {"tool_use": {"name": "look", "input": {"at": "it"}}}
WHOLES: list[tuple[Yields, list[dict[str, Any]]]] = [
    (("One, two,", " three."), [text("One, two, three.")]),
    (("One,", {"text": " two,"}, " three."), [text("One,"), text(" two, three.")]),
    (("One,", ["two,", "three,"], " four."), [text("One,"), text("two,"), text("three, four.")]),
    (("One,", LOOK, "two"), [text("One,"), tool("look", at="it"), text("two")]),
    (("One,", {"pause": "1s"}, " two"), [text("One, two")]),
    (("One,", {"usage": {"input_tokens": 7}}, {"stop_reason": "pause_turn"}, " two"), [text("One, two")]),
    (({"json": {"a": 1}}, " and", " more"), [text('{"a":1}'), text(" and more")]),
    (("", "One", ""), [text("One")]),
    (("",), [text("")]),
]


@pytest.mark.parametrize("make", [yielding, stepping])
@pytest.mark.parametrize(("parts", "expected"), WHOLES)
async def test_texts_are_one_block_until_a_step_begins_another(
    mock: MockClaude, client: AsyncAnthropic, make: Callable[..., ReplyFunction], parts: Yields, expected: Any
) -> None:
    mock.reply(make(*parts))

    assert content(await both(client, **ask())) == expected


async def test_each_text_is_sent_in_deltas_of_its_own_while_the_block_is_open(
    mock: MockClaude, client: AsyncAnthropic
) -> None:
    mock.reply(yielding("One, two,", " three.", " Four, five and six."))
    heard = await hear(client, **ask())

    assert heard.texts == ["One,", " two,", " three.", " Four, five and six."]
    assert heard.kinds == [
        *("message_start", "content_block_start", "text_delta", "text_delta", "text_delta", "text_delta"),
        *("content_block_stop", "message_delta", "message_stop"),
    ]


async def test_what_an_async_function_returns_is_sent_as_what_a_function_returns(
    mock: MockClaude, client: AsyncAnthropic
) -> None:
    steps: Any = ["One", {"thinking": "Hm."}, {"pause": "1s"}, "Two", LOOK]

    async def later(_: MessagesRequest) -> Any:
        return steps

    mock.when(user="now").reply(lambda _: steps, name="same")
    mock.when(user="later").reply(later)
    sent = []
    for content_ in ("now", "later"):
        assert await both(client, **ask(content_))
        sent.append([[size for _, size in entry.planned] for entry in mock.journal[-2:]])

    assert sent[0] == sent[1]


async def test_a_function_that_returns_a_generator_is_one(mock: MockClaude, client: AsyncAnthropic) -> None:
    class Parts:
        def __init__(self) -> None:
            self.parts = ["One,", " two"]

        def __aiter__(self) -> AsyncIterator[str]:
            return self

        async def __anext__(self) -> str:
            if not self.parts:
                raise StopAsyncIteration
            return self.parts.pop(0)

    mock.when(user="listed").reply(lambda _: iter(["One,", " two"]))
    mock.when(user="async").reply(lambda asked: yielding("One,", " two")(asked))
    mock.when(user="iterable").reply(lambda _: Parts())

    for kind in ("listed", "async", "iterable"):
        assert content(await both(client, **ask(kind))) == [text("One, two")]


THINKING: dict[str, Any] = {"thinking": {"type": "adaptive", "display": "summarized"}}


async def test_thinking_goes_on_until_something_else_and_is_signed_once(
    mock: MockClaude, client: AsyncAnthropic
) -> None:
    mock.reply(yielding({"thinking": "Let me"}, {"thinking": " see."}, "Well."))
    message = await both(client, **ask(**THINKING))
    heard = await hear(client, **ask(**THINKING))

    thinking = message.content[0]
    assert thinking.type == "thinking"
    assert thinking.thinking == "Let me see."
    assert heard.kinds.count("signature_delta") == 1
    again = ask(**THINKING)
    again["messages"] += [
        {"role": "assistant", "content": message.content},
        {"role": "user", "content": "Sure?"},
    ]
    assert (await client.messages.create(**again)).content


async def test_thinking_in_its_long_form_begins_a_block(mock: MockClaude, client: AsyncAnthropic) -> None:
    mock.reply(yielding({"thinking": "One."}, {"thinking": {"thinking": "Two."}}, {"thinking": " Three."}))
    message = await both(client, **ask(**THINKING))

    assert [block.thinking for block in message.content if block.type == "thinking"] == ["One.", "Two. Three."]


async def test_thinking_that_is_not_shown_has_its_signature_only(mock: MockClaude, client: AsyncAnthropic) -> None:
    mock.reply(yielding({"thinking": "Let me"}, {"thinking": " see."}, "Well."))
    omitted: dict[str, Any] = {"thinking": {"type": "adaptive", "display": "omitted"}}
    message = await both(client, **ask(**omitted))
    heard = await hear(client, **ask(**omitted))

    assert message.content[0].type == "thinking"
    assert (message.content[0].thinking, len(message.content[0].signature)) == ("", 320)
    assert heard.kinds[:4] == ["message_start", "content_block_start", "signature_delta", "content_block_stop"]


FAKES = ("${{ fake.name }}, ", "${{ fake.city }} and ", "${{ fake.name }}", {"text": "${{ user }} ${{ fake.name }}"})


async def test_templates_are_filled_once_and_their_values_go_on(mock: MockClaude, client: AsyncAnthropic) -> None:
    mock.when(user="live").reply(yielding(*FAKES), name="people")
    message = await both(client, **ask("live"))
    first, second = [block.text for block in message.content if block.type == "text"]

    names = [first.partition(", ")[0], first.rpartition(" and ")[2], second.removeprefix("live ")]
    assert len(set(names)) == 3


async def test_live_replies_at_the_same_time_have_values_of_their_own(mock: MockClaude, client: AsyncAnthropic) -> None:
    turns = asyncio.Condition()
    order: list[str] = []

    async def in_turns(asked: MessagesRequest) -> AsyncIterator[str]:
        for _ in range(4):
            if "alone" not in asked.headers:
                async with turns:
                    await turns.wait_for(lambda: order[-1:] != [asked.user] or len(order) >= 7)
                    order.append(asked.user)
                    turns.notify_all()
            yield "${{ fake.name }}; "

    mock.reply(in_turns)
    together = await asyncio.gather(*(hear(client, **ask(name)) for name in ("a", "b")))
    alone = [await hear(client, **ask(name), extra_headers={"alone": "1"}) for name in ("a", "b")]

    assert ["".join(heard.texts) for heard in together] == ["".join(heard.texts) for heard in alone]
    assert together[0].texts != together[1].texts


async def test_a_fault_among_the_events_changes_nothing_else(mock: MockClaude, client: AsyncAnthropic) -> None:
    mock.when(user="sound").reply(yielding("One,", LOOK, "two"), name="same")
    mock.when(user="broken").reply(yielding("One,", LOOK, "two"), fault={"drop": "ping"})
    sound, broken = [await hear(client, **ask(kind)) for kind in ("sound", "broken")]

    assert broken.kinds == sound.kinds
    assert broken.kinds.count("content_block_stop") == 3
    responses = [entry.response or b"" for entry in mock.journal]
    assert [response.count(b"event: ping") for response in responses] == [1, 0]
    assert [response.count(b"event: ") for response in responses] == [len(sound.events) + 1, len(sound.events)]


GATED: list[tuple[Any, list[str], bool]] = [
    ({"drop": "ping"}, ["text_delta", "text_delta"], False),
    ({"duplicate": "text_delta"}, ["text_delta", "text_delta", "text_delta"], False),
    ({"edit": "every text_delta", "set": {"index": 0}}, ["text_delta", "text_delta"], False),
    ({"insert": {"event": "hologram", "data": {}}, "after": "message_start"}, ["text_delta", "text_delta"], False),
    ({"slice": 5}, ["text_delta", "text_delta"], False),
    ({"headers": {"x-more": "1"}}, ["text_delta", "text_delta"], False),
    ({"disconnect": "reset", "after": "5 events"}, ["text_delta", "text_delta"], True),
    ({"disconnect": "close", "before": "content_block_stop"}, ["text_delta", "text_delta"], True),
    ({"error": "overloaded_error", "after": "text_delta 2"}, ["text_delta", "text_delta"], True),
]


@pytest.mark.parametrize(("fault", "deltas", "fails"), GATED, ids=lambda value: str(value)[:40])
async def test_a_faulted_stream_goes_on_while_the_function_waits(
    mock: MockClaude, client: AsyncAnthropic, fault: Any, deltas: list[str], fails: bool
) -> None:
    gate = asyncio.Event()

    async def waiting(_: MessagesRequest) -> AsyncIterator[str]:
        yield "One,"
        await gate.wait()
        yield " two"

    def opens(event: Any) -> None:
        if event.type == "content_block_delta":
            gate.set()

    mock.reply(waiting, fault=fault)
    async with asyncio.timeout(PATIENCE):
        heard = await hear(client, opens, **ask())

    assert [kind for kind in heard.kinds if kind == "text_delta"] == deltas
    assert (heard.error is not None) is fails
    assert "message_stop" in heard.kinds or fails


async def test_a_fault_that_ends_the_response_closes_the_function(mock: MockClaude, client: AsyncAnthropic) -> None:
    closed = asyncio.Event()

    async def endless(_: MessagesRequest) -> AsyncIterator[str]:
        try:
            while True:
                yield "More. "
        finally:
            closed.set()

    mock.reply(endless, fault={"disconnect": "close", "after": "9 events"})
    async with asyncio.timeout(PATIENCE):
        heard = await hear(client, **ask())
        await closed.wait()

    assert isinstance(heard.error, anthropic.APIConnectionError | Exception)
    assert "message_stop" not in heard.kinds


async def test_a_fault_instead_of_the_reply_is_all_there_is(mock: MockClaude, client: AsyncAnthropic) -> None:
    mock.reply(yielding("One,", " two"), fault=529)

    with pytest.raises(anthropic.OverloadedError):
        await client.messages.create(**ask())
    heard = await hear(client, **ask())
    assert isinstance(heard.error, anthropic.OverloadedError)
    assert mock.journal[-1].status == 529


async def test_a_fault_in_the_middle_of_the_bytes_waits_for_the_end(mock: MockClaude, client: AsyncAnthropic) -> None:
    mock.reply(yielding("One,", " two"), fault={"drop": "last text_delta"})
    heard = await hear(client, **ask())

    assert heard.texts == ["One,"]
    assert heard.kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]


ENDLESS_TEXT = "One, two, three, four. "


async def test_max_tokens_end_a_function_that_never_does(mock: MockClaude, client: AsyncAnthropic) -> None:
    closed: list[str] = []

    async def endless(_: MessagesRequest) -> AsyncIterator[str]:
        try:
            while True:
                yield ENDLESS_TEXT
        finally:
            closed.append("yes")

    mock.reply(endless)
    async with asyncio.timeout(PATIENCE):
        message = await both(client, **ask(max_tokens=20))

    assert content(message) == [text((ENDLESS_TEXT * 4)[:54])]
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 20)
    assert closed == ["yes", "yes"]


STOPPED: list[tuple[Yields, list[str], str, str | None]] = [
    (("One, tw", "o, three"), ["two"], "One, ", "two"),
    (("One, t", "w", "o, three"), ["two"], "One, ", "two"),
    (("One, tw", "elve"), ["two"], "One, twelve", None),
    (("One, tw",), ["two"], "One, tw", None),
    (("abc", "x"), ["abcd", "bc"], "a", "bc"),
    (("abc", "d"), ["abcd", "bc"], "", "abcd"),
    (("aa", "aab"), ["aab"], "aa", "aab"),
    (("One", LOOK, "End", "ing"), ["End", "ne"], "O", "ne"),
]


@pytest.mark.parametrize(("parts", "sequences", "expected", "sequence"), STOPPED)
async def test_a_stop_sequence_is_found_across_yields(
    mock: MockClaude, client: AsyncAnthropic, parts: Yields, sequences: list[str], expected: str, sequence: str | None
) -> None:
    mock.reply(yielding(*parts))
    message = await both(client, **ask(stop_sequences=sequences))

    assert content(message) == ([text(expected)] if expected else [])
    assert message.stop_sequence == sequence
    assert message.stop_reason == ("stop_sequence" if sequence else "end_turn")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("One, two,", " three."), " three."),
        (("One, ", "two, ", "three."), " three."),
        (("One, ", "three."), "One, three."),
        (("One,",), "One,"),
        (("One, two,",), ""),
    ],
)
async def test_a_prefill_is_not_repeated_however_it_comes(
    mock: MockClaude, client: AsyncAnthropic, parts: Yields, expected: str
) -> None:
    mock.reply(yielding(*parts))
    request = ask(model="claude-haiku-4-5")
    request["messages"].append({"role": "assistant", "content": "One, two,"})

    assert content(await both(client, **request)) == [text(expected)]


async def test_pace_and_pauses_take_their_time_between_the_parts(mock: MockClaude, client: AsyncAnthropic) -> None:
    pace = {"ttft": "1s", "gap": "2s"}
    mock.reply(yielding("One,", {"pause": "10s"}, " two", LOOK), pace=pace)
    await hear(client, **ask())
    await client.messages.create(**ask())
    streamed, whole = ([at / 1e6 for at, _ in entry.planned] for entry in mock.journal)

    assert sorted(set(streamed)) == [1, 3, 15, 17, 19]
    assert whole == [19]


async def test_the_pace_follows_from_the_question(mock: MockClaude, client: AsyncAnthropic) -> None:
    mock.reply(yielding("One,", " two"), pace={"ttft": {"uniform": ["50ms", "900ms"]}})
    for user_id in ("a", "b"):
        await hear(client, **ask(metadata={"user_id": user_id}))
    await client.messages.create(**ask())

    assert len({entry.planned[-1][0] for entry in mock.journal}) == 1


@pytest.mark.parametrize("fault", [{"duplicate": "every text_delta", "copies": 9}, {"slice": 1}], ids=str)
async def test_a_fault_that_makes_too_much_is_left_out_from_there_on(
    mock: MockClaude, client: AsyncAnthropic, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "MAX_PIECES", 2_000)
    mock.reply(yielding(*["word "] * 200, "the end"), fault=fault)
    heard = await hear(client, **ask())

    assert heard.error is None
    assert "".join(heard.texts[-2:])[-7:] == "the end"
    assert heard.kinds[-1] == "message_stop"
    assert mock.journal[0].notes[0].endswith(" not applied: makes more than 2,000 pieces or 64 MB, from there on")


async def test_limits_count_what_a_function_made(tmp_path: Path) -> None:
    file = tmp_path / "limits.yaml"
    file.write_text("limits: {output_tokens_per_minute: 100}\nrules:\n  - reply: Hello!\n")
    async with MockClaude(file, speed="manual") as mock, AsyncAnthropic(base_url=mock.url, api_key="mock") as client:
        mock.when(user="Count").reply(yielding("One,", " two"))
        left = []
        for stream in (True, False, False):
            async with client.messages.with_streaming_response.create(**ask(), stream=stream) as response:
                await response.read()
                left.append(int(response.headers["anthropic-ratelimit-output-tokens-remaining"]))

    assert left == [98, 94, 91]


async def test_the_prompt_cache_counts_for_a_live_reply(mock: MockClaude, client: AsyncAnthropic) -> None:
    system = [{"type": "text", "text": "You are an agent. " * 600, "cache_control": {"type": "ephemeral"}}]
    mock.reply(yielding("One,", " two"))
    first, second = [await hear(client, **ask(system=system)) for _ in range(2)]

    created = first.events[0].message.usage.cache_creation_input_tokens
    assert created > 1000
    assert second.events[0].message.usage.cache_read_input_tokens == created
    assert second.events[-2].usage.output_tokens == 3


async def test_an_async_function_that_raises_is_answered_with_an_error(
    mock: MockClaude, client: AsyncAnthropic
) -> None:
    async def raising(_: MessagesRequest) -> str:
        raise KeyError("oops")

    mock.reply(raising)
    with pytest.raises(anthropic.InternalServerError, match="reply function raised KeyError: 'oops'"):
        await client.messages.create(**ask())
    with pytest.raises(KeyError):
        mock._raise_callback_errors()


async def test_a_pace_that_is_none_is_refused_before_a_function_is_called(
    mock: MockClaude, client: AsyncAnthropic
) -> None:
    async def later(_: MessagesRequest) -> str:
        return "Later."

    mock.reply(later)
    with pytest.raises(anthropic.BadRequestError, match="x-mockclaude-pace"):
        await client.messages.create(**ask(), extra_headers={"x-mockclaude-pace": "warp"})


@pytest.mark.parametrize("make", [yielding, stepping])
async def test_others_are_answered_while_a_function_never_waits(
    mock: MockClaude, client: AsyncAnthropic, make: Callable[..., ReplyFunction]
) -> None:
    mock.when(user="Other").reply("Hello!")
    answered: list[Message] = []

    def until_then() -> Iterator[str]:
        while not answered:
            yield "${{ turn }}"

    def function(asked: MessagesRequest) -> Any:
        return iter(until_then()) if make is stepping else asynchronous(asked)

    async def asynchronous(_: MessagesRequest) -> AsyncIterator[str]:
        for part in until_then():
            yield part

    mock.reply(function, as_written=True)
    async with asyncio.timeout(PATIENCE):
        endless = asyncio.create_task(client.messages.create(**ask()))
        while not mock.journal:
            await asyncio.sleep(0)
        answered.append(await client.messages.create(**ask("Other")))
        await endless


async def test_a_function_that_raises_ends_a_faulted_stream_with_an_error(
    mock: MockClaude, client: AsyncAnthropic
) -> None:
    async def raising(_: MessagesRequest) -> AsyncIterator[str]:
        yield "One,"
        raise KeyError("oops")

    mock.reply(raising, fault={"drop": "ping"})
    heard = await hear(client, **ask())

    assert heard.kinds == ["message_start", "content_block_start", "text_delta"]
    assert "reply function raised KeyError: 'oops'" in str(heard.error)
    assert "reply function raised KeyError" in mock.journal[0].reason
    with pytest.raises(KeyError):
        mock._raise_callback_errors()


async def more(_: MessagesRequest) -> AsyncIterator[str]:
    while True:
        yield "More. "


async def more_and_more(_: MessagesRequest) -> AsyncIterator[str]:
    while True:
        yield "More. "
        await asyncio.sleep(0.001)


def more_at_once(_: MessagesRequest) -> Iterator[str]:
    while True:
        yield "More. "


@pytest.mark.parametrize("function", [more, more_and_more, more_at_once])
def test_a_client_that_goes_closes_a_function_even_if_it_never_waits(function: Any) -> None:
    closed = threading.Event()

    class Parts:
        """The parts of `function`, whose end is noted."""

        def __call__(self, asked: MessagesRequest) -> Any:
            return self.async_(asked) if function is not more_at_once else self.sync(asked)

        async def async_(self, asked: MessagesRequest) -> AsyncIterator[str]:
            try:
                async for part in function(asked):
                    yield part
            finally:
                closed.set()

        def sync(self, asked: MessagesRequest) -> Iterator[str]:
            try:
                yield from function(asked)
            finally:
                closed.set()

    with MockClaude() as mock, Anthropic(base_url=mock.url, api_key="mock", timeout=PATIENCE) as client:
        mock.reply(Parts())
        with client.messages.create(**ask(max_tokens=100_000), stream=True) as stream:
            next(iter(stream))
        assert closed.wait(PATIENCE)


async def test_reset_forgets_a_live_reply_that_is_being_made(
    mock: MockClaude, client: AsyncAnthropic, tmp_path: Path
) -> None:
    limits = tmp_path / "limits.yaml"
    limits.write_text("limits: [{in_flight: 1}]\nrules: [{reply: '-'}]")
    mock.load(limits)
    gate, begun = asyncio.Event(), asyncio.Event()

    async def waiting(_: MessagesRequest) -> str:
        begun.set()
        await gate.wait()
        return "Late."

    system: Any = [{"type": "text", "text": "You are an agent. " * 600, "cache_control": {"type": "ephemeral"}}]
    mock.reply(waiting)
    going = asyncio.create_task(client.messages.create(**ask(system=system)))
    async with asyncio.timeout(PATIENCE):
        await begun.wait()
        mock.reset()
        gate.set()
        await going
        mock.reply("Next.")
        message = await client.messages.create(**ask(system=system))

    assert message.usage.cache_read_input_tokens == 0


@pytest.mark.parametrize("stream", [True, False])
async def test_only_one_live_reply_continues_a_thread(mock: MockClaude, client: AsyncAnthropic, stream: bool) -> None:
    gate, begun = asyncio.Event(), asyncio.Event()
    fails = iter([True, False])

    async def waiting(_: MessagesRequest) -> AsyncIterator[str]:
        begun.set()
        yield "One,"
        await gate.wait()
        if next(fails, False):
            raise KeyError("oops")
        yield " two"

    mock.when(turn=1).reply("Hello!")
    mock.reply(waiting)
    beta = client.beta.messages
    threads: Any = {"betas": ["message-threads-2026-08-12"]}
    first = await beta.create(**ask(thread={"type": "create"}), **threads)
    then = ask("Go on.", thread={"type": "continue", "previous_message_id": first.id}) | threads

    async def go_on() -> str:
        if not stream:
            message = await beta.create(**then)
            return "".join(block.text for block in message.content if block.type == "text")
        async with beta.stream(**then) as events:
            return await events.get_final_text()

    going = asyncio.create_task(go_on())
    async with asyncio.timeout(PATIENCE):
        await begun.wait()
        with pytest.raises(anthropic.BadRequestError, match="still continuing"):
            await go_on()
        gate.set()
        with pytest.raises(anthropic.APIStatusError, match="KeyError"):
            await going
        assert await go_on() == "One, two"
        with pytest.raises(anthropic.BadRequestError, match="already been continued"):
            await go_on()
    mock.reset()


async def test_an_abandoned_reply_is_in_the_journal_as_far_as_it_was_sent(
    mock: MockClaude, client: AsyncAnthropic
) -> None:
    mock.reply(more_and_more)
    async for event in await client.messages.create(**ask(max_tokens=100_000), stream=True):
        if event.type == "content_block_delta":
            break
    await client.close()
    entry = mock.journal[0]
    async with asyncio.timeout(PATIENCE):
        while entry.ending == "playing":
            await asyncio.sleep(0)

    assert (entry.status, entry.ending) == (200, "client gone")
    assert entry.response is None or b'"text":"More"' in entry.response
    assert entry.planned
    assert len(entry.sent) <= len(entry.planned)


async def test_a_refusal_of_connections_strikes_a_live_reply_too(mock: MockClaude, client: AsyncAnthropic) -> None:
    mock.reply(yielding("One,", " two"), fault={"refuse": "1ms"}, times=1)
    mock.reply("Hello!")
    heard = await hear(client, **ask())

    assert isinstance(heard.error, anthropic.APIConnectionError)
    assert mock.journal[0].notes[0] == "fault: refuse 0.001s"
    async with asyncio.timeout(PATIENCE):
        while (await hear(client, **ask())).error:
            pass


async def test_head_is_refused_as_for_any_rule(mock: MockClaude) -> None:
    mock.reply(yielding("One,", " two"))
    request = urllib.request.Request(f"{mock.url}/v1/messages", method="HEAD")
    with pytest.raises(urllib.error.HTTPError, match="405"):
        await asyncio.to_thread(urllib.request.urlopen, request, timeout=PATIENCE)


async def test_a_function_fails_if_its_event_loop_is_gone(mock: MockClaude, client: AsyncAnthropic) -> None:
    def elsewhere() -> None:
        async def reply() -> None:
            mock.reply(yielding("One,"))

        asyncio.run(reply())

    await asyncio.to_thread(elsewhere)
    with pytest.raises(anthropic.InternalServerError, match="event loop"):
        await client.messages.create(**ask())
    with pytest.raises(RuntimeError, match="event loop of the function is closed"):
        mock._raise_callback_errors()


async def test_what_fails_while_a_function_is_closed_fails_the_test(mock: MockClaude, client: AsyncAnthropic) -> None:
    async def untidy(_: MessagesRequest) -> AsyncIterator[str]:
        try:
            yield "One, two, three"
            yield " four"
        finally:
            raise KeyError("oops")

    mock.reply(untidy)
    message = await client.messages.create(**ask(max_tokens=4))

    assert content(message) == [text("One, two, ")]
    with pytest.raises(KeyError, match="oops"):
        mock._raise_callback_errors()
