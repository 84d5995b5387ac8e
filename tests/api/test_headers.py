"""Response headers are those of real recordings; only what is drawn from the time differs between two runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mockclaude.api import headers

NOW = 1_787_150_451  # 2026-08-19 14:40:51 UTC

EVERY_RESPONSE = [
    "date",
    "anthropic-organization-id",
    "anthropic-workspace-id",
    "strict-transport-security",
    "content-security-policy",
    "server",
    "cf-ray",
    "cf-cache-status",
    "x-robots-tag",
    "vary",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "content-type",
]
RATE_LIMITS = [
    f"anthropic-ratelimit-{family}-{what}"
    for family in ("requests", "tokens", "input-tokens", "output-tokens")
    for what in ("limit", "remaining", "reset")
]


def parsed(given: headers.Headers) -> dict[str, str]:
    values = dict(given.lines)
    assert len(values) == len(given.lines)
    return values


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (headers.json, EVERY_RESPONSE),
        (headers.message, EVERY_RESPONSE + RATE_LIMITS),
        (headers.stream, [*EVERY_RESPONSE, "cache-control", *RATE_LIMITS]),
    ],
    ids=["json", "message", "stream"],
)
def test_each_kind_of_response_has_its_headers_in_order(
    lines: Callable[[int], headers.Headers], names: list[str]
) -> None:
    assert list(parsed(lines(NOW))) == names


def test_a_message_is_json_and_a_stream_is_server_sent_events() -> None:
    assert parsed(headers.message(NOW))["content-type"] == "application/json"
    assert parsed(headers.stream(NOW))["content-type"] == "text/event-stream; charset=utf-8"
    assert parsed(headers.stream(NOW))["cache-control"] == "no-cache"


def test_the_values_are_those_of_an_account_far_from_its_limits() -> None:
    values = parsed(headers.message(NOW))

    assert values["date"] == "Wed, 19 Aug 2026 14:40:51 GMT"
    assert values["anthropic-organization-id"] == "3a2f5c1e-6d0b-4f7a-9c58-2b7e41d09a66"
    assert values["anthropic-workspace-id"].startswith("wrkspc_01")
    assert [values[name] for name in RATE_LIMITS] == [
        *("4000", "3999", "2026-08-19T14:40:51Z"),
        *("4800000", "4800000", "2026-08-19T14:40:51Z"),
        *("4000000", "4000000", "2026-08-19T14:40:51Z"),
        *("800000", "800000", "2026-08-19T14:40:51Z"),
    ]


@pytest.mark.parametrize("lines", [headers.json, headers.message, headers.stream])
def test_only_the_date_and_the_reset_times_differ_between_two_seconds(lines: Callable[[int], headers.Headers]) -> None:
    one, other = parsed(lines(NOW)), parsed(lines(NOW + 1))
    differing = [name for name in one if one[name] != other[name]]

    assert "date" in differing
    assert all(name == "date" or name.endswith("-reset") for name in differing)


def test_browser_may_send_any_header_but_those_that_control_the_server() -> None:
    asked = "x-api-key, Authorization,x-mockclaude-lane , *\r\nx: y, x-mockclaude-fault, *"
    allowed = headers.cors_preflight(asked)

    assert allowed["access-control-allow-origin"] == "*"
    assert "POST" in allowed["access-control-allow-methods"].split(", ")
    assert allowed["access-control-allow-headers"] == "x-api-key, authorization"
    assert headers.cors_preflight()["access-control-allow-headers"] == "authorization"


def test_trusted_page_may_send_control_headers() -> None:
    allowed = headers.cors_preflight("x-mockclaude-lane, x-api-key", control=True)

    assert allowed["access-control-allow-headers"] == "x-mockclaude-lane, x-api-key"


def test_a_replaced_header_is_sent_once_whatever_its_case() -> None:
    usual = headers.Headers([("content-type", "application/json"), ("server", "cloudflare")])
    changed = usual.put({"Content-Type": "text/html", "retry-after": "2"})

    assert changed.lines == (("server", "cloudflare"), ("content-type", "text/html"), ("retry-after", "2"))


@pytest.mark.parametrize(
    ("limit", "left", "told"), [(40_000, 39_999, 39_000), (40_000, 999, 0), (1_000, 1_000, 1_000), (999, 998, 998)]
)
def test_what_remains_of_tokens_is_told_in_thousands_and_never_more_than_there_is(
    limit: int, left: int, told: int
) -> None:
    assert headers.RateLimitStatus(limit, left, NOW).round_down().remaining == told


def test_tokens_are_input_and_output_together() -> None:
    statuses = {
        headers.REQUESTS: headers.RateLimitStatus(50, 49, NOW),
        headers.INPUT: headers.RateLimitStatus(40_000, 38_500, NOW + 3),
        headers.OUTPUT: headers.RateLimitStatus(8_000, 7_900, NOW + 1),
    }
    told = headers.rate_limits(statuses)

    assert list(told) == RATE_LIMITS
    assert [told[name] for name in RATE_LIMITS[:6]] == [
        *("50", "49", "2026-08-19T14:40:51Z"),
        *("48000", "45000", "2026-08-19T14:40:54Z"),
    ]
