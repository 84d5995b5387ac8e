"""Compute the time of each piece of a reply.

Times are microseconds after the beginning of the response. The time to first token and the rate are drawn once for a
reply, a gap and its jitter for each piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from mockclaude.reply.distributions import compute_quantile
from mockclaude.reply.draws import Draws
from mockclaude.scenario.format.pace import Pace
from mockclaude.scenario.format.units import Distribution

LEAST_RATE = 0.1
"""The least rate in tokens per second: a distribution that reaches 0 would stop the reply."""


class PaceClock:
    """The time of a reply that is generated piece by piece, in microseconds (`now`)."""

    def __init__(self, pace: Pace, draws: Draws) -> None:
        self.now = 0
        self._pace = pace
        self._draws = draws
        self._per_token = 0.0 if pace.tokens_per_second is None else 1_000_000 / self._draw_rate(pace.tokens_per_second)
        self._delays = bool(self._per_token or pace.gap or pace.gaps)
        self._fixed_gap = None if isinstance(pace.gap, Distribution) or pace.gaps is not None else pace.gap
        self._gaps = 0

    def generate(self, count: float, *, first: bool) -> int:
        """Advance the clock by `count` tokens; first by the time to first token."""
        if first:
            self.now += round(self._draw(self._pace.ttft, "ttft"))
        if count and self._delays:
            self._gaps += 1
            gap = self._draw_gap(count) if self._fixed_gap is None else self._fixed_gap
            self.now += round(gap * self._draw_jitter()) if self._pace.jitter else round(gap)
        return self.now

    def generate_all(self, counts: Sequence[float], *, first: bool) -> list[int]:
        """Advance the clock by the tokens of each piece; return the times."""
        if first or self._fixed_gap is None or self._pace.jitter:
            return [self.generate(count, first=first and not index) for index, count in enumerate(counts)]
        gap = round(self._fixed_gap)
        times = list(accumulate([gap if count else 0 for count in counts], initial=self.now))
        self.now = times[-1]
        return times[1:]

    def wait(self, microseconds: int) -> None:
        """Advance the clock by a pause."""
        self.now += microseconds

    def _draw_gap(self, count: float) -> float:
        if self._pace.gaps is not None:
            return self._pace.gaps[min(self._gaps, len(self._pace.gaps)) - 1]
        if self._pace.gap is not None:
            return self._draw(self._pace.gap, f"gap/{self._gaps}")
        return count * self._per_token

    def _draw_jitter(self) -> float:
        jitter = self._pace.jitter
        drawn = self._draws.uniform(f"delay/{self._gaps}")
        return compute_quantile(jitter, drawn) if isinstance(jitter, Distribution) else 1 + jitter * (2 * drawn - 1)

    def _draw_rate(self, rate: float | Distribution) -> float:
        return max(LEAST_RATE, self._draw(rate, "rate")) if isinstance(rate, Distribution) else rate

    def _draw(self, value: float | Distribution, label: str) -> float:
        return compute_quantile(value, self._draws.uniform(label)) if isinstance(value, Distribution) else value
