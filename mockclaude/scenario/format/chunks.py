"""Chunks: where the streamed text of a block is cut into deltas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from mockclaude.scenario.diagnostics import format_value, join_words

MAX_CHUNKS = 1_000_000
"""The maximum number of chunks, and of characters in a chunk."""


def parse_chunks(value: Any) -> Any:
    """Return a number of chunks, or a list of texts.

    Raises:
        ValueError: The value is neither.
    """
    if isinstance(value, list):
        is_valid = bool(value) and all(isinstance(chunk, str) for chunk in value)
    else:
        is_valid = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_CHUNKS
    if value is not None and not is_valid:
        raise ValueError(
            f"not chunks, got {format_value(value)}; expected a number of chunks, e.g. 3, or a list of texts, "
            "e.g. ['The ', 'weather']"
        )
    return value


ChunkSize: TypeAlias = Annotated[int, Field(ge=1, le=MAX_CHUNKS)]
Chunks: TypeAlias = Annotated[
    Annotated[int, Field(ge=1, le=MAX_CHUNKS)] | Annotated[list[str], Field(min_length=1)],
    BeforeValidator(parse_chunks),
]
"""A number of chunks of equal length, or the chunks themselves."""


def parse_chunk_size(text: str) -> int:
    """Parse the chunk size in a header.

    Raises:
        ValueError: The text is not a chunk size.
    """
    if len(text) < 10 and text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_CHUNKS:
        return int(text)
    raise ValueError(
        f"not a chunk size, got {format_value(text)}; expected the characters of a delta, 1 to {MAX_CHUNKS:,}"
    )


def list_texts(keys: Sequence[str], value: Any) -> list[str]:
    """List those of `keys` that a mapping has, and `chunks` if it is a list of texts."""
    return [key for key in keys if key in value] + ["chunks"] * isinstance(value.get("chunks"), list)


def check_one_text(what: str, keys: Sequence[str], value: Any) -> None:
    """Check that a mapping has at most one of `keys` and a list of chunks.

    Raises:
        ValueError: The mapping has the text several times.
    """
    present = list_texts(keys, value)
    if len(present) > 1:
        got = join_words(present).replace(" or ", " and ")
        expected = join_words([*keys, "a list of chunks"])
        raise ValueError(f"wrong keys of {what}, got {got}; expected at most one of {expected}")


def require_text(what: str, key: str, value: Any) -> Any:
    """Check that a mapping has either `key` or a list of chunks, and return it.

    Other values are returned unchecked.

    Raises:
        ValueError: The mapping has the text not once.
    """
    if isinstance(value, dict):
        check_one_text(what, (key,), value)
        if not list_texts((key,), value) and isinstance(value.get("chunks", 1), int):
            fix = f"add `{key}: ...`"
            raise ValueError(f"missing key '{key}'; expected it, or a list of chunks, beside the other keys; {fix}")
    return value
