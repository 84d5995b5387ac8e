"""The `anthropic-beta` header: the names that the SDKs and coding agents send are taken, and others are named."""

from __future__ import annotations

from typing import get_args

import pytest
from anthropic.types import AnthropicBetaParam

from mockclaude.api import betas
from tests.sdk.test_coding_agent import BETAS

SDK_NAMES: tuple[str, ...] = get_args(get_args(AnthropicBetaParam)[1])


def test_every_name_of_the_sdk_is_known() -> None:
    assert set(SDK_NAMES) <= betas.KNOWN


def test_what_a_coding_agent_sends_is_known() -> None:
    assert betas.unknown(betas.parse(BETAS)) is None


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("pdfs-2024-09-25", {"pdfs-2024-09-25"}),
        ("pdfs-2024-09-25,effort-2025-11-24", {"pdfs-2024-09-25", "effort-2025-11-24"}),
        ("pdfs-2024-09-25, effort-2025-11-24,", {"pdfs-2024-09-25", "effort-2025-11-24"}),
        ("", set()),
    ],
)
def test_a_header_is_names_between_commas(header: str, names: set[str]) -> None:
    assert betas.parse(header) == names


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("invalid-beta-name", "`invalid-beta-name`"),
        ("pdfs-2024-09-25,zeta-1,alpha-1", "`alpha-1`, `zeta-1`"),
    ],
)
def test_the_message_names_every_unknown_name_and_no_other(header: str, told: str) -> None:
    assert betas.unknown(betas.parse(header)) == (
        f"Unexpected value(s) {told} for the `anthropic-beta` header. "
        "Please consult our documentation at platform.claude.com/docs or try again without the header."
    )
