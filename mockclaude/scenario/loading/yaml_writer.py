"""Write values as YAML that `yaml_source` reads back as equal values.

PyYAML's emitter follows YAML 1.1: it would write the text `1e5` or `0o17` without quotes. Its output also depends on
its version, and recordings are compared byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from mockclaude.api.lazy_pattern import compile_lazily

MAX_FLOW_DEPTH = 40
"""The maximum nesting of a value, so that it fits in a file wherever it stands."""

LONGEST_KEY = 500
"""The maximum number of characters of a key. YAML's own limit is 1,024 with quotes and escapes."""

_INVISIBLE = compile_lazily(
    "[\x00-\x1f\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202f\u205f-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
"""Characters that are escaped: unprintable and invisible characters."""

_NOT_IN_BLOCK = compile_lazily("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""Characters that a literal block cannot hold unchanged."""

_PLAIN = compile_lazily(r"[\w/(.](?:[^,\[\]{}?#:\"`]|:(?=[^\s,\[\]{}?]))*(?<!\s)")
_PLAIN_IN_LINE = compile_lazily(r"[\w/(.](?:[^#:]|:(?=\S)|(?<=\S)#)*(?<!\s)")
_NUMBER_OR_DATE = compile_lazily(r"[0-9.](?:[0-9a-fA-FxXoeE._+:-]*)")
_CONSTANTS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", ".nan"))
"""Words with a meaning in YAML 1.1 or 1.2, in any case."""


def is_block_text(text: str) -> bool:
    """Return whether a literal block can hold a text."""
    return _NOT_IN_BLOCK.search(text) is None


def format_block(text: str, indent: int) -> str:
    """Write a text as a literal block, from its indicator to the end of its last line.

    Args:
        text: A text for which `is_block_text` is true.
        indent: The column of the block's key.
    """
    is_kept = text.endswith("\n\n") or not text.strip("\n")
    chomping = "+" if is_kept else "" if text.endswith("\n") else "-"
    lines = text.removesuffix("\n").split("\n")
    margin = " " * (indent + 2)
    return "".join([f"|2{chomping}\n", *(f"{margin}{line}\n" if line else "\n" for line in lines)])


def format_line_scalar(text: str) -> str:
    """Write a text as the value of a key, alone in its line."""
    return _format_text(text, _PLAIN_IN_LINE)


def format_flow(value: Any, depth: int = 0) -> str:
    """Write JSON data in one line.

    Raises:
        ValueError: The data are nested deeper than `MAX_FLOW_DEPTH`, or have a key longer than `LONGEST_KEY`.
    """
    if isinstance(value, str):
        return _format_text(value, _PLAIN)
    if not isinstance(value, Mapping | list | tuple):
        return orjson.dumps(value).decode()
    if depth >= MAX_FLOW_DEPTH:
        raise ValueError(f"data nested more than {MAX_FLOW_DEPTH} levels deep; expected fewer levels")
    if isinstance(value, Mapping):
        items = [f"{format_key(key)}: {format_flow(item, depth + 1)}" for key, item in value.items()]
        return f"{{{', '.join(items)}}}"
    return f"[{', '.join([format_flow(item, depth + 1) for item in value])}]"


def format_key(key: str) -> str:
    """Write a key of a mapping.

    Raises:
        ValueError: The key is longer than `LONGEST_KEY`.
    """
    if len(key) > LONGEST_KEY:
        raise ValueError(f"a key of {len(key)} characters; expected at most {LONGEST_KEY}")
    return _format_text(key, _PLAIN)


def _format_text(text: str, plain: Any) -> str:
    if _INVISIBLE.search(text):
        return f'"{_ESCAPED.sub(_escape, text)}"'
    if plain.fullmatch(text) and text.lower() not in _CONSTANTS and not _NUMBER_OR_DATE.fullmatch(text):
        return text
    return "'" + text.replace("'", "''") + "'"


_ESCAPED = compile_lazily(rf'{_INVISIBLE.pattern}|["\\]')
_SHORT_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def _escape(match: Any) -> str:
    character = match[0]
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"  # YAML has no form for half of a surrogate pair
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04x}"
