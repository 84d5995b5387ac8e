"""Python functions that reply: each with its name as the condition on what the user says."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

from mockclaude.testing import MockClaude


def add(mock: MockClaude, names: Iterable[str]) -> None:
    """Add a rule for each of these functions. The transcripts have the line of the call below."""
    for name, (function, options) in ((name, FUNCTIONS[name]) for name in names):
        mock.when(user={"like": f"{name} *"}).reply(function, name=name, **options)


def value(request: Any) -> str:
    return f"You said {request.user}, in turn {request.turn}."


def steps(_request: Any) -> list[Any]:
    call = {"tool_use": {"name": "read", "input": {"path": "a.txt"}}}
    return [{"thinking": "Which file?"}, "I read ${{ request.model }}.", call]


async def coroutine(request: Any) -> str:
    return f"Later: {request.user}"


async def texts(request: Any) -> AsyncIterator[Any]:
    for word in ("One, ", "two, ", "three, ", "four, ", request.user):
        yield word


async def blocks(_request: Any) -> AsyncIterator[Any]:
    yield {"thinking": "First "}
    yield {"thinking": "I think. "}
    yield "Zoë "
    yield "speaks."
    yield {"text": "A second text for ${{ user }}."}
    yield {"tool_use": {"name": "read", "input": {"path": "a.txt", "lines": [1, 2]}}}


def plain_generator(_request: Any) -> Iterator[Any]:
    yield "Plain "
    yield {"pause": "2s"}
    yield "and paused."


async def fake(_request: Any) -> AsyncIterator[Any]:
    yield "${{ fake.name }} "
    yield "${{ fake.city }}"


async def long(_request: Any) -> AsyncIterator[Any]:
    for number in range(40):
        yield f"word{number} "


async def overloaded(_request: Any) -> AsyncIterator[Any]:
    yield "Not to the end"
    yield {"error": "overloaded_error"}
    yield "never sent"


async def overloaded_first(_request: Any) -> AsyncIterator[Any]:
    yield {"error": 529}


async def disconnected(_request: Any) -> AsyncIterator[Any]:
    yield "Half of "
    yield {"disconnect": "reset"}


async def raising(_request: Any) -> AsyncIterator[Any]:
    yield "Before"
    raise ValueError("in the middle")


def raising_first(_request: Any) -> str:
    raise ValueError("at once")


async def wrong_part(_request: Any) -> AsyncIterator[Any]:
    yield "Right, "
    yield {"txt": "wrong"}


async def empty(_request: Any) -> AsyncIterator[Any]:
    parts: list[str] = []
    for part in parts:
        yield part


async def stopped(_request: Any) -> AsyncIterator[Any]:
    yield "Almost "
    yield {"stop_reason": {"type": "refusal", "category": "cyber", "explanation": "No."}}
    yield {"usage": {"output_tokens": 77}}


PACE = {"ttft": "100ms", "tokens_per_second": 50}
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], dict[str, Any]]] = {
    "value": (value, {}),
    "steps": (steps, {}),
    "coroutine": (coroutine, {}),
    "texts": (texts, {}),
    "blocks": (blocks, {}),
    "generator": (plain_generator, {}),
    "fake": (fake, {}),
    "long": (long, {}),
    "overloaded": (overloaded, {}),
    "overloaded_first": (overloaded_first, {}),
    "disconnected": (disconnected, {}),
    "raising": (raising, {}),
    "raising_first": (raising_first, {}),
    "wrong_part": (wrong_part, {}),
    "empty": (empty, {}),
    "stopped": (stopped, {}),
    "paced": (blocks, {"pace": PACE}),
    "paced_value": (value, {"pace": PACE}),
    "faulted": (blocks, {"fault": {"drop": "ping"}}),
    "once": (texts, {"times": 1}),
}
