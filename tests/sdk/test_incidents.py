"""What really happened to clients, from the files in `scenarios/incidents`, and what the newest SDKs make of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import anthropic
import httpx2
import pytest
from anthropic import Anthropic, DefaultHttpxClient

from mockclaude.scenario.loading.loader import load_all
from tests.sdk import node, test_typescript
from tests.sdk.outcomes import Case, Way, all_python_async, typescript
from tests.serving import TIME_SCALE, Running, ServerThread

node_folder = test_typescript.node_folder

pytestmark = pytest.mark.filterwarnings(  # the SDK's streams that a test abandons are closed by the garbage collector
    r"ignore:Exception ignored in. <async_generator object HTTP11:pytest.PytestUnraisableExceptionWarning"
)

INCIDENTS = Path(__file__).parents[2] / "scenarios" / "incidents"
FILES = sorted(INCIDENTS.glob("*.yaml"))
NAMES = [file.stem for file in FILES]
MODEL = "claude-sonnet-5"

WHOLE = "One, two, three, four, five, six, seven, eight, nine, ten."
BEGUN = "One, two, three, four,"
EGGS = 'Remember the milk, the bread and the eggs."}'
CUT_JSON = '{"path":"notes.txt","content":"Remember the milk, the bread and'


class Row(NamedTuple):
    """A file, how it is asked, and what the SDKs make of it: `seen | end`, as `outcomes.py` says.

    `typescript` is only said where it differs. `quiet`: nothing comes for a while, and the client is not patient.
    """

    file: str
    way: Way
    python: str
    typescript: str | None = None
    retries: int = 0
    quiet: bool = False

    def __str__(self) -> str:
        return f"{self.file}-{self.way}-{self.retries}"

    def case(self, url: str, language: str) -> Case:
        lane = f"{language} {self}"
        case = Case(f"{url}/{self.file}", self.way, retries=self.retries, lane=lane)
        return case._replace(timeout=4.0 * TIME_SCALE, patience=8.0 * TIME_SCALE) if self.quiet else case


ROWS = [
    Row("error_event_mid_stream", "helper", f"{BEGUN} | APIStatusError 200", f"{BEGUN} | APIError"),
    Row("error_event_first", "raw", " | APIStatusError 200", " | APIError", retries=2),
    Row("error_event_one_in_a_hundred", "raw", f"{WHOLE} | end_turn"),
    Row(
        "error_event_after_text",
        "helper",
        "This is the first half of the answer. | APIStatusError 200",
        "This is the first half of the answer. | APIError",
    ),
    Row("error_event_after_a_retry", "raw", " | OverloadedError 529"),
    Row(
        "error_event_after_a_retry",
        "raw",
        "The first half arrived and then | APIStatusError 200",
        "The first half arrived and then | APIError",
        retries=5,
    ),
    Row("error_event_twice", "raw", f"{BEGUN} | APIStatusError 200", f"{BEGUN} | APIError"),
    Row("error_event_without_type", "raw", f"{BEGUN} | APIStatusError 200", f"{BEGUN} | APIError"),
    Row("cut_inside_tool_json", "raw", '{"pa | RemoteProtocolError', '{"pa | TypeError', retries=2),
    Row("cut_inside_tool_json", "helper", '{"pa | RemoteProtocolError', '{"pa | AnthropicError', retries=2),
    Row("cut_mid_stream", "raw", f"{BEGUN} | RemoteProtocolError", f"{BEGUN} | TypeError", retries=2),
    Row("reset_mid_stream", "raw", f"{BEGUN} | ReadError", f"{BEGUN} | TypeError", retries=2),
    Row("reset_before_headers", "create", " | APIConnectionError"),
    Row("reset_before_headers", "create", f"{WHOLE} | end_turn", retries=1),
    Row("clean_end_mid_stream", "raw", f"{BEGUN} | None"),
    Row("clean_end_mid_stream", "helper", f"{BEGUN} | None", f"{BEGUN} | AnthropicError"),
    Row("cut_before_message_stop", "helper", f"{WHOLE} | RemoteProtocolError", f"{WHOLE} | AnthropicError"),
    Row("no_message_stop", "helper", f"{WHOLE} | end_turn", f"{WHOLE} | AnthropicError"),
    Row("no_message_delta", "helper", f"{WHOLE} | None"),
    Row("empty_stream", "raw", " | None"),
    Row("empty_stream", "helper", " | AssertionError", " | AnthropicError"),
    Row("silence_for_ever", "raw", f"{BEGUN} | ReadTimeout", f"{BEGUN} | waiting", quiet=True),
    Row("silence_after_text", "helper", f"{BEGUN} | ReadTimeout", f"{BEGUN} | waiting", quiet=True),
    Row("silence_while_thinking", "raw", "Firs | ReadTimeout", "Firs | waiting", quiet=True),
    Row("only_pings", "raw", " | waiting", quiet=True),
    Row(
        "tool_json_broken",
        "helper",
        " | ValueError",
        f'{{"path": notesth":"notes.txt","content":"{EGGS} | AnthropicError',
    ),
    Row("tool_json_cut_by_max_tokens", "raw", f"{CUT_JSON} | max_tokens"),
    Row("tool_json_cut_by_max_tokens", "helper", '{"path": "notes.txt"} | max_tokens'),
    Row("tool_without_arguments", "raw", " | tool_use"),
    Row("tool_without_arguments", "helper", "{} | tool_use"),
    Row(
        "tool_json_without_beginning", "helper", " | ValueError", f'th":"notes.txt","content":"{EGGS} | AnthropicError'
    ),
    Row("tool_json_without_end", "helper", '{"path": "notes.txt"} | tool_use'),
    Row("refusal_without_content", "helper", " | refusal"),
    Row(
        "context_window_exceeded",
        "helper",
        'I will write that down.{"path": "notes.txt"} | model_context_window_exceeded',
    ),
    Row("message_start_twice", "helper", f"{WHOLE} | end_turn", " | AnthropicError"),
    Row("second_message_spliced_in", "helper", f"{BEGUN}{WHOLE} | end_turn", f"{BEGUN} | AnthropicError"),
    Row("block_before_message", "helper", " | IndexError", "One, | AnthropicError"),
    Row("block_index_with_a_gap", "raw", f"{WHOLE} | end_turn"),
    Row("block_index_with_a_gap", "helper", " | IndexError", " | end_turn"),
    Row("no_usage_at_the_end", "helper", f"{WHOLE} | AttributeError", f"{WHOLE} | AnthropicError"),
    Row("no_usage_at_the_start", "helper", f"{WHOLE} | AttributeError", f"{WHOLE} | AnthropicError"),
    Row("event_without_data", "helper", f"{WHOLE} | end_turn"),
    Row("done_at_the_end", "helper", f"{WHOLE} | end_turn"),
    Row("json_for_a_stream", "raw", " | None"),
    Row("json_for_a_stream", "helper", " | AssertionError", " | AnthropicError"),
    Row("error_with_status_200", "create", "nothing | None", "nothing | undefined"),
    Row("characters_in_two_pieces", "helper", "Grüße aus 東京! 🗼 | end_turn"),
    Row("blank_line_in_two_pieces", "helper", f"{WHOLE} | end_turn"),
    Row("cloudflare_520_empty", "create", " | InternalServerError 520"),
    Row("cloudflare_524_page", "create", " | InternalServerError 524"),
    Row("gateway_timeout_page", "create", " | GatewayTimeoutError 504"),
    Row("gateway_timeout_page", "create", f"{WHOLE} | end_turn", retries=1),
    Row("challenge_page", "create", " | PermissionDeniedError 403", retries=2),
    Row("overloaded_without_retry_after", "create", " | OverloadedError 529", retries=1),
    Row("overloaded_without_retry_after", "create", f"{WHOLE} | end_turn", retries=2),
    Row("should_retry_true", "create", " | BadRequestError 400"),
    Row("should_retry_true", "create", f"{WHOLE} | end_turn", retries=1),
    Row("retry_after_missing", "create", " | RateLimitError 429"),
    Row("retry_after_missing", "create", f"{WHOLE} | end_turn", retries=1),
    Row("retry_after_days", "create", " | RateLimitError 429"),
    Row("retry_after_days", "create", " | waiting", retries=1, quiet=True),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with ServerThread(load_all([INCIDENTS])) as running:
        yield running


@pytest.fixture(scope="module")
def by_python(server: Running) -> dict[str, str]:
    """What the Python SDK makes of each row."""
    cases = [row.case(server.url, "python") for row in ROWS]
    return dict(zip(map(str, ROWS), asyncio.run(all_python_async(cases)), strict=True))


@pytest.fixture(scope="module", autouse=True)
def in_node(server: Running) -> Iterator[Future[list[str]] | None]:
    """What the TypeScript SDK makes of each row: it begins first, since both SDKs wait most of the time."""
    cases = [row.case(server.url, "typescript") for row in ROWS]
    with ThreadPoolExecutor(1) as pool:
        yield None if node.lacking() else pool.submit(lambda: typescript(node.installed(), cases))


@pytest.fixture(scope="module")
def by_typescript(node_folder: Path, in_node: Future[list[str]]) -> dict[str, str]:  # noqa: ARG001 (skips without Node)
    """What the TypeScript SDK makes of each row."""
    return dict(zip(map(str, ROWS), in_node.result(), strict=True))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_python_sdk_meets_the_incident(by_python: dict[str, str], row: Row) -> None:
    assert by_python[str(row)] == row.python


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_typescript_sdk_meets_the_incident(by_typescript: dict[str, str], row: Row) -> None:
    expected = row.python.replace("None", "null") if row.typescript is None else row.typescript
    assert by_typescript[str(row)].replace('{"path":"notes.txt"} |', '{"path": "notes.txt"} |') == expected


class Client:
    """A client of one incident, without retries."""

    def __init__(self, server: Running, file: str, **options: Any) -> None:
        options = {"max_retries": 0, "api_key": "mock", **options}
        self.sdk = Anthropic(base_url=f"{server.url}/{file}", **options)
        self._messages = self.sdk.messages

    def create(self, *said: Any) -> Any:
        return self._messages.create(**self._asked(said))

    def stream(self, *said: Any) -> Any:
        return self._messages.stream(**self._asked(said))

    def events(self, *said: Any) -> Any:
        return self._messages.create(**self._asked(said), stream=True)

    def refused(self, *said: Any) -> str:
        """Return the message of the 400 that a request must get."""
        with pytest.raises(anthropic.BadRequestError) as caught:
            self.create(*said)
        return str(caught.value.api_message)

    def final(self, *said: Any) -> Any:
        """Return the message that the helper puts together."""
        with self.stream(*said) as stream:
            return stream.get_final_message()

    @staticmethod
    def _asked(said: tuple[Any, ...]) -> dict[str, Any]:
        turns = enumerate(said or ("Hello",))
        messages = [{"role": "assistant" if number % 2 else "user", "content": content} for number, content in turns]
        return {"model": MODEL, "max_tokens": 1024, "messages": messages}


Connect: TypeAlias = Callable[..., Client]


@pytest.fixture
def connect(server: Running) -> Iterator[Connect]:
    """Return a function that makes a client of an incident; the test's end closes it."""
    with ExitStack() as connected:

        def client(file: str, **options: Any) -> Client:
            made = Client(server, file, **options)
            connected.enter_context(made.sdk)
            return made

        yield client


def test_an_overload_in_a_stream_is_not_caught_as_one(connect: Connect) -> None:
    with pytest.raises(anthropic.APIStatusError) as caught:
        connect("error_event_mid_stream").final()

    assert not isinstance(caught.value, anthropic.OverloadedError)
    assert (caught.value.type, caught.value.status_code) == ("overloaded_error", 200)


def first_failure(lane: str) -> int:
    """Return the number of the first of the streams of a client that ends with an error, on a server of its own."""
    headers = {"x-mockclaude-lane": lane}
    with ServerThread(load_all([INCIDENTS])) as server:
        client = Client(server, "error_event_one_in_a_hundred", default_headers=headers)
        with client.sdk:
            for number in range(1, 200):
                try:
                    client.final()
                except anthropic.APIStatusError:
                    return number
    raise AssertionError("no stream failed")


def test_one_stream_in_a_hundred_fails_and_always_the_same() -> None:
    assert first_failure("one") == first_failure("one") == 85


def test_a_paused_turn_that_is_not_sent_back_as_it_is_makes_the_next_one_a_400(connect: Connect) -> None:
    client = connect("paused_turn")
    paused = client.create()

    assert paused.stop_reason == "pause_turn"
    assert "`web_search` tool use with id" in client.refused("Hello", paused.content, "And on Venus?")
    assert client.create("Hello", paused.content).content[0].text == "It is cold and dusty on Mars."


def test_a_wrong_signature_poisons_the_conversation_even_of_a_client_that_sends_all_back(connect: Connect) -> None:
    client = connect("thinking_signed_wrongly")
    turn = client.final().content

    for _ in range(2):
        assert "Invalid `signature` in `thinking` block" in client.refused("Hello", turn, "Yes.")
    assert client.create("Hello", turn[1:], "Yes.").stop_reason == "end_turn"


def test_thinking_without_its_signature_makes_the_next_turn_a_400(connect: Connect) -> None:
    client = connect("thinking_sent_back_unsigned")
    thinking, text = client.final().content
    unsigned = {"type": "thinking", "thinking": thinking.thinking, "signature": ""}

    assert "signature" in client.refused("Hello", [unsigned, text], "Yes.")
    assert client.create("Hello", [thinking, text], "Yes.").content[0].text == "Then I will go on."


def test_a_date_in_the_system_prompt_makes_every_later_turn_a_400_the_next_day(connect: Connect) -> None:
    client = connect("system_prompt_with_a_date").sdk.messages
    asked: Any = {"model": "claude-fable-5-2", "max_tokens": 1024, "thinking": {"type": "adaptive"}}
    said: Any = [{"role": "user", "content": "Hello"}]
    turn = client.create(**asked, system="Today is Monday.", messages=said).content
    said += [{"role": "assistant", "content": turn}, {"role": "user", "content": "Yes."}]

    assert client.create(**asked, system="Today is Monday.", messages=said).stop_reason == "end_turn"
    for _ in range(2):
        with pytest.raises(anthropic.BadRequestError, match="The `system` prompt differs from the one this block was"):
            client.create(**asked, system="Today is Tuesday.", messages=said)


def test_a_call_that_was_cut_makes_the_next_turn_a_400_until_the_history_is_repaired(connect: Connect) -> None:
    client = connect("tool_call_interrupted")
    text, call = client.final().content

    assert call.input == {}
    for _ in range(2):
        assert "`tool_use` ids were found without" in client.refused("Hello", [text, call], "Go on.")
    assert client.create("Hello", [text], "Go on.").content[0].text == "Where were we?"


def test_a_conversation_that_is_too_long_stays_so_until_it_is_shorter(connect: Connect) -> None:
    client = connect("request_too_large")
    conversation = ("One", "1", "Two", "2", "Three")

    for _ in range(2):
        with pytest.raises(anthropic.ContentTooLargeError):
            client.create(*conversation)
    assert client.create(*conversation[-1:]).content[0].text == "That is short enough."


def test_streams_that_are_refused_give_their_connections_back(connect: Connect) -> None:
    limits = httpx2.Limits(max_connections=2)
    with DefaultHttpxClient(limits=limits) as http:
        client = connect("rate_limited_streams", http_client=http, timeout=30.0 * TIME_SCALE)
        for _ in range(25):
            with pytest.raises(anthropic.RateLimitError):
                client.final()
        assert client.create().stop_reason == "end_turn"


def test_a_connection_that_was_idle_is_closed_at_its_second_request(connect: Connect) -> None:
    client = connect("idle_connection_closed")
    assert client.create().content[0].text == WHOLE

    with pytest.raises(anthropic.APIConnectionError):
        client.create()


def test_a_retry_hides_that_an_idle_connection_was_closed(connect: Connect) -> None:
    client = connect("idle_connection_closed", max_retries=1)

    assert [client.create().content[0].text for _ in range(2)] == [WHOLE] * 2


def test_usage_that_is_told_twice_is_not_to_be_added_up(connect: Connect) -> None:
    client = connect("usage_told_twice")
    told = [event.usage.output_tokens for event in client.events() if event.type == "message_delta"]

    assert told == [client.final().usage.output_tokens] * 2


def test_usage_may_be_null(connect: Connect) -> None:
    usage = connect("null_usage").final().usage

    assert (usage.input_tokens, usage.cache_read_input_tokens) == (None, None)
    assert usage.output_tokens > 10


def test_a_stream_that_is_cut_before_its_usage_seems_to_have_cost_next_to_nothing(connect: Connect) -> None:
    client = connect("cut_before_usage")
    with client.stream() as stream, pytest.raises(httpx2.RemoteProtocolError):
        stream.until_done()

    assert stream.current_message_snapshot.content[0].text == WHOLE
    assert stream.current_message_snapshot.usage.output_tokens == 1


def shown_until_cut(events: Any) -> Iterator[Any]:
    try:
        yield from events
    except httpx2.RemoteProtocolError:
        return


def test_a_retry_by_hand_shows_the_beginning_of_a_text_twice(connect: Connect) -> None:
    client = connect("text_twice_after_a_retry")
    events = [*shown_until_cut(client.events()), *client.events()]

    assert "".join(event.delta.text for event in events if event.type == "content_block_delta") == BEGUN + WHOLE


def test_a_retry_by_hand_gets_the_call_under_another_id(connect: Connect) -> None:
    client = connect("tool_name_lost_in_a_retry")
    begun, again = [*shown_until_cut(client.events())], [*client.events()]
    calls = [event.content_block for event in (*begun, *again) if event.type == "content_block_start"][1::2]

    assert [call.name for call in calls] == ["write_file", "write_file"]
    assert calls[0].id != calls[1].id
    assert [event.type for event in begun].count("content_block_stop") == 1


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_an_incident_is_a_few_lines_that_say_what_happened_and_where(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    comment = [line for line in lines if line.startswith("# ")]

    assert comment[-1].startswith("# The client sees: ") or comment[-2].startswith("# The client sees: ")
    assert re.search(r" [\w.-]+/[\w.-]+#\d+", "\n".join(comment))
    assert len(lines) - len(comment) < 10


def test_every_incident_has_its_test() -> None:
    here = Path(__file__).read_text(encoding="utf-8")

    assert [name for name in NAMES if f'"{name}"' not in here] == []
    assert {row.file for row in ROWS} <= set(NAMES)
