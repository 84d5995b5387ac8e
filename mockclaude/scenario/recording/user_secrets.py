"""Secrets that the user describes: by expressions over JSON, and by regular expressions over decoded values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.conditions.queries import Query
from mockclaude.scenario.conditions.work import Work
from mockclaude.scenario.diagnostics import shorten
from mockclaude.scenario.recorded_reply import find_json
from mockclaude.scenario.recording.json_strings import find_outside_strings, is_opaque, iterate_strings
from mockclaude.scenario.recording.secret_forms import compile_option
from mockclaude.scenario.recording.secret_search import SHORTEST, Hit

_MARKS = compile_lazily(rb"(?:REDACTED_[0-9]+)+")
_NUMBER = compile_lazily(rb"-?[0-9][0-9.eE+-]{7,}")
"""A number of `SHORTEST` signs or more. Shorter ones are counts and positions."""

_REGEX = "--redact-regex"
_DEEPEST = 10
"""The maximum number of texts of JSON in each other."""


class UserSecrets:
    """The values that the options `--redact` and `--redact-regex` describe.

    Raises:
        ValueError: An expression is invalid.
    """

    def __init__(self, expressions: Sequence[str], regexes: Sequence[str]) -> None:
        self._queries = [_compile_query(expression) for expression in expressions]
        self._regexes = [
            (f"--redact-regex {shorten(regex)}", compile_option("--redact-regex", regex)) for regex in regexes
        ]
        self._short: dict[bytes, str] = {}

    def __bool__(self) -> bool:
        return bool(self._regexes or self._short)

    @property
    def has_expressions(self) -> bool:
        """Whether `select` needs documents."""
        return bool(self._queries)

    def select(self, documents: Iterable[Any]) -> Iterator[tuple[bytes, str]]:
        """Yield each text and number that an expression selects, with a description.

        Those of less than 8 bytes are kept for `find`: they count as secrets only as a whole string.

        Raises:
            TooMuchWorkError: The evaluation of an expression takes too long.
        """
        for document in documents:
            for query in self._queries:
                for leaf in _list_leaves(query.evaluate(document, Work())):
                    if len(leaf) >= SHORTEST:
                        yield leaf, f"--redact {shorten(query)}"
                    elif leaf:
                        self._short[leaf] = f"--redact {shorten(query)}"

    def find(self, data: bytes, *, is_json: bool, without: Sequence[bytes] = ()) -> list[Hit]:
        """Find the secrets in a text, or in the strings and long numbers of JSON.

        Args:
            data: The text in UTF-8, or the JSON, which may be cut.
            is_json: Whether `data` is JSON.
            without: Keys whose values are not searched.
        """
        if not self:
            return []
        if not is_json:
            return list(self._find_in_text(data, _DEEPEST))
        return [*self._find_in_json(data, _DEEPEST, without), *self._find_numbers(data)]

    def _find_in_text(self, data: bytes, depth: int) -> Iterator[Hit]:
        if data in self._short:
            yield Hit(0, len(data), data, self._short[data])
        elif depth and data.lstrip()[:1] in (b"{", b"[") and isinstance(find_json(data), dict | list):
            yield from self._find_in_json(data, depth - 1, ())
        else:
            yield from self._match(data)

    def _find_in_json(self, data: bytes, depth: int, without: Sequence[bytes]) -> Iterator[Hit]:
        for string in iterate_strings(data):
            if is_opaque(string.key) or string.key in without:
                continue
            text = string.decoded.text
            for hit in self._match(text) if string.is_key else self._find_in_text(text, depth):
                begin, end = string.to_source(hit.begin, hit.end)
                yield hit._replace(begin=begin, end=end)

    def _find_numbers(self, data: bytes) -> Iterator[Hit]:
        for begin, end in find_outside_strings(data) if self._regexes else ():
            for number in _NUMBER.finditer(data, begin, end):
                yield from (
                    Hit(*number.span(), number[0], name, is_number=True)
                    for name, regex in self._regexes
                    if regex.search(number[0])
                )

    def _match(self, data: bytes) -> Iterator[Hit]:
        for name, regex in self._regexes:
            for match in regex.finditer(data):
                begin, end = match.span()
                if begin < end and not _MARKS.fullmatch(data, begin, end):
                    yield Hit(begin, end, data[begin:end], name)


def _list_leaves(value: Any) -> Iterator[bytes]:
    """Yield the texts and numbers in a value."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item.encode("utf-8", "surrogatepass").strip()
        elif isinstance(item, int | float) and not isinstance(item, bool):
            number = orjson.dumps(item)
            if len(number) >= SHORTEST:
                yield number
        elif isinstance(item, dict | list):
            pending += reversed(list(item.values()) if isinstance(item, dict) else item)


def _compile_query(expression: str) -> Query:
    try:
        return Query(expression)
    except ValueError as error:
        raise ValueError(f"--redact: {error}") from None
