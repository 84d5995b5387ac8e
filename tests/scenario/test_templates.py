"""Placeholders are filled with values of the request, after the file is parsed, and keep their type when alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions.queries import EXAMPLES
from mockclaude.scenario.template import templates
from mockclaude.scenario.template.fakes import Fakes, Trials
from mockclaude.scenario.template.templates import FillError, TemplateContext, compile_template
from tests.scenario.talk import assistant, conversation, text, tool_result, tool_use, user

HEARD = conversation(
    "hi",
    assistant(tool_use("add", "toolu_1"), tool_use("read", "toolu_2")),
    user(text("go on"), tool_result("3", "toolu_1"), tool_result([text("a"), text("b")], "toolu_2")),
    system="be brief",
    max_tokens=5,
    metadata={"user_id": "u1", "tags": ["x", None]},
)
GROUPS: dict[str, Any] = {"city": "Paris", "0": "in Paris", "1": "Paris", "none": None}
UNKNOWN = "expected user, system, tool_result, match, request, turn or fake"


def scope(seed: int = 0, heard: MessagesRequest = HEARD, groups: Mapping[str, Any] = GROUPS) -> TemplateContext:
    source = Fakes("en_US")
    source.seed(seed)
    return TemplateContext(heard, lambda: groups, lambda: source)


def problems(template: str, groups: set[str]) -> list[str]:
    return list(templates.find_problems(template, groups, Trials("en_US")))


def filled(data: Any, seed: int = 0) -> Any:
    return compile_template(data).fill(scope(seed))


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("${{ user }}", "go on"),
        ("${{user}}", "go on"),
        ("${{ system }}", "be brief"),
        ("${{ turn }}", 2),
        ("${{ tool_result }}", "3"),
        ("${{ tool_result.read }}", "a\nb"),
        ("${{ tool_result.other }}", None),
        ("${{ match.city }}", "Paris"),
        ("${{ match.0 }}", "in Paris"),
        ("${{ match.none }}", None),
        ("${{ request.max_tokens }}", 5),
        ("${{ request.metadata }}", {"user_id": "u1", "tags": ["x", None]}),
        ("${{ request.messages[-1].role }}", "user"),
        ("${{ request.missing }}", None),
        ("${{ request.length(max_tokens) }}", None),
        ("${{ request }}", HEARD.body),
        ("${{ fake.random_int(min=3, max=3) }}", 3),
        ("${{ fake.random_element(['a']) }}", "a"),
    ],
)
def test_a_placeholder_alone_keeps_the_type_of_its_value(template: str, value: Any) -> None:
    assert problems(template, set(GROUPS)) == []
    assert filled(template) == value


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("turn ${{ turn }}.", "turn 2."),
        ("${{ user }}${{ turn }}", "go on2"),
        (" ${{ turn }}", " 2"),
        ("${{ request.metadata.tags }}!", '["x",null]!'),
        ("[${{ request.missing }}]", "[]"),
        ("$${{ user }}", "${{ user }}"),
        ("$${{ ${{ turn }}", "${{ 2"),
        ("$${{", "${{"),
        ("cost: $5 {{ user }} $${{ x }} ${ user }", "cost: $5 {{ user }} ${{ x }} ${ user }"),
        ("${{\n  turn\n}}\n", "2\n"),
    ],
)
def test_in_a_text_values_become_text(template: str, value: str) -> None:
    assert problems(template, set(GROUPS)) == []
    assert filled(template) == value


def test_placeholders_are_filled_at_any_depth() -> None:
    data: dict[str, Any] = {"a": ["${{ turn }}", {"b": "x${{ turn }}", "c": 1}], "d": {"e": []}, "${{ turn }}": None}

    assert filled(data) == {"a": [2, {"b": "x2", "c": 1}], "d": {"e": []}, "${{ turn }}": None}


def test_what_a_value_says_is_not_read_as_a_template() -> None:
    heard = conversation("${{ system }} $${{ x }}", system="secret")

    assert compile_template("${{ user }}!").fill(scope(heard=heard)) == "${{ system }} $${{ x }}!"


@pytest.mark.parametrize("data", ["plain", 5, None, True, [], {"a": ["b", {"c": 1.5}]}])
def test_data_without_placeholders_is_the_very_data(data: Any) -> None:
    template = compile_template(data)

    assert template.fixed
    assert template.fill(scope()) is data


@pytest.mark.parametrize("data", ["${{ user }}", ["a", "${{ user }}"], {"a": {"b": "${{ user }}"}}, "$${{"])
def test_data_with_placeholders_is_not_fixed(data: Any) -> None:
    assert not compile_template(data).fixed


def test_fakes_follow_the_seed_and_each_other() -> None:
    names = ["${{ fake.name }}", "${{ fake.name() }}", "${{ fake.name }}"]

    first = filled(names, seed=7)

    assert filled(names, seed=7) == first
    assert filled(names, seed=8) != first
    assert len(set(first)) == 3


def test_groups_and_fakes_are_made_once_for_a_reply_and_only_if_asked_for() -> None:
    groups, source = iter([GROUPS]), iter([Fakes("en_US")])
    heard = TemplateContext(HEARD, lambda: next(groups), lambda: next(source))

    asked = compile_template(["${{ match.city }}", "${{ match.0 }}", "${{ fake.name }}", "${{ fake.city }}"]).fill(
        heard
    )

    assert asked[:2] == ["Paris", "in Paris"]
    assert compile_template("${{ user }}").fill(TemplateContext(HEARD, groups.__next__, source.__next__)) == "go on"


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("${{ usr }}", f"'usr' is unknown in ${{{{ }}}}; {UNKNOWN}; did you mean 'user'?"),
        ("${{ }}", f"'' is unknown in ${{{{ }}}}; {UNKNOWN}"),
        (
            "${{ user | upper }}",
            f"'user | upper' is unknown in ${{{{ }}}}; {UNKNOWN}, then a dot and a name: there are no operators, "
            "filters or functions in 'user | upper'",
        ),
        ("${{ env.HOME }}", f"'env' is unknown in ${{{{ }}}}; {UNKNOWN}"),
        ("${{ user.name }}", "'user' has no parts; expected ${{ user }}"),
        ("${{ turn.x }}", "'turn' has no parts; expected ${{ turn }}"),
        ("${{ match }}", "unknown group 'match'; expected match.0 or match.city"),
        (
            "${{ match.cty }}",
            "unknown group 'match.cty'; expected match.0 or match.city; did you mean 'city'?",
        ),
        (
            "${{ request.a[ }}",
            f"invalid JMESPath 'a[' (Invalid jmespath expression: Incomplete expression); {EXAMPLES}",
        ),
        (
            "${{ request.lenght(a) }}",
            "unknown JMESPath function 'lenght'; expected a built-in function; did you mean 'length'?",
        ),
        ("${{ fake }}", "unknown value 'fake'; expected a call such as fake.name or fake.random_int(min=1, max=6)"),
        (
            "${{ fake.name.x }}",
            "unknown value 'fake.name.x'; expected a call such as fake.name or fake.random_int(min=1, max=6)",
        ),
        (
            "${{ fake.nam }}",
            "unknown method 'nam' of Faker in en_US; expected one of its methods; did you mean 'name'?",
        ),
        ("a ${{ user", "'${{' without an end; expected }} after it; write $${{ for the characters themselves"),
        ("$${{ a ${{ user }", "'${{' without an end; expected }} after it; write $${{ for the characters themselves"),
    ],
)
def test_a_mistake_in_a_placeholder_is_told_with_a_remedy(template: str, told: str) -> None:
    assert problems(template, {"0", "city"}) == [told]


def test_all_mistakes_in_a_text_are_told() -> None:
    told = problems("${{ usr }} ${{ user }} $${{ x }} ${{ fake.nam }} ${{", set())

    assert [problem.split()[0] for problem in told] == ["'usr'", "unknown", "'${{'"]


def test_equal_placeholders_of_a_text_have_one_mistake() -> None:
    assert len(problems("${{ usr }} ${{usr}} ${{ other }}", set())) == 2


def test_finding_an_open_placeholder_takes_time_that_grows_with_the_text() -> None:
    text = "${{ " * 500_000

    assert problems(text, set()) == [
        "'${{' without an end; expected }} after it; write $${{ for the characters themselves"
    ]


def test_an_open_placeholder_is_no_template() -> None:
    assert filled("a ${{ user") == "a ${{ user"


def test_without_groups_the_remedy_is_a_regex() -> None:
    assert problems("${{ match.city }}", set()) == [
        "unknown group 'match.city'; expected a regex in its `when.user`, with a group such as (?P<city>\\w+)"
    ]


@given(st.text("${} user.\n", max_size=30))
def test_a_text_without_problems_can_be_filled(template: str) -> None:
    if not problems(template, set()):
        assert "$${{" not in filled(template)


@pytest.mark.parametrize(
    "template",
    [
        "${{ user }}" * 30,
        ["${{ user }}"] * 30,
        {"a": ["${{ request }}"] * 15},
        "${{ request.messages }}" * 15,
    ],
)
def test_what_the_placeholders_of_a_reply_make_is_bounded(template: Any) -> None:
    heard = conversation("x" * 1_000_000)
    once = TemplateContext(heard, dict, lambda: Fakes("en_US"))
    with pytest.raises(FillError) as caught:
        compile_template([template] * 5).fill(once)

    assert str(caught.value) == "the placeholders of the reply exceed 32,000,000 bytes; expected fewer"


def test_bytes_are_counted_in_what_the_placeholders_of_a_reply_make() -> None:
    heard = conversation("é" * 1_000_000)
    with pytest.raises(FillError, match="exceed 32,000,000 bytes"):
        compile_template("${{ user }}" * 17).fill(scope(heard=heard))

    assert len(compile_template("${{ user }}" * 16).fill(scope(heard=heard))) == 16_000_000


@pytest.mark.parametrize("template", ["${{ request.metadata }}", "a ${{ request.metadata }}", ["${{ request }}"]])
def test_a_value_that_is_nested_too_deep_is_told(template: Any) -> None:
    metadata: Any = {}
    for _ in range(200):
        metadata = {"a": metadata}

    with pytest.raises(FillError, match=r"^the value of a placeholder does not fit in a reply \(Recursion limit"):
        compile_template(template).fill(scope(heard=conversation("x", metadata=metadata)))


def test_an_expression_that_takes_too_much_work_is_told() -> None:
    template = "${{ request.[@, @]" + " | [@, @]" * 30 + " }}"
    assert problems(template, set()) == []

    with pytest.raises(FillError, match=r"^in \$\{\{ request \}\}, '\[@, @\] \| \[@, @\].*' takes too much work"):
        filled(template)


def test_what_faker_raises_in_a_reply_is_told() -> None:
    once = scope()
    once.fakes.seed(0, 1)

    with pytest.raises(FillError) as caught:
        compile_template("${{ fake.sentence(nb_words=5) }}").fill(once)

    assert (
        str(caught.value)
        == "${{ fake.sentence(nb_words=5) }}: too many draws; expected smaller numbers or shorter texts"
    )
