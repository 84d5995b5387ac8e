"""The pace of each family of models, with the source of its figures.

The time to the first token is that of the first token of any kind: thinking takes its own time in the reply. Published
figures are medians; the spreads are estimates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mockclaude.api import models


class Profile(NamedTuple):
    """The pace of a family, and the source of its figures."""

    pace: Mapping[str, Any]
    source: str


def _profile(ttft: str, slow: str, tokens_per_second: float, source: str) -> Profile:
    first = {"lognormal": {"p50": ttft, "p99": slow, "max": "60s"}}
    return Profile({"ttft": first, "tokens_per_second": tokens_per_second, "jitter": 0.5}, source)


_LATTICE = "Artificial Analysis, as quoted by lattice.uptownhr.com/claude-opus-4-5/speed-analysis, 2025-11-24"

PROFILES: Mapping[str, Profile] = {
    "haiku": _profile(
        "900ms",
        "3s",
        112,
        "Claude Haiku 4.5, first token 0.90 s, and 112 tokens/s at one provider: "
        "lmspeed.net/compare/model/claude-haiku-4-5-vs-claude-sonnet-4, undated copy",
    ),
    "sonnet": _profile("1.8s", "6s", 63, f"Claude Sonnet 4.5, first token 1.80 s, 63 tokens/s: {_LATTICE}"),
    "opus": _profile(
        "2.67s",
        "9s",
        90.7,
        f"Claude Opus 4.1, first token 2.67 s: {_LATTICE}; Claude Opus 5.5, 90.7 tokens/s: "
        "artificialanalysis.ai/zh/models/claude-opus-5-5-high/providers, undated copy",
    ),
    "fable": _profile(
        "4s",
        "15s",
        60,
        "estimated: slower than Opus by Anthropic's own comparison, platform.claude.com/docs/en/models/overview",
    ),
    "mythos": _profile("4s", "15s", 60, "estimated: as Fable"),
}
"""Family -> its pace: the figures of one or two of its models, which the source names."""

OF_MODEL = "model"
"""The name of the profile of the requested model's family."""

USUAL = "sonnet"
"""The family of an unknown model."""


def resolve_profile(name: str, model: str) -> str:
    """Return the family whose profile `name` selects for `model`."""
    return find_family(model) if name == OF_MODEL else name


def find_family(model: str) -> str:
    """Return the family of `model`, by the catalogue or else by the model's name."""
    known = models.find(model)
    if known:
        return known.line
    return next((name for name in PROFILES if name in model.lower()), USUAL)
