"""Text for one string of a tool's input: what the user wrote, or something that fits a format or a name.

In: the property's name and what the user wrote, or draws and a label. Out: candidates, best first; nobody has checked
them yet. One table: words of a name -> what to look for in the user's text -> what to make up instead.
Knows nothing of schemas. What it makes up is harmless: example domains, documentation addresses, `echo`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from math import ceil
from threading import local
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from mockclaude.reply.draws import Draws

_READ = 2_000
_SHORT = 120
_OCCURRENCES = 20

Finder: TypeAlias = Callable[[str, set[str]], list[str]]
"""What the user wrote, and the words of the property's name -> what in it could be meant."""


class ValueGenerator(NamedTuple):
    """Makes things up for one label."""

    draws: Draws
    label: str

    def number(self, low: int, high: int, part: str = "") -> int:
        """Return a number from `low` to `high`."""
        return self.draws.integer(f"{self.label}/{part}", low, high)

    def pick(self, *options: str) -> str:
        """Return one of `options`."""
        return self.draws.pick(self.label, options)

    def fake(self, method: str) -> str:
        """Return what Faker's `method` makes."""
        faker = _FAKERS.generator
        faker.seed_instance(self.draws.seed_for(self.label))
        return str(getattr(faker, method)())


Maker: TypeAlias = Callable[[ValueGenerator], str]


def said(name: str, hints: str) -> list[str]:
    """Return what in `hints` could be meant by a property called `name`."""
    words = _words(name)
    text = hints[-_READ:]
    return [found for finder in _kind(words).finders for found in _turned(finder(text, words), words)]


def named(name: str, source: ValueGenerator) -> str:
    """Return something that a property called `name` could hold."""
    return _kind(_words(name)).make(source)


def formatted(format_name: str, source: ValueGenerator) -> str | None:
    """Return text in a format of JSON Schema, or None if it is not one of those known here."""
    make = _FORMATS.get(format_name)
    return make(source) if make else None


def numbers(name: str, hints: str) -> list[int | float]:
    """Return the numbers in `hints`, first the one that a property called `name` would mean."""
    found = [match.replace(",", "") for match in _all_of(_NUMBER, hints[-_READ:])]
    return [float(text) if "." in text else int(text) for text in _turned(found, _words(name))]


def mentioned(options: Sequence[Any], hints: str) -> list[Any]:
    """Return those of `options` whose text is a word of `hints`."""
    text = hints[-_READ:].lower()
    return [each for each in options if isinstance(each, (str, int, float)) and _is_word(str(each).lower(), text)]


def sized(text: str, shortest: int, longest: int, filler: str = " and more") -> str:
    """Return `text`, cut or filled up."""
    padding = filler * ceil(max(shortest - len(text), 0) / len(filler))
    return (text + padding)[: max(shortest, min(len(text), longest))]


def _is_word(text: str, hints: str) -> bool:
    """Tell whether `text` is in `hints` between word boundaries; its first occurrences are looked at."""
    at = hints.find(text) if text else -1
    for _ in range(_OCCURRENCES):
        if at < 0:
            break
        if not (_goes_on(hints[:at][-1:]) or _goes_on(hints[at + len(text) :][:1])):
            return True
        at = hints.find(text, at + 1)
    return False


def _goes_on(character: str) -> bool:
    return character.isalnum() or character == "_"


def _words(name: str) -> set[str]:
    return {word.lower() for word in _NAME_WORDS.findall(name)}


def _turned(found: list[Any], words: set[str]) -> list[Any]:
    """Put the second one first for names such as `b` or `new_text`."""
    at = 1 if words & _SECOND and len(found) > 1 else 0
    return found[at:] + found[:at]


def _kind(words: set[str]) -> _Kind:
    return next((kind for kind in _KINDS if words & kind.words), _ANYTHING)


def _found(pattern: str) -> Finder:
    compiled = re.compile(pattern)
    return lambda hints, _: [*_all_of(compiled, hints)]


@lru_cache(maxsize=64)
def _all_of(pattern: re.Pattern[str], hints: str) -> tuple[Any, ...]:
    """Return all matches: every property of a schema looks for them in the same text."""
    return tuple(pattern.findall(hints))


def _quoted(hints: str, _: set[str]) -> list[str]:
    return [next(filter(None, groups)) for groups in _all_of(_QUOTED, hints)]


def _phrases(hints: str, words: set[str]) -> list[str]:
    """Return the phrases after a preposition: first those after the one the name asks for, then the capitalized."""
    wanted = next((lead for word, lead in _LEADS.items() if word in words), "")
    found = [(lead.lower(), phrase.strip()) for lead, phrase in _all_of(_PHRASE, hints)]
    ranked = sorted(found, key=lambda each: (each[0] != wanted, not each[1][0].isupper(), each[0] == "to"))
    return [phrase for _, phrase in ranked if phrase.lower() not in _PRONOUNS]


def _whole(hints: str, _: set[str]) -> list[str]:
    line = " ".join(hints.split())
    shortened = line if len(line) <= _SHORT else line[:_SHORT].rsplit(" ", 1)[0]
    return [shortened] if shortened else []


def _date(source: ValueGenerator) -> str:
    return f"2026-{source.number(1, 12, 'month'):02}-{source.number(1, 28, 'day'):02}"


def _time(source: ValueGenerator) -> str:
    return f"{source.number(0, 23, 'hour'):02}:{source.number(0, 59, 'minute'):02}:00Z"


def _moment(source: ValueGenerator) -> str:
    return f"{_date(source)}T{_time(source)}"


def _uuid(source: ValueGenerator) -> str:
    high, low = (source.draws.seed_for(f"{source.label}/{half}") for half in ("high", "low"))
    return str(UUID(int=high << 64 | low, version=4))


def _word(source: ValueGenerator) -> str:
    return source.pick(*_PLAIN_WORDS)


def _handle(source: ValueGenerator) -> str:
    return f"{_word(source)}-{source.number(1, 999, 'number')}"


def _email(source: ValueGenerator) -> str:
    return f"{source.fake('first_name').lower()}@example.com"


def _url(source: ValueGenerator) -> str:
    return f"https://example.com/{_handle(source)}"


class _Kind(NamedTuple):
    words: set[str]
    finders: Sequence[Finder]
    make: Maker


def _of(words: str, finders: Sequence[Finder], make: Maker) -> _Kind:
    return _Kind(set(words.split()), finders, make)


def _fake(method: str) -> Maker:
    return lambda source: source.fake(method)


def _one_of(*options: str) -> Maker:
    return lambda source: source.pick(*options)


_NAME_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NUMBER = re.compile(r"(?<![\w./:,-])-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,9})?(?![\w/:-]|[.,]\d)")
_QUOTED = re.compile(r"""(?<!\w)(?:"([^"\n]+)"|'([^'\n]+)'|`([^`\n]+)`|“([^”\n]+)”|‘([^’\n]+)’|«([^»\n]+)»)(?!\w)""")
_STOPS = "in|for|of|about|at|to|from|on|with|by|using|and|or|then|please|today|tomorrow|now|tool"
_PHRASE = re.compile(
    rf"\b(in|for|of|about|at|to|from)\s+(?:(?:the|an?|my|our|your|some|any)\s+)?"
    rf"([^\W_][^,;!?\"()\n]{{0,80}}?)(?=[.:]?\s*$|[.:]\s|[,;!?\"()\n]|\s+(?:{_STOPS})\b)",
    re.IGNORECASE,
)
_PRONOUNS = {"me", "you", "us", "it", "this", "that", "them", "him", "her", "do", "be"}
_LEADS = {"destination": "to", "to": "to", "target": "to", "origin": "from", "from": "from", "source": "from"}
_SECOND = {"b", "y", "2", "second", "new", "replacement", "right", "divisor", "exponent", "longitude", "lon", "lng"}
_PLAIN_WORDS = ("alpha", "amber", "cedar", "delta", "ember", "harbor", "lunar", "maple", "orbit", "river", "sierra")

_DATES = _found(r"\b\d{4}-\d{2}-\d{2}\b")
_URLS = _found(r"https?://[^\s'\"<>)]*[^\s'\"<>).,;:!?]")
_EMAILS = _found(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PATHS = _found(r"(?<![\w:/.~])(?:~|\.{1,2})?/[\w.@/-]*\w|(?<![\w:/.])[\w-][\w/-]*\.[A-Za-z]\w{0,4}\b(?![/@])")
_COMMAND_LINES = _found(r"(?i)\b(?:run|execute):\s*(\S.*)")
_FREELY: Sequence[Finder] = (_quoted, _phrases)
_ANYTHING = _Kind(set(), _FREELY, _fake("word"))

_KINDS = (
    _of("email mail", [_EMAILS], _email),
    _of("url uri link href endpoint website", [_URLS], _url),
    _of("timezone tz zone", [_found(r"\b[A-Z]\w+(?:/[A-Z][\w+-]+)+|\bUTC\b")], _one_of("UTC", "Europe/Paris")),
    _of("datetime timestamp", [_found(r"\b\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?")], _moment),
    _of("dir directory folder cwd", [_PATHS, _quoted], _one_of("/tmp")),
    _of("path file filename filepath", [_PATHS, _quoted], lambda s: f"/tmp/{_word(s)}.txt"),
    _of("glob", [_found(r"[^\s'\"`]*\*[^\s'\"`,]*"), _quoted], _one_of("**/*")),
    _of("command cmd", [_COMMAND_LINES, _quoted, _found(r"(?i)\b(?:run|execute)\s+([^.,;!?\n]+)")],
        lambda s: f"echo {_word(s)}"),
    _of("country", _FREELY, _fake("country")),
    _of("currency", [_found(r"\b[A-Z]{3}\b")], _one_of("USD", "EUR", "GBP", "JPY")),
    _of("zip postal postcode", [_found(r"\b\d{5}\b")], _fake("postcode")),
    _of("sql", [_quoted], _one_of("SELECT 1")),
    _of("code script", [_quoted], _one_of("print('hello')")),
    _of("expression formula equation", [_found(r"[\d(][\d\s.()]*[-+*/^%][\d\s.()+*/^%-]*[\d)]"), _quoted],
        lambda s: f"{s.number(2, 20, 'left')} + {s.number(2, 20, 'right')}"),
    _of("date day deadline birthday since until", [_DATES], _date),
    _of("time", [_found(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")], lambda s: _time(s)[:5]),
    _of("phone tel mobile", [_found(r"\+?\d[\d ()-]{6,}\d")], lambda s: f"+1-202-555-01{s.number(0, 99):02}"),
    _of("uuid guid", [_found(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")], _uuid),
    _of("unit units", [_found(r"(?i)\b(?:celsius|fahrenheit|kelvin|metric|imperial)\b")], _one_of("celsius")),
    _of("symbol ticker", [_found(r"\b[A-Z]{2,5}\b"), _quoted], _one_of("AAPL", "MSFT", "GOOGL", "AMZN")),
    _of("language lang", _FREELY, _one_of("English", "French", "Spanish", "German")),
    _of("address street", _FREELY, _fake("street_address")),
    _of("city town location place destination origin region area", _FREELY, _fake("city")),
    _of("company organization organisation employer", _FREELY, _fake("company")),
    _of("id identifier", [_found(r"(?<!\w)(?:[A-Za-z]{1,10}[-_]?)?\d[\w-]*"), _quoted],
        lambda s: f"{_word(s)}-{s.number(100, 999, 'number')}"),
    _of("query search keyword keywords term q topic subject pattern regex", [_quoted, _phrases, _whole],
        lambda s: f"{_word(s)} {s.fake('word')}"),
    _of("prompt question text message input content body description instruction instructions task request reason "
        "thought explanation comment note summary answer", [_quoted, _whole], _fake("sentence")),
    _of("username login", _FREELY, _fake("user_name")),
    _of("name author person recipient customer owner assignee contact", _FREELY, _fake("name")),
)  # fmt: skip
"""The first whose words meet those of the property's name counts."""


_FORMATS: dict[str, Maker] = {
    "date": _date,
    "time": _time,
    "date-time": _moment,
    "duration": lambda source: f"P{source.number(1, 14)}D",
    **dict.fromkeys(("email", "idn-email"), lambda source: f"{_handle(source)}@example.com"),
    **dict.fromkeys(("hostname", "idn-hostname"), lambda source: f"{_handle(source)}.example.com"),
    **dict.fromkeys(("uri", "iri", "uri-reference", "iri-reference", "uri-template"), _url),
    "uuid": _uuid,
    "ipv4": lambda source: f"192.0.2.{source.number(1, 254)}",
    "ipv6": lambda source: f"2001:db8::{source.number(1, 9999)}",
    "json-pointer": lambda source: f"/{_handle(source)}",
    "relative-json-pointer": lambda source: f"0/{_handle(source)}",
    "regex": lambda source: f"^{_handle(source)}$",
}


class _Fakers(local):
    """Faker, once for each thread: it is seeded before each value, and made once since that takes longer."""

    @cached_property
    def generator(self) -> Any:
        from importlib import import_module

        from faker.generator import Generator

        generator = Generator()
        for name in ("address", "company", "internet", "lorem", "person"):
            generator.add_provider(import_module(f"faker.providers.{name}.en_US").Provider)
        return generator


_FAKERS = _Fakers()
