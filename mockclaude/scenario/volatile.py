"""Volatile parts of a text, which differ each time a client sends it: dates, clock times, ids, local paths.

The expressions run on RE2, in one pass and in time linear in the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any

import orjson

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
_WEEKDAY = r"(?:(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? +)?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm])?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[A-Z]{3,4}|[+-]\d\d:?\d\d))?"

KINDS: Mapping[str, str] = {
    "billing header": r"x-anthropic-billing-header:[^\n]*",
    "usage": r"(?s:<usage>.*?</usage>)",
    "UUID": r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b",
    "id of the API": r"\b(?:req|msg|(?:srv|mcp)?toolu|call|file|container|msgbatch)_(?:bdrk_|vrtx_)?[0-9A-Za-z]{12,}\b",
    "id of an agent of Claude Code": r"\ba[0-9a-f]{16}\b",
    "long hexadecimal number": r"\b[0-9a-fA-F]{24,}\b",
    "ISO date": rf"\b\d{{4}}-\d\d-\d\d(?:[T ]{_CLOCK}{_ZONE})?",
    "ISO date without dashes": (
        r"\b(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
        rf"(?:T?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:[.,]\d+)?)?{_ZONE})?\b"
    ),
    "date in figures": r"\b(?:\d{4}/\d{1,2}/\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{4})\b",
    "date of a computer": rf"\b{_WEEKDAY}{_MONTH} +\d{{1,2}} +{_CLOCK}{_ZONE} \d{{4}}\b",
    "written date": rf"\b{_WEEKDAY}(?:{_MONTH}\.? +{_DAY}|{_DAY}\.? +(?:of +)?{_MONTH})\b(?:\.?,? +\d{{4}}\b)?",
    "clock": rf"\b{_CLOCK}{_ZONE}\b",
    "hour": r"\b(?:0?[1-9]|1[0-2]) ?(?:[AaPp][Mm]\b|[AaPp]\.[Mm]\.)",
    "hour and minute": r"\b(?:[01]?\d|2[0-3])h[0-5]\d\b",
    "duration of several units": r"\b(?:\d+h ?\d+m(?: ?\d+(?:\.\d+)?s)?|\d+m ?\d+(?:\.\d+)?s)\b",
    "epoch": r"\b(?:1[5-9]|2[0-3])\d{8}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?\b",
    "duration": r"\b\d+(?:\.\d+)? ?(?:ns|us|µs|ms|s|sec(?:ond)?s?|min(?:ute)?s?|h|hrs?|hours?)\b",
    "home path": r"(?:/(?:home|Users)/|[A-Za-z]:\\+Users\\+)[^/\\\s\"'<>]+",
    "temporary path": r"(?:/private)?/(?:var/folders|var/tmp|tmp)/[^\s\"'<>]+",
    "loopback port": r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]):\d{1,5}\b",
}
"""Kind of volatile part -> its expression. Longer kinds come first."""


MAX_PARTS = 10_000
"""Volatile parts of a text that are removed. Each takes far more time than other text of its length."""


def prepare() -> None:
    """Compile the expressions in advance, so that no request waits for that."""
    _expression()


@cache
def _expression() -> Any:
    return _compile("|".join(f"(?:{kind})" for kind in KINDS.values()))


def _compile(expression: str) -> Any:
    import re2  # takes 20 ms, and most scenarios have no script

    options = re2.Options()
    options.log_errors = False
    return re2.compile(expression.encode(), options=options)


ESCAPES = ((b"\\n", b"\n"), (b"\\t", b"\t"), (b"\\r", b"\r"))
"""Escapes of JSON. As text they would join a word to the first word of the next line."""


def without_volatile(text: bytes) -> bytes:
    """Remove the first `MAX_PARTS` volatile parts of a UTF-8 text."""
    blanked: bytes = _expression().sub(b"", text, MAX_PARTS)
    return blanked


REDACTED = r"\bREDACTED_\d+\b"
"""The mark that a recording has in place of a secret."""


class VolatileParts:
    """The volatile parts of the texts of a recording.

    They are those of `KINDS`, the marks of redacted secrets, and those of further expressions.

    Args:
        expressions: The further expressions, in the syntax of RE2.

    Raises:
        ValueError: An expression is invalid, or matches the empty text.
    """

    def __init__(self, expressions: tuple[str, ...] = ()) -> None:
        for expression in expressions:
            _check_expression(expression)
        own = [f"(?:{expression})" for expression in (REDACTED, *expressions)]
        self._own = _compile("|".join(own))
        self._all = _compile("|".join([*own, *(f"(?:{kind})" for kind in KINDS.values())]))

    def remove(self, text: bytes) -> bytes:
        """Remove the first `MAX_PARTS` volatile parts of a UTF-8 text."""
        blanked: bytes = self._all.sub(b"", text, MAX_PARTS)
        return blanked

    def split(self, text: str) -> list[str]:
        """Split a text at the first `MAX_PARTS` volatile parts."""
        pieces: list[bytes] = self._all.sub(b"\0", text.replace("\0", " ").encode(), MAX_PARTS).split(b"\0")
        return [piece.decode() for piece in pieces]

    def are_in(self, text: str) -> bool:
        """Return whether a text has a volatile part."""
        return self._all.search(text.encode()) is not None

    def are_unknown_in(self, text: bytes) -> bool:
        """Return whether a UTF-8 text has a volatile part that only this recording knows."""
        return self._own.search(text) is not None


@lru_cache(maxsize=8)
def compile_volatile_parts(expressions: tuple[str, ...] = ()) -> VolatileParts:
    """Return the volatile parts of a recording with these further expressions.

    Raises:
        ValueError: An expression is invalid, or matches the empty text.
    """
    return VolatileParts(expressions)


def _check_expression(expression: str) -> None:
    import re2

    try:
        compiled = _compile(expression)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
        raise ValueError(f"invalid regular expression {expression!r} ({reason}); expected the syntax of RE2") from None
    if compiled.search(b"") is not None:
        raise ValueError(f"regular expression {expression!r} matches the empty text; expected one that does not")


def remove_cache_control(content: Any) -> Any:
    """Return content blocks or tools without `cache_control`; a text becomes a block."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        return content
    return [
        {key: value for key, value in item.items() if key != "cache_control"} if isinstance(item, dict) else item
        for item in content
    ]


def turn_hash(body: Mapping[str, Any]) -> bytes:
    """Compute the hash of the current turn, equal for all attempts of a client.

    It covers the system prompt and all messages, without their volatile parts. It omits the model, `stream`,
    `max_tokens` and all other settings, since a client may change them in a retry, and headers: only SDKs send
    `x-stainless-retry-count`. A string counts as its text block, and `cache_control` is ignored.
    """
    messages = [{**message, "content": remove_cache_control(message.get("content"))} for message in body["messages"]]
    text = orjson.dumps([remove_cache_control(body.get("system")), messages], option=orjson.OPT_SORT_KEYS)
    for escape, character in ESCAPES:
        text = text.replace(escape, character)
    return blake2b(without_volatile(text), digest_size=16).digest()
