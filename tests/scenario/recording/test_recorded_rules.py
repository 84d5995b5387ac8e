"""Sessions become rules with the fewest conditions that tell their requests apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from mockclaude.api.schema.gates import GATES
from mockclaude.scenario.conditions import work
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.recording.recorded_rules import build_rules
from mockclaude.scenario.recording.session_requests import find_unreadable
from tests.scenario.recording.replaying import ask, load_rules, replay
from tests.scenario.recording.sessions import (
    DAY,
    HOME,
    SESSIONS,
    SMALL_MODEL,
    TOOLS,
    Api,
    Body,
    assistant,
    edit,
    record,
    remind,
    result,
    sdk_tests,
    text,
    user,
)

HELLO = [user("Hello")]
LONG = "Look at the tables of tides in all harbours of the coast.\n" + "And then look again.\n" * 12


def whens(*asks: tuple[Any, Body]) -> list[Any]:
    """Return the conditions of the rules for requests, in the order of the requests."""
    api = Api()
    for content, fields in asks:
        api.ask(content if isinstance(content, list) else [user(content)], "Yes.", **fields)
    rules = sorted(build_rules(api.exchanges), key=lambda rule: rule.exchanges[0].number)
    assert [rule.problem for rule in rules if rule.problem] == []
    return [rule.when for rule in rules]


def is_told_by(key: str, first: Any, second: Any) -> list[Any]:
    """Return the conditions of two rules beside the turn and the text."""
    found = whens(("Hello", {key: first}), ("Hello", {key: second}))
    return [{name: value for name, value in when.items() if name not in ("turn", "user")} for when in found]


def test_a_rule_has_the_turn_and_the_text() -> None:
    assert whens(("Hello", {})) == [{"turn": 1, "user": {"equals": "Hello"}}]


@pytest.mark.parametrize(
    ("content", "matcher"),
    [
        (remind("Fix it"), {"equals": "Fix it"}),
        ([text("Fix it"), text("now")], {"equals": "Fix it\nnow"}),
        (LONG, {"contains": "Look at the tables of tides in all harbours of the coast."}),
        ("x" * 300, {"contains": "x" * 160}),
        (f"{'<file>'}\n{'a' * 20}\n{'</file>'}\n" + "b\n" * 99, {"contains": "a" * 20}),
        (f"Fix the file of {DAY}\nand go", {"contains": "and go"}),
        (f"Fix the file of {DAY} and go", {"contains": "Fix the file of"}),
        (f"Fix {HOME}/a.py", None),
        ("The key is REDACTED_1, use it", {"contains": "The key is"}),
    ],
)
def test_the_text_is_matched_without_volatile_parts(content: Any, matcher: Any) -> None:
    [when] = whens(([user(*content)] if isinstance(content, list) else content, {}))

    assert when.get("user") == matcher


@pytest.mark.parametrize(
    ("key", "first", "second", "told"),
    [
        ("model", "claude-a", SMALL_MODEL, [{"model": "claude-a"}, {"model": SMALL_MODEL}]),
        ("model", "claude-*", "claude-b", [{"model": {"equals": "claude-*"}}, {"model": "claude-b"}]),
        ("stream", True, None, [{"stream": True}, {"stream": False}]),
        ("tools", TOOLS, TOOLS[:2], [{"tools": "agent"}, {"body": {"length(tools)": 2}}]),
        ("tools", TOOLS[:1], None, [{"tools": "read_file"}, {"body": {"tools": None}}]),
        (
            "tool_choice",
            {"type": "any"},
            None,
            [{"body": {"tool_choice": {"type": "any"}}}, {"body": {"tool_choice": None}}],
        ),
        (
            "output_config",
            {"effort": "low"},
            {"effort": "high"},
            [{"body": {"output_config.effort": "low"}}, {"body": {"output_config.effort": "high"}}],
        ),
        ("system", "Be brief.", "Be long.", [{"system": {"equals": "Be brief."}}, {"system": {"equals": "Be long."}}]),
        ("system", "Be brief.", None, [{"system": {"equals": "Be brief."}}, {"system": {"equals": ""}}]),
        (
            "system",
            LONG,
            LONG + "Go.",
            [{"system": {"like": "*And then look again.\n"}}, {"system": {"contains": "Go."}}],
        ),
        (
            "thinking",
            {"type": "disabled"},
            None,
            [{"body": {"thinking": {"type": "disabled"}}}, {"body": {"thinking": None}}],
        ),
        ("max_tokens", 5, 6, [{"body": {"max_tokens": 5}}, {"body": {"max_tokens": 6}}]),
        ("temperature", 0, 1, [{"body": {"temperature": 0}}, {"body": {"temperature": 1}}]),
        (
            "stop_sequences",
            ["a"],
            ["a", "b"],
            [{"body": {"length(stop_sequences)": 1}}, {"body": {"length(stop_sequences)": 2}}],
        ),
        (
            "metadata",
            {"user_id": "a"},
            {"user_id": "b"},
            [{"body": {"metadata.user_id": "a"}}, {"body": {"metadata.user_id": "b"}}],
        ),
        (
            "odd key",
            {"a": None},
            {"a": LONG},
            [{"body": {'"odd key".a': None}}, {"body": {f"contains(\"odd key\".a, '{LONG.splitlines()[0]}')": True}}],
        ),
    ],
)
def test_equal_texts_are_told_apart_by_a_setting(key: str, first: Any, second: Any, told: Any) -> None:
    assert is_told_by(key, first, second) == told


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_replays_in_order(name: str) -> None:
    exchanges = record(SESSIONS[name])
    rules = build_rules(exchanges)

    assert [rule.problem for rule in rules if rule.problem] == []
    assert replay(rules, exchanges) == [exchange.reception.body for exchange in exchanges]


def replace_all(*replacements: tuple[str, str]) -> Callable[[Body], Body]:
    def change(body: Body) -> Body:
        encoded = orjson.dumps(body).decode()
        for old, new in replacements:
            encoded = encoded.replace(old, new)
        changed: Body = orjson.loads(encoded)
        return changed

    return change


def edit_system(body: Body) -> Body:
    system = body.get("system")
    edited = system + " Please." if isinstance(system, str) else [*(system or ()), text("Please.")]
    return {**body, "system": edited} if system else body


def edit_user_texts(body: Body) -> Body:
    return {**body, "messages": [_edit_text(message) for message in body["messages"]]}


def _edit_text(message: Body) -> Body:
    content = message["content"]
    if message["role"] != "user":
        return message
    if isinstance(content, str):
        return {**message, "content": f"Please: {content}"}
    edited = [{**block, "text": f"Please: {block['text']}"} if block["type"] == "text" else block for block in content]
    return {**message, "content": edited}


ANOTHER_DAY = replace_all(
    (DAY, "2027-01-02"),
    (HOME, "/Users/bob"),
    ("cch=0", "cch=f"),
    ("2.1.", "2.2."),
    ("123e4567", "923e4567"),
    ("0a" * 32, "1b" * 32),
    ("passed in 0.", "passed in 1."),
)
EDITS: dict[str, Callable[[Body], Body]] = {
    "another day and machine": ANOTHER_DAY,
    "every system prompt edited": edit_system,
    "max_tokens and metadata changed": lambda body: {**body, "max_tokens": body["max_tokens"] + 7, "metadata": {}},
    "another model": lambda body: {**body, "model": "claude-opus-4-5-20251101"},
    "every user text edited": edit_user_texts,
}


def find_wrong(exchanges: Sequence[Exchange], asked: Sequence[Exchange]) -> list[int]:
    """Return the numbers of the requests that get the recorded body of another request."""
    rules = build_rules(exchanges)
    own = {
        exchange.number: {each.reception.body for each in rule.exchanges}
        for rule in rules
        for exchange in rule.exchanges
    }
    bodies = replay(rules, asked)
    return [each.number for each, body in zip(asked, bodies, strict=True) if body and body not in own[each.number]]


@pytest.mark.parametrize("change", EDITS)
@pytest.mark.parametrize("name", SESSIONS)
def test_no_edited_request_gets_the_response_of_another(name: str, change: str) -> None:
    exchanges = record(SESSIONS[name])

    assert find_wrong(exchanges, [edit(exchange, EDITS[change]) for exchange in exchanges]) == []


@pytest.mark.parametrize("name", SESSIONS)
def test_no_shuffled_request_gets_the_response_of_another(name: str) -> None:
    exchanges = record(SESSIONS[name])

    assert find_wrong(exchanges, exchanges[::-1]) == []
    assert find_wrong(exchanges, exchanges[::2] + exchanges[1::2]) == []


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_replays_on_another_day_and_machine(name: str) -> None:
    exchanges = record(SESSIONS[name])
    later = [edit(exchange, ANOTHER_DAY) for exchange in exchanges]

    assert replay(build_rules(exchanges), later) == [exchange.reception.body for exchange in exchanges]


@pytest.mark.parametrize("name", SESSIONS)
def test_a_second_recording_has_the_same_rules(name: str) -> None:
    first = build_rules(record(SESSIONS[name]))
    again = build_rules([edit(exchange, ANOTHER_DAY) for exchange in record(SESSIONS[name])])

    assert [(rule.name, rule.when, rule.request) for rule in again] == [
        (rule.name, rule.when, rule.request) for rule in first
    ]


def numbers(api: Api) -> list[list[int]]:
    return [[exchange.number for exchange in rule.exchanges] for rule in build_rules(api.exchanges)]


def test_equal_requests_are_a_sequence_in_the_order_of_their_arrival() -> None:
    api = Api()
    api.refuse(HELLO)
    api.ask(HELLO, "One.")
    api.ask(HELLO, "Two.")

    assert numbers(api) == [[1, 2, 3]]
    assert [[each.number for each in rule.exchanges] for rule in build_rules(api.exchanges[::-1])] == [[1, 2, 3]]


def test_requests_that_differ_in_volatile_parts_are_a_sequence() -> None:
    api = Api()
    for second in range(3):
        api.ask([user(f"The time is 10:15:0{second}. Is it late?")], str(second))

    assert numbers(api) == [[1, 2, 3]]


def test_equal_responses_at_the_end_are_one() -> None:
    api = Api()
    for answer in ("One.", "Two.", "One.", "One.", "One."):
        api.ask(HELLO, answer)
    bodies = {exchange.reception.body: exchange.reception for exchange in api.exchanges[:2]}
    one, two = bodies.values()
    receptions = [one, two, one, one, one]
    exchanges = [replace(each, reception=new) for each, new in zip(api.exchanges, receptions, strict=True)]

    [rule] = build_rules(exchanges)
    assert [exchange.number for exchange in rule.exchanges] == [1, 2, 3]


def test_rules_are_sorted_by_conversation_and_turn() -> None:
    api = Api()
    harbours = {}
    for harbour in ("Oslo", "Bergen"):
        harbours[harbour] = [user(*remind(f"The tide in {harbour}?"))]
        api.ask(harbours[harbour], "High.")
    for talk in harbours.values():
        api.ask([*talk, assistant("High."), user("Thanks")], "Yes.")

    assert numbers(api) == [[2], [4], [1], [3]]


def test_a_name_has_the_turn_and_the_question_or_the_tools() -> None:
    api = Api()
    call = api.call("run")
    talk = [user("Run\tit"), assistant([call]), user(result(call))]
    asks = [[user("  When\nis high water in the harbour of Bergen?")], [user(f"{DAY}")], [user("Run\tit")], talk]
    for messages in asks:
        api.ask(messages, "Yes.")
    api.ask(talk, "Yes.", temperature=1)

    assert sorted(rule.name for rule in build_rules(api.exchanges)) == [
        "1",
        "1 Run it",
        "1 When is high water in the harbour of Ber",
        "2 run",
        "2 run (2)",
    ]


def test_a_text_within_another_is_told_apart_from_it() -> None:
    lines = "".join(f"line {number} of many lines about tides\n" for number in range(9))

    first, second = whens((f"{lines}", {}), (f"to say: {lines.replace('line 1', 'line 1b')}{lines}", {}))
    assert first["user"] != second["user"]


def test_more_volatile_parts_can_be_named() -> None:
    api = Api()
    for number in range(2):
        api.ask([user(f"Ticket T-{number}: Is it late?")], str(number))

    [rule] = build_rules(api.exchanges, [r"T-\d+"])
    assert rule.when == {"turn": 1, "user": {"contains": "Is it late?"}}
    assert rule.request.startswith("system - tools - messages varies settings ")
    with pytest.raises(ValueError, match="matches the empty text"):
        build_rules(api.exchanges, ["x*"])


def test_a_request_with_a_redacted_part_is_not_stale_in_a_replay() -> None:
    api = Api()
    api.ask([user("The key is REDACTED_1, use it")], "Yes.")
    rules = build_rules(api.exchanges)
    sent = edit(api.exchanges[0], replace_all(("REDACTED_1", "hunter2")))

    assert replay(rules, [sent]) == [api.exchanges[0].reception.body]
    assert ask(load_rules(rules), sent).notes == ()


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"model": 1}', b'{"model": "a", "messages": []}', b'{"a": ' + b"[" * 600 + b"]" * 600 + b"}"],
)
def test_an_unreadable_request_has_no_rule(body: bytes) -> None:
    api = Api()
    api.ask(HELLO, "Yes.")
    unreadable = replace(api.exchanges[0], number=2, body=body or b" ")

    assert numbers(api) == [[1]]
    assert len(build_rules([*api.exchanges, unreadable])) == 1
    assert find_unreadable([*api.exchanges, unreadable]) == [unreadable]


def test_a_continued_thread_that_nobody_began_has_no_rule() -> None:
    api = Api()
    api.ask(HELLO, "Yes.", thread={"type": "continue", "previous_message_id": "msg_1"})

    assert build_rules(api.exchanges) == []
    assert find_unreadable(api.exchanges) == api.exchanges


def test_exchanges_without_requests_are_one_rule_for_all_others() -> None:
    api = Api()
    for number in range(3):
        api.ask([user(str(number))], str(number))
    exchanges = [api.exchanges[0], *[replace(each, body=b"") for each in api.exchanges[1:]]]
    rules = build_rules(exchanges)

    assert [(rule.name, rule.when) for rule in rules] == [
        ("1 0", {"turn": 1, "user": {"equals": "0"}}),
        ("any request", {}),
    ]
    assert replay(rules, api.exchanges) == [exchange.reception.body for exchange in api.exchanges]
    assert ask(load_rules(rules), api.exchanges[1]).notes == ()


def test_a_message_keeps_its_form_if_the_request_asks_for_another() -> None:
    api = Api()
    api.ask(HELLO, "Yes.")
    asked = edit(api.exchanges[0], lambda body: {**body, "stream": True})

    [rule] = build_rules([asked])
    assert rule.when["stream"] is True
    assert replay([rule], [asked]) == [asked.reception.body]


def test_a_text_with_a_volatile_part_at_its_end_is_the_same() -> None:
    api = Api()
    for content in ("hi", "hi/tmp/abc"):
        api.ask([user(content)], content)
    rules = build_rules(api.exchanges)

    assert [(rule.when, rule.problem) for rule in rules] == [({"turn": 1}, "")]
    assert replay(rules, api.exchanges) == [exchange.reception.body for exchange in api.exchanges]


def test_rules_that_match_the_requests_of_each_other_are_one() -> None:
    api = Api()
    for content in ("hi", "hi/tmp/abc", "yo", "yo/tmp/abc"):
        api.ask([user(content)], content, stream=True)
    as_json = record(sdk_tests)[0].reception
    exchanges = [replace(each, reception=as_json) if each.number > 2 else each for each in api.exchanges]
    [rule] = build_rules(exchanges)

    assert (rule.when, rule.problem) == ({"turn": 1, "stream": True}, "")
    assert replay([rule], exchanges) == [exchange.reception.body for exchange in exchanges]


def test_rules_that_take_too_much_work_have_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api()
    for number in range(25):
        api.ask([user(f"Hello {number % 24}")], str(number), temperature=number // 24)
    monkeypatch.setattr(work, "MAX_WORK", 1)

    problems = {rule.problem for rule in build_rules(api.exchanges)}
    assert problems == {"its request takes too much work to match"}


def test_a_message_may_have_no_content_under_a_beta() -> None:
    api = Api()
    headers = {"anthropic-beta": min(GATES["mid_output_config"])}
    directing = {"role": "system", "output_config": {"effort": "low"}}
    for answer, messages in (("Yes.", [*HELLO, directing]), ("No.", HELLO)):
        api.ask(messages, answer, headers=headers, model="claude-sonnet-5")
    rules = build_rules(api.exchanges)

    assert replay(rules, api.exchanges) == [exchange.reception.body for exchange in api.exchanges]
    assert [rule.when["body"] for rule in rules] == [{"length(messages)": 2}, {"length(messages)": 1}]


def test_a_thread_without_an_id_cannot_be_continued() -> None:
    api = Api()
    api.ask(HELLO, "Yes.", thread={"type": "create"})
    encoded = orjson.loads(api.exchanges[0].reception.body)
    reception = api.exchanges[0].reception._replace(body=orjson.dumps({**encoded, "id": None}))

    [rule] = build_rules([replace(api.exchanges[0], reception=reception)])
    assert rule.when == {"turn": 1, "user": {"equals": "Hello"}}


def test_unknown_ids_of_calls_are_not_matched() -> None:
    api = Api()
    known, unknown = api.call("run"), {"type": "tool_use", "id": "toolu_" + "9" * 24, "name": "run", "input": {}}
    api.ask(HELLO, known)
    talks = [[*HELLO, assistant([known, unknown]), user(result(known), result(unknown, "x" * n))] for n in (1, 2)]
    talks.append([*HELLO, assistant([unknown]), user(result(unknown, "x"))])
    for talk in talks:
        api.ask(talk, "Yes.")
    rules = build_rules(api.exchanges)

    assert "9" * 24 not in str([rule.when for rule in rules])
    assert replay(rules, api.exchanges) == [exchange.reception.body for exchange in api.exchanges]


def test_lines_are_looked_for_at_both_ends_of_a_long_text() -> None:
    middle = "".join(f"{number}\n" for number in range(50_000))
    [when] = whens((f"{middle}The last line of a long text is this one, is it not?", {}))

    assert when["user"] == {"contains": "The last line of a long text is this one, is it not?"}


@pytest.mark.parametrize("expression", ["(", "[", "a{9999}"])
def test_an_invalid_expression_is_an_error(expression: str) -> None:
    with pytest.raises(ValueError, match="invalid regular expression"):
        build_rules([], [expression])
