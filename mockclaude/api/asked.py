"""A request with all that decides whether the API takes it.

In: a body whose shape is checked, the model it names, and what its headers say. Out: an `Asked`, in which checks find
what they look at without walking the messages again.
Knows nothing of which rules there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from mockclaude.api import tokens
from mockclaude.api.models import Model
from mockclaude.api.request import Body

OLD_VERSION, NEW_VERSION = "2023-06-01", "2026-10-21"
VERSIONS = (OLD_VERSION, NEW_VERSION)
"""Every value of `anthropic-version` that is taken: SDKs before Python 2.0 and TypeScript 1.0 send the old one."""

Origin: TypeAlias = Literal["issued", "edited", "unknown"]
"""What is known of a thinking block that comes back: it is as it was sent, its text is another, or nobody sent it."""


class Issued(Protocol):
    """What the server knows of the blocks that it, or a recording, once sent."""

    def thinking(self, thinking: str, signature: str) -> Origin:
        """Return where a `thinking` block comes from."""

    def redacted(self, data: str) -> bool:
        """Return whether a `redacted_thinking` block was sent."""


class Anything:
    """Takes every block as one that was issued."""

    def thinking(self, thinking: str, signature: str) -> Origin:  # noqa: ARG002 (the protocol's signature)
        """Return "issued"."""
        return "issued"

    def redacted(self, data: str) -> bool:  # noqa: ARG002 (the protocol's signature)
        """Return True."""
        return True


class Located(NamedTuple):
    """A content block and where it is: `("messages", 0, "content", 2)`, in a tool result
    `("messages", 0, "content", 2, "tool_result", "content", 0)`.
    """

    path: tuple[str | int, ...]
    block: Body

    def __str__(self) -> str:
        return dotted(self.path)


Blocks: TypeAlias = dict[str, list[Located]]


def dotted(path: Iterable[str | int]) -> str:
    """Return a path as the API's messages write it."""
    return ".".join(map(str, path))


class Asked:
    """A request to `POST /v1/messages`, or `counting` one to `/v1/messages/count_tokens`.

    `model` is None for a name that the catalogue does not have: nothing is known then of what it takes. A message whose
    content is a string has no blocks here.
    """

    def __init__(
        self,
        body: Body,
        model: Model | None = None,
        *,
        version: str = NEW_VERSION,
        betas: frozenset[str] = frozenset(),
        counting: bool = False,
        issued: Issued | None = None,
    ) -> None:
        self.body = body
        self.model = model
        self.version = version
        self.betas = betas
        self.counting = counting
        self.issued: Issued = issued or Anything()
        self.messages: list[Body] = body["messages"]
        self.input_tokens = tokens.of_input(body)
        """The input tokens of the request."""
        self.blocks = _blocks(self.messages)
        """The content blocks of all messages by type, those in tool results included, in the order of the request."""
        self.breakpoints = _breakpoints(body, self.blocks)
        """What has `cache_control`, in the API's order: tools, system, messages, and last the request itself."""
        self.traits = frozenset(_traits(body, self.blocks, bool(self.breakpoints)))
        """What there is to check: top-level fields that are not null, `role:system`, `block:image`, and `cached` where
        anything has `cache_control`.
        """


def _traits(body: Body, blocks: Blocks, cached: bool) -> Iterator[str]:
    for name, value in body.items():
        if value is not None:
            yield name
    for message in body["messages"]:
        yield _ROLES.get(message["role"], "")
    for kind in blocks:
        yield f"block:{kind}"
    if cached:
        yield "cached"


_ROLES = {role: f"role:{role}" for role in ("user", "assistant", "system")}


def _blocks(messages: list[Body]) -> Blocks:
    found: Blocks = {}
    for number, message in enumerate(messages):
        content = message["content"]
        if not isinstance(content, str):
            for located in _walk(number, content):
                found.setdefault(located.block.get("type", ""), []).append(located)
    return found


def _walk(number: int, content: list[Body]) -> Iterator[Located]:
    for index, block in enumerate(content):
        path = ("messages", number, "content", index)
        yield Located(path, block)
        if block.get("type") == "tool_result":
            yield from _inside(path, block)


def _breakpoints(body: Body, blocks: Blocks) -> list[Located]:
    inside = [located for found in blocks.values() for located in found if "cache_control" in located.block]
    every = [*_parts(body, "tools"), *_parts(body, "system"), *sorted(inside, key=_position)]
    if "cache_control" in body:
        every.append(Located((), body))
    return [located for located in every if located.block.get("cache_control")]


def _parts(body: Body, field: str) -> list[Located]:
    parts: Any = body.get(field)
    return [Located((field, n), part) for n, part in enumerate(parts)] if isinstance(parts, list) else []


def _position(located: Located) -> tuple[int, ...]:
    return tuple(part for part in located.path if isinstance(part, int))


def _inside(path: tuple[str | int, ...], result: Body) -> Iterator[Located]:
    content: Any = result.get("content")
    if isinstance(content, list):
        for index, block in enumerate(content):
            yield Located((*path, "tool_result", "content", index), block)
