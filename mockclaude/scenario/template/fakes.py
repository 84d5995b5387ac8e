"""Faker, behind a door: imported when the first value is asked for, limited to what a scenario file may ask.

In: a locale, a method's name and its arguments. Out: a value, the same for the same seed on whatever day.
Knows nothing of scenarios.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, tzinfo
from functools import lru_cache
from importlib import import_module
from inspect import signature
from itertools import zip_longest
from random import Random
from threading import Lock
from typing import Any, NamedTuple
from weakref import ref

from mockclaude.scenario.diagnostics import did_you_mean, join_words, shorten

DEFAULT_LOCALE = "en_US"
MAX_ARGUMENT, MAX_ARGUMENTS = 10_000, 10_000
"""The largest number among the arguments of a call, and the characters of all of them."""

_SHOWN, _LONGEST_REASON = 80, 200
"""Characters of the arguments of a call, and of what Faker says of it, that messages show."""

MAX_VALUE = 2**63
_OF_VALUES = {
    *("min", "max", "min_value", "max_value", "number", "step", "elements"),
    *("start_date", "end_date", "date_start", "date_end"),
    *("start_datetime", "end_datetime", "datetime_start", "datetime_end"),
}
"""Arguments that say which value is made, up to `MAX_VALUE`, and not how much is made."""

MAX_DRAWS, MAX_DRAWS_IN_A_REPLY = 20_000, 200_000
"""Draws of one call, and of all calls of a reply together: the cost of Faker is in its draws."""

MAX_DRAWS_IN_TRIALS = 40_000
"""Draws of all calls that are tried when files are loaded, about a quarter of a second."""

MAX_MADE = 10_000_000
"""Draws of one call times the length of what each may make: the arguments, and a width or an indent."""

TODAY = datetime(2026, 1, 1)
"""The day on which Faker believes to be: values that count from today would otherwise differ from day to day."""

_NOT_VALUES = {"add_element", "binary", "zip", "tar", "image", "json_bytes", "xml", "time_series"}
"""Provider methods that make bytes or an iterator, need further packages, or work on the provider instead."""

_UNSTEADY = {"passport_dates", "passport_full", "passport_gender"}
"""Methods that take something from the clock, from Python's own generator or from its hashes, which no seed reaches."""

_UNSTEADY_IN: dict[str, set[str]] = {
    "cif": {"es", "es_CA", "es_ES"},
    "nie": {"es", "es_CA", "es_ES"},
    "nif": {"es", "es_CA", "es_ES"},
    "nuss": {"es", "es_CA", "es_ES"},
    "curp": {"es_MX"},
    "elector_code": {"es_MX"},
    "rfc": {"es_MX"},
    "city": {"it_IT"},
    "businesses_ogrn": {"ru_RU"},
    "individuals_ogrn": {"ru_RU"},
    "org_and_vat_id": {"sv_SE"},
    "org_id": {"sv_SE"},
    "tin": {"el_GR"},
    "vat_id": {"el_GR", "sv_SE", "th", "th_TH"},
    "diplomatic_license_plate": {"uk_UA"},
    "license_plate": {"uk_UA"},
    "plate_letter_prefix": {"uk_UA"},
    "plate_region_code": {"uk_UA"},
    "ssn": {"lv_LV", "fi_FI", "et_EE", "no_NO", "sv_SE", "zh_CN", "th", "th_TH", "uk_UA"},
    "profile": {"lv_LV", "fi_FI", "et_EE", "no_NO", "sv_SE", "zh_CN", "th", "th_TH", "uk_UA"},
}
"""Further methods of the kind, and the locales in which they are."""

_LOCK = Lock()
"""Held while a value is made, or a source begins anew: the day is fixed for the whole process, and Faker shared by all
sources of a locale. Files are loaded, and their values tried, while requests are answered.
"""


class TooManyDrawsError(Exception):
    """Faker draws more than it may."""


class _Random(Random):
    """Python's generator, which counts what is drawn. It gives the same numbers as if it did not."""

    left = MAX_DRAWS_IN_A_REPLY

    def random(self) -> float:
        """Return a number in [0, 1)."""
        self.spend()
        return super().random()

    def getrandbits(self, k: int, /) -> int:
        """Return a number of `k` bits."""
        self.spend()
        return super().getrandbits(k)

    def spend(self) -> None:
        """Count a draw. Raises `TooManyDrawsError`."""
        self.left -= 1
        if self.left < 0:
            raise TooManyDrawsError("it makes too much; expected smaller numbers or shorter texts")


class Fakes:
    """A source of made-up values in one locale. Values follow from `seed`, in the order in which they are asked for.

    Sources do not affect each other, although they share what is costly: the Faker of their locale. Providers keep its
    generator of random numbers, so that it is the state of this generator that changes hands.
    """

    def __init__(self, locale: str, seed: int = 0) -> None:
        self._shared = _shared(locale)
        self._faker = self._shared.faker
        self.seed(seed)

    def seed(self, seed: int, draws: int = MAX_DRAWS_IN_A_REPLY) -> None:
        """Begin anew: from here on the values follow from `seed`, until so many `draws` are made."""
        with _LOCK:
            self.left = draws
            self._restore: Callable[[Random], None] = lambda random: random.seed(seed)
            self._shared.release(self)

    def value(
        self,
        method: str,
        positional: tuple[Any, ...] = (),
        named: dict[str, Any] | None = None,
        draws: int = MAX_DRAWS_IN_A_REPLY,
    ) -> Any:
        """Return what Faker's `method` makes, as JSON data: numbers, booleans and lists stay, the rest becomes text.

        Raises `TooManyDrawsError` if that takes more than `draws`, or than are left.
        """
        with _LOCK, _fixed_day():
            self._shared.hand_to(self)
            most = self._shared.random.left = min(self.left, draws)
            try:
                return _json(getattr(self._faker, method)(*positional, **(named or {})))
            finally:
                self.left -= most - max(0, self._shared.random.left)

    def parameters(self, method: str) -> list[str]:
        """Return the names of the arguments that `method` takes."""
        return list(signature(getattr(self._faker, method)).parameters)

    def methods(self) -> set[str]:
        """Return the names of the methods that make values."""
        return {
            name
            for provider in self._faker.get_providers()
            for name in dir(provider)
            if not name.startswith("_") and name not in _NOT_VALUES and callable(getattr(provider, name))
        }


class _Shared:
    """The Faker of a locale, and the source that made the last value, if that source still exists."""

    def __init__(self, locale: str) -> None:
        from faker import Factory

        faker: Any = Factory.create(locale)
        self.random = _Random()
        self._parse = faker.parse
        faker.random, faker.parse = self.random, self._parsed
        self.faker = faker
        self._user: Callable[[], Fakes | None] = lambda: None

    def _parsed(self, text: str) -> Any:
        """Return `text` with its fields filled in, as Faker does for each cell of a table, and count it."""
        self.random.spend()
        return self._parse(text)

    def hand_to(self, user: Fakes) -> None:
        """Continue with the numbers of `user`, after its last value."""
        before = self._user()
        if before is user:
            return
        if before is not None:
            state = self.faker.random.getstate()
            before._restore = lambda random: random.setstate(state)
        self._user = ref(user)
        user._restore(self.faker.random)

    def release(self, user: Fakes) -> None:
        """Forget where `user` is in its numbers."""
        if self._user() is user:
            self._user = lambda: None


_shared = lru_cache(maxsize=16)(_Shared)


class Trials:
    """Tries the calls in the files that are loaded together, each once.

    Once they have drawn `MAX_DRAWS_IN_TRIALS`, further calls are tried up to their first draw only: a call that makes
    too much is then refused by the reply it is in.
    """

    def __init__(self, locale: str) -> None:
        self._locale = locale
        self._left = MAX_DRAWS_IN_TRIALS
        self._problems: dict[tuple[str, str], str | None] = {}

    def problem(self, method: str, arguments: str) -> str | None:
        """Return what is wrong with `fake.method(arguments)`, or None. A trial run shows wrong arguments."""
        call = method, arguments
        if call not in self._problems:
            self._problems[call], drawn = _try(self._locale, method, arguments, self._left)
            self._left -= drawn
        return self._problems[call]


@lru_cache(maxsize=1024)
def _try(locale: str, method: str, arguments: str, left: int) -> tuple[str | None, int]:
    """Return what is wrong with a call that may make as many draws as are `left`, and how many it made."""
    fakes, methods = _for_checks(locale)
    if method not in methods:
        hint = did_you_mean(method, methods)
        return f"Faker has no '{shorten(method)}' in {locale}; expected one of its methods{hint}", 0
    if method in _UNSTEADY or locale in _UNSTEADY_IN.get(method, ()):
        return f"fake.{method} differs from run to run in {locale}, whatever the seed; expected the value itself", 0
    try:
        positional, named, most = parse_arguments(arguments)
        _check_size(positional, named, fakes.parameters(method))
    except ValueError as error:
        return f"fake.{method}({shorten(arguments, _SHOWN)}) does not work: {error}", 0
    fakes.seed(0, left)
    try:
        fakes.value(method, positional, named, most)
        problem = None
    except TooManyDrawsError as error:
        problem = str(error) if most <= left else None
    except Exception as error:
        reason = str(error).partition(". Did you mean")[0]  # Python 3.13 has a suggestion too
        problem = f"{shorten(reason, _LONGEST_REASON)}{_expected(named, fakes.parameters(method))}"
    return problem and f"fake.{method}({shorten(arguments, _SHOWN)}) does not work: {problem}", left - fakes.left


def _expected(named: Iterable[str], known: list[str]) -> str:
    unknown = next((name for name in named if name not in known), "")
    return f"; expected {join_words(known) if known else 'no arguments'}{did_you_mean(unknown, known)}"


class Arguments(NamedTuple):
    """The arguments of a call, and how many draws it may make with them."""

    positional: tuple[Any, ...]
    named: dict[str, Any]
    draws: int


def parse_arguments(text: str) -> Arguments:
    """Return the literals in `text`, written as in a Python call. Raises `ValueError` for anything else."""
    if len(text) > MAX_ARGUMENTS:
        raise ValueError(f"its arguments have {len(text)} characters; expected at most {MAX_ARGUMENTS}")
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Name)
        positional = tuple(ast.literal_eval(argument) for argument in call.args)
        named = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (AssertionError, SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        raise ValueError("expected literal arguments, such as min=1, max=6") from None
    return Arguments(positional, named, _most_draws(text, positional, named))


def _most_draws(text: str, positional: tuple[Any, ...], named: dict[str, Any]) -> int:
    """Return how many draws a call with these arguments may make: the longer what each makes, the fewer.

    The largest number may say how often something is made, the next how long it is.
    """
    amounts = _numbers([*positional, *(value for name, value in named.items() if name not in _OF_VALUES)])
    *_, width, _times = sorted([0, 0, *(abs(amount) for amount in amounts if abs(amount) <= MAX_ARGUMENT)])
    return min(MAX_DRAWS, int(MAX_MADE / (len(text) + width + 1)))


def _check_size(positional: tuple[Any, ...], named: dict[str, Any], parameters: list[str]) -> None:
    """Raise `ValueError` for a number that is too large for the parameter it is for."""
    for name, value in (*zip_longest(parameters[: len(positional)], positional), *named.items()):
        _check_numbers([value], MAX_VALUE if name in _OF_VALUES else MAX_ARGUMENT)


def _check_numbers(values: list[Any], most: int) -> None:
    for number in _numbers(values):
        if not abs(number) <= most:
            raise ValueError(f"{number} is too large; expected at most {most}")


def _numbers(value: Any) -> Iterator[float]:
    """Yield the numbers in a literal."""
    if isinstance(value, (int, float)):
        yield value
    elif isinstance(value, dict):
        yield from _numbers([*value, *value.values()])
    elif isinstance(value, (list, tuple, set)):
        for item in value:
            yield from _numbers(item)


def find_locale_problem(locale: str) -> str | None:
    """Return what is wrong with a locale's name, or None."""
    from faker.config import AVAILABLE_LOCALES

    if locale in AVAILABLE_LOCALES:
        return None
    hint = did_you_mean(locale, AVAILABLE_LOCALES)
    return f"Faker has no locale '{shorten(locale)}'; expected one such as en_US, de_DE or zh_CN{hint}"


@lru_cache(maxsize=4)
def _for_checks(locale: str) -> tuple[Fakes, set[str]]:
    fakes = Fakes(locale)
    return fakes, fakes.methods()


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, set):
        return sorted(map(_json, value), key=str)
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    if isinstance(value, int):
        return value if abs(value) < 2**63 else str(value)
    return value if isinstance(value, (float, type(None))) else str(value)


@contextmanager
def _fixed_day() -> Iterator[None]:
    date_time: Any = import_module("faker.providers.date_time")

    before = date_time.datetime, date_time.dtdate
    date_time.datetime, date_time.dtdate = _Datetime, _Date
    try:
        yield
    finally:
        date_time.datetime, date_time.dtdate = before


class _AnyDate(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime if issubclass(cls, datetime) else date)


class _Datetime(datetime, metaclass=_AnyDate):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return TODAY.replace(tzinfo=tz)


class _Date(date, metaclass=_AnyDate):
    @classmethod
    def today(cls) -> date:  # type: ignore[override]
        return TODAY.date()
