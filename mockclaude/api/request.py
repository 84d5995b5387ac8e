"""A request with all that decides whether the API takes it.

In: a body whose shape is checked, the model it names, and what its headers say. Out: an `Asked`, in which checks find
what they look at without walking the messages again.
Knows nothing of which rules there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias

from mockclaude.api import tokens
from mockclaude.api.body import Body
from mockclaude.api.errors import invalid
from mockclaude.api.models import Model
from mockclaude.api.tool_pairs import Pairs, pairs

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


MAX_DOCUMENTS = 500
"""Documents of a request, in every mode: each PDF has to be opened to be counted."""

_WITH_DOCUMENTS = ("document", "tool_result")

Located: TypeAlias = tuple[tuple[Any, ...], Body]
"""Where a content block is, and the block: `("messages", 0, "content", 2)`, in a tool result
`("messages", 0, "content", 2, "tool_result", "content", 0)`.
"""

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
        self.blocks, counted = _walked(self.messages)
        """The content blocks of all messages by type, those in tool results included, in the order of the request."""
        self.input_tokens = tokens.of_prompt(body) + counted
        """The input tokens of the request."""
        self.breakpoints = _breakpoints(body, self.blocks)
        """What has `cache_control`, in the API's order: tools, system, messages, and last the request itself."""
        self.traits = _traits(body, self.blocks, bool(self.breakpoints))
        """What there is to check: top-level fields that are not null, `role:system`, `block:image`, and `cached` where
        anything has `cache_control`.
        """

    @cached_property
    def pairs(self) -> Pairs:
        """The calls of the caller's tools and their results."""
        return pairs(self.messages, self.blocks.get("tool_use", ()), self.blocks.get("tool_result", ()))


def _traits(body: Body, blocks: Blocks, cached: bool) -> frozenset[str]:
    traits = {name for name, value in body.items() if value is not None}
    traits |= {f"role:{role}" for role in {message["role"] for message in body["messages"]}}
    traits |= {f"block:{kind}" for kind in blocks}
    return frozenset(traits | {"cached"} if cached else traits)


def _walked(messages: list[Body]) -> tuple[Blocks, int]:
    """Return the blocks of messages and the tokens of these: long conversations are walked once."""
    found: defaultdict[str, list[Located]] = defaultdict(list)
    count = tokens.MESSAGE_OVERHEAD * len(messages)
    for number, message in enumerate(messages):
        content = message["content"]
        if isinstance(content, str):
            count += tokens.of_text(content)
            continue
        for index, block in enumerate(content):
            path, kind = ("messages", number, "content", index), block["type"]
            found[kind].append((path, block))
            if kind == "tool_result":
                for inner in _inside(path, block):
                    found[_kind(inner[1])].append(inner)
            if kind in _WITH_DOCUMENTS and len(found.get("document", ())) > MAX_DOCUMENTS:
                raise invalid(f"A maximum of {MAX_DOCUMENTS} documents may be provided.")
            count += tokens.of_block(block)
    return dict(found), count


def _inside(path: tuple[str | int, ...], result: Body) -> list[Located]:
    content = result.get("content")
    if not isinstance(content, list):
        return []
    return [((*path, "tool_result", "content", index), block) for index, block in enumerate(content)]


def _kind(block: Body) -> str:
    """Return the type of a block in a tool result, which only the API's own mode holds to have one."""
    kind = block.get("type")
    return kind if isinstance(kind, str) else ""


def _breakpoints(body: Body, blocks: Blocks) -> list[Located]:
    marked = [
        ((field, index), part)
        for field in ("tools", "system")
        if isinstance(parts := body.get(field), list)
        for index, part in enumerate(parts)
        if part.get("cache_control")
    ]
    inside = [located for found in blocks.values() for located in found if located[1].get("cache_control")]
    if inside:
        marked += sorted(inside, key=_position)
    return [*marked, ((), body)] if body.get("cache_control") else marked


def _position(located: Located) -> tuple[int, ...]:
    return tuple(part for part in located[0] if isinstance(part, int))
