"""Message threads: what the newest Python and TypeScript SDKs make of them, first of all their tool runners."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from anthropic import Anthropic, DefaultHttpxClient, beta_tool
from anthropic.types import ThreadNotFoundError

from tests.conftest import Serve
from tests.sdk import test_typescript
from tests.sdk.node import HERE
from tests.serving import PROGRAM_PATIENCE, Running, asking, request

node_folder = test_typescript.node_folder

TRIP = """
rules:
  - when: {user: {contains: trip}}
    reply: {tool_use: {name: find_city, input: {}}}
  - when: {tool_result: find_city}
    reply: {tool_use: {name: get_weather, input: {}}}
  - when: {tool_result: get_weather}
    times: 1
    reply: {error: {type: overloaded_error, headers: {retry-after-ms: 1}}}
  - when: {tool_result: get_weather}
    reply: {tool_use: {name: book_hotel, input: {}}}
  - when: {tool_result: book_hotel}
    reply: 'All done: ${{ tool_result }}.'
"""
"""Three tools, one after the other, each known by its name only: that is in the reply before. One reply fails first."""

THREADED = [["create", 1, 200], ["continue", 1, 200], ["continue", 1, 529], ["continue", 1, 200], ["continue", 1, 200]]
UNTHREADED = [[None, 1, 200], [None, 3, 200], [None, 5, 529], [None, 5, 200], [None, 7, 200]]
"""What of `thread` each request says, how many messages it has, and how it is answered."""


@beta_tool
def find_city() -> str:
    """Find a city."""
    return "Paris"


@beta_tool
def get_weather() -> str:
    """Get the weather."""
    return "sunny"


@beta_tool
def book_hotel() -> str:
    """Book a hotel."""
    return "room 7"


Runs: TypeAlias = Callable[..., tuple[str, list[list[Any]]]]


@pytest.fixture
def python_runs(serve: Serve) -> Runs:
    """Return a function that plans the trip with the Python SDK, and returns its end and the requests it took."""

    def runs(**settings: Any) -> tuple[str, list[list[Any]]]:
        requests: list[list[Any]] = []

        def watch(response: Any) -> None:
            sent = json.loads(response.request.content)
            requests.append([sent.get("thread", {}).get("type"), len(sent["messages"]), response.status_code])

        with (
            DefaultHttpxClient(event_hooks={"response": [watch]}) as http,
            Anthropic(base_url=serve(TRIP).url, api_key="mock", http_client=http) as client,
        ):
            runner = client.beta.messages.tool_runner(
                model="claude-sonnet-5",
                max_tokens=1024,
                messages=[{"role": "user", "content": "Plan my trip."}],
                tools=[find_city, get_weather, book_hotel],
                **settings,
            )
            return _said(list(runner)[-1]), requests

    return runs


def _said(last: Any) -> str:
    message = last if hasattr(last, "content") else last.get_final_message()
    return "".join(block.text for block in message.content)


@pytest.mark.parametrize(("settings", "requests"), [({}, THREADED), ({"thread": False}, UNTHREADED)])
@pytest.mark.parametrize("stream", [False, True])
def test_the_python_tool_runner_ends_its_loop_alike_with_and_without_a_thread(
    python_runs: Runs, settings: dict[str, Any], requests: list[list[Any]], stream: bool
) -> None:
    assert python_runs(stream=stream, **settings) == ("All done: room 7.", requests)


def test_the_typescript_tool_runner_ends_its_loop_alike_with_and_without_a_thread(
    node_folder: Path, serve: Serve
) -> None:
    shutil.copy(HERE / "threads.mjs", node_folder)
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
    env["ANTHROPIC_BASE_URL"] = serve(TRIP).url
    node = subprocess.run(
        ["node", "threads.mjs"],
        cwd=node_folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=PROGRAM_PATIENCE,
        check=False,
    )

    assert node.stderr == ""
    assert json.loads(node.stdout) == {
        "threaded": {"text": "All done: room 7.", "requests": THREADED},
        "unthreaded": {"text": "All done: room 7.", "requests": UNTHREADED},
    }


BETA = "message-threads-2026-08-12"


def ask(server: Running, thread: dict[str, str], *messages: Any, **fields: Any) -> Any:
    """Return the answer to a request with these messages in a thread."""
    body = asking(thread=thread, messages=list(messages), **fields)
    return server.ask(request("POST", "/v1/messages", body, anthropic_beta=BETA)).json


CREATE, PLAN = {"type": "create"}, {"role": "user", "content": "Plan my trip."}


def after(message: Any) -> dict[str, str]:
    return {"type": "continue", "previous_message_id": message["id"]}


def result(message: Any) -> dict[str, Any]:
    """Return the message with the result of the tool that `message` asks for."""
    call = message["content"][0]["id"]
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call, "content": "Paris"}]}


def test_a_thread_counts_all_that_was_said_in_it(serve: Serve) -> None:
    server = serve(TRIP)
    first = ask(server, CREATE, PLAN, system="Be kind. " * 100)
    threaded = ask(server, after(first), result(first))
    messages = [PLAN, {"role": "assistant", "content": first["content"]}, result(first)]
    whole = server.ask(request("POST", "/v1/messages", asking(messages=messages, system="Be kind. " * 100))).json

    assert threaded["content"][0]["name"] == whole["content"][0]["name"] == "get_weather"
    assert threaded["usage"] == whole["usage"]


def test_a_reply_is_continued_once(serve: Serve) -> None:
    server = serve(TRIP)
    first = ask(server, CREATE, PLAN)
    ask(server, after(first), result(first))

    again = ask(server, after(first), result(first))
    assert again["error"]["details"] == {"error_code": "thread_already_continued"}


def test_while_a_reply_is_sent_nobody_else_continues_the_one_before(serve: Serve) -> None:
    server = serve(
        "rules: [{when: {user: slow}, pace: {ttft: 0s, tokens_per_second: 1}, reply: One by one.}, {reply: Hi!}]"
    )
    first = ask(server, CREATE, PLAN)
    slow = asking("slow", thread=after(first), stream=True)
    with server.connect() as wire:
        wire.send(request("POST", "/v1/messages", slow, anthropic_beta=BETA))
        wire.head()
        assert ask(server, after(first), PLAN)["error"]["details"] == {"error_code": "thread_continue_in_flight"}
    for _ in range(3):
        server.line()

    assert ask(server, after(first), PLAN)["error"]["details"] == {"error_code": "thread_already_continued"}


def test_the_sdk_raises_the_class_of_a_thread_that_is_not_found(serve: Serve) -> None:
    with Anthropic(base_url=serve(TRIP).url, api_key="mock") as client, pytest.raises(ThreadNotFoundError):
        client.beta.messages.create(
            model="claude-sonnet-5",
            max_tokens=1024,
            messages=[{"role": "user", "content": "More"}],
            thread={"type": "continue", "previous_message_id": "msg_unknown"},
            betas=[BETA],
        )


def test_the_thread_helper_goes_on_where_it_was(serve: Serve) -> None:
    with Anthropic(base_url=serve(TRIP).url, api_key="mock") as client:
        thread = client.beta.messages.thread(model="claude-sonnet-5", max_tokens=1024, tools=[find_city])
        call = thread.send({"role": "user", "content": "Plan my trip."}).content[0]
        assert call.type == "tool_use"
        thread.append(
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "Paris"}]}
        )
        more = thread.send().content[0]

    assert (call.name, more.type == "tool_use" and more.name) == ("find_city", "get_weather")
