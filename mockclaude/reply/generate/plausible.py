"""Find values for strings in the user's text, or generate values that fit a format or a property's name.

The values are not checked against the schema. Generated values are harmless: example domains, documentation addresses,
`echo`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from importlib import import_module
from math import ceil
from threading import local
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from mockclaude.reply.draws import Draws

_READ = 2_000
_SHORT = 120
_OCCURRENCES = 20


class ValueGenerator(NamedTuple):
    """A generator of values for one label."""

    draws: Draws
    label: str

    def number(self, low: int, high: int, part: str = "") -> int:
        """Draw a number from `low` to `high`."""
        return self.draws.integer(f"{self.label}/{part}", low, high)

    def fake(self, method: str) -> str:
        """Call a method of Faker."""
        faker = _FAKERS.generator
        faker.seed_instance(self.draws.seed_for(self.label))
        return str(getattr(faker, method)())

    def make(self, recipe: Recipe) -> str:
        """Generate a value by a recipe."""
        if callable(recipe):
            return recipe(self)
        return self.fake(recipe) if isinstance(recipe, str) else self.draws.pick(self.label, recipe)


Recipe: TypeAlias = str | Sequence[str] | Callable[[ValueGenerator], str]
"""A method of Faker, a list of options, or a function."""
Finder: TypeAlias = re.Pattern[str] | Callable[[str, set[str]], list[str]]
"""A pattern, or a function of the user's text and the words of a property's name that returns candidates."""


def find_values(name: str, hints: str) -> list[str]:
    """Find parts of `hints` that fit a property with this name, best first."""
    words, text = _split_words(name), hints[-_READ:]
    return [value for finder in _find_kind(words)[0] for value in _rotate(_find(finder, text, words), words)]


def find_numbers(name: str, hints: str) -> list[int | float]:
    """Find the numbers in `hints`, best first for a property with this name."""
    texts = [match.replace(",", "") for match in _find_all(_NUMBER, hints[-_READ:])]
    return [float(text) if "." in text else int(text) for text in _rotate(texts, _split_words(name))]


def find_mentioned(options: Sequence[Any], hints: str) -> list[Any]:
    """Find the options whose text is a word of `hints`."""
    text = hints[-_READ:].lower()
    scalars = (option for option in options if isinstance(option, (str, int, float)))
    return [option for option in scalars if _is_word(str(option).lower(), text)]


def generate_named(name: str, generator: ValueGenerator) -> str:
    """Generate a value for a property with this name."""
    return generator.make(_find_kind(_split_words(name))[1])


def generate_formatted(format_name: str, generator: ValueGenerator) -> str | None:
    """Generate text in a format of JSON Schema; None for an unknown format."""
    return generator.make(_FORMATS[format_name]) if format_name in _FORMATS else None


def fit_length(text: str, shortest: int, longest: int, filler: str = " and more") -> str:
    """Cut `text`, or fill it up, to a length between `shortest` and `longest`."""
    padding = filler * ceil(max(shortest - len(text), 0) / len(filler))
    return (text + padding)[: max(shortest, min(len(text), longest))]


def _is_word(text: str, hints: str) -> bool:
    """Return whether one of the first occurrences of `text` in `hints` is between word boundaries."""
    at = hints.find(text) if text else -1
    for _ in range(_OCCURRENCES):
        if at < 0:
            break
        around = hints[:at][-1:], hints[at + len(text) :][:1]
        if not any(character.isalnum() or character == "_" for character in around):
            return True
        at = hints.find(text, at + 1)
    return False


def _split_words(name: str) -> set[str]:
    return {word.lower() for word in _NAME_WORDS.findall(name)}


def _rotate(values: list[Any], words: set[str]) -> list[Any]:
    """Put the second value first for names such as `b` or `new_text`."""
    at = 1 if words & _SECOND and len(values) > 1 else 0
    return values[at:] + values[:at]


def _find_kind(words: set[str]) -> tuple[Sequence[Finder], Recipe]:
    at = min((_KIND_OF_WORD[word] for word in words if word in _KIND_OF_WORD), default=None)
    return (_FREE_TEXT, "word") if at is None else _KINDS[at][1:]


def _find(finder: Finder, hints: str, words: set[str]) -> list[str]:
    return [*_find_all(finder, hints)] if isinstance(finder, re.Pattern) else finder(hints, words)


@lru_cache(maxsize=64)
def _find_all(pattern: re.Pattern[str], hints: str) -> tuple[Any, ...]:
    """Return all matches; cached, because every property of a schema searches the same text."""
    return tuple(pattern.findall(hints))


def _find_quoted(hints: str, _: set[str]) -> list[str]:
    return [next(filter(None, groups)) for groups in _find_all(_QUOTED, hints)]


def _find_phrases(hints: str, words: set[str]) -> list[str]:
    """Find the phrases after prepositions: first after the preposition of the name, then the capitalized."""
    preposition = next((lead for word, lead in _LEADS.items() if word in words), "")
    phrases = [(lead.lower(), phrase.strip()) for lead, phrase in _find_all(_PHRASE, hints)]
    phrases.sort(key=lambda item: (item[0] != preposition, not item[1][0].isupper(), item[0] == "to"))
    return [phrase for _, phrase in phrases if phrase.lower() not in _PRONOUNS]


def _find_whole_text(hints: str, _: set[str]) -> list[str]:
    line = " ".join(hints.split())
    shortened = line if len(line) <= _SHORT else line[:_SHORT].rsplit(" ", 1)[0]
    return [shortened] if shortened else []


def _generate_date(generator: ValueGenerator) -> str:
    return f"2026-{generator.number(1, 12, 'month'):02}-{generator.number(1, 28, 'day'):02}"


def _generate_time(generator: ValueGenerator) -> str:
    return f"{generator.number(0, 23, 'hour'):02}:{generator.number(0, 59, 'minute'):02}:00Z"


def _generate_uuid(generator: ValueGenerator) -> str:
    high, low = (generator.draws.seed_for(f"{generator.label}/{half}") for half in ("high", "low"))
    return str(UUID(int=high << 64 | low, version=4))


def _generate_slug(generator: ValueGenerator, lowest: int = 1) -> str:
    return f"{generator.make(_PLAIN_WORDS)}-{generator.number(lowest, 999, 'number')}"


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

_COMMAND_LINES = re.compile(r"(?i)\b(?:run|execute):\s*(\S.*)")
_FREE_TEXT: Sequence[Finder] = (_find_quoted, _find_phrases)
_PATHS = re.compile(r"(?<![\w:/.~])(?:~|\.{1,2})?/[\w.@/-]*\w|(?<![\w:/.])[\w-][\w/-]*\.[A-Za-z]\w{0,4}\b(?![/@])")

_KINDS: list[tuple[str, Sequence[Finder], Recipe]] = [
    ("email mail", [re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")],
        lambda g: f"{g.fake('first_name').lower()}@example.com"),
    ("url uri link href endpoint website", [re.compile(r"https?://[^\s'\"<>)]*[^\s'\"<>).,;:!?]")],
        lambda g: f"https://example.com/{_generate_slug(g)}"),
    ("timezone tz zone", [re.compile(r"\b[A-Z]\w+(?:/[A-Z][\w+-]+)+|\bUTC\b")], ("UTC", "Europe/Paris")),
    ("datetime timestamp", [re.compile(r"\b\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?")],
        lambda g: f"{_generate_date(g)}T{_generate_time(g)}"),
    ("dir directory folder cwd", [_PATHS, _find_quoted], ("/tmp",)),
    ("path file filename filepath", [_PATHS, _find_quoted], lambda g: f"/tmp/{g.make(_PLAIN_WORDS)}.txt"),
    ("glob", [re.compile(r"[^\s'\"`]*\*[^\s'\"`,]*"), _find_quoted], ("**/*",)),
    ("command cmd", [_COMMAND_LINES, _find_quoted, re.compile(r"(?i)\b(?:run|execute)\s+([^.,;!?\n]+)")],
        lambda g: f"echo {g.make(_PLAIN_WORDS)}"),
    ("country", _FREE_TEXT, "country"),
    ("currency", [re.compile(r"\b[A-Z]{3}\b")], ("USD", "EUR", "GBP", "JPY")),
    ("zip postal postcode", [re.compile(r"\b\d{5}\b")], "postcode"),
    ("sql", [_find_quoted], ("SELECT 1",)),
    ("code script", [_find_quoted], ("print('hello')",)),
    ("expression formula equation", [re.compile(r"[\d(][\d\s.()]*[-+*/^%][\d\s.()+*/^%-]*[\d)]"), _find_quoted],
        lambda g: f"{g.number(2, 20, 'left')} + {g.number(2, 20, 'right')}"),
    ("date day deadline birthday since until", [re.compile(r"\b\d{4}-\d{2}-\d{2}\b")], _generate_date),
    ("time", [re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")], lambda g: _generate_time(g)[:5]),
    ("phone tel mobile", [re.compile(r"\+?\d[\d ()-]{6,}\d")], lambda g: f"+1-202-555-01{g.number(0, 99):02}"),
    ("uuid guid", [re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")], _generate_uuid),
    ("unit units", [re.compile(r"(?i)\b(?:celsius|fahrenheit|kelvin|metric|imperial)\b")], ("celsius",)),
    ("symbol ticker", [re.compile(r"\b[A-Z]{2,5}\b"), _find_quoted], ("AAPL", "MSFT", "GOOGL", "AMZN")),
    ("language lang", _FREE_TEXT, ("English", "French", "Spanish", "German")),
    ("address street", _FREE_TEXT, "street_address"),
    ("city town location place destination origin region area", _FREE_TEXT, "city"),
    ("company organization organisation employer", _FREE_TEXT, "company"),
    ("id identifier", [re.compile(r"(?<!\w)(?:[A-Za-z]{1,10}[-_]?)?\d[\w-]*"), _find_quoted],
        lambda g: _generate_slug(g, 100)),
    ("query search keyword keywords term q topic subject pattern regex",
        [_find_quoted, _find_phrases, _find_whole_text],
        lambda g: f"{g.make(_PLAIN_WORDS)} {g.fake('word')}"),
    ("prompt question text message input content body description instruction instructions task request reason "
     "thought explanation comment note summary answer", [_find_quoted, _find_whole_text], "sentence"),
    ("username login", _FREE_TEXT, "user_name"),
    ("name author person recipient customer owner assignee contact", _FREE_TEXT, "name"),
]  # fmt: skip
"""Words of a name, finders and a recipe. The first entry with a word of the property's name applies."""
_KIND_OF_WORD = {word: at for at, kind in reversed([*enumerate(_KINDS)]) for word in kind[0].split()}

_FORMATS: dict[str, Recipe] = {
    "date": _generate_date,
    "time": _generate_time,
    "date-time": lambda g: f"{_generate_date(g)}T{_generate_time(g)}",
    "duration": lambda g: f"P{g.number(1, 14)}D",
    **dict.fromkeys(("email", "idn-email"), lambda g: f"{_generate_slug(g)}@example.com"),
    **dict.fromkeys(("hostname", "idn-hostname"), lambda g: f"{_generate_slug(g)}.example.com"),
    **dict.fromkeys(
        ("uri", "iri", "uri-reference", "iri-reference", "uri-template"),
        lambda g: f"https://example.com/{_generate_slug(g)}",
    ),
    "uuid": _generate_uuid,
    "ipv4": lambda g: f"192.0.2.{g.number(1, 254)}",
    "ipv6": lambda g: f"2001:db8::{g.number(1, 9999)}",
    "json-pointer": lambda g: f"/{_generate_slug(g)}",
    "relative-json-pointer": lambda g: f"0/{_generate_slug(g)}",
    "regex": lambda g: f"^{_generate_slug(g)}$",
}


class _Fakers(local):
    """One Faker for each thread: to seed it for each value is faster than to build it."""

    @cached_property
    def generator(self) -> Any:
        from faker.generator import Generator

        generator = Generator()
        for name in ("address", "company", "internet", "lorem", "person"):
            generator.add_provider(import_module(f"faker.providers.{name}.en_US").Provider)
        return generator


_FAKERS = _Fakers()
