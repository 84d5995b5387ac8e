"""Groups of recorded requests that nothing tells apart, and the conditions that every rule has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.digests import digest_request
from mockclaude.scenario.recording.body_differences import Stability
from mockclaude.scenario.recording.distinctions import Conditions, to_name
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.recording.request_facts import FactReader, RequestFacts
from mockclaude.scenario.recording.session_requests import RecordedRequest
from mockclaude.scenario.recording.text_choice import choose_line, is_exact, list_lines

_MAX_LINES = 1_000
"""Lines of a long text that are compared with those of other texts."""


class RequestGroup(NamedTuple):
    """Requests of a session that nothing tells apart.

    Attributes:
        facts: The facts of the first request.
        digests: The hashes of the parts of the first request.
        question: The text of the turn without volatile parts.
        form: The conditions on the form of the reply, if the response has another form than the request asks for.
        user: The text of the turn if a condition on the whole text can be kept; '' for another or no text.
        lines: The lines of another text, the best first.
        requests: The requests in the order in which they arrived.
    """

    facts: RequestFacts
    digests: str
    question: str
    form: Conditions
    user: str
    lines: tuple[str, ...]
    requests: list[RecordedRequest]

    @property
    def exchanges(self) -> list[Exchange]:
        """The exchanges of the requests."""
        return [request.exchange for request in self.requests]


def group_requests(requests: Sequence[RecordedRequest], stability: Stability) -> list[RequestGroup]:
    """Group the requests of a session, in the order in which they arrived."""
    reader = FactReader(*stability)
    groups: dict[bytes, RequestGroup] = {}
    for recorded in requests:
        request = recorded.read()
        facts = reader.read(request)
        group = groups.get(facts.body)
        if group is None:
            groups[facts.body] = _begin_group(recorded, request, facts, reader, stability)
        else:
            group.requests.append(recorded)
            group.form.update(_form_of(recorded.exchange, request))
    return list(groups.values())


def _begin_group(
    recorded: RecordedRequest, request: MessagesRequest, facts: RequestFacts, reader: FactReader, stability: Stability
) -> RequestGroup:
    text = request.typed_text
    exact = is_exact(text, stability.parts)
    return RequestGroup(
        facts,
        digest_request(request.body, stability.parts.are_unknown_in),
        reader.without_volatile(text),
        _form_of(recorded.exchange, request),
        text if exact else "",
        () if exact else tuple(list_lines(text, stability.parts)[:_MAX_LINES]),
        [recorded],
    )


def _form_of(exchange: Exchange, request: MessagesRequest) -> Conditions:
    """Return a condition that keeps a message in its form if the request asks for the other one."""
    is_other = exchange.assembled is not None and exchange.reply.is_stream != request.stream
    return {"stream": request.stream} if is_other else {}


def choose_conditions(groups: Sequence[RequestGroup]) -> list[Conditions]:
    """Choose the conditions of each group on turn, text and tool result."""
    names = Counter((group.facts.turn, name) for group in groups for name in group.facts.result_names)
    lines = Counter((group.facts.turn, line) for group in groups for line in group.lines)
    return [_choose(group, names, lines) for group in groups]


def _choose(
    group: RequestGroup, names: Mapping[tuple[int, str], int], lines: Mapping[tuple[int, str], int]
) -> Conditions:
    turn, result_names = group.facts.turn, group.facts.result_names
    when: Conditions = {"turn": turn}
    if group.user:
        when["user"] = {"equals": group.user}
    elif group.lines:
        when["user"] = {"contains": choose_line(group.lines, lambda line: lines[turn, line] - 1)[0]}
    if result_names:
        name = min(result_names, key=lambda name: names[turn, name])
        when["tool_result"] = {"name": to_name(name)} if "*" in name else name
    return {**when, **group.form}
