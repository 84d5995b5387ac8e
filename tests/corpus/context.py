"""Context editing and compaction."""

from __future__ import annotations

from tests.corpus.pair import Pair

PAIRS: list[Pair] = []
