"""Checks of the number and the size of the tools that are available after a message."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from mockclaude.api.body import Body
from mockclaude.api.checks.check import Check, Details
from mockclaude.api.request import MessagesRequest

MAX_TOOLS = 10_000
MAX_BYTES = 4_194_304


class _Available:
    """The tools that are deferred, and the definitions that were sent in messages, by name."""

    def __init__(self, tools: list[Body]) -> None:
        self.deferred = {str(tool.get("name")) for tool in tools if tool.get("defer_loading")}
        self.sizes: dict[str, int] = {}
        self.size = 0

    @property
    def excess(self) -> str:
        """The limit that is exceeded; '' for none."""
        if len(self.deferred) > MAX_TOOLS:
            return f"more than {MAX_TOOLS} deferred tools"
        if len(self.sizes) > MAX_TOOLS:
            return f"more than {MAX_TOOLS} tools that are defined after the first user message"
        return f"more than {MAX_BYTES} bytes of tool definitions" if self.size > MAX_BYTES else ""

    def change(self, block: Body) -> None:
        """Apply a `tool_addition` or a `tool_removal`."""
        definition = block["tool"].get("definition")
        name = str((definition or block["tool"]).get("name"))
        if block["type"] == "tool_removal":
            self.deferred.discard(name)
            self.size -= self.sizes.pop(name, 0)
        elif definition is not None:
            size = len(orjson.dumps(definition))
            self.size += size - self.sizes.get(name, 0)
            self.sizes[name] = size
            if definition.get("defer_loading"):
                self.deferred.add(name)


def _changes(request: MessagesRequest) -> Iterator[tuple[int, list[Body]]]:
    """Yield the changes of the tools in each message that has some."""
    for number, message in enumerate(request.messages):
        content = message["content"] if isinstance(message["content"], list) else ()
        if changes := [block for block in content if block["type"] in ("tool_addition", "tool_removal")]:
            yield number, changes


def _find_excess(request: MessagesRequest) -> Details | None:
    tools = request.body.get("tools") or []
    if len(tools) <= MAX_TOOLS and "block:tool_addition" not in request.traits:
        return None
    available = _Available(tools)
    for number, changes in ((0, []), *_changes(request)):
        for block in changes:
            available.change(block)
        if available.excess:
            details = {"error_code": "available_tools_limit_exceeded"}
            return {"number": number, "excess": available.excess, "details": details}
    return None


CHECKS: tuple[Check, ...] = tuple(
    Check(
        f"more available tools than the API takes, with {where}",
        "messages.{number}: {excess} are available after this message",
        "assumed",
        _find_excess,
        needs,
        citation="documentation of tool changes in a conversation: the conditions and the code",
    )
    for where, needs in (("deferred tools", "tool:defer_loading"), ("a tool_addition", "block:tool_addition"))
)
"""Limits whose words are assumed. The limit of the rendered tool text is not checked."""
