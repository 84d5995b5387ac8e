"""Made-up values of Faker, reproducible and with limits on their cost.

Faker is imported with the first value. Values follow from the locale, the method, its arguments and the seed, never
from the date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, tzinfo
from functools import lru_cache
from importlib import import_module
from inspect import signature
from random import Random
from threading import Lock
from typing import Any
from weakref import ref

from mockclaude.scenario.diagnostics import did_you_mean, join_words, shorten
from mockclaude.scenario.template.fake_arguments import check_size, parse_arguments

DEFAULT_LOCALE = "en_US"
_SHOWN, _LONGEST_REASON = 80, 200
"""The maximum length of arguments, and of Faker's messages, in diagnostics."""

MAX_DRAWS_IN_A_REPLY = 200_000
"""Draws of all calls of a reply: the cost of Faker is in its draws."""

MAX_DRAWS_IN_TRIALS = 40_000
"""Draws of all trial calls of the files, about 0.25 s."""

TODAY = datetime(2026, 1, 1)
"""The current date for Faker: relative dates would otherwise differ from day to day."""

_NOT_VALUES = {"add_element", "binary", "zip", "tar", "image", "json_bytes", "xml", "time_series"}
"""Provider methods that return bytes or an iterator, need further packages, or change the provider."""

_UNSTEADY = {"passport_dates", "passport_full", "passport_gender"}
"""Methods that use the clock, Python's own generator or its hashes, which a seed does not control."""

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
"""Further such methods, and the locales that have them."""

_LOCK = Lock()
"""Held for each value and each restart: the date is replaced in the whole process, and all sources of a locale share a
Faker. Files are loaded, and their calls tried, while requests are handled.
"""


class TooManyDrawsError(Exception):
    """A call exceeds its maximum number of draws."""


class _Random(Random):
    """Python's generator with a count of its draws.

    The numbers are the same as without the count.
    """

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
        """Count a draw.

        Raises:
            TooManyDrawsError: No draw is left.
        """
        self.left -= 1
        if self.left < 0:
            raise TooManyDrawsError("too many draws; expected smaller numbers or shorter texts")


class Fakes:
    """A source of made-up values in one locale.

    Values follow from `seed` and the order of the calls.

    Sources are independent, although they share the Faker of their locale, which is slow to create. Providers keep
    a reference to its generator of random numbers, so each source restores the state of that generator.

    Args:
        locale: The locale.
        seed: The seed.
        providers: The modules of Faker that are needed. Default: all, which take longer to create.
    """

    def __init__(self, locale: str, seed: int = 0, providers: tuple[str, ...] = ()) -> None:
        self._shared = _shared(locale, providers)
        self._faker = self._shared.faker
        self.seed(seed)

    def seed(self, seed: int, draws: int = MAX_DRAWS_IN_A_REPLY) -> None:
        """Restart the source with `seed` and a maximum number of `draws`."""
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
        """Return a value of Faker's `method` as JSON data.

        Numbers, booleans and lists stay, others become text.

        Raises:
            TooManyDrawsError: The call exceeds `draws`, or the rest of the source's draws.
        """
        with _LOCK, _fixed_day():
            self._shared.hand_to(self)
            most = self._shared.random.left = min(self.left, draws)
            try:
                return _json(getattr(self._faker, method)(*positional, **(named or {})))
            finally:
                self.left -= most - max(0, self._shared.random.left)

    def parameters(self, method: str) -> list[str]:
        """Return the names of the parameters of `method`."""
        return list(signature(getattr(self._faker, method)).parameters)

    def methods(self) -> set[str]:
        """Return the names of the methods that return values."""
        return {
            name
            for provider in self._faker.get_providers()
            for name in dir(provider)
            if not name.startswith("_") and name not in _NOT_VALUES and callable(getattr(provider, name))
        }


class _Shared:
    """The Faker of a locale, and the source of its last value, if that source still exists."""

    def __init__(self, locale: str, providers: tuple[str, ...]) -> None:
        from faker import Factory

        faker: Any = Factory.create(locale, [*providers] or None)
        self.random = _Random()
        self._parse = faker.parse
        faker.random, faker.parse = self.random, self._parsed
        self.faker = faker
        self._user: Callable[[], Fakes | None] = lambda: None

    def _parsed(self, text: str) -> Any:
        """Return `text` with its fields filled in, as Faker does for each cell of a table, and count a draw."""
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
        """Forget the state of `user`."""
        if self._user() is user:
            self._user = lambda: None


_shared = lru_cache(maxsize=16)(_Shared)


class Trials:
    """Trial calls of Faker for the files that are loaded together, each made once.

    After `MAX_DRAWS_IN_TRIALS`, further calls are tried up to their first draw only. A call that makes too much then
    fails in the reply that contains it.
    """

    def __init__(self, locale: str) -> None:
        self._locale = locale
        self._left = MAX_DRAWS_IN_TRIALS
        self._problems: dict[tuple[str, str], str | None] = {}

    def problem(self, method: str, arguments: str) -> str | None:
        """Return the problem of `fake.method(arguments)`, or None.

        A trial call finds invalid arguments.
        """
        call = method, arguments
        if call not in self._problems:
            self._problems[call], drawn = _try(self._locale, method, arguments, self._left)
            self._left -= drawn
        return self._problems[call]


@lru_cache(maxsize=1024)
def _try(locale: str, method: str, arguments: str, left: int) -> tuple[str | None, int]:
    """Return the problem of a call that may make `left` draws, and the number of its draws."""
    fakes, methods = _for_checks(locale)
    if method not in methods:
        hint = did_you_mean(method, methods)
        return f"unknown method '{shorten(method)}' of Faker in {locale}; expected one of its methods{hint}", 0
    if method in _UNSTEADY or locale in _UNSTEADY_IN.get(method, ()):
        return f"fake.{method} differs between runs in {locale} with the same seed; expected a literal value", 0
    try:
        positional, named, most = parse_arguments(arguments)
        check_size(positional, named, fakes.parameters(method))
    except ValueError as error:
        return f"fake.{method}({shorten(arguments, _SHOWN)}) is invalid: {error}", 0
    fakes.seed(0, left)
    try:
        fakes.value(method, positional, named, most)
        problem = None
    except TooManyDrawsError as error:
        problem = str(error) if most <= left else None
    except Exception as error:
        reason = str(error).partition(". Did you mean")[0]  # Python 3.13 has a suggestion too
        problem = f"{shorten(reason, _LONGEST_REASON)}{_expected(named, fakes.parameters(method))}"
    return problem and f"fake.{method}({shorten(arguments, _SHOWN)}) is invalid: {problem}", left - fakes.left


def _expected(named: Iterable[str], known: list[str]) -> str:
    unknown = next((name for name in named if name not in known), "")
    return f"; expected {join_words(known) if known else 'no arguments'}{did_you_mean(unknown, known)}"


def find_locale_problem(locale: str) -> str | None:
    """Return the problem of a locale's name, or None."""
    from faker.config import AVAILABLE_LOCALES

    if locale in AVAILABLE_LOCALES:
        return None
    hint = did_you_mean(locale, AVAILABLE_LOCALES)
    return f"unknown locale '{shorten(locale)}'; expected a locale of Faker, e.g. en_US, de_DE or zh_CN{hint}"


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
