"""Write rules with readable steps as YAML, for people to edit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockclaude.scenario.loading.yaml_writer import format_block, format_flow, format_key, is_block_text

_WIDTH = 100
"""The maximum length of a mapping that is written in one line."""

_IN_BLOCK = ("reply", "sequence", "turns", "choice", "content")
"""Keys of a rule whose lists have an item in each line."""


def write_rules(data: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]) -> str:
    """Write a scenario file.

    Args:
        data: The keys of the file beside `rules`.
        rules: The rules, as in a file.

    Raises:
        ValueError: The data are nested too deep, or have a key that is too long.
    """
    head = [f"{format_key(key)}: {format_flow(value)}\n" for key, value in data.items()]
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
        yield f"{margin}- {_write_value(item, margin)}"
        return
    for number, (key, value) in enumerate(item.items()):
        yield f"{margin}{'- ' if number == 0 else '  '}{format_pair(key, value, margin + '  ')}"


def format_pair(key: str, value: Any, margin: str) -> str:
    """Write a key of a rule and its value, in its line or below it.

    Args:
        key: The key.
        value: The value, as in a file.
        margin: The spaces before the key, which stand before the other lines only.

    Raises:
        ValueError: The value is nested too deep, or has a key that is too long.
    """
    if key in _IN_BLOCK and isinstance(value, list) and value:
        below = "\n" + "".join([line for item in value for line in _write_item(item, margin + "  ")])
    else:
        below = _write_value(value, margin)
    return f"{format_key(key)}:{'' if below.startswith(chr(10)) else ' '}{below}"


def _write_value(value: Any, margin: str) -> str:
    if isinstance(value, str) and "\n" in value and is_block_text(value):
        return format_block(value, len(margin))
    flow = format_flow(value)
    if not isinstance(value, Mapping) or not value or len(flow) <= _WIDTH:
        return f"{flow}\n"
    below = margin + "  "
    return "\n" + "".join([f"{below}{format_pair(key, item, below)}" for key, item in value.items()])
