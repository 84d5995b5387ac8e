"""Find features whose result depends on the order of requests or on the clock, for `--strict-determinism`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mockclaude.scenario.diagnostics import Diagnostic, ScenarioError
from mockclaude.scenario.format.fault_base import NONDETERMINISTIC, Fault
from mockclaude.scenario.rules import Scenario


def require_determinism(scenarios: Iterable[Scenario]) -> None:
    """Check that no feature depends on the order of requests or on the clock.

    Raises:
        ScenarioError: A feature does. Holds the diagnostics of all scenarios.
    """
    if diagnostics := [diagnostic for scenario in scenarios for diagnostic in lint_determinism(scenario)]:
        raise ScenarioError(diagnostics)


def lint_determinism(scenario: Scenario) -> list[Diagnostic]:
    """Return the diagnostics of strict determinism."""
    faults = [*scenario.chaos, *(possible for rule in scenario.rules for possible in rule.faults)]
    limits = [Diagnostic(limited.place, _LIMITS) for limited in scenario.limits]
    return [
        *limits,
        *(Diagnostic(possible.place, reason) for possible in faults for reason in _reasons(possible.fault)),
    ]


_LIMITS = (
    "limits depend on the order of requests and on the clock; expected rules with `times` whose reply is "
    "rate_limit_error or overloaded_error"
)


def _reasons(fault: Fault) -> Iterator[str]:
    for key, (reason, instead) in NONDETERMINISTIC.items():
        if fault.has(key):
            yield f"the fault '{fault}' {reason}; expected {instead}"
    for attempt in fault.scripted:
        yield from _reasons(attempt)
