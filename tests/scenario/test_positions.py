"""Moments, selectors, rates and windows, as a scenario file writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mockclaude.scenario.format.positions import (
    EVERY,
    LAST,
    EventSelector,
    Position,
    parse_after,
    parse_before,
    parse_byte_rate,
    parse_event,
    parse_request_window,
    parse_selector,
    parse_time_window,
)


@pytest.mark.parametrize(
    ("read", "written", "meant"),
    [
        (parse_selector, "ping", EventSelector("ping")),
        (parse_selector, "text_delta 3", EventSelector("text_delta", 3)),
        (parse_selector, "last content_block_stop", EventSelector("content_block_stop", LAST)),
        (parse_selector, "every ping", EventSelector("ping", EVERY)),
        (parse_before, "headers", Position("headers")),
        (parse_before, "message_stop", Position("before", selector=EventSelector("message_stop"))),
        (parse_after, "1 event", Position("events", 1)),
        (parse_after, "100 bytes", Position("bytes", 100)),
        (parse_after, "50%", Position("share", 0.5)),
        (parse_after, "1.5s", Position("time", 1_500_000)),
        (parse_after, "message_start", Position("after", selector=EventSelector("message_start"))),
        (parse_byte_rate, "20KB/s", 20_000.0),
        (parse_byte_rate, "1.5 MB/s", 1_500_000.0),
        (parse_request_window, "10..20", (10, 20)),
        (parse_request_window, "10..", (10, 10**9)),
        (parse_time_window, "10s..1m", (10_000_000, 60_000_000)),
        (parse_time_window, "0s..", (0, 2**62)),
    ],
)
def test_what_is_written_means(read: Callable[[Any], Any], written: str, meant: Any) -> None:
    assert read(written) == meant


@pytest.mark.parametrize(
    ("read", "written", "problem"),
    [
        (parse_selector, 3, "not an event, got '3'; expected an event such as message_stop"),
        (parse_selector, "every ping 3", "not an event, got 'every ping 3'"),
        (parse_selector, "mesage_stop", "unknown event 'mesage_stop'; expected message_start, "),
        (parse_selector, "mesage_stop", "did you mean 'message_stop'?"),
        (parse_event, "every ping", "several positions, got 'every ping'; expected one, such as 'last ping'"),
        (parse_before, "heders", "; or headers, body, end"),
        (parse_after, "-1s", "not an event, got '-1s'"),
        (parse_after, "150%", "not a probability, got '150%'; expected a number from 0 to 1"),
        (
            parse_after,
            "3 things",
            "not a position, got '3 things'; expected a value such as 3 events, 100 bytes, 50%, 2s",
        ),
        (parse_byte_rate, "0KB/s", "not a rate, got '0KB/s'; expected bytes per second"),
        (parse_byte_rate, 5, "not a rate, got '5'"),
        (
            parse_request_window,
            "20..10",
            "not a range of requests, got '20..10'; expected the first and the last, such as 10..20",
        ),
        (parse_request_window, "0..3", "not a range of requests, got '0..3'"),
        (parse_time_window, "10s", "not a range of times, got '10s'; expected a range such as 10s..20s"),
        (parse_time_window, "20s..10s", "a range of times that ends before it begins"),
        (parse_time_window, "x..10s", "not a duration, got 'x'"),
    ],
)
def test_what_means_nothing_is_told(read: Callable[[Any], Any], written: Any, problem: str) -> None:
    with pytest.raises(ValueError) as told:  # noqa: PT011 (what it says is looked at below)
        read(written)
    assert problem in str(told.value)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2s", "after 2s"),
        ("1500ms", "after 1.5s"),
        ("3 events", "after 3 events"),
        ("100 bytes", "after 100 bytes"),
        ("50%", "after 50%"),
        ("text_delta 2", "after text_delta 2"),
    ],
)
def test_a_position_is_shown_in_the_words_of_the_file(written: str, shown: str) -> None:
    assert str(parse_after(written)) == shown


@pytest.mark.parametrize("place", ["headers", "body", "end", "message_stop", "last ping"])
def test_a_position_before_something_is_shown_as_written(place: str) -> None:
    assert str(parse_before(place)) == f"before {place}"
