"""Regular expressions of scenario files: Python's syntax, matched by RE2 in linear time.

RE2 works on bytes, so a text is encoded once for all patterns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.conditions.regex_syntax import (
    BOUNDARY,
    NO_BOUNDARY,
    TOO_MANY_REPEATS,
    Parsed,
    PatternError,
    parse,
    translate,
    translate_for_ascii,
)

if TYPE_CHECKING:
    from typing import Self

_MEMORY = (1 << 20, 8 << 20)
"""Bytes for a compiled pattern and the states of a search. A pattern that exceeds the first limit gets the second.

RE2 takes more memory where more is allowed.
"""

_SHOWN = 40
_KEPT_TEXTS = 4
_MARKS = str.maketrans("", "", BOUNDARY + NO_BOUNDARY)
_NON_ASCII_WORD = compile_lazily(r"[^\W\x00-\x7f]")
_BOUNDARIES = compile_lazily(r"\b")
_POSITIONS = compile_lazily(r"(\b)|(?:)")


class Regex(str):
    """A compiled regular expression.

    As a string it is the pattern that the user wrote.

    Raises:
        ValueError: The pattern is invalid, too large, or cannot run in linear time.
    """

    _parsed: Parsed
    _plain: _Form
    _marked: _Form | None

    def __new__(cls, pattern: str) -> Self:
        """Compile `pattern`."""
        regex = super().__new__(cls, pattern)
        try:
            regex._parsed = parse(pattern)
            regex._plain = _Form(regex._parsed)
            regex._marked = _Form(regex._parsed, marked=True) if regex._plain.translation.boundaries else None
        except PatternError as error:
            raise ValueError(f"`regex`: {error}, got {_shown(pattern)}; {error.expected}") from None
        return regex

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, handler(str))

    @property
    def needle(self) -> str:
        """A text that every match contains; if `folded`, in any case. '' without one."""
        return self._parsed.needle

    @property
    def folded(self) -> bool:
        """Whether the pattern ignores case."""
        return self._parsed.folded

    @cached_property
    def capture_names(self) -> frozenset[str]:
        """The names and numbers of the groups, with '0' for the whole match."""
        return frozenset([name for name, _ in self._captured_groups])

    @cached_property
    def _captured_groups(self) -> tuple[tuple[str, int], ...]:
        numbers = range(self._parsed.group_count + 1)
        return (*[(str(number), number) for number in numbers], *self._parsed.names.items())

    @cached_property
    def ascii_pattern(self) -> bytes | None:
        """The pattern for texts of ASCII; None if it names other characters."""
        pattern = translate_for_ascii(self._parsed)
        return None if pattern is None else pattern.encode()

    def matches(self, text: str) -> bool:
        """Return whether the pattern matches somewhere in `text`."""
        if not self._parsed.folded and self._parsed.needle not in text:
            return False
        form, data = self._prepare(text)
        return form.program.search(data) is not None

    def captures(self, text: str) -> Mapping[str, Any] | None:
        """Return the captures of the first match by number and name, or None."""
        form, data = self._prepare(text)
        match = form.capturing_program.search(data)
        if match is None:
            return None
        ends, numbers = form.translation.ends, form.translation.numbers
        starts = [match.start(number) for number in ends if match[number] is not None] if ends else ()
        end, found = min(starts, default=None), match.string
        texts = [_captured(found, match.span(numbers[n]), end) for n in range(self._parsed.group_count + 1)]
        return {name: texts[number] for name, number in self._captured_groups}

    def _prepare(self, text: str) -> tuple[_Form, bytes]:
        """Return the form of the pattern that suits `text`, and the text encoded for that form."""
        if self._marked and not text.isascii() and _has_non_ascii_word(text):
            translation = self._marked.translation
            return self._marked, _mark(text, translation.gaps, min(max(translation.boundaries, 2), _MOST_MARKS))
        return self._plain, encode(text)


class _Form:
    """A pattern for texts with or without marks.

    The capturing program is compiled when it is first needed.
    """

    def __init__(self, parsed: Parsed, *, marked: bool = False) -> None:
        self.translation = translate(parsed, marked=marked)
        self.program = _compile(self.translation.pattern)

    @cached_property
    def capturing_program(self) -> Any:
        """The compiled expression that captures groups.

        It gets more memory, so that it fits if the other expression does.
        """
        return _compile(self.translation.pattern, [2 * size for size in _MEMORY], capture=True)


def _compile(pattern: str, sizes: Iterable[int] = _MEMORY, *, capture: bool = False) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.never_capture = not capture
    reason = ""
    for options.max_mem in sizes:
        try:
            return re2.compile(pattern.encode(), options)
        except re2.error as error:
            reason = error.args[0].decode()
    raise _describe(reason) from None


def _describe(reason: str) -> PatternError:
    if reason.startswith("pattern too large"):
        return PatternError("pattern too large", "expected at most 8 MiB when compiled; use * or + in place of counts")
    if reason.startswith("invalid repetition size"):
        return PatternError(*TOO_MANY_REPEATS)
    return PatternError(f"invalid pattern ({reason})", "expected a regular expression that RE2 accepts")


def _captured(data: bytes, span: tuple[int, int], end: int | None) -> str | None:
    """Return the text of a group, without marks and without the line break that a `$` in it matched, at `end`."""
    first, after = span
    if first < 0:
        return None
    if end is not None and first <= end < after:
        after = end
    text = data[first:after].decode("utf-8", "surrogatepass")
    return text if text.isascii() else text.translate(_MARKS)


def _shown(pattern: str) -> str:
    return f"'{pattern if len(pattern) <= _SHOWN else f'{pattern[: _SHOWN - 1]}…'}'"


_MOST_MARKS = 8
"""The maximum number of marks at a position, so that no pattern makes a text much longer."""


@lru_cache(maxsize=_KEPT_TEXTS)
def encode(text: str) -> bytes:
    """Encode a text as UTF-8, surrogates included. The latest texts are kept."""
    return text.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=_KEPT_TEXTS)
def _has_non_ascii_word(text: str) -> bool:
    return _NON_ASCII_WORD.search(text) is not None


@lru_cache(maxsize=_KEPT_TEXTS)
def _mark(text: str, gaps: bool, count: int) -> bytes:
    """Return the text with marks at every word boundary, one for each `\\b` that may follow another.

    With `gaps` there are marks of another kind at every other position.
    """
    marks = BOUNDARY * count
    if not gaps:
        return encode(_BOUNDARIES.sub(marks, text))
    return encode(_POSITIONS.sub(lambda match: NO_BOUNDARY * count if match[1] is None else marks, text))
