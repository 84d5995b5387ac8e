"""Chaos is the same every time: for each client, whatever order the requests of a hundred of them arrive in."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.conftest import Start
from tests.counting import examples
from tests.serving import NOW, asking, http_request, request, script_of, sent_of, with_client_headers

CHAOS = """
seed: 7
pace: {ttft: 1ms, tokens_per_second: 50000, jitter: 50%}
chaos:
  - {error: overloaded_error, p: 15%}
  - {error: {type: rate_limit_error, headers: {retry-after-ms: 1}}, p: 10%}
  - {disconnect: close, after: 40%, p: 10%}
  - {disconnect: reset, before: headers, p: 5%}
  - {drop: message_stop, p: 5%}
  - {corrupt: 2, p: 5%}
  - {garbage: 50, p: 3%}
  - {respond: {status: 502, body: Bad gateway}, burst: {enter: 10%, leave: 50%}, name: brownout}
  - {error: 503, requests: 3..4, p: 5%}
  - {slice: 40, every: 1ms, p: 2%}
rules:
  - when: {user: twice}
    times: 3
    reply: The first three times.
  - when: {user: chance}
    choice: [{weight: 2, reply: Heads}, {weight: 1, reply: '${{ fake.name }}'}]
  - reply: [{thinking: Let me see.}, 'You said ${{ user }}']
    fault: {script: [ok, 529]}
"""
PROMPTS = ("twice", "chance", "anything")
CLIENTS = 100
ATTEMPTS = 5
SCHEDULES = examples(20)

Outcomes: TypeAlias = dict[int, list[bytes]]
Talk: TypeAlias = Generator[tuple[str, bool], bytes, None]
_CLOCK = re.compile(rb"(?m)^(date|anthropic-ratelimit-[a-z-]+-reset): .*\r\n")


def requests_of(client: int) -> Iterator[tuple[str, bool]]:
    """Yield what a client asks, streamed or not, in its order."""
    yield from ((prompt, (client + number) % 2 == 0) for number, prompt in enumerate(PROMPTS))


def is_done(response: bytes) -> bool:
    """Return whether a client would stop trying: it has a whole answer."""
    return response.startswith(b"HTTP/1.1 200") and response.endswith(b"0\r\n\r\n")


def conversation(client: int) -> Talk:
    """Yield the requests of a client; it is sent each response, and tries again until one is whole."""
    for prompt, stream in requests_of(client):
        for _ in range(ATTEMPTS):
            if is_done((yield prompt, stream)):
                break


def simulated(seed: int) -> Outcomes:
    """Return what each client gets where `seed` decides whose request comes next."""
    served = ScenarioState(load_text(CHAOS))
    talks = {client: conversation(client) for client in range(CLIENTS)}
    due = {client: next(talk) for client, talk in talks.items()}
    outcomes: Outcomes = {client: [] for client in talks}
    chance = random.Random(seed)
    while due:
        client = chance.choice(list(due))
        prompt, stream = due.pop(client)
        headers = with_client_headers({"x-api-key": f"client-{client}"})
        given = answer(http_request("POST", "/v1/messages", {}, headers, asking(prompt, stream=stream), NOW), served)
        response = sent_of(given)
        outcomes[client].append(response + repr(script_of(given)[2:]).encode())
        try:
            due[client] = talks[client].send(response)
        except StopIteration:
            continue
    return outcomes


@pytest.mark.slow
def test_every_client_gets_the_same_under_any_schedule() -> None:
    first = simulated(0)

    assert all(simulated(seed) == first for seed in range(1, SCHEDULES))
    assert len({len(outcomes) for outcomes in first.values()}) > 4
    assert sum(is_done(response.partition(b"(")[0]) for outcomes in first.values() for response in outcomes) < 300


async def outcomes_of(port: int, client: int) -> list[bytes]:
    responses: list[bytes] = []
    talk = conversation(client)
    asked = next(talk)
    while True:
        prompt, stream = asked
        question = request("POST", "/v1/messages", asking(prompt, stream=stream), x_api_key=f"client-{client}")
        responses.append(_CLOCK.sub(b"", await exchanged(port, question)))
        try:
            asked = talk.send(responses[-1])
        except StopIteration:
            return responses


async def exchanged(port: int, question: bytes) -> bytes:
    """Return everything that comes back on a connection of its own, until it ends or the body does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(question)
    response = b""
    try:
        while not response.endswith(b"0\r\n\r\n") and (piece := await reader.read(65_536)):
            response += piece
    except ConnectionResetError:
        response += b"reset"
    writer.close()
    return response


async def all_at_once(port: int, seed: int) -> list[list[bytes]]:
    order = random.Random(seed).sample(range(CLIENTS), CLIENTS)
    turns = asyncio.Semaphore(20)

    async def waiting(client: int) -> list[bytes]:
        async with turns:
            return await outcomes_of(port, client)

    responses = await asyncio.gather(*map(waiting, order))
    return [outcomes for _, outcomes in sorted(zip(order, responses, strict=True))]


async def test_two_processes_break_the_same_for_clients_that_come_at_once(
    start_interpreter: Start, tmp_path: Path
) -> None:
    file = tmp_path / "chaos.yaml"
    file.write_text(CHAOS)
    commands = [start_interpreter(file, PYTHONHASHSEED=seed) for seed in "12"]
    for command in commands:
        command.close_output()
    first, second = [await all_at_once(command.server.port, seed) for seed, command in enumerate(commands)]

    assert first == second
    assert b"reset" in {response for outcomes in first for response in outcomes}
