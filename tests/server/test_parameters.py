"""The parameters of the admin API: defaults, precedence and mistakes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockclaude.api.errors import ApiError
from mockclaude.engine.http_request import hash_key_to_lane
from mockclaude.journal.verification import CountRange
from mockclaude.server.admin.parameters import (
    Advance,
    EntryNumber,
    JournalScope,
    Listing,
    M,
    NewRules,
    Verification,
    Wait,
    parse_parameters,
)


def of(model: type[M], **said: Any) -> M:
    return parse_parameters(model, json.dumps(said).encode(), {}, {})


def test_path_overrides_body_and_body_overrides_query() -> None:
    assert parse_parameters(JournalScope, b'{"lane": "body"}', {"lane": "query", "scenario": "x"}, {}).lane == "body"
    assert parse_parameters(EntryNumber, b'{"number": 1}', {"number": "2"}, {"number": "3"}).number == 3
    assert parse_parameters(Listing, b"", {"limit": "7", "after": "0"}, {}) == Listing(limit=7, after=0)


def test_lane_is_a_name_or_of_a_key_or_any() -> None:
    assert of(JournalScope).lane_name is None
    assert of(JournalScope, lane="").lane_name == ""
    assert of(JournalScope, api_key="sk").lane_name == hash_key_to_lane("sk")


@pytest.mark.parametrize(
    ("times", "bounds"),
    [
        (0, CountRange(0, 0)),
        (2, CountRange(2, 2)),
        ({"at_least": 2}, CountRange(2)),
        ({"at_most": 2}, CountRange(0, 2)),
        ({"at_least": 1, "at_most": 2}, CountRange(1, 2)),
    ],
)
def test_times_are_an_integer_or_bounds(times: Any, bounds: CountRange) -> None:
    assert of(Verification, times=times).bounds == bounds


def test_parameters_have_defaults() -> None:
    assert of(Verification).bounds == CountRange()
    assert (of(Wait).count, of(Wait).timeout) == (1, 5_000_000)
    assert (of(Listing).limit, of(Listing).after) == (100, None)
    assert of(NewRules, rules=[]).place == "added over HTTP"


@pytest.mark.parametrize(
    ("model", "wrong", "told"),
    [
        (
            JournalScope,
            {"lanes": "x"},
            "the request (lanes): unknown key 'lanes'; expected scenario, lane or api_key; did you",
        ),
        (
            JournalScope,
            {"lane": 5},
            "the request (lane): invalid value, got number 5; expected text; put quotes around it",
        ),
        (JournalScope, {"lane": None}, "the request (lane): missing value, got null; expected a value"),
        (
            JournalScope,
            {"lane": "x", "api_key": "y"},
            "the request: `lane` and `api_key` both say which lane; expected one",
        ),
        (
            JournalScope,
            {"api_key": ""},
            "the request (api_key): invalid value, got string ''; expected at least one character",
        ),
        (Listing, {"limit": "many"}, "the request (limit): invalid value, got string 'many'; expected an integer"),
        (Listing, {"limit": 0}, "the request (limit): invalid value, got number 0; expected at least 1"),
        (Listing, {"after": "-1"}, "the request (after): invalid value, got string '-1'; expected an integer"),
        (Wait, {"timeout": 5}, "the request (timeout): not a duration, got 5; expected a number with a unit, such as"),
        (Wait, {"count": True}, "the request (count): invalid value, got true; expected an integer"),
        (Wait, {"when": {"usr": "x"}}, "the request (when.usr): unknown key 'usr'; expected user, "),
        (Wait, {"when": "Hello"}, "the request (when): invalid value, got string 'Hello'; expected a mapping"),
        (
            Wait,
            {"when": {"user": {"regex": "("}}},
            "the request (when.user.regex): `regex`: invalid pattern (missing )",
        ),
        (
            Verification,
            {"times": "x"},
            "the request (times): not a number of requests; expected an integer or a mapping",
        ),
        (Verification, {"times": True}, "the request (times): not a number of requests; "),
        (Verification, {"times": -1}, "the request (times): invalid value, got number -1; expected at least 0"),
        (
            Verification,
            {"times": {"at_lest": 1}},
            "the request (times.at_lest): unknown key 'at_lest'; expected at_least",
        ),
        (
            Verification,
            {"times": {"at_least": 2, "at_most": 1}},
            "the request (times): `at_most` (1) is less than `at_least` (2); expected no less",
        ),
        (NewRules, {}, "the request: missing key 'rules'; expected it beside the other keys; add `rules: ...`"),
        (Advance, {}, "the request: missing key 'advance'; expected"),
        (Advance, {"advance": "-5s"}, "the request (advance): not a duration, got '-5s'; "),
    ],
)
def test_mistakes_are_reported_with_their_place(model: type[Any], wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ApiError) as caught:
        of(model, **wrong)

    assert caught.value.status == 400
    assert caught.value.message.startswith(told)
    assert caught.value.details == {"mistakes": caught.value.message.splitlines()}


def test_an_expectation_of_two_bounds_is_told_once() -> None:
    with pytest.raises(ApiError) as caught:
        of(Verification, times=-1)

    assert caught.value.message.endswith("got number -1; expected at least 0")
