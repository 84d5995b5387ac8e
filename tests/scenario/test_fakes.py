"""Made-up values follow from the seed alone: not from the day, the process, or what else draws from Python's random."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from faker import Factory, Faker
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.scenario.diagnostics import shorten
from mockclaude.scenario.template import fakes
from mockclaude.scenario.template.fake_arguments import parse_arguments
from mockclaude.scenario.template.fakes import Fakes, Trials
from tests.serving import PROGRAM_PATIENCE

LOCALES = ["en_US", "de_DE", "es_MX", "it_IT", "ja_JP", "sv_SE", "th_TH", "uk_UA", "zh_CN"]


def problem(method: str, arguments: str, locale: str = "en_US") -> str | None:
    return Trials(locale).problem(method, arguments)


def steady(locale: str) -> list[str]:
    return sorted(method for method in Fakes(locale).methods() if problem(method, "", locale) is None)


def made(locale: str, methods: list[str], seed: int) -> list[Any]:
    source = Fakes(locale)
    values = []
    for method in methods:
        source.seed(seed)
        values.append(source.value(method))
    return values


@pytest.mark.parametrize("locale", LOCALES)
def test_every_value_follows_from_its_seed(locale: str) -> None:
    methods = steady(locale)
    random.seed(1)
    first = made(locale, methods, 7)
    random.seed(2)

    assert made(locale, methods, 7) == first
    assert made(locale, methods, 8) != first
    json.dumps(first, allow_nan=False)


def test_another_process_makes_the_same_values() -> None:
    methods = steady("en_US")
    program = f"from tests.scenario.test_fakes import made; print(repr(made('en_US', {methods!r}, 7)))"

    other = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
        timeout=PROGRAM_PATIENCE,
    )

    assert other.stdout.strip() == repr(made("en_US", methods, 7))


@pytest.mark.parametrize(
    ("method", "named", "days"),
    [
        ("date_this_month", {"after_today": False}, {"2026-01-01"}),
        ("date_between", {"start_date": "-1d", "end_date": "today"}, {"2025-12-31", "2026-01-01"}),
        ("date_of_birth", {"minimum_age": 0, "maximum_age": 0}, {"2025", "2026-01-01"}),
        ("future_date", {"end_date": "+1d"}, {"2026-01-02"}),
        ("past_datetime", {"start_date": "-1d"}, {"2025-12-31"}),
        ("credit_card_expire", {"start": "now", "end": "+10d"}, {"01/26"}),
    ],
)
def test_today_is_always_the_same_day(method: str, named: dict[str, Any], days: set[str]) -> None:
    value = Fakes("en_US").value(method, (), named)

    assert value.startswith(tuple(days))


def test_the_day_is_fixed_for_no_longer_than_a_value_takes() -> None:
    # CPython cannot start a traced thread while another one starts: they switch often once all of them run.
    started = Barrier(8, lambda: sys.setswitchinterval(1e-6))

    def today(source: Fakes) -> set[str]:
        started.wait()
        return {source.value("date_between", ("today", "today")) for _ in range(200)}

    interval = sys.getswitchinterval()
    try:
        with ThreadPoolExecutor(8) as pool:
            days = set().union(*pool.map(today, [Fakes("en_US") for _ in range(8)]))
    finally:
        sys.setswitchinterval(interval)

    assert days == {"2026-01-01"}
    assert Faker().date_between("today", "today") == date.today()


@given(st.integers(0, 2**64))
def test_values_follow_each_other_and_begin_anew_with_the_seed(seed: int) -> None:
    source = Fakes("en_US")
    source.seed(seed)
    first = [source.value("pyint"), source.value("pyint"), source.value("pyint")]
    source.seed(seed)

    assert [source.value("pyint") for _ in first] == first


@pytest.mark.parametrize(
    ("method", "arguments", "kind"),
    [
        ("random_int", "min=1, max=6", int),
        ("pyfloat", "", float),
        ("boolean", "", bool),
        ("words", "3", list),
        ("pyset", "", list),
        ("pytuple", "", list),
        ("simple_profile", "", dict),
        ("random_element", "[None]", type(None)),
        ("date_object", "", str),
        ("pydecimal", "", str),
        ("random_number", "digits=40, fix_len=True", str),
    ],
)
def test_numbers_booleans_and_lists_stay_and_the_rest_becomes_text(method: str, arguments: str, kind: type) -> None:
    positional, named, _ = parse_arguments(arguments)

    assert problem(method, arguments) is None
    assert type(Fakes("en_US").value(method, positional, named)) is kind


@pytest.mark.parametrize(
    ("method", "arguments", "told"),
    [
        ("nam", "", "unknown method 'nam' of Faker in en_US; expected one of its methods; did you mean 'name'?"),
        (
            "seed_instance",
            "1",
            "unknown method 'seed_instance' of Faker in en_US; expected one of its methods; did you mean 'sentence'?",
        ),
        ("_Provider__x", "", "unknown method '_Provider__x' of Faker in en_US; expected one of its methods"),
        (
            "binary",
            "",
            "unknown method 'binary' of Faker in en_US; expected one of its methods; did you mean 'name_nonbinary'?",
        ),
        (
            "passport_dates",
            "",
            "fake.passport_dates differs between runs in en_US with the same seed; expected a literal value",
        ),
        (
            "random_int",
            "mn=1",
            "fake.random_int(mn=1) is invalid: BaseProvider.random_int() got an unexpected keyword "
            "argument 'mn'; expected min, max or step; did you mean 'min'?",
        ),
        (
            "name",
            "1",
            "fake.name(1) is invalid: Provider.name() takes 1 positional argument but 2 were given; expected "
            "no arguments",
        ),
        (
            "random_int",
            "open('x')",
            "fake.random_int(open('x')) is invalid: wrong arguments; expected literals, e.g. min=1, max=6",
        ),
        (
            "random_int",
            "1, 2, 3, 99999",
            "fake.random_int(1, 2, 3, 99999) is invalid: 99999 is too large; expected at most 10000",
        ),
        ("pyfloat", "99999", "fake.pyfloat(99999) is invalid: 99999 is too large; expected at most 10000"),
        ("words", "99999", "fake.words(99999) is invalid: 99999 is too large; expected at most 10000"),
    ],
)
def test_what_does_not_work_is_told_when_a_file_is_loaded(method: str, arguments: str, told: str) -> None:
    assert problem(method, arguments) == told


def test_what_is_steady_in_one_locale_may_not_be_in_another() -> None:
    assert problem("ssn", "", "de_DE") is None
    assert problem("ssn", "", "sv_SE") == (
        "fake.ssn differs between runs in sv_SE with the same seed; expected a literal value"
    )


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("", ((), {})),
        ("1, 'a', [2.5, None]", ((1, "a", [2.5, None]), {})),
        ("min=-1, max=6", ((), {"min": -1, "max": 6})),
        ("('a', 'b'), x={'k': True}", ((("a", "b"),), {"x": {"k": True}})),
    ],
)
def test_arguments_are_literals(text: str, parsed: Any) -> None:
    assert parse_arguments(text)[:2] == parsed


@pytest.mark.parametrize(
    "text", ["x", "f()", "1)(2", "1); f(2", "*[1]", "'a' * 9", "1 if 1 else 2", "a=b", "(" * 500, "\0", "1e999 - 1"]
)
def test_anything_else_in_arguments_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"wrong arguments; expected literals, e\.g\. min=1, max=6"):
        parse_arguments(text)


@pytest.mark.parametrize("text", ["10001", "-10001", "nb=1e999", "99999999999999999999999"])
def test_large_numbers_are_refused(text: str) -> None:
    assert "is too large; expected at most 10000" in str(problem("words", text))


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("de_DE", None),
        (
            "de_ED",
            "unknown locale 'de_ED'; expected a locale of Faker, e.g. en_US, de_DE or zh_CN; did you mean 'de_DE'?",
        ),
        ("", "unknown locale ''; expected a locale of Faker, e.g. en_US, de_DE or zh_CN"),
        ("../x", "unknown locale '../x'; expected a locale of Faker, e.g. en_US, de_DE or zh_CN"),
    ],
)
def test_a_locale_is_one_that_faker_has(locale: str, told: str | None) -> None:
    assert fakes.find_locale_problem(locale) == told


TOO_MUCH = "too many draws; expected smaller numbers or shorter texts"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("texts", "nb_texts=10000, max_nb_chars=10000"),
        ("paragraphs", "nb=10000"),
        ("json", "num_rows=10000"),
        ("csv", "data_columns=('abc', 'abc', 'abc'), num_rows=10000"),
    ],
)
def test_a_call_that_makes_too_much_is_told(method: str, arguments: str) -> None:
    assert problem(method, arguments) == f"fake.{method}({arguments}) is invalid: {TOO_MUCH}"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("fixed_width", "data_columns=[(1000000000, 'name')]"),
        ("json", "data_columns={'a': ['pystr', {'max_chars': 1000000000}]}"),
        ("pystr", "max_chars=1000000000"),
        ("binary", "length=1000000000"),
    ],
)
def test_large_numbers_are_refused_wherever_they_are_in_the_arguments(method: str, arguments: str) -> None:
    found = problem(method, arguments)

    assert found is not None
    assert "is too large; expected at most 10000" in found or "unknown method 'binary'" in found


def test_long_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="got 10003 characters of arguments; expected at most 10000"):
        parse_arguments("'" + "a" * 10_001 + "'")


def test_the_values_of_a_reply_are_bounded_together() -> None:
    source = Fakes("en_US")
    source.seed(0)
    made = [source.value("paragraphs", (100,)) for _ in range(10)]
    with pytest.raises(fakes.TooManyDrawsError, match=TOO_MUCH):
        made += [source.value("paragraphs", (100,)) for _ in range(1_000)]

    source.seed(0)
    assert source.value("random_int", (1, 1)) == 1


@given(st.integers(0, 2**64), st.sampled_from(["name", "uuid4", "sentence", "random_int", "pyfloat", "words"]))
def test_counting_does_not_change_the_values(seed: int, method: str) -> None:
    plain = Factory.create("en_US")
    plain.seed_instance(seed)
    source = Fakes("en_US")
    source.seed(seed)

    assert source.value(method) == fakes._json(getattr(plain, method)())


def test_sources_that_take_turns_have_the_values_they_have_alone() -> None:
    def values(*sources: Fakes) -> list[list[Any]]:
        made: list[list[Any]] = [[] for _ in sources]
        for method in ("name", "color", "pyint", "pyfloat", "address"):
            for source, mine in zip(sources, made, strict=True):
                mine.append(source.value(method))
        return made

    alone = [values(Fakes("en_US", seed))[0] for seed in (1, 2)]

    assert values(Fakes("en_US", 1), Fakes("en_US", 2)) == alone
    assert alone[0] != alone[1]


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("random_int", "min=10000, max=99999"),
        ("random_int", "10000, 99999"),
        ("random_int", "20000, 90000, 20000"),
        ("pyint", "max_value=1000000"),
        ("pyint", "0, 1000000"),
        ("pyfloat", "min_value=-100000.5, max_value=100000"),
        ("unix_time", "end_datetime=1700000000"),
        ("unix_time", "1700000000"),
        ("randomize_nb_elements", "100000"),
        ("random_element", "(100000, 200000)"),
    ],
)
def test_bounds_of_a_value_may_be_large(method: str, arguments: str) -> None:
    assert problem(method, arguments) is None


def test_bounds_of_a_value_have_64_bits_at_most() -> None:
    expected = "is too large; expected at most 9223372036854775808"

    assert expected in str(problem("random_int", f"max={10**30}"))


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("sentence", f"nb_words=9000, ext_word_list=['{'a' * 9_000}']"),
        (
            "json",
            f"num_rows=99, data_columns=[('a', 'sentence', {{'nb_words': 99, 'ext_word_list': ['{'a' * 9_000}']}})]",
        ),
        ("fixed_width", "data_columns=[(10000, 'name'), (10000, 'name')], num_rows=9999"),
        ("fixed_width", "data_columns=[(10000, 'random_digit')], num_rows=9000"),
    ],
)
def test_a_call_that_makes_a_long_value_of_few_draws_is_refused(method: str, arguments: str) -> None:
    assert problem(method, arguments) == f"fake.{method}({shorten(arguments, 80)}) is invalid: {TOO_MUCH}"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [("sentence", "nb_words=9000"), ("words", "900, ext_word_list=['one', 'two']"), ("fixed_width", "num_rows=900")],
)
def test_a_call_that_makes_a_long_value_of_short_texts_is_accepted(method: str, arguments: str) -> None:
    assert problem(method, arguments) is None


def test_the_trials_of_one_load_share_their_draws() -> None:
    trials = Trials("en_US")
    found = [trials.problem("csv", f"num_rows={number}") for number in range(9_000, 9_005)]

    assert [each is not None for each in found] == [True, True, False, False, False]
    assert trials.problem("name", "") is None
    assert str(trials.problem("name", "1")).startswith("fake.name(1) is invalid: Provider.name() takes 1 positional")


def test_a_repeated_call_is_tried_once() -> None:
    trials = Trials("en_US")
    for _ in range(100):
        assert trials.problem("words", "9000") is None

    assert trials.problem("csv", "num_rows=9000") is not None


def test_a_value_that_fails_uses_up_its_draws() -> None:
    source = Fakes("en_US")
    source.seed(0, 100)

    with pytest.raises(fakes.TooManyDrawsError):
        source.value("words", (1000,), None, 60)

    assert source.left == 40


UNSTEADY = {
    "en_US": "passport_dates passport_full passport_gender",
    "es": "cif nie nif nuss",
    "es_CA": "cif nie nif nuss",
    "es_ES": "cif nie nif nuss",
    "es_MX": "curp elector_code rfc",
    "it_IT": "city",
    "ru_RU": "businesses_ogrn individuals_ogrn",
    "sv_SE": "org_and_vat_id org_id vat_id ssn profile",
    "el_GR": "tin vat_id",
    "th": "vat_id ssn profile",
    "th_TH": "vat_id ssn profile",
    "uk_UA": "diplomatic_license_plate license_plate plate_letter_prefix plate_region_code ssn profile",
    "lv_LV": "ssn profile",
    "fi_FI": "ssn profile",
    "et_EE": "ssn profile",
    "no_NO": "ssn profile",
    "zh_CN": "ssn profile",
}


@pytest.mark.parametrize(
    ("locale", "method"), [(locale, method) for locale, methods in UNSTEADY.items() for method in methods.split()]
)
def test_a_method_that_no_seed_reaches_is_refused_in_its_locales(locale: str, method: str) -> None:
    differs = f"fake.{method} differs between runs in {locale} with the same seed; expected a literal value"

    assert Trials(locale).problem(method, "") == differs


@pytest.mark.parametrize("arguments", ["{[1]: 2}", "a={[1]: 2}", "1 +", "x", "a=b()", "(" * 300])
def test_arguments_that_are_no_literals_are_refused(arguments: str) -> None:
    with pytest.raises(ValueError, match=r"wrong arguments; expected literals, e\.g\. min=1, max=6"):
        parse_arguments(arguments)
