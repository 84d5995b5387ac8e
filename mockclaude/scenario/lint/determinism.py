"""What of a scenario depends on the order in which requests arrive, or on when they do.

In: scenarios. Out: a mistake for each such thing. Everything else is the same for each client, whoever else asks.
Knows nothing of requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mockclaude.scenario.diagnostics import Diagnostic, ScenarioError
from mockclaude.scenario.format.faults import Fault
from mockclaude.scenario.rules import Scenario


def require_determinism(scenarios: Iterable[Scenario]) -> None:
    """Raise `ScenarioError` where something in `scenarios` depends on the order of requests or on the clock."""
    if mistakes := [mistake for scenario in scenarios for mistake in lint_determinism(scenario)]:
        raise ScenarioError(mistakes)


def lint_determinism(scenario: Scenario) -> list[Diagnostic]:
    """Return what `--strict-determinism` refuses."""
    faults = [*scenario.chaos, *(possible for rule in scenario.rules for possible in rule.faults)]
    limits = [Diagnostic(limited.place, _LIMITS) for limited in scenario.limits]
    return [
        *limits,
        *(Diagnostic(possible.place, reason) for possible in faults for reason in _reasons(possible.fault)),
    ]


_LIMITS = (
    "limits depend on the order of requests and on the clock; expected rules with `times` that answer rate_limit_error "
    "or overloaded_error"
)


def _reasons(fault: Fault) -> Iterator[str]:
    for key, (reason, instead) in _DEPENDS.items():
        if getattr(fault, key, None) is not None:
            yield f"the fault '{fault}' {reason}; expected {instead}"
    for turn in fault.attempts:
        yield from _reasons(turn)


def describe_nondeterminism(fault: Fault) -> str:
    """Return why it is not the same each time whether `fault` strikes a request, or whom it hits; '' where it is."""
    reasons = [reason for key, (reason, _) in _DEPENDS.items() if getattr(fault, key, None) is not None]
    return next((reason for turn in fault.attempts if (reason := describe_nondeterminism(turn))), "") or " and ".join(
        reasons
    )


_DEPENDS = {
    "time": ("depends on the clock", "a window in `requests`"),
    "connection": ("depends on which connection a client uses", "`occurrence`"),
    "refuse": ("hits whoever connects meanwhile", "`disconnect: reset`"),
}
"""Key of a fault -> what is not the same each time, and what to write for the same each time."""
