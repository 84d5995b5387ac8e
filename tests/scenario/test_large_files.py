"""What a file costs grows with its length, in time and in memory. Work is counted, never timed."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from mockclaude.scenario.diagnostics import MAX_DIAGNOSTICS, ScenarioError
from mockclaude.scenario.loading import source_map
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.template.fakes import Trials
from tests.counting import calls

pytestmark = pytest.mark.slow

MORE = "more diagnostics follow; fix the ones above and check again"


def rules(count: int) -> str:
    return "rules:\n" + "".join(f"  - {{name: r{i}, when: {{user: w{i}}}, reply: a}}\n" for i in range(count))


def templates(count: int) -> str:
    each = "  - {{name: r{0}, when: {{user: w{0}}}, reply: 'a ${{{{ fake.name }}}}'}}\n"
    return "rules:\n" + "".join(each.format(i) for i in range(count))


def of_each(rule: str) -> Callable[[int], str]:
    """Return what builds a file of so many equal rules, but for their numbers."""
    return lambda count: "rules:\n" + "".join(f"  - {rule.replace('N', str(n))}\n" for n in range(count))


KINDS = {
    "regex": "{when: {user: {regex: '(?i)refund N'}}, reply: a}",
    "request": "{when: {user: wN}, reply: '${{ request.metadata.user_id }} N'}",
    "script": "{when: {user: wN}, reply: a, fault: {script: [529, 529, ok]}}",
    "body": "{when: {body: \"metadata.user_id == 'uN'\"}, reply: a}",
    "body value": "{when: {body: {metadata.user_id: uN}}, reply: a}",
}


def faults(count: int) -> str:
    each = "{{disconnect: reset, before: 'content_block_delta {0}', p: 0, occurrence: {0}}}"
    steps = "a, " * count
    return f"rules: [{{reply: [{steps}], fault: [{', '.join(each.format(i + 1) for i in range(50))}]}}]"


def work(text: str) -> int:
    """Return how many functions are called while the text is loaded."""
    return calls(lambda: load_text(text))


@pytest.mark.parametrize("make", [rules, templates, faults, *map(of_each, KINDS.values())])
def test_the_work_of_loading_grows_with_the_file(make: Any) -> None:
    load_text(make(10))
    few, many = work(make(100)), work(make(400))

    assert many < 4.2 * few


@pytest.mark.parametrize(("kind", "most"), [("regex", 900), ("script", 1_000)])
def test_the_work_of_a_rule_is_bounded(kind: str, most: int) -> None:
    make = of_each(KINDS[kind])
    load_text(make(10))

    assert work(make(100)) < 100 * most


@pytest.mark.parametrize(
    "text",
    [
        "rules: [" + "[], " * 20_000 + "]",
        "rules: [" + "1, " * 20_000 + "]",
        "rules: [reply: [" + "[], " * 20_000 + "]]",
        "rules: [{" + "".join(f"k{i}: 1, " for i in range(20_000)) + "}]",
        "".join(f"k{i}: 1\n" for i in range(20_000)) + "rules: []",
        "[" + "*a, " * 20_000 + "]",
    ],
    ids=["lists", "numbers", "steps", "keys", "top", "aliases"],
)
def test_no_more_than_a_hundred_mistakes_are_told(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_text(text, "a.yaml")
    *first, last = caught.value.diagnostics

    assert len(first) == MAX_DIAGNOSTICS
    assert last.message == MORE


def _refuse(tried: list[str]) -> Any:
    def problem(_: Trials, method: str, __: str) -> str:
        tried.append(method)
        return f"there is no {method}"

    return problem


@pytest.mark.parametrize("form", ["{{reply: [{}]}}", "{{sequence: [{}]}}"])
def test_no_call_is_tried_after_a_hundred_mistakes(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(Trials, "problem", _refuse(tried))
    replies = "".join(f"'${{{{ fake.nam{i} }}}} ${{{{ fake.nam{i}x }}}}', " for i in range(500))
    with pytest.raises(ScenarioError) as caught:
        load_text(f"rules: [{form.format(replies)}]")

    assert [diagnostic.message for diagnostic in caught.value.diagnostics[-1:]] == [MORE]
    assert len(tried) == MAX_DIAGNOSTICS + 1


def test_the_mistakes_of_each_file_are_counted_by_themselves() -> None:
    wrong = "rules: [" + "1, " * 200 + "]"
    found = []
    for file in ("a.yaml", "b.yaml"):
        with pytest.raises(ScenarioError) as caught:
            load_text(wrong, file)
        found += caught.value.diagnostics

    assert len(ScenarioError(found).diagnostics) == 2 * (MAX_DIAGNOSTICS + 1)


@pytest.mark.parametrize("item", ["[], ", "1, ", "{a: 1}, ", "{}, "])
@pytest.mark.parametrize(("around", "count"), [("rules: [{}]", 20_000), ("rules: [reply: [json: [{}]]]", 5_000)])
def test_the_memory_of_a_value_is_bounded(item: str, around: str, count: int) -> None:
    text = around.replace("{}", item * count)
    tracemalloc.start()
    try:
        load_text(text)
    except ScenarioError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert peak / count < 1_000


@pytest.mark.parametrize("file", ["a.yaml", "a.json"])
def test_a_file_has_a_bounded_number_of_values(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_map, "MAX_VALUES", 5)
    with pytest.raises(ScenarioError) as caught:
        load_text('{"rules": [1, 2, 3]}', file)

    problem = "more than 5 keys and values; expected fewer; split the file into several files"
    assert str(caught.value) == f"{file}:1:18: {problem}"


def test_a_rule_has_a_bounded_number_of_values() -> None:
    with pytest.raises(ScenarioError) as caught:
        load_text("rules: [reply: {json: [" + "1," * 100_001 + "]}]", "a.yaml")

    assert str(caught.value) == "a.yaml:1:9: the rule has more than 100,000 values; expected fewer"


def test_what_stands_beside_the_rules_has_a_bounded_number_of_values() -> None:
    with pytest.raises(ScenarioError) as caught:
        load_text("rules: [reply: a]\napi_keys: [" + "1," * 100_001 + "]", "a.yaml")

    assert str(caught.value) == "a.yaml:1:1: the file has, without its rules, more than 100,000 values; expected fewer"
