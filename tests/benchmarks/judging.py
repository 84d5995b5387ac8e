"""A long conversation of an agent, and what it costs to judge and answer it beside what it costs to parse it."""

import time
from collections.abc import Callable
from typing import Any

import orjson

from mockclaude.api import schema
from mockclaude.api.api_headers import NEW_VERSION
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import CLIENT, http_request

TARGET = 2.0
"""How many times the parsing the answer may take."""

_REPEATS = 20


def _tool(number: int) -> dict[str, Any]:
    properties = {f"argument_{n}": {"type": "string", "description": f"The argument {n}." * 3} for n in range(5)}
    return {
        "name": f"tool_{number}",
        "description": f"Does the work of the tool {number}. " * 12,
        "input_schema": {"type": "object", "properties": properties, "required": ["argument_0"]},
    }


def _turn(number: int) -> list[dict[str, Any]]:
    use = {
        "type": "tool_use",
        "id": f"toolu_{number}",
        "name": f"tool_{number % 40}",
        "input": {"argument_0": "x" * 80},
    }
    result = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": f"line {number} of a file\n" * 50}
    return [
        {"role": "assistant", "content": [{"type": "text", "text": "Let me look. " * 5}, use]},
        {"role": "user", "content": [result]},
    ]


def conversation(size: int = 200_000) -> bytes:
    """Return a body of at least `size` bytes: 40 tools, and turns of an agent that calls them."""
    asked: dict[str, Any] = {
        "model": "claude-sonnet-5",
        "max_tokens": 4096,
        "system": "You are an agent. " * 200,
        "tools": [_tool(number) for number in range(40)],
        "messages": [{"role": "user", "content": "Look at every file."}],
    }
    turn = 0
    while len(data := orjson.dumps(asked)) < size:
        asked["messages"] += _turn(turn)
        turn += 1
    return data


def parsed(data: bytes) -> None:
    """Parse `data` as orjson and pydantic-core do, into a request of the API's shape."""
    assert schema.find_error(orjson.loads(data), NEW_VERSION, frozenset(), counting=False) is None


def milliseconds(work: Callable[[], object]) -> float:
    """Return the time that `work` takes, the best of some."""
    spent = []
    for _ in range(_REPEATS):
        begun = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begun)
    return min(spent) * 1e3


def judge(rounds: int) -> list[tuple[float, float]]:
    """Return for each round the milliseconds that parsing and answering take. Answers that are no 200 are void."""
    data = conversation()
    served = ScenarioState(load_text("rules: [{reply: Done.}]"))
    call = http_request("POST", "/v1/messages", {}, CLIENT, data, 0)
    if (status := answer(call, served).response.status) != 200:
        raise ValueError(f"answered with {status}")
    return [(milliseconds(lambda: parsed(data)), milliseconds(lambda: answer(call, served))) for _ in range(rounds)]
