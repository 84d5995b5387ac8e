"""Thinking: signatures, and the binding to the messages before it."""

from __future__ import annotations

from tests.corpus.pair import Pair

PAIRS: list[Pair] = []
