"""Resolve `retry-after: in 30s` to an HTTP date."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate

from mockclaude.scenario.format.response_headers import RETRY_AFTER, parse_retry_in


def find_retry_delay(headers: Mapping[str, str]) -> int | None:
    """Return the seconds of `retry-after: in 30s`, rounded up; None for another value."""
    for name, value in headers.items():
        if name.lower() == RETRY_AFTER:
            try:
                delay = parse_retry_in(value)
            except ValueError:
                return None  # the value of a placeholder is not a duration
            return delay and -(-delay // 1_000_000)
    return None


def resolve_retry_date(headers: Mapping[str, str], now: int) -> Mapping[str, str]:
    """Return the headers with the date in place of `in 30s`.

    Args:
        headers: The headers of a scenario file.
        now: The Unix time of the response in seconds.
    """
    delay = find_retry_delay(headers)
    if delay is None:
        return headers
    date = formatdate(now + delay, usegmt=True)
    return {name: date if name.lower() == RETRY_AFTER else value for name, value in headers.items()}
