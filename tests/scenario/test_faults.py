"""Faults as a scenario file writes them, and what it is told of those that cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.format.faults import KINDS, Fault
from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.loading.loader import load_text


def told(text: str) -> list[str]:
    """Return the mistakes in a scenario file, without its name."""
    with pytest.raises(ScenarioError) as error:
        load_text(text)
    return [str(diagnostic).removeprefix("scenario.yaml:") for diagnostic in error.value.diagnostics]


def of_rule(fault: str, reply: str = "Hello") -> str:
    return f"rules:\n- reply: {reply}\n  fault: {fault}\n"


def loaded(fault: str) -> list[Fault]:
    return [possible.fault for possible in load_text(of_rule(fault, "{generate: auto}")).rules[0].faults]


@pytest.mark.parametrize("name", PRESETS)
def test_a_name_stands_for_what_it_is_in_the_table(name: str) -> None:
    (short,) = loaded(name)

    assert str(short) == name
    assert short.model_copy(update={"name": None}) == Fault.model_validate(dict(PRESETS[name].fault))
    assert PRESETS[name].sees


def test_faults_come_one_by_one_or_in_lists() -> None:
    assert list(map(str, loaded("529"))) == ["529"]
    assert list(map(str, loaded("[529, {disconnect: reset, after: 3 events}]"))) == [
        "529",
        "disconnect reset after 3 events",
    ]


@pytest.mark.parametrize(
    ("fault", "label"),
    [
        ("{error: 529}", "error overloaded_error"),
        ("{respond: {status: 502}}", "respond 502"),
        ("{stall: forever, before: body}", "stall forever before body"),
        ("{stall: 1500ms}", "stall 1.5s"),
        ("{name: down, refuse: 5s}", "down"),
        ("{refuse: 5s}", "refuse 5s"),
        ("{drop: last ping}", "drop last ping"),
        ("{drop: text_delta 3}", "drop text_delta 3"),
        ("{restart: true}", "restart"),
        ("{name: mine, slice: 1}", "mine"),
    ],
)
def test_a_fault_is_called_by_its_name_or_by_what_it_does(fault: str, label: str) -> None:
    assert str(loaded(fault)[0]) == label


WRONG = [
    (
        "rest",
        "3:10: unknown fault 'rest'; expected a preset such as reset or 529, or a mapping; did you mean 'reset",
    ),
    (
        "12",
        "3:10: unknown fault '12'; expected a preset such as reset or 529, or a mapping; scenarios/FAULTS.md",
    ),
    (
        "{disconect: reset}",
        "unknown key 'disconect'; expected a key of a fault, as scenarios/FAULTS.md lists",
    ),
    ("disconnect", "or a mapping; write a mapping: `{disconnect: ...}`"),
    ("598", "or a mapping; write `{respond: {status: 598}}` for a status of another server"),
    ("{before: headers}", "wrong keys of a fault, got none; expected exactly one of error, respond,"),
    ("{drop: ping, slice: 1}", "got drop and slice"),
    (
        "{drop: ping, after: 3 events}",
        "`after`: no effect on `drop`; expected it beside disconnect, stall, error",
    ),
    (
        "{disconnect: reset, before: headers, after: 50%}",
        "a fault has `before` and `after`; expected one of them",
    ),
    ("{disconnect: reset, after: 150%}", "3:37: not a probability, got '150%'; expected a number from 0 to 1"),
    (
        "{stall: 30s, pings: 1s, comments: 1s}",
        "3:10: a stall has `pings` and `comments`; expected one of them",
    ),
    ("{stall: forever, comments: 1ms}", "`comments`: more than 100,000 comments; expected a longer time between them"),
    ("{comments: 1s, drop: ping}", "`comments`: no effect on `drop`; expected it beside stall"),
    ("{line_ends: lf}", "3:22: invalid value, got string 'lf'; expected 'crlf' or 'cr'"),
    ("{gzip: 0}", "3:17: invalid value, got number 0; expected at least 1 or 'end'"),
    ("{gzip: all}", "3:17: invalid value, got string 'all'; expected an integer or 'end'"),
    ("{interleave: false}", "3:23: invalid value, got false; expected True"),
    (
        "{error: {type: rate_limit_error, headers: {retry-after: in 30 sec}}}",
        "3:52: `retry-after`: not a duration, got '30 sec'; expected a number with a unit, such as 400ms, 2s or 1.5m",
    ),
    ("{headers: {Retry-After: in a minute}}", "3:20: `Retry-After`: not a duration, got 'a minute'; expected"),
    ("{respond: {headers: {retry-after: in -1s}}}", "`retry-after`: not a duration, got '-1s'; expected"),
    ("{stall: -3s}", "not a duration, got '-3s'; expected a number with a unit"),
    ("{edit: message_delta}", "`edit` without a change; expected `set` or `delete` beside it"),
    ("{raw: {hex: xyz}}", "not valid bytes; expected base64, or pairs of hexadecimal digits"),
    ("{raw: {base64: '!'}}", "not valid bytes"),
    (
        "{raw: {text: a, hex: aa}}",
        "wrong keys of raw bytes, got text and hex; expected exactly one of text, base64 or hex",
    ),
    ("{insert: {text: a, data: b}}", "wrong keys of an insert, got text and data; expected exactly one of"),
    ("{malformed: nothing}", "expected 'status_line'"),
    ("{error: overloded_error}", "did you mean 'overloaded_error'?"),
    ("{error: 529, p: 1.5}", "not a probability, got 1.5"),
    (
        "[{error: 529, p: 0.7}, {error: 500, p: 0.5}]",
        "the sum of `p` is 1.2; expected",
    ),
    ("[{error: 529, ramp: {end: 0.7, over: 10}}, {error: 500, p: 0.5}]", "the sum of `p` is 1.2"),
    ("[{error: 529, p: 0.7, when: {turn: 1}}, {error: 500, p: 0.2}, {error: 503, p: 0.4, when: {turn: 1}}]", "1.3"),
    ("{script: [529, okay]}", "unknown fault 'okay'"),
    ("{script: [{error: 529, p: 5%}]}", "the fault 'error overloaded_error' has `p`, which has no effect within a"),
    ("{script: [ok, close_idle]}", "the fault 'close_idle' has `connection`, which has no effect within a script"),
    ("{script: [ok, {script: [529]}]}", "has `script`, which has no effect within a script"),
    ("{script: [ok, {drop: thinking_delta}]}", "the event thinking_delta is never sent"),
    ("{headers: {'a b': c}}", "invalid header name 'a b'"),
    (
        "{drop: input_json_delta}",
        "3:10: the event input_json_delta is never sent in this reply; expected",
    ),
    ("{disconnect: close, before: thinking_delta}", "the event thinking_delta is never sent"),
    ("{swap: [message_start, signature_delta]}", "the event signature_delta"),
]


@pytest.mark.parametrize(("fault", "problem"), WRONG)
def test_a_fault_that_cannot_be_is_told(fault: str, problem: str) -> None:
    assert problem in " ".join(told(of_rule(fault)))


def test_a_fault_that_needs_content_is_refused_where_there_is_none() -> None:
    problem = "the event content_block_stop is never sent in this reply; expected a step with text, "

    assert problem in told(of_rule("{disconnect: close, before: content_block_stop}", "{error: overloaded_error}"))[0]


@pytest.mark.parametrize("event", ["message_start", "message_delta", "message_stop"])
def test_a_fault_that_needs_a_message_is_refused_where_there_is_none(event: str) -> None:
    problem = f"the event {event} is never sent in this reply; expected a reply that gets so far"

    assert problem in told(of_rule(f"{{drop: {event}}}", "[{pause: 1s}, {error: overloaded_error}]"))[0]


@pytest.mark.parametrize("end", ["{error: overloaded_error}", "{disconnect: reset}", "{pause: forever}"])
def test_a_fault_at_the_end_is_refused_where_the_reply_ends_before(end: str) -> None:
    reply = f"[hi, {end}]"

    assert "the event message_stop is never sent" in told(of_rule("{drop: message_stop}", reply))[0]
    load_text(of_rule("{drop: message_start}", reply))
    load_text(of_rule("{drop: ping}", reply))


@pytest.mark.parametrize(
    "key",
    [
        "reply: [{block: {type: text, text: a}}]",
        "sequence: [a, {thinking: b}]",
        "turns: [a, {thinking: b}]",
        "choice: [{reply: {thinking: c}}]",
    ],
)
def test_a_fault_that_some_reply_can_have_is_taken(key: str) -> None:
    load_text(f"rules:\n- {key}\n  fault: {{drop: thinking_delta}}\n")


def test_chaos_may_be_more_than_certain_only_where_conditions_part_it() -> None:
    apart = "chaos: [{error: 529, p: 0.7, when: {model: a*}}, {error: 500, p: 0.7, when: {model: b*}}]"
    together = apart.replace(", when: {model: a*}", "").replace(", when: {model: b*}", "")

    assert len(load_text(f"{apart}\nrules: [reply: x]").chaos) == 2
    assert "2:8: the sum of `p` is 1.4" in told(f"seed: 1\n{together}\nrules: [reply: x]")[0]


@pytest.mark.parametrize(
    ("reply", "place"),
    [
        ("reply: [{error: overloaded_error}, never]", "2:38"),
        ("sequence: [[a, {disconnect: reset}, never]]", "2:39"),
        ("turns: [[a, {disconnect: reset}, never]]", "2:36"),
        ("choice: [{reply: [{pause: forever}, never]}]", "2:39"),
    ],
)
def test_a_step_that_is_never_reached_is_refused(reply: str, place: str) -> None:
    (problem,) = told(f"rules:\n- {reply}\n")

    assert problem.startswith(f"{place}: unreachable step: the reply ends with the ")


def test_how_a_message_ends_and_what_it_used_may_stand_after_its_end() -> None:
    load_text("rules: [{reply: [a, {disconnect: reset}, {usage: {output_tokens: 1}}]}]")


def test_every_kind_is_one_of_the_keys() -> None:
    assert set(KINDS) < set(Fault.known_fields())


def test_a_fault_may_have_conditions() -> None:
    possible = load_text(of_rule("{error: 529, when: {user: storm}}")).rules[0].faults[0]
    assert [condition.key for condition in possible.conditions] == ["user"]


def data_of(fault: str) -> Any:
    (read,) = loaded(fault)
    return getattr(read, read.kind).content()


@pytest.mark.parametrize(
    ("fault", "content"),
    [
        ("{raw: hello}", b"hello"),
        ("{raw: {hex: 'ff00'}}", b"\xff\x00"),
        ("{insert: {base64: aGk=}}", b"hi"),
        ("{insert: {data: [1]}}", b"data: [1]\n\n"),
        ("{insert: {event: x, data: y}}", b"event: x\ndata: y\n\n"),
    ],
)
def test_bytes_are_read_from_text_base64_and_hex(fault: str, content: bytes) -> None:
    assert data_of(fault) == content


STEPS = {
    "text": "x",
    "thinking": "x",
    "redacted_thinking": "x",
    "tool_use": "t",
    "server_tool": "{name: web_search}",
    "json": "{a: 1}",
    "block": "{type: text, text: x}",
    "generate": "auto",
}
COMES = {
    "text_delta": "text json block generate",
    "thinking_delta": "thinking block generate",
    "signature_delta": "thinking block generate",
    "input_json_delta": "tool_use server_tool block generate",
    "citations_delta": "text block",
    "compaction_delta": "block",
    "content_block_delta": "text thinking tool_use server_tool json block generate",
    "content_block_start": " ".join(STEPS),
    "content_block_stop": " ".join(STEPS),
}
"""Event -> the steps of which one makes it."""


@pytest.mark.parametrize(("event", "step"), [(event, step) for event in COMES for step in STEPS])
def test_a_fault_waits_for_an_event_that_a_step_makes(event: str, step: str) -> None:
    rules = f"rules: [{{reply: [{{{step}: {STEPS[step]}}}], fault: {{drop: {event}}}}}]"

    if step in COMES[event].split():
        load_text(rules)
    else:
        with pytest.raises(ScenarioError, match=f"the event {event} is never sent"):
            load_text(rules)
