"""YAML 1.2 and JSON become plain data that remembers its places; mistakes of form are all found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.scenario.diagnostics import Place, ScenarioError
from mockclaude.scenario.loading.source import MAX_BYTES, read

MANY = "[" * 100_000
PRINTABLE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"))
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | PRINTABLE,
    lambda inner: st.lists(inner) | st.dictionaries(PRINTABLE.map(lambda key: key[:50]), inner),
)


def data(text: str, file: str = "a.yaml") -> Any:
    return read(file, text.encode()).data


def mistakes(content: str | bytes, file: str = "a.yaml") -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(file, content.encode() if isinstance(content, str) else content)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("Off", "Off"),
        ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("nil", "nil"),
        ("0777", 777),
        ("0o17", 15),
        ("0x1F", 31),
        ("-5", -5),
        ("+5", 5),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1e3", 1000.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("-1E-2", -0.01),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("9223372036854775808", 2**63),
        ("'5'", "5"),
        ('"no"', "no"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    found = data(f"key: {text}")["key"]

    assert (found, type(found)) == (value, type(value))


@given(JSON, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_json_is_read_as_json(value: Any, escaped: bool, indent: str | int | None) -> None:
    text = json.dumps(value, ensure_ascii=escaped, indent=indent)

    assert data(text, "a.json") == json.loads(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"a": "\ud83d\ude00"}', {"a": "😀"}),
        (r'["\u00e9\/\\ud83d"]', ["é/\\ud83d"]),
        ('{\t"a"\t:\t[\t1\t]\t}', {"a": [1]}),
        ('{"a":1,"b":{"c":null}}', {"a": 1, "b": {"c": None}}),
        ('\ufeff{"a": 1}\r\n', {"a": 1}),
    ],
)
def test_json_keeps_its_own_escapes_and_spaces(text: str, value: Any) -> None:
    assert data(text, "a.json") == value


def test_a_text_may_span_lines() -> None:
    assert data("a: |\n  x\n   y\nb: >-\n  x\n  y\n# end") == {"a": "x\n y\n", "b": "x y"}


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 1, 1),
        (("seed",), 1, 7),
        (("rules", 0), 3, 5),
        (("rules", 0, "when", "user"), 3, 18),
        (("rules", 1), 5, 5),
        (("rules", 1, "reply", 0, "text"), 5, 12),
        (("rules", 7), 3, 3),
    ],
)
def test_every_value_has_its_place_and_shorthands_that_of_what_they_stand_for(
    path: tuple[str | int, ...], line: int, column: int
) -> None:
    source = read("a.yaml", b"seed: 3\nrules:\n  - when: {user: hi}\n    reply: x\n  - reply: y\n")

    assert source.place(path) == Place("a.yaml", line, column)


def test_a_key_has_a_place_of_its_own() -> None:
    source = read("a.yaml", b"rules:\n  - reply: x\n")

    assert source.place(("rules", 0, "reply"), key=True) == Place("a.yaml", 2, 5)
    assert source.place(("rules", 0, "reply", "text"), key=True) == Place("a.yaml", 2, 12)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("a: 1\nb: 2\na: 3\n", ["3:1: duplicate key 'a', first in line 1; expected unique keys; remove one"]),
        ("a: &x 1\nb: *x\n", ["2:4: alias '*x' is not supported; expected a literal value; copy the value"]),
        ("*x : 1\n", ["1:1: alias '*x' is not supported; expected a literal value; copy the value"]),
        ("a: !!int 1", ["1:4: tag 'tag:yaml.org,2002:int' is not supported; expected a plain value; remove the tag"]),
        ("!x a: 1", ["1:1: tag '!x' is not supported; expected a plain value; remove the tag"]),
        ("a: 1\n---\nb: 2\n", ["3:1: second document; expected one document in a file"]),
        (
            "? [a, b]\n: 1\n",
            ["1:3: the key is a list or a mapping; expected `key: value`; put quotes around a text with braces"],
        ),
        ("[" * 100, ["1:66: data nested more than 64 levels deep; expected fewer levels"]),
        ("{a: " * 100_000, ["1:261: data nested more than 64 levels deep; expected fewer levels"]),
        ("a: 1e999", ["1:4: number too large; expected a number that JSON can hold; put quotes around it"]),
        ("a: " + "9" * 20, ["1:4: number too large; expected a number that JSON can hold; put quotes around it"]),
        (b"a: \xff", ["1:4: invalid UTF-8; expected YAML or JSON text"]),
        (b"\x89PNG\r\n\x1a\n\0", ["1:1: invalid UTF-8; expected YAML or JSON text"]),
        (
            "é: é\né: \0",
            ["2:4: unprintable character U+0000; expected text; remove it, or write its escape in double quotes"],
        ),
    ],
)
def test_a_mistake_of_form_is_told_with_its_place(content: str | bytes, lines: list[str]) -> None:
    assert mistakes(content) == [f"a.yaml:{line}" for line in lines]


def test_a_file_that_is_nested_without_end_is_one_mistake() -> None:
    (mistake,) = mistakes(MANY)

    assert "nest" in mistake
    assert "; expected fewer" in mistake


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "a:\n\t- x",
            "2:1: invalid YAML (found character that cannot start any token); indent with spaces, not tabs, "
            "and quote a text that starts with @, `, % or a tab",
        ),
        (
            "a: b: c",
            "1:5: invalid YAML (mapping values are not allowed in this context); quote a text that contains ': '",
        ),
        (
            "model: *",
            "1:9: invalid YAML (did not find expected alphabetic or numeric character); quote a text that begins "
            "with * or &",
        ),
        (
            "[{a: b ${{ c }}}]",
            "1:9: invalid YAML (did not find expected ',' or '}'); close the mapping with }, or "
            "quote a text that has { or }, as '${{ user }}'",
        ),
        (
            "a: [b\nc: d",
            "2:2: invalid YAML (did not find expected ',' or ']' while parsing a flow sequence that began in "
            "line 1); close the list with ], or quote a text that has [, ] or {, as '${{ user }}'",
        ),
        (
            "a: 'b\n\n",
            "3:1: invalid YAML (found unexpected end of stream while scanning a quoted scalar that began in "
            "line 1); close the quotes",
        ),
        (
            r'a: "\w"',
            r"1:5: invalid YAML (found unknown escape character); write \\ for a backslash, or use single quotes",
        ),
        (
            r'a: "\ud800"',
            "1:7: invalid YAML (found invalid Unicode character escape code); write the character itself",
        ),
        (
            "a: b\n  c: d",
            "2:4: invalid YAML (mapping values are not allowed in this context); quote a text that contains ': '",
        ),
        (
            "- a\n b\nc: d",
            "3:1: invalid YAML (did not find expected '-' indicator while parsing a block collection that "
            "began in line 1); check the indentation, the colons and the quotes around this place",
        ),
    ],
)
def test_what_is_not_yaml_is_told_with_a_remedy(text: str, line: str) -> None:
    assert mistakes(text) == [f"a.yaml:{line}"]


def test_all_mistakes_of_form_are_told_at_once() -> None:
    text = "a: &x 1\na: *x\nb: !y 2\nc: 1e999\n? {d: *z}\n: 1\ne: 'f\n"

    places = [line.split(": ")[0].removeprefix("a.yaml:") for line in mistakes(text)]

    assert places == ["2:1", "2:4", "3:4", "4:4", "5:3", "5:7", "8:1"]


def test_a_file_of_many_megabytes_is_refused() -> None:
    line = "a.yaml: larger than 5 MB; expected a smaller file; split it into several files of one scenario"

    assert mistakes(b"a" * (MAX_BYTES + 1)) == [line]
    assert read("a.yaml", b"a" * MAX_BYTES).data == "a" * MAX_BYTES


@pytest.mark.parametrize(("text", "line"), [("", 1), ("# only a comment\n", 1), ("---\n", 2), ("\ufeff", 1)])
def test_an_empty_file_has_no_data_and_yet_a_place(text: str, line: int) -> None:
    source = read("a.yaml", text.encode())

    assert source.data is None
    assert source.place(()) == Place("a.yaml", line, 1)
