"""Gates are opened by the version of the API, and by any beta of theirs."""

from __future__ import annotations

import re

from mockclaude.api.asked import NEW_VERSION, VERSIONS
from mockclaude.api.betas import KNOWN
from mockclaude.api.shape.blocks import BLOCKS
from mockclaude.api.shape.body import BODY
from mockclaude.api.shape.gates import GATES, opened
from mockclaude.api.shape.tools import TOOLS


def test_a_version_opens_its_own_gate_and_a_beta_all_of_its() -> None:
    betas = frozenset({"compact-2026-01-12", "files-api-2025-04-14"})

    assert opened(NEW_VERSION, betas) == {NEW_VERSION, "compaction", "context_management"}


def test_every_beta_of_a_gate_is_known() -> None:
    assert frozenset().union(*GATES.values()) <= KNOWN


def test_every_gate_is_used_and_every_gate_that_is_used_is_there() -> None:
    used = set(re.findall(r"@([\w-]+)", BODY + BLOCKS + TOOLS))
    assert used == {*GATES, *VERSIONS}
