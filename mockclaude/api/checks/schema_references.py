"""Find references of a schema that lead to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any
from urllib.parse import unquote

_DATA = frozenset({"const", "default", "enum", "examples"})
"""Keywords whose values are data, not schemas."""

_NOTHING = object()

_DIGITS = 9
"""The maximum number of digits of an index. `int` raises for thousands of digits."""


def find_dangling(schema: Any) -> str | None:
    """Return a JSON pointer in a `$ref` of `schema` without a target, or None."""
    return next((reference for reference in _list_pointers(schema) if _resolve(schema, reference) is _NOTHING), None)


def _list_pointers(schema: Any) -> Iterator[str]:
    """Yield the references to other parts of `schema`, without those of embedded schemas with their own `$id`."""
    nodes = [schema]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if node is not schema and isinstance(node.get("$id"), str):
                continue
            reference = node.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/"):
                yield reference
            nodes += [value for key, value in node.items() if key not in _DATA]
        elif isinstance(node, list):
            nodes += node


def _resolve(schema: Any, pointer: str) -> Any:
    return reduce(_step, unquote(pointer).removeprefix("#/").split("/"), schema)


def _step(node: Any, token: str) -> Any:
    if isinstance(node, list):
        is_index = token.isdecimal() and len(token) <= _DIGITS
        return node[int(token)] if is_index and int(token) < len(node) else _NOTHING
    return node.get(token.replace("~1", "/").replace("~0", "~"), _NOTHING) if isinstance(node, dict) else _NOTHING
