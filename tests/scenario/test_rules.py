"""Files become rules made ready; what only shows when everything is read is told then."""

from __future__ import annotations

import pytest

from mockclaude.scenario.format.steps import STEPS
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import Rule, built_in
from tests.scenario.talk import complaints

UNREACHABLE = (
    "unreachable rule, shadowed by a.yaml:2:3; expected the more specific rule first; move this rule up or add `times` "
    "to the other"
)


def rule(text: str, head: str = "") -> Rule:
    """Return the only rule of a file."""
    (only,) = load_text(f"{head}rules: [{{{text}}}]").rules
    return only


def test_a_scenario_keeps_what_the_file_says_of_all_rules() -> None:
    scenario = load_text("seed: 7\nlocale: de_DE\nrules: [{reply: x}]", "a.yaml")

    assert (scenario.seed, scenario.locale, scenario.files) == (7, "de_DE", ("a.yaml",))


def test_a_file_need_not_say_anything_but_its_rules() -> None:
    scenario = load_text("rules: [{reply: x}]")

    assert (scenario.seed, scenario.locale) == (0, "en_US")


def test_the_built_in_scenario_makes_something_up_for_everyone() -> None:
    (only,) = built_in().rules

    assert (only.label, only.conditions, only.times) == ("built-in", (), None)
    assert [step.kind for step in only.replies[0].steps] == ["generate"]


@pytest.mark.parametrize(
    ("text", "label"), [("name: hi, reply: x", "'hi' (scenario.yaml:1:9)"), ("reply: x", "scenario.yaml:1:9")]
)
def test_a_rule_is_called_by_its_name_and_place(text: str, label: str) -> None:
    assert rule(text).label == label


def test_a_reply_is_a_list_of_steps_in_their_long_form() -> None:
    (outline,) = rule("reply: [hi, {tool_use: add}, {pause: 1s}, {json: [1]}, {block: {type: x}}]").replies

    assert [(step.kind, step.value.data) for step in outline.steps] == [
        ("text", {"text": "hi", "chunks": None, "citations": []}),
        (
            "tool_use",
            {
                "name": "add",
                "input": "from_schema",
                "json_": None,
                "chunks": None,
                "id": None,
                "caller": {"type": "direct"},
                "toolset_name": None,
            },
        ),
        ("pause", 1_000_000),
        ("json", [1]),
        ("block", {"type": "x"}),
    ]


def test_a_sequence_has_several_replies_and_a_choice_weights_too() -> None:
    sequence, choice = rule("sequence: [a, b]"), rule("choice: [{weight: 90, reply: a}, {reply: b}]")

    assert (len(sequence.replies), sequence.weights) == (2, None)
    assert (len(choice.replies), choice.weights) == (2, (90.0, 1.0))


FIXED = {
    "text": "{text: x}",
    "redacted_thinking": "{redacted_thinking: x}",
    "json": "{json: {a: 1}}",
    "block": "{block: {type: x}}",
    "error": "{error: api_error}",
    "pause": "{pause: 1s}",
    "disconnect": "{disconnect: reset}",
    "batch": "{batch: canceled}",
    "stop_reason": "{stop_reason: end_turn}",
    "usage": "{usage: {output_tokens: 1}}",
}
OPEN = {
    "thinking": "{thinking: x}",
    "tool_use": "{tool_use: {name: add, input: {}}}",
    "server_tool": "{server_tool: {name: web_search}}",
    "generate": "{generate: auto}",
    "message": "{message: {content: x}}",
}


def test_every_step_is_fixed_or_not() -> None:
    assert sorted([*FIXED, *OPEN, "respond"]) == sorted(STEPS)


@pytest.mark.parametrize("step", FIXED.values())
def test_a_step_that_asks_nothing_of_the_request_is_fixed(step: str) -> None:
    only_items = "when: {batch: true}, " if "batch" in step else ""
    assert rule(f"{only_items}reply: [{step}]").replies[0].fixed


@pytest.mark.parametrize(
    "step", [*OPEN.values(), "{text: '${{ user }}'}", "{json: from_schema}", "{json: ['${{ turn }}']}"]
)
def test_a_step_with_an_id_a_placeholder_or_a_schema_is_not_fixed(step: str) -> None:
    assert not rule(f"reply: [hi, {step}]").replies[0].fixed


def test_a_rule_goes_at_the_pace_of_its_file_or_its_own() -> None:
    assert rule("reply: x").pace.instant
    assert rule("reply: x", "pace: {ttft: 1s}\n").pace.ttft == 1_000_000
    assert rule("reply: x, pace: {ttft: 2s}", "pace: {ttft: 1s}\n").pace.ttft == 2_000_000
    assert rule("reply: x, pace: instant", "pace: {ttft: 1s}\n").pace.instant


def test_a_rule_without_a_name_keeps_its_id_wherever_it_stands() -> None:
    alone = load_text("rules: [{when: {user: a}, reply: x}]").rules[0].id
    above, below = (each.id for each in load_text("rules: [{times: 1, reply: y}, {when: {user: a}, reply: x}]").rules)

    assert below == alone != above


@pytest.mark.parametrize(
    ("fault", "rule_id"),
    [
        ("529", "ad0346afa1257813"),
        ("cut", "56c892c1e15b9be2"),
        ("{drop: ping}", "273d728bf3c656a4"),
        ("{error: overloaded_error, after: text_delta 2, p: 1%}", "14875ea5555bce7e"),
        ("{respond: {status: 503, body: down}}", "ec701f0a0c0159e1"),
        ("{stall: 2s, before: body}", "448b31e5c8416600"),
        ("{duplicate: ping, copies: 2}", "0c836eac64643734"),
        ("{swap: [ping, message_stop], when: {user: a}}", "ea52f23bd355bf0c"),
        ("{edit: message_delta, set: {a: 1}}", "3a42185f9b8d44a1"),
        ("{insert: {event: a, data: {b: 1}}, after: 3 events}", "5d44170e02a8681c"),
        ("{restart: true, after: text_delta 1}", "709aedd5bea23ad9"),
        ("{headers: {a: b}}", "33ccf9ee053a102e"),
        ("{corrupt: 2, after: 10 bytes}", "686eeb0fa265233b"),
        ("{slice: 3}", "5fb201353fcd9df1"),
        ("{rate: 1KB/s}", "fc1c8f8875f58de4"),
        ("{disconnect: reset}", "13727a45deb7c662"),
        ("{content_length: 3}", "2d7ed908c41728b1"),
        ("{garbage: 9}", "b4f1ed0823e0e991"),
        ("{raw: {hex: '00'}}", "cda8ab181df7f702"),
        ("{refuse: 2s, connection: reused}", "7625cb66e17d9063"),
        ("{script: [529, ok, {stall: 1s}], name: three}", "57685669f978e9a5"),
    ],
)
def test_id_of_rule_depends_on_all_keys_of_its_fault(fault: str, rule_id: str) -> None:
    assert rule(f"reply: x, fault: {fault}").id == rule_id


def test_a_rule_with_a_name_goes_by_it() -> None:
    assert rule("name: hi, reply: x").id == "hi"


@pytest.mark.parametrize(
    ("rules", "line"),
    [
        ("- reply: a\n- when: {user: x}\n  reply: b", "3:3: " + UNREACHABLE),
        ("- when: {user: x}\n  reply: a\n- when: {user: x}\n  reply: b", "4:3: " + UNREACHABLE),
        ("- when: {turn: 1}\n  reply: a\n- when: {turn: 1, user: x}\n  times: 1\n  reply: b", "4:3: " + UNREACHABLE),
        (
            "- {name: a, times: 1, reply: x}\n- {name: a, reply: y}",
            "3:10: duplicate rule name 'a', first in a.yaml:2:10; expected unique names",
        ),
        (
            "- reply: 'Hi ${{ usr }}'",
            "2:10: 'usr' is unknown in ${{ }}; expected user, system, tool_result, match, request, turn or fake; did "
            "you mean 'user'?",
        ),
        (
            "- sequence:\n  - x\n  - [{json: {a: ['${{ fake.nam }}']}}]",
            "4:18: unknown method 'nam' of Faker in en_US; expected one of its methods; did you mean 'name'?",
        ),
        (
            "- when: {user: {regex: '(?P<city>.)'}}\n  choice:\n  - reply: {error: {type: api_error, message: "
            "'${{ match.cty }}'}}",
            "4:47: unknown group 'match.cty'; expected match.0, match.1 or match.city; did you mean 'city'?",
        ),
    ],
)
def test_a_mistake_between_rules_or_in_a_template_is_told(rules: str, line: str) -> None:
    assert complaints(f"rules:\n{rules}\n") == [f"a.yaml:{line}"]


@pytest.mark.parametrize(
    "rules",
    [
        "[{times: 1, reply: a}, {reply: b}]",
        "[{when: {user: x}, reply: a}, {when: {user: y}, reply: b}, {reply: c}]",
        "[{when: {user: x, turn: 1}, reply: a}, {when: {user: x}, reply: b}]",
        "[{when: {stream: true}, reply: a}, {when: {stream: false}, reply: b}]",
    ],
)
def test_rules_that_can_be_reached_are_no_mistake(rules: str) -> None:
    assert complaints(f"rules: {rules}") == []


def test_a_bad_locale_is_told_and_its_values_are_not_tried() -> None:
    assert complaints("locale: de_ED\nrules: [{reply: '${{ fake.nam }}'}]") == [
        "a.yaml:1:9: unknown locale 'de_ED'; expected a locale of Faker, e.g. en_US, de_DE or zh_CN; "
        "did you mean 'de_DE'?"
    ]


def test_values_are_tried_in_the_locale_of_the_file() -> None:
    assert complaints("locale: ja_JP\nrules: [{reply: '${{ fake.first_kana_name }}'}]") == []
    assert complaints("rules: [{reply: '${{ fake.first_kana_name }}'}]") == [
        "a.yaml:1:17: unknown method 'first_kana_name' of Faker in en_US; expected one of its methods; "
        "did you mean 'first_name'?"
    ]


def test_mistakes_between_rules_are_told_at_once() -> None:
    told = complaints("rules:\n- {name: a, reply: '${{ usr }}'}\n- {name: a, reply: '${{ user'}\n")

    assert [line.split(": ")[0] for line in told] == ["a.yaml:2:20", "a.yaml:3:3", "a.yaml:3:10", "a.yaml:3:20"]
