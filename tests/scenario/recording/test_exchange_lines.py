from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.scenario.recording.exchange import Arrival, Exchange, Reception
from mockclaude.scenario.recording.exchange_lines import read_lines, to_line
from tests.scenario.recording.planted import new_exchange

HEADERS = st.lists(st.tuples(st.text(), st.text()), max_size=3)
RECEPTIONS = st.builds(
    Reception,
    st.integers(100, 599),
    HEADERS.map(tuple),
    st.binary() | st.text().map(str.encode),
    st.integers(0, 10**12),
    st.lists(st.builds(Arrival, st.integers(0, 10**12), st.integers(0, 10**9)), max_size=3).map(tuple),
    st.sampled_from(["", "close"]),
    st.booleans(),
)
EXCHANGES = st.builds(
    Exchange,
    st.integers(1, 10**6),
    st.sampled_from(["POST", "GET"]),
    st.text(),
    HEADERS.map(dict),
    st.binary() | st.text().map(str.encode),
    RECEPTIONS,
    st.text(),
    st.just("2026-11-30"),
    st.text(),
    st.none() | st.integers(0, 1000),
    st.text(),
)
LINE = to_line(new_exchange({"a": "b"}, b"\xff"))


@given(st.lists(EXCHANGES, max_size=3))
def test_lines_give_the_exchanges_back(exchanges: list[Exchange]) -> None:
    read, diagnostics = read_lines(b"".join(map(to_line, exchanges)), "tide.yaml.part")
    assert [vars(exchange) for exchange in read] == [vars(exchange) for exchange in exchanges]
    assert diagnostics == []


def test_a_line_has_no_line_break_but_its_end() -> None:
    line = to_line(new_exchange({"a": "\n\r\u2028"}, b"\n\xff\n", headers=[("x", "a\udc80")]))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")


def test_a_header_with_surrogates_comes_back() -> None:
    headers = (("x", "a\udc80"),)
    assert read_lines(to_line(new_exchange(headers=headers)), "f").exchanges[0].reception.headers == headers


def test_a_computed_value_is_not_written() -> None:
    exchange = new_exchange({"a": "b"})
    before = to_line(exchange)
    assert exchange.document
    assert to_line(exchange) == before


@given(st.integers(1, len(LINE) - 2))
def test_a_cut_line_is_reported(size: int) -> None:
    read, diagnostics = read_lines(LINE + LINE[:size], "tide.yaml.part")
    assert len(read) == 1
    assert list(map(str, diagnostics)) == [
        "tide.yaml.part:2:1: broken line (invalid JSON); expected an exchange as a line of JSON"
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"number": "1"}, "'number' has an invalid type"),
        ({"number": True}, "'number' has an invalid type"),
        ({"headers": {"a": 1}}, "'headers' has a value that is not a string"),
        ({"events_sent": 1.5}, "'events_sent' has an invalid type"),
        ({"reception": None}, "'reception' has an invalid type"),
        ({"body": {"base64": "?"}}, "Only base64 data is allowed"),
        ({"body": 1}, "'body' has an invalid type"),
        ({"body": {}}, "missing 'base64'"),
        ({"status": "200"}, "'status' has an invalid type"),
        ({"ending": "reset"}, "invalid 'ending', got 'reset'"),
        ({"arrivals": [[1]]}, "an item of 'arrivals' has 1 values"),
        ({"arrivals": [[1, "2"]]}, "a value of 'arrivals' has an invalid type"),
        ({"response_headers": [1]}, "an item of 'headers' has an invalid type"),
    ],
)
def test_a_damaged_line_is_reported(change: dict[str, Any], problem: str) -> None:
    line = json.loads(LINE)
    for name, value in change.items():
        target = line["reception"] if name in ("status", "ending", "arrivals", "response_headers") else line
        target[name.removeprefix("response_")] = value
    read, diagnostics = read_lines(json.dumps(line).encode() + b"\n" + LINE, "f")
    assert len(read) == 1
    assert str(diagnostics[0]) == f"f:1:1: broken line ({problem}); expected an exchange as a line of JSON"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"[]", "the line has an invalid type"),
        (b"{}", "missing 'headers'"),
        (b"\xff", "invalid JSON"),
        (b"[" * 100_000, "invalid JSON"),
    ],
)
def test_a_line_of_another_kind_is_reported(line: bytes, problem: str) -> None:
    (diagnostic,) = read_lines(line, "f").diagnostics
    assert str(diagnostic).startswith(f"f:1:1: broken line ({problem});")


@given(st.binary())
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    assert read_lines(data, "f").exchanges == []
