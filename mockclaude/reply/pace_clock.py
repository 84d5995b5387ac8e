"""Compute when each piece of a reply is sent.

Times are microseconds after the beginning of the response. The time to the first token and a drawn rate are drawn once
for a reply, a gap and its jitter for each piece.
"""

from __future__ import annotations

from mockclaude.reply.distributions import quantile
from mockclaude.reply.draws import Draws
from mockclaude.scenario.format.pace import Pace
from mockclaude.scenario.format.units import Distribution

LEAST_RATE = 0.1
"""Tokens per second that a drawn rate has at least: a distribution that reaches 0 would mean a reply without end."""


class PaceClock:
    """The time that a reply has taken, as it is made piece by piece: `now` is microseconds from its beginning."""

    def __init__(self, pace: Pace, draws: Draws) -> None:
        self.now = 0
        self._pace = pace
        self._draws = draws
        self._per_token = 0.0 if pace.tokens_per_second is None else 1_000_000 / self._rate(pace.tokens_per_second)
        self._gaps = 0

    def generate(self, count: int, *, first: bool) -> int:
        """Advance the clock by `count` tokens, and before the `first` piece by the time to the first token."""
        if first:
            self.now += round(self._drawn(self._pace.ttft, "ttft"))
        if count and (self._per_token or self._pace.gap or self._pace.gaps):
            self._gaps += 1
            self.now += round(self._gap(count) * self._vary())
        return self.now

    def wait(self, microseconds: int) -> None:
        """Advance the clock by a pause."""
        self.now += microseconds

    def _gap(self, count: int) -> float:
        if self._pace.gaps is not None:
            return self._pace.gaps[min(self._gaps, len(self._pace.gaps)) - 1]
        if self._pace.gap is not None:
            return self._drawn(self._pace.gap, f"gap/{self._gaps}")
        return count * self._per_token

    def _vary(self) -> float:
        jitter = self._pace.jitter
        if not jitter:
            return 1.0
        drawn = self._draws.uniform(f"delay/{self._gaps}")
        return quantile(jitter, drawn) if isinstance(jitter, Distribution) else 1 + jitter * (2 * drawn - 1)

    def _rate(self, rate: float | Distribution) -> float:
        return max(LEAST_RATE, self._drawn(rate, "rate")) if isinstance(rate, Distribution) else rate

    def _drawn(self, value: float | Distribution, label: str) -> float:
        return quantile(value, self._draws.uniform(label)) if isinstance(value, Distribution) else value
