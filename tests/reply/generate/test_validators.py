"""A count of visits is an upper bound of the library's work, and takes a bounded time itself."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.reply.draws import Draws
from mockclaude.reply.generate.failures import Unsatisfiable
from mockclaude.reply.generate.instances import instance
from mockclaude.reply.generate.schemas import document
from mockclaude.reply.generate.validators import Validator
from tests.counting import calls

LIMIT = 10_000
DRAWS = Draws(7, "rule", "fingerprint")
TEXT = {"type": "string"}


def chain(levels: int, last: Any, **more: Any) -> dict[str, Any]:
    links = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}], **more} for level in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**links, f"d{levels}": last}}


def visits(schema: Any, value: Any) -> int:
    return Validator(schema).count_visits(value, LIMIT)


PIECES = ["$defs", "a", "b", "0", "1", "01", "-1", "/", "~0", "~1", "~", "%2F", "%7E", "%7E1", "%25", "%C3%A9", "+"]
"""What names and pointers are made of."""
NAMES = ["a", "b", "0", "a/b", "a~b", "a~1b", "a~0b", "a%b", "a%2Fb", "é", "+", "", "/", "~", "%"]


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
def test_a_pointer_leads_where_the_library_follows_it(pointer: str) -> None:
    targets: dict[str, Any] = {
        name: {"const": name, **{inner: {"const": [name, inner]} for inner in "ab"}} for name in NAMES
    }
    ref = f"#/$defs/{pointer}"
    schema = {"$ref": ref, "$defs": targets}
    try:
        target: Any = Validator(schema).resolve(ref)
    except ValueError:
        return

    assert jsonschema_rs.Draft202012Validator(schema).is_valid(target["const"])


@pytest.mark.parametrize("ref", ["#/$defs/a%2Fb", "#/$defs/a/b"])
def test_an_escaped_slash_separates_steps(ref: str) -> None:
    schema = {"$ref": ref, "$defs": {"a/b": {"const": 1}, "a": {"b": {"const": 2}}}}

    assert Validator(schema).resolve(ref) == {"const": 2}
    assert jsonschema_rs.Draft202012Validator(schema).is_valid(2)


@pytest.mark.parametrize("ref", ["#x", "#/$defs/missing", "#/allOf", "#/allOf/2", "#/allOf/x", "https://a.b/c"])
def test_a_reference_without_one_target_is_an_error(ref: str) -> None:
    validator = Validator(
        {
            "$defs": {
                "a": {"$anchor": "x"},
                "b": {"$dynamicAnchor": "x", **TEXT},
                "c": {"$anchor": "x", "type": "null"},
            },
            "allOf": [True, {"const": 1}],
        }
    )

    with pytest.raises(Unsatisfiable, match="is not in the schema"):
        validator.resolve(ref)


@pytest.mark.parametrize("key", ["$anchor", "$dynamicAnchor"])
def test_an_anchor_leads_to_its_schema_if_that_is_repeated(key: str) -> None:
    named = {key: "x", **TEXT}

    assert (
        Validator({"$defs": {"a": named, "b": {"not": named}, "c": {"const": {"$anchor": 1}}}}).resolve("#x") == named
    )


def test_references_within_an_embedded_id_are_refused() -> None:
    inner = chain(26, TEXT)
    schema = {
        "type": "object",
        "properties": {"p": {"$ref": "#/$defs/a"}},
        "$defs": {"a": {"$id": "https://x/a", **inner}, "d0": TEXT},
    }

    with pytest.raises(Unsatisfiable, match=r"remove the \$id"):
        instance(schema, DRAWS)


def test_an_id_is_ignored_where_there_are_no_references() -> None:
    schema = {"type": "object", "properties": {"p": {"$id": "https://x/p", "const": 1}}, "required": ["p"]}

    assert instance(schema, DRAWS) == {"p": 1}


def test_the_id_of_the_root_is_dropped() -> None:
    schema = {"$id": "https://json-schema.org/draft/2020-12/schema", "$ref": "#/$defs/a", "$defs": {"a": {"const": 1}}}

    assert document(schema).root == {"$ref": "#/$defs/a", "$defs": {"a": {"const": 1}}}
    assert instance(schema, DRAWS) == 1


@pytest.mark.parametrize(
    ("keyword", "last", "value"),
    [
        ("unevaluatedProperties", {"properties": {"a": True}}, {"a": 1}),
        ("unevaluatedItems", {"prefixItems": [True]}, [1]),
    ],
)
def test_unevaluated_members_repeat_the_checks_below(keyword: str, last: Any, value: Any) -> None:
    counts = [visits(chain(levels, last, **{keyword: False}), value) for levels in range(7)]

    assert all(more > 2 * fewer for fewer, more in pairwise(counts))
    assert visits(chain(12, last, **{keyword: False}), value) > LIMIT
    assert visits(chain(12, last), value) < 40


@pytest.mark.parametrize("keyword", ["unevaluatedProperties", "unevaluatedItems"])
def test_a_reply_is_not_checked_against_a_chain_of_unevaluated(keyword: str) -> None:
    assert document(chain(40, TEXT, **{keyword: False})).problem({"a": [1]}) is None


def test_dependencies_apply_to_the_same_object() -> None:
    for keyword in ("dependentSchemas", "dependencies"):
        schema = {keyword: {"a": {"allOf": [True] * 50}, "b": {"allOf": [True] * 500}}}

        assert 50 < visits(schema, {"a": 1}) < 100
    assert visits({"dependencies": {"a": ["b"]}}, {"a": 1, "b": 1}) == 2


def test_a_count_stops_when_more_is_left_than_it_may_visit() -> None:
    wide = {"anyOf": [*[True] * 6_000, {"$ref": "#/$defs/w"}]}
    validator = Validator({"$ref": "#/$defs/w", "$defs": {"w": wide}})

    assert validator.count_visits("x", LIMIT) > LIMIT
    assert calls(lambda: validator.count_visits("x", LIMIT)) < 5 * LIMIT


def test_names_and_data_that_are_compared_count() -> None:
    many = [f"name_{number}" for number in range(5_000)]
    for part in (
        {"properties": dict.fromkeys(many, True)},
        {"required": many},
        {"enum": many},
        {"const": {"a": many}},
        {"dependentRequired": {"b": many}},
    ):
        assert 500 < visits(part, {"a": 1}) < 1_000
        assert visits({"allOf": [{"$ref": "#/$defs/w"}] * 20, "$defs": {"w": part}}, {"a": 1}) > LIMIT


@pytest.mark.parametrize(
    ("part", "value", "least", "most"),
    [
        ({"pattern": "a"}, "b" * 10_000, 100, 110),
        ({"maxLength": 5}, "b" * 10_000, 5, 10),
        ({"pattern": "(?=a)b"}, "b", 100, 110),
        ({"pattern": r"(a)\1"}, "b", 100, 110),
        ({"pattern": r"(?:a)\d"}, "b", 1, 1),
        ({"patternProperties": {"a": True, "(?<=b)": True}}, {"b" * 1_000: 1, "c" * 1_000: 1}, 240, 250),
        ({"propertyNames": {"pattern": "(?=a)"}}, {"a": 1, "b": 2}, 200, 210),
    ],
)
def test_what_is_searched_for_counts(part: Any, value: Any, least: int, most: int) -> None:
    assert least <= visits(part, value) <= most


def test_errors_of_many_branches_copy_no_large_value() -> None:
    whole = document({"anyOf": [{"type": "null"}] * 1_000})

    assert whole.problem("a") is not None
    assert whole.problem("a" * 100_000) is None
    assert "branches too often" in str(whole.mismatch("a" * 100_000))


def test_a_long_pointer_is_followed_once() -> None:
    def work(levels: int) -> int:
        target: Any = TEXT
        for _ in range(levels):
            target = {"not": target}
        references = [{"$ref": "#/$defs/a" + "/not" * levels}] * 3_000
        validator = Validator({"allOf": references, "$defs": {"a": target}})
        return calls(lambda: validator.count_visits(1, LIMIT))

    assert work(100) < 1.1 * work(1)


def test_a_part_is_counted_as_it_is_checked() -> None:
    whole = document(
        {
            "properties": {"p": TEXT},
            "$defs": {"w": {"allOf": [True] * 60}, "v": {"allOf": [{"$ref": "#/$defs/w"}] * 60}},
        }
    )
    part = {"properties": {"p": {"allOf": [{"$ref": "#/$defs/v"}] * 60}}, "allOf": [{"$ref": "#/properties/p"}]}

    with pytest.raises(Unsatisfiable, match="branches too often"):
        whole.accepts_part(part, "x", lambda _: None)


@pytest.mark.parametrize(
    "schema",
    [
        {"$id": "https://e.com/s", "properties": {"a": {"$ref": "https://e.com/s#/$defs/x"}}, "$defs": {"x": TEXT}},
        {"properties": {"a": {"$ref": "https://json-schema.org/draft/2020-12/schema"}}},
    ],
)
def test_a_value_is_not_judged_where_a_reference_leads_out(schema: Any) -> None:
    try:
        whole = document({"type": "object", **schema})
    except Unsatisfiable:
        return

    assert whole.problem({"a": 1}) is None


@pytest.mark.parametrize(("size", "kept"), [(9_000, 16), (11_000, 2), (39_000, 2), (41_000, 0)])
def test_the_documents_of_the_last_schemas_are_kept(size: int, kept: int) -> None:
    documents = [document({"const": f"{number:0{size}}"}) for number in range(kept + 1)]

    assert [document({"const": f"{number:0{size}}"}) for number in range(1, kept + 1)] == documents[1:]
    assert document({"const": f"{0:0{size}}"}) is not documents[0]


def test_what_is_made_of_a_document_is_not_part_of_it() -> None:
    schema = {"type": "object", "properties": {"a": {"const": {"b": [1]}}}, "required": ["a"]}
    instance(schema, DRAWS)["a"]["b"].append(2)

    assert instance(schema, DRAWS) == {"a": {"b": [1]}}
