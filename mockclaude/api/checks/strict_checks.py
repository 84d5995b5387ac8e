"""Checks of the size of a grammar: the API compiles the schemas of all strict tools and of the output format into one.

Each schema has passed the checks of its keywords before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import orjson

from mockclaude.api.body import Body
from mockclaude.api.checks.check import Check, Details
from mockclaude.api.checks.output_checks import find_format, subschemas
from mockclaude.api.memo import remember
from mockclaude.api.request import MessagesRequest

MAX_STRICT_TOOLS = 20
MAX_OPTIONAL = 24
MAX_UNIONS = 16

_FORMATS = ("output_config", "output_format")
_SOURCES = {"tool:strict": "strict tools", "output_config": "an output format", "output_format": "an old output format"}
"""The traits of requests with a grammar."""


class _Size(NamedTuple):
    """The optional properties of a schema, and its types that are unions."""

    optional: int
    unions: int


def _is_strict(tool: Body) -> bool:
    return tool.get("strict") is True


def _too_many(request: MessagesRequest) -> Details | None:
    count = sum(map(_is_strict, request.body["tools"]))
    return {"count": count, "most": MAX_STRICT_TOOLS} if count > MAX_STRICT_TOOLS else None


def _sizes(request: MessagesRequest) -> list[_Size]:
    """Return the sizes of the schemas that the API compiles. They are measured once for all checks."""
    sizes: list[_Size] | None = request.memo.get(_Size)
    if sizes is None:
        formats = filter(None, (find_format(request, field) for field in _FORMATS))
        sizes = request.memo[_Size] = [_measure(output_format["schema"]) for output_format in formats]
        if "tool:strict" in request.traits:
            sizes += _measure_tools(request.encoded_tools or orjson.dumps(request.body["tools"]))
    return sizes


@remember(16, 100_000)
def _measure_tools(tools: bytes) -> list[_Size]:
    """Measure the strict tools in `tools`, as JSON. Cached, since agents repeat tools."""
    return [_measure(tool.get("input_schema")) for tool in orjson.loads(tools) if _is_strict(tool)]


def _measure(schema: Any) -> _Size:
    nodes = [*subschemas(schema)]
    return _Size(sum(map(_count_optional, nodes)), sum(map(_is_union, nodes)))


def _count_optional(node: Body) -> int:
    properties, required = node.get("properties"), node.get("required")
    names = {name for name in required if isinstance(name, str)} if isinstance(required, list) else set()
    return len(properties.keys() - names) if isinstance(properties, dict) else 0


def _is_union(node: Body) -> bool:
    return "anyOf" in node or isinstance(node.get("type"), list)


def _find_sum(count: Callable[[_Size], int], most: int) -> Callable[[MessagesRequest], Details | None]:
    """Build a check that sums a size over all schemas."""

    def find(request: MessagesRequest) -> Details | None:
        total = sum(map(count, _sizes(request)))
        return {"count": total, "most": most} if total > most else None

    return find


def _too_complex(request: MessagesRequest) -> Details | None:
    is_complex = any(size.optional >= MAX_OPTIONAL or size.unions >= MAX_UNIONS for size in _sizes(request))
    return {} if is_complex else None


def _build_checks(
    condition: str, message: str, find: Callable[[MessagesRequest], Details | None], citation: str
) -> Iterable[Check]:
    """Build a check for each trait of a request with a grammar. The sizes are the same in all."""
    for needs, source in _SOURCES.items():
        yield Check(f"{condition} in {source}", message, "recorded", find, needs, gateway=True, citation=citation)


_RECORDINGS = "0xPlaygrounds/rig tests/cassettes/anthropic/strict_schema_limits"

CHECKS: tuple[Check, ...] = (
    Check(
        "too many strict tools",
        "Too many strict tools ({count}). The maximum number of strict tools supported is {most}. "
        "Try reducing the number of tools marked as strict.",
        "recorded",
        _too_many,
        "tool:strict",
        gateway=True,
        citation=_RECORDINGS,
    ),
    *_build_checks(
        "too many optional parameters",
        "Schemas contains too many optional parameters ({count}), which would make grammar compilation inefficient. "
        "Reduce the number of optional parameters in your tool schemas (limit: {most}).",
        _find_sum(lambda size: size.optional, MAX_OPTIONAL),
        _RECORDINGS,
    ),
    *_build_checks(
        "too many unions",
        "Schemas contains too many parameters with union types ({count} parameters with type arrays or anyOf). "
        "This causes exponential compilation cost. Reduce the number of nullable or union-typed parameters "
        "(limit: {most} parameters with unions).",
        _find_sum(lambda size: size.unions, MAX_UNIONS),
        _RECORDINGS,
    ),
    *_build_checks(
        "a schema that uses up a limit alone",
        "Schema is too complex for compilation. Try reducing the number of tools or simplifying tool schemas.",
        _too_complex,
        _RECORDINGS,
    ),
)
"""Strict tools and structured output: their number, then the size of their schemas."""
