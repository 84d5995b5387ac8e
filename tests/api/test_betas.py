"""The `anthropic-beta` header: names of the list are accepted, others as the scenario says."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from mockclaude.api import betas
from mockclaude.api.betas import (
    KNOWN,
    LISTED,
    MOST_UNKNOWN,
    AcceptedBetas,
    UnknownBetas,
    find_unknown,
    parse,
    parse_list,
    refusal_message,
    warning_message,
)
from tests.betas import names_of_sdk

CLAUDE_CODE = [
    "claude-code-20250219",
    "interleaved-thinking-2025-05-14",
    "thinking-token-count-2026-05-13",
    "context-management-2025-06-27",
    "prompt-caching-scope-2026-01-05",
    "mid-conversation-system-2026-04-07",
    "per-turn-control-2026-07-01",
    "mid-conversation-tool-changes-2026-07-01",
    "effort-2025-11-24",
    "dangerous-tool-use-2026-09-03",
    "afk-mode-2026-01-31",
    "thinking-display-updates-2026-08-18",
    "token-counting-2024-11-01",
    "context-1m-2025-08-07",
    "oauth-2025-04-20",
    "timing-2026-09-09",
    "redact-thinking-2026-02-12",
    "mid-conversation-effort-2026-08-01",
    "advanced-tool-use-2025-11-20",
]
OTHERS = [
    "code-execution-2025-08-25",
    "code-execution-web-tools-2026-02-09",
    "google-managed-data-controls-2026-09-01",
    "adaptive-thinking-2026-01-28",
    "structured-outputs-2025-12-15",
    "oidc-federation-2026-04-01",
    "auto-mode-classifier-2026-07-16",
    "cache-keepalive-2026-09-03",
    "ccr-byoc-2025-07-29",
    "ccr-triggers-2026-01-30",
    "claude-code-side-query-2026-09-29",
    "context-hint-2026-04-09",
    "environments-2025-11-01",
    "mcp-servers-2025-12-04",
    "program-use-case-ids-2026-09-17",
    "prompt-caching-evict-2026-05-12",
    "request-tags-2026-08-21",
    "resumption-2026-10-08",
    "subagent-review-2026-11-17",
    "thinking-resumption-2026-07-17",
    "tool-provenance-2026-10-26",
    "web-search-results-only-2026-11-15",
    "fine-grained-tool-streaming-2025-05-14",
    "max-tokens-3-5-sonnet-2024-07-15",
    "search-results-2025-06-09",
    "tools-2024-04-04",
    "tools-2024-05-16",
    "web-fetch-2025-09-10",
    "web-search-2025-03-05",
    "tool-examples-2025-10-29",
    "tool-search-tool-2025-10-19",
]


def test_every_name_of_the_installed_sdk_is_known() -> None:
    assert names_of_sdk() <= KNOWN


@pytest.mark.parametrize("name", [*CLAUDE_CODE, *OTHERS])
def test_names_that_clients_send_are_accepted_in_every_mode(name: str) -> None:
    assert find_unknown({name}, "strict") == UnknownBetas()


def test_list_has_no_duplicates_and_an_iso_date() -> None:
    assert len(LISTED.betas) == len(KNOWN) > 100
    assert LISTED.date >= "2026-11-29"


def test_list_line_has_name_gates_and_source() -> None:
    listed = parse_list("# a\n# Date: 2026-01-02\na-2026-01-01 - wild: x y\nb-2026-01-01   c,d past\n")

    assert listed.date == "2026-01-02"
    assert listed.betas == (("a-2026-01-01", (), "wild: x y"), ("b-2026-01-01", ("c", "d"), "past"))


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        ({}, set()),
        ({"anthropic-beta": ""}, set()),
        ({"anthropic-beta": "pdfs-2024-09-25"}, {"pdfs-2024-09-25"}),
        ({"anthropic-beta": "a,b"}, {"a", "b"}),
        ({"anthropic-beta": "a, b,,"}, {"a", "b"}),
        (CIMultiDict([("Anthropic-Beta", "a,b"), ("x", "y"), ("anthropic-beta", "c")]), {"a", "b", "c"}),
    ],
)
def test_names_of_all_header_lines_are_parsed(headers: dict[str, str], names: set[str]) -> None:
    assert parse(headers) == names


NEW = "x-2020-01-01"
SLIP = "prompt-cachng-2024-07-31"
MISSHAPEN = "invalid-beta-name"


@pytest.mark.parametrize(
    ("accepted", "refused", "unlisted"),
    [
        ("known", (MISSHAPEN, SLIP), (NEW,)),
        ("strict", (MISSHAPEN, SLIP, NEW), ()),
        ("any", (), ()),
        ((NEW,), (MISSHAPEN, SLIP), ()),
        ((NEW, SLIP, MISSHAPEN), (), ()),
    ],
)
def test_unknown_names_are_judged_as_the_scenario_says(
    accepted: AcceptedBetas, refused: tuple[str, ...], unlisted: tuple[str, ...]
) -> None:
    assert find_unknown({NEW, SLIP, MISSHAPEN, "pdfs-2024-09-25"}, accepted) == (refused, unlisted)


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("new-2027-01-01", True),
        ("compact-2026-01-13", True),
        ("claude-code-2025-02-19", True),
        ("efs-2027-01-01", True),
        ("fast-modes-v2-2027-01-01", True),
        ("interleaved-thinking", False),
        ("interleaved-thinking-2025-05", False),
        ("new-2027-01-01x", False),
        ("new--2027-01-01", False),
        ("-new-2027-01-01", False),
        ("New-2027-01-01", False),
        ("my_beta-2027-01-01", False),
        ("new-1927-01-01", False),
        ("new-2027-01-0\u0661", False),
        ("new-20270101", False),
        ("compacd-2026-01-12", False),
        ("compa-2026-01-12", False),
        ("xcompact-2026-01-12", False),
        ("comxpacxt-2026-01-12", False),
        ("xompacx-2026-01-12", False),
        ("xomxacx-2026-01-12", True),
        ("comxpaxcxt-2026-01-12", True),
        ("efsx-2026-12-01", False),
        ("dns-2026-12-01", True),
        (f"{'n' * 53}-2027-01-01", True),
        (f"{'n' * 54}-2027-01-01", False),
    ],
)
def test_unknown_name_is_accepted_if_well_formed_and_no_slip(name: str, accepted: bool) -> None:
    assert find_unknown({name}, "known") == (((), (name,)) if accepted else ((name,), ()))


def test_more_unknown_names_than_any_client_sends_are_refused() -> None:
    names = [f"new-{number:04}-2027-01-01" for number in range(MOST_UNKNOWN + 1)]

    assert find_unknown(set(names[1:]), "known") == ((), tuple(names[1:]))
    assert find_unknown(set(names), "known") == (tuple(names[:MOST_UNKNOWN]), ())


def test_work_for_unknown_names_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(betas, "_is_plausible", looked.append)

    find_unknown({f"new-{number}-2027-01-01" for number in range(10_000)}, "known")
    assert looked == []


def test_refusal_names_every_name_in_the_words_of_the_api() -> None:
    assert refusal_message(["alpha-1", "zeta-1"]) == (
        "Unexpected value(s) `alpha-1`, `zeta-1` for the `anthropic-beta` header. "
        "Please consult our documentation at platform.claude.com/docs or try again without the header."
    )


def test_warning_shows_what_to_write_to_accept_the_name() -> None:
    assert warning_message(["a-2027-01-01", "b-2027-01-01"]) == (
        "anthropic-beta: unknown, accepted because well formed, got 'a-2027-01-01', 'b-2027-01-01'; expected a name in "
        f"the list of {LISTED.date}; add `betas: [a-2027-01-01, b-2027-01-01]` to the scenario file to accept without "
        "a warning"
    )
