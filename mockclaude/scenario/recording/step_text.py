"""Write rules with readable steps as YAML, for people to edit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

_WIDTH = 100
"""The maximum length of a mapping that is written in one line."""

_IN_BLOCK = ("reply", "sequence", "turns", "choice", "content")
"""Keys of a rule whose lists have an item in each line."""


def write_rules(data: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]) -> str:
    """Write a scenario file.

    Args:
        data: The keys of the file beside `rules`.
        rules: The rules, as in a file.
    """
    head = [f"{format_flow(key)}: {format_flow(value)}\n" for key, value in data.items()]
    return "".join(
        [*head, "rules:\n" if rules else "rules: []\n", *(line for rule in rules for line in _write_item(rule, "  "))]
    )


def _write_item(item: Any, margin: str) -> Iterator[str]:
    """Yield the lines of an item of a list."""
    if isinstance(item, list) and item:
        first, *lines = [line for step in item for line in _write_item(step, margin + "  ")]
        yield f"{margin}- {first.lstrip()}"
        yield from lines
        return
    if not isinstance(item, Mapping) or not item:
        yield f"{margin}- {_write_value(item, margin + '  ')}"
        return
    for number, (key, value) in enumerate(item.items()):
        yield f"{margin}{'- ' if number == 0 else '  '}{_write_pair(key, value, margin + '  ')}"


def _write_pair(key: str, value: Any, margin: str) -> str:
    """Write a key and its value, in its line or below it."""
    if key in _IN_BLOCK and isinstance(value, list) and value:
        below = "\n" + "".join([line for item in value for line in _write_item(item, margin + "  ")])
    else:
        below = _write_value(value, margin)
    return f"{format_flow(key)}:{'' if below.startswith(chr(10)) else ' '}{below}"


def _write_value(value: Any, margin: str) -> str:
    if isinstance(value, str) and "\n" in value and is_block_text(value):
        return format_block(value, len(margin))
    flow = format_flow(value)
    if not isinstance(value, Mapping) or not value or len(flow) <= _WIDTH:
        return f"{flow}\n"
    below = margin + "  "
    return "\n" + "".join([f"{below}{_write_pair(key, item, below)}" for key, item in value.items()])


_NOT_IN_BLOCK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_CONSTANTS = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def is_block_text(text: str) -> bool:
    """Return whether a literal block can hold a text."""
    return _NOT_IN_BLOCK.search(text) is None


def format_block(text: str, indent: int) -> str:
    """Write a text as a literal block, from its indicator to the end of its last line.

    Args:
        text: A text for which `is_block_text` is true.
        indent: The column of the block's key.
    """
    chomping = "+" if text.endswith("\n\n") or not text.strip("\n") else "" if text.endswith("\n") else "-"
    margin = " " * (indent + 2)
    lines = text.removesuffix("\n").split("\n")
    return "".join([f"|2{chomping}\n", *(f"{margin}{line}\n" if line else "\n" for line in lines)])


def format_flow(value: Any) -> str:
    """Write JSON data in one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join([f'{format_flow(key)}: {format_flow(item)}' for key, item in value.items()])}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(format_flow, value))}]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _CONSTANTS:
        return value
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", orjson.dumps(value).decode())
