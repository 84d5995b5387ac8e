"""The official Python SDK, over real sockets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic, beta_async_tool, beta_tool
from anthropic.types import MessageParam
from pydantic import BaseModel

from mockclaude.api.models import CATALOGUE, CATALOGUE_DATE
from mockclaude.scenario.loading.loader import load
from tests.conftest import Serve
from tests.serving import Running

SCENARIOS = Path(__file__).parents[2] / "scenarios"
MODEL = "claude-sonnet-5"
Connect: TypeAlias = Callable[..., Anthropic]


def asked(text: str = "Hello", **fields: Any) -> dict[str, Any]:
    messages: list[MessageParam] = [{"role": "user", "content": text}]
    return {"model": MODEL, "max_tokens": 1024, "messages": messages, **fields}


@pytest.fixture
def connect(serve: Serve) -> Iterator[Connect]:
    """Return a function that starts a server and returns a client of it."""
    with ExitStack() as clients:

        def client(scenario: Any, *, key: str = "mock", max_retries: int = 0, **options: Any) -> Anthropic:
            server = scenario if isinstance(scenario, Running) else serve(scenario)
            return clients.enter_context(
                Anthropic(base_url=server.url, api_key=key, max_retries=max_retries, **options)
            )

        yield client


def shipped(name: str) -> dict[str, Any]:
    return {"": load([SCENARIOS / f"{name}.yaml"])}


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def without_ids(message: dict[str, Any]) -> Any:
    """Return a message without its ids, which are others in a stream."""
    return json.loads(re.sub(r"_01[1-9A-Za-z]{22}", "_", json.dumps(message)))


def test_a_message_is_created(connect: Connect) -> None:
    message = connect(shipped("hello")).messages.create(**asked())

    assert [block.to_dict() for block in message.content] == [
        {"type": "text", "text": "Hello! How can I help you today?"}
    ]
    assert (message.model, message.role, message.stop_reason) == (MODEL, "assistant", "end_turn")
    assert message._request_id
    assert message._request_id.startswith("req_01")


async def test_a_message_is_created_and_streamed_asynchronously(serve: Serve) -> None:
    server = serve(shipped("hello"))
    async with AsyncAnthropic(base_url=server.url, api_key="mock", max_retries=0) as client:
        message = await client.messages.create(**asked())
        async with client.messages.stream(**asked()) as stream:
            texts = [text async for text in stream.text_stream]
            streamed = await stream.get_final_message()

    assert "".join(texts) == text_of(message) == text_of(streamed)
    assert len(texts) > 1
    assert streamed.usage.output_tokens == message.usage.output_tokens


@pytest.mark.parametrize("name", ["hello", "thinking", "parallel_tools", "small_talk", "fake_people"])
def test_a_stream_adds_up_to_the_message_that_is_not_streamed(connect: Connect, name: str) -> None:
    question = asked("who are you?", tools=[TOOL, {**TOOL, "name": "get_time"}])
    whole = connect(shipped(name)).messages.create(**question)
    with connect(shipped(name)).messages.stream(**question) as stream:
        assert without_ids(stream.get_final_message().to_dict()) == without_ids(whole.to_dict())


def test_events_arrive_in_the_order_that_the_sdk_expects(connect: Connect) -> None:
    events = list(connect(shipped("hello")).messages.create(**asked(), stream=True))

    assert [event.type for event in events if event.type != "content_block_delta"] == [
        "message_start",
        "content_block_start",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


GA = ["cite", "search the web", "too many", "fetch", "compute", "which tool", "research", "forbidden", "endless"]
BETA = ["remote", "compact", "anything newer"]


def test_every_kind_of_block_is_asked_for_here(serve: Serve, connect: Connect) -> None:
    scenario = shipped("every_block")
    server = serve(scenario)
    for text in GA + BETA:
        connect(server).beta.messages.create(**asked(text))

    assert {server.line().reason for _ in GA + BETA} == {rule.label for rule in scenario[""].rules}


@pytest.mark.parametrize("text", GA + BETA)
def test_every_kind_of_block_streams_to_what_is_created(connect: Connect, text: str) -> None:
    created = connect(shipped("every_block")).beta.messages.create(**asked(text))
    with connect(shipped("every_block")).beta.messages.stream(**asked(text)) as stream:
        streamed = stream.get_final_message()

    assert without_ids(streamed.to_dict(warnings=False)) == without_ids(created.to_dict(warnings=False))


@pytest.mark.parametrize("text", GA)
def test_every_kind_of_block_is_what_the_sdks_types_say(connect: Connect, text: str) -> None:
    one, two = (connect(shipped("every_block"), _strict_response_validation=True) for _ in range(2))
    message = one.messages.create(**asked(text))
    with two.messages.stream(**asked(text)) as stream:
        assert without_ids(stream.get_final_message().to_dict()) == without_ids(message.to_dict())


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


MADE = {"": load([SCENARIOS / "structured_output.yaml"])}


def test_output_is_made_for_the_schema_of_a_pydantic_model(connect: Connect) -> None:
    client = connect(MADE)
    parsed = client.messages.parse(**asked(), output_format=Person).parsed_output
    with client.messages.stream(**asked(), output_format=Person) as stream:
        streamed = stream.get_final_message().parsed_output

    assert isinstance(parsed, Person)
    assert streamed == parsed


async def test_output_is_made_for_the_schema_of_a_pydantic_model_asynchronously(serve: Serve) -> None:
    async with AsyncAnthropic(base_url=serve(MADE).url, api_key="mock", max_retries=0) as client:
        message = await client.messages.parse(**asked(), output_format=Person)

    assert isinstance(message.parsed_output, Person)


TOOL = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
FORECAST = "The forecast says: sunny in Paris."


@beta_tool(name="get_weather")
def weather(city: str) -> str:
    """Get the weather."""
    return f"sunny in {city}"


@beta_async_tool(name="get_weather")
async def async_weather(city: str) -> str:
    """Get the weather."""
    return f"sunny in {city}"


def test_a_tool_runner_goes_through_its_loop(serve: Serve, connect: Connect) -> None:
    server = serve(shipped("weather_tool"))
    runner = connect(server).beta.messages.tool_runner(**asked("Weather in Paris?"), tools=[weather])

    assert text_of(runner.until_done()) == FORECAST
    assert [server.line().status for _ in range(2)] == [200, 200]


def test_a_streaming_tool_runner_goes_through_its_loop_too(connect: Connect) -> None:
    client = connect(shipped("weather_tool"))
    runner = client.beta.messages.tool_runner(**asked("Weather in Paris?"), tools=[weather], stream=True)

    assert [text_of(stream.get_final_message()) for stream in runner] == ["Let me look that up.", FORECAST]


async def test_an_asynchronous_tool_runner_goes_through_its_loop_too(serve: Serve) -> None:
    server = serve(shipped("weather_tool"))
    async with AsyncAnthropic(base_url=server.url, api_key="mock", max_retries=0) as client:
        runner = client.beta.messages.tool_runner(**asked("Weather in Paris?"), tools=[async_weather])

        assert text_of(await runner.until_done()) == FORECAST


def test_tokens_are_counted_as_usage_says(connect: Connect) -> None:
    client = connect(shipped("hello"))
    question = asked("How many tokens?", system="Be exact.", tools=[TOOL])
    used = client.messages.create(**question).usage.input_tokens
    del question["max_tokens"]

    assert client.messages.count_tokens(**question).input_tokens == used
    assert client.beta.messages.count_tokens(**question).input_tokens == used


def test_models_are_listed_page_by_page_and_found_by_alias(connect: Connect) -> None:
    client = connect(shipped("hello"), _strict_response_validation=True)
    listed = [model.id for model in client.models.list(limit=3)]

    assert listed == [model.id for model in CATALOGUE if model.lifecycle(CATALOGUE_DATE) != "retired"]
    assert client.models.retrieve("claude-haiku-4-5").id == "claude-haiku-4-5-20251001"
    with pytest.raises(anthropic.NotFoundError, match="model: gpt-5"):
        client.models.retrieve("gpt-5")


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("invalid_request_error", anthropic.BadRequestError),
        ("authentication_error", anthropic.AuthenticationError),
        ("billing_error", anthropic.PaymentRequiredError),
        ("permission_error", anthropic.PermissionDeniedError),
        ("not_found_error", anthropic.NotFoundError),
        ("conflict_error", anthropic.ConflictError),
        ("request_too_large", anthropic.RequestTooLargeError),
        ("rate_limit_error", anthropic.RateLimitError),
        ("api_error", anthropic.InternalServerError),
        ("timeout_error", anthropic.DeadlineExceededError),
        ("overloaded_error", anthropic.OverloadedError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_each_error_type_is_the_sdks_class(
    connect: Connect, kind: str, error: type[anthropic.APIStatusError], stream: bool
) -> None:
    client = connect(f"rules: [{{reply: {{error: {kind}}}}}]")
    with pytest.raises(error) as caught:
        client.messages.create(**asked(), stream=stream)

    assert type(caught.value) is error
    assert caught.value.type == kind
    assert caught.value.request_id
    assert caught.value.request_id.startswith("req_01")


def test_what_no_rule_answers_fails_at_once_and_says_why(serve: Serve, connect: Connect) -> None:
    server = serve("rules: [{name: greeting, when: {user: Hi}, reply: Hello!}]")
    with pytest.raises(anthropic.APIStatusError, match=r"no rule matched; near miss 'greeting'") as caught:
        connect(server, max_retries=5).messages.create(**asked("Bye"))

    assert (caught.value.status_code, server.line().status) == (410, 410)
    assert server.lines.empty()


@pytest.mark.parametrize("stream", [False, True])
def test_unknown_beta_is_accepted_with_one_warning(serve: Serve, connect: Connect, stream: bool) -> None:
    server = serve("rules: [{reply: Hello!}]")
    names = ["pdfs-2024-09-25", "new-2027-01-01", "newer-2027-01-02"]
    connect(server).beta.messages.create(**asked(), betas=names, stream=stream)

    (note,) = server.line().notes
    assert note.startswith("warning: anthropic-beta: unknown, accepted because well formed, got 'new-2027-01-01', 'new")


def test_slip_in_a_beta_is_a_bad_request(connect: Connect) -> None:
    client = connect("rules: [{reply: Hello!}]")
    with pytest.raises(
        anthropic.BadRequestError, match=r"Unexpected value\(s\) `context-1n-2025-08-07` for the `anthr"
    ):
        client.beta.messages.create(**asked(), betas=["context-1n-2025-08-07"])


def test_unmatched_request_is_a_not_found_error_if_the_file_says_so(connect: Connect) -> None:
    client = connect("unmatched: not_found_error\nrules: [{when: {user: Hi}, reply: Hello!}]")
    with pytest.raises(anthropic.NotFoundError, match="no rule matched"):
        client.messages.create(**asked("Bye"))


def test_an_error_in_the_middle_of_a_stream_is_raised_after_what_came_before(connect: Connect) -> None:
    texts: list[str] = []
    client = connect(shipped("cut_stream"))
    with pytest.raises(anthropic.APIStatusError) as caught, client.messages.stream(**asked("storm")) as stream:
        texts.extend(stream.text_stream)

    assert "".join(texts) == "The first half arrived, and then"
    assert caught.value.body == {
        "type": "error",
        "error": {"details": None, "type": "overloaded_error", "message": "Overloaded"},
        "request_id": caught.value.request_id,
    }


@pytest.mark.parametrize("stream", [False, True])
def test_a_reset_is_a_connection_error(connect: Connect, stream: bool) -> None:
    client = connect("rules: [{reply: {disconnect: reset}}]")
    with pytest.raises(anthropic.APIConnectionError):
        client.messages.create(**asked(), stream=stream)


RETRIED = """
rules:
  - {times: 2, reply: {error: {type: overloaded_error, headers: {retry-after-ms: 1}}}}
  - {when: {retry: 2}, reply: Thanks for waiting.}
"""


def test_the_sdk_retries_two_overloads_by_itself(serve: Serve, connect: Connect) -> None:
    server = serve(RETRIED)

    assert text_of(connect(server, max_retries=2).messages.create(**asked())) == "Thanks for waiting."
    assert [server.line().status for _ in range(3)] == [529, 529, 200]


def test_two_clients_with_keys_of_their_own_are_not_in_each_others_way(serve: Serve, connect: Connect) -> None:
    server = serve("rules: [{times: 1, reply: First}, {reply: Then}]")
    one, two = connect(server, key="one"), connect(server, key="two")

    assert [text_of(client.messages.create(**asked())) for client in (one, two, one)] == ["First", "First", "Then"]


def test_a_base_url_with_a_scenarios_name_leads_to_it(serve: Serve) -> None:
    server = serve({"a": shipped("hello")[""], "b": shipped("small_talk")[""]})
    with Anthropic(base_url=f"{server.url}/b/", api_key="mock", max_retries=0) as client:
        assert text_of(client.messages.create(**asked())) == "Hello! Nice to meet you."
