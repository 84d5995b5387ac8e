"""What depends on the order of requests or on the clock is named."""

from __future__ import annotations

import pytest

from mockclaude.scenario.diagnostics import Place
from mockclaude.scenario.lint.determinism import lint_determinism, require_determinism
from mockclaude.scenario.loading.loader import load_text


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("{error: 529, time: 1s..2s}", "depends on the clock; expected a window in `requests`"),
        ("close_idle", "depends on which connection a client uses; expected `occurrence`"),
        ("refuse", "affects every client that connects meanwhile; expected `disconnect: reset`"),
        ("{script: [ok, refuse]}", "affects every client that connects meanwhile; expected `disconnect: reset`"),
    ],
)
def test_what_depends_on_the_order_is_named_with_its_place(fault: str, reason: str) -> None:
    (of_rule,) = lint_determinism(load_text(f"rules: [{{reply: Hello, fault: {fault}}}]"))
    (of_chaos,) = lint_determinism(load_text(f"chaos: [{fault}]\nrules: [{{reply: Hello}}]"))

    assert (of_rule.place, of_chaos.place) == (Place("scenario.yaml", 1, 9), Place("scenario.yaml", 1, 8))
    assert of_rule.message.startswith("the fault '")
    assert of_rule.message.endswith(reason)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("{error: 529, time: 1s..2s}", "depends on the clock"),
        (
            "{refuse: 5s, connection: reused}",
            "depends on which connection a client uses and affects every client that connects meanwhile",
        ),
        ("{script: [ok, refuse]}", "affects every client that connects meanwhile"),
        ("{error: 529, p: 10%}", ""),
    ],
)
def test_why_a_fault_need_not_strike_again_is_told(fault: str, why: str) -> None:
    (possible,) = load_text(f"rules: [{{reply: Hello, fault: {fault}}}]").rules[0].faults

    assert possible.fault.nondeterminism == why


def test_what_follows_from_a_lane_is_not() -> None:
    chaos = "[{error: 529, p: 10%}, {error: 500, requests: 1..2}, {error: 503, burst: {enter: 10%, leave: 10%}}]"

    require_determinism([load_text(f"chaos: {chaos}\nrules: [{{reply: Hello}}]")])


def test_limits_depend_on_who_asks_when() -> None:
    limits = "[{model: claude-opus-5, in_flight: 1}, {requests_per_minute: 5}]"
    mistakes = lint_determinism(load_text(f"limits: {limits}\nrules: [{{reply: Hello}}]"))

    assert [mistake.place.column for mistake in mistakes] == [10, 48]
    assert mistakes[0].message == (
        "limits depend on the order of requests and on the clock; expected rules with `times` whose reply is "
        "rate_limit_error or overloaded_error"
    )
