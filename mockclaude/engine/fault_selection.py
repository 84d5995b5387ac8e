"""The faults that are applied to one response: conditions, triggers, and notes on the triggers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from mockclaude.api.request import MessagesRequest
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.state.store import Attempt, Ticket
from mockclaude.reply.draws import Draws
from mockclaude.reply.faults.select import TriggerContext, select_faults, uses_request_count
from mockclaude.scenario.rules import ConditionalFault, Rule
from mockclaude.scenario.volatile import turn_hash

if TYPE_CHECKING:
    from mockclaude.scenario.format.faults import Fault

PossibleFaults: TypeAlias = "Mapping[str, Sequence[Fault]]"
"""Faults by their source: `wish` (the client), `fault` (the rule), `chaos` (the scenario)."""


class SelectedFaults(NamedTuple):
    """The faults that are applied, and notes on the counts and times they depend on."""

    faults: Sequence[Fault] = ()
    notes: tuple[str, ...] = ()


NO_FAULTS = SelectedFaults()


def find_possible_faults(
    requested: Sequence[Fault], rule: Rule, chaos: Sequence[ConditionalFault], request: MessagesRequest
) -> PossibleFaults:
    """Return the faults whose conditions match the request."""
    return {
        "wish": requested,
        "fault": _filter_matching(rule.faults, request),
        "chaos": _filter_matching(chaos, request),
    }


def _filter_matching(faults: Sequence[ConditionalFault], request: MessagesRequest) -> list[Fault]:
    return [possible.fault for possible in faults if not possible.conditions or possible.applies(request)]


def list_attempts(possible: PossibleFaults, rule: Rule, request: MessagesRequest) -> dict[str, Attempt]:
    """List the attempts that fault scripts count, by the source of the faults.

    Scripts of a rule count the attempts of a turn under this rule. Scripts of chaos and of the client count them under
    any rule.
    """
    scripted = [label for label, faults in possible.items() if any(fault.scripted for fault in faults)]
    if not scripted:
        return {}
    turn = turn_hash(request.body)
    if request.endpoint != "messages":
        turn += request.endpoint.encode()
    return {label: (label, rule.id if label == "fault" else "", turn) for label in scripted}


def select_faults_to_apply(
    possible: PossibleFaults, draws: Draws, http: HttpRequest, ticket: Ticket, attempts: Mapping[str, Attempt]
) -> SelectedFaults:
    """Select the faults whose triggers fire: the client's, or else all others."""
    position = TriggerContext(ticket.request, http.since_start_us, http.reused)
    before = dict(zip(attempts, ticket.attempts, strict=True))
    chosen = {
        label: select_faults(faults, draws, position._replace(attempt=before.get(label, 0)), label)
        for label, faults in possible.items()
    }
    notes = (*_trigger_notes(chain.from_iterable(possible.values()), position), *_attempt_notes(before))
    if http.head.custom_id is not None:
        return _select_for_item(chosen["fault"], notes)
    return SelectedFaults(chosen["wish"] or [*chosen["fault"], *chosen["chaos"]], notes)


def _select_for_item(faults: Sequence[Fault], notes: tuple[str, ...]) -> SelectedFaults:
    """Select the errors of the rule, without their positions: an item of a batch has no response of its own."""
    errors = [fault.model_copy(update={"before": None, "after": None}) for fault in faults if fault.kind == "error"]
    ignored = [f"the fault '{fault}' has no effect in a batch" for fault in faults if fault.kind != "error"]
    return SelectedFaults(errors, (*ignored, *notes))


def _attempt_notes(before: Mapping[str, int]) -> Iterator[str]:
    """Yield the number of the attempt for each source, or once if all sources have the same number."""
    if len(set(before.values())) == 1:
        before = {"": next(iter(before.values()))}
    for label, count in before.items():
        yield f"attempt {count + 1} of its turn" + (f", for `{label}`" if label else "")


def _trigger_notes(faults: Iterable[Fault], position: TriggerContext) -> Iterator[str]:
    counted = False
    for fault in faults:
        counted = counted or uses_request_count(fault)
        if fault.nondeterminism:
            yield f"not deterministic: the fault '{fault}' {fault.nondeterminism}"
    if counted:
        yield f"request {position.request + 1} of its lane"
