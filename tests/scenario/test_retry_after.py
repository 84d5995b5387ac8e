"""Waits of more than a minute are warned about, wherever a file tells them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockclaude.scenario.diagnostics import Place, ScenarioError
from mockclaude.scenario.loading.loader import load, load_text
from tests.conftest import Serve
from tests.serving import post

LONG = "{type: rate_limit_error, headers: {Retry-After: 61}}"


@pytest.mark.parametrize(
    "text",
    [
        f"rules: [{{reply: {{error: {LONG}}}}}]",
        f"rules: [{{sequence: [Hi, {{error: {LONG}}}]}}]",
        f"rules: [{{turns: [Hi, {{error: {LONG}}}]}}]",
        f"rules: [{{choice: [{{reply: {{error: {LONG}}}}}]}}]",
        f"rules: [{{reply: Hi, fault: {{error: {LONG}}}}}]",
        f"rules: [{{reply: Hi, fault: {{script: [ok, {{error: {LONG}}}]}}}}]",
        "rules: [{reply: Hi, fault: {headers: {retry-after: 61}}}]",
        "rules: [{reply: Hi, fault: {respond: {headers: {retry-after-ms: 61000}}}}]",
        "{chaos: {headers: {retry-after: 61.5}}, rules: [reply: Hi]}",
    ],
)
def test_a_long_wait_is_warned_about_with_its_place(text: str) -> None:
    (warning,) = load_text(text).warnings

    assert warning.place == Place("scenario.yaml", 1, text.index("61") + 1)


def test_a_date_a_long_time_ahead_is_warned_about() -> None:
    (warning,) = load_text("rules: [{reply: Hi, fault: {headers: {retry-after: in 2h}}}]").warnings

    assert warning.message.startswith("`retry-after`: clients wait 7200 s; expected")


def test_the_warning_says_how_long_clients_wait() -> None:
    (warning,) = load_text("rules: [{reply: Hi, fault: {headers: {retry-after-ms: 90000}}}]").warnings

    assert warning.message == "`retry-after-ms`: clients wait 90 s; expected at most 60 s; use `--retry-speed instant`"


@pytest.mark.parametrize(
    "rule",
    [
        "{reply: Hi, fault: {headers: {retry-after: 60, retry-after-ms: 60000}}}",
        "{reply: Hi, fault: {headers: {retry-after: 'Wed, 21 Oct 2026 07:28:00 GMT'}}}",
        "{reply: Hi, fault: {headers: {retry-after: false}}}",
        "{reply: Hi, fault: retry_after_an_hour}",
        "{reply: Hi, fault: {headers: {retry-after: in 1m}}}",
        "{reply: {error: {type: rate_limit_error, headers: {retry-after: '${{ request.max_tokens }}'}}}}",
        "{reply: {json: {error: {headers: {retry-after: 100}}}}}",
        "{when: {headers: {retry-after: '100'}}, reply: Hi}",
    ],
)
def test_what_is_short_or_no_wait_of_a_response_is_not(rule: str) -> None:
    assert load_text(f"rules: [{rule}]").warnings == ()


def test_the_warnings_of_all_files_are_those_of_the_scenario(tmp_path: Path) -> None:
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for file in files:
        file.write_text(f"rules: [{{times: 1, reply: {{error: {LONG}}}}}]")

    assert [warning.place.file for warning in load(files).warnings] == list(map(str, files))


@pytest.mark.parametrize(
    "rule",
    [
        "reply: {error: {type: api_error, headers: {Retry-After: in 87601h}}}",
        "{reply: Hi, fault: {respond: {headers: {Retry-After: in 87601h}}}}",
        "{reply: Hi, fault: {headers: {Retry-After: in 87601h}}}",
    ],
)
def test_a_date_is_at_most_ten_years_ahead(rule: str) -> None:
    problem = "`Retry-After`: a date too far ahead, got 'in 87601h'; expected at most 87600h"
    with pytest.raises(ScenarioError, match=problem):
        load_text(f"rules: [{rule}]")


def test_a_filled_in_date_too_far_ahead_is_sent_as_text(serve: Serve) -> None:
    server = serve("rules: [reply: {error: {type: api_error, headers: {retry-after: 'in ${{ user }}'}}}]")

    assert server.ask(post("99999999h")).headers["retry-after"] == "in 99999999h"
