"""A `.json` file is read as JSON, not as YAML, and its errors have a place."""

from __future__ import annotations

import json

import pytest

from mockclaude.scenario.diagnostics import Place, ScenarioError
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.loading.source import read

CONTROL = "invalid JSON (invalid control character)"
CHECK = "check the commas, the colons and the quotes around this place"
COMMENT = "remove the comment: JSON has none, YAML has"
OPEN = "close the lists, mappings and texts that are open"
QUOTES = "put double quotes around texts and keys"
COMMA = "remove the comma before it, or add a value"
TOO_LARGE = "number too large; expected a number that JSON can hold; put quotes around it"


def mistakes(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read("a.json", text.encode())
    return [line.removeprefix("a.json:") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize("character", ["\x80", "\x85", "\x9f", "\u2028", "\u2029", "\ufeff", "\uffff", "\x7f"])
def test_characters_that_yaml_refuses_are_kept(character: str) -> None:
    scenario = load_text(json.dumps({"rules": [{"reply": f"a{character}b"}]}, ensure_ascii=False), "a.json")

    assert scenario.rules[0].replies[0].steps[0].value.data["text"] == f"a{character}b"


def test_a_key_may_be_longer_than_those_of_yaml() -> None:
    key = "k" * 2_000

    assert read("a.json", json.dumps({key: 1}).encode()).data == {key: 1}


def test_values_and_keys_have_their_places() -> None:
    source = read("a.json", '{"é😀": 1,\r\n "rules": [{"reply":\n  "x"}, []]}'.encode())

    assert source.place(()) == Place("a.json", 1, 1)
    assert source.place(("é😀",)) == Place("a.json", 1, 8)
    assert source.place(("rules",), key=True) == Place("a.json", 2, 2)
    assert source.place(("rules", 0, "reply")) == Place("a.json", 3, 3)
    assert source.place(("rules", 1, 0)) == Place("a.json", 3, 9)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"a": 1 // one\n}', f"1:9: invalid JSON (a comma or }} is missing); {COMMENT}"),
        ("# one\n{}", f"1:1: invalid JSON (a value is missing); {COMMENT}"),
        ("{'a': 1}", f"1:2: invalid JSON (a key is missing); {QUOTES}"),
        ("{a: 1}", f"1:2: invalid JSON (a key is missing); {CHECK}"),
        ('{"a": 1,}', f"1:9: invalid JSON (a key is missing); {COMMA}"),
        ("[1,]", f"1:4: invalid JSON (a value is missing); {COMMA}"),
        ("[1 2]", f"1:4: invalid JSON (a comma or ] is missing); {CHECK}"),
        ('{"a" 1}', f"1:6: invalid JSON (a colon is missing); {CHECK}"),
        ('{"a":}', f"1:6: invalid JSON (a value is missing); {COMMA}"),
        ('{"a": [1', f"1:9: invalid JSON (a comma or ] is missing); {OPEN}"),
        ('{"a": "b', f"1:7: invalid JSON (unterminated string starting); {CHECK}"),
        ('["a\nb"]', rf"1:4: {CONTROL}; write `\n` in its place, or put a quote before it"),
        ('["a\tb"]', rf"1:4: {CONTROL}; write `\t` in its place"),
        ('["a\x01b"]', rf"1:4: {CONTROL}; write `\u0001` in its place"),
        ("[\x01]", f"1:2: invalid JSON (a value is missing); {CHECK}"),
        (r'["\x"]', r"1:3: invalid JSON (invalid \escape); write `\\` for a backslash"),
        (r'["\u12"]', r"1:4: invalid JSON (invalid \uxxxx escape); write `\\` for a backslash"),
        ("[NaN]", "1:2: invalid JSON (NaN and Infinity are not JSON numbers); write a number, or null"),
        ("[-Infinity]", f"1:2: invalid JSON (NaN and Infinity are not JSON numbers); {CHECK}"),
        ("{} {}", f"1:4: invalid JSON (there is more after the end of the value); {CHECK}"),
        ('{"a": 1,\n "b": 2, "a": 3}', "2:10: duplicate key 'a', first in line 1; expected unique keys; remove one"),
        ("[1e400]", f"1:2: {TOO_LARGE}"),
        (f"[{'9' * 20}]", f"1:2: {TOO_LARGE}"),
        (f"[{'9' * 5000}]", f"1:2: {TOO_LARGE}"),
        (r'["\ud83d"]', r"1:2: half of a surrogate pair (\ud83d) in a string; expected both halves"),
        ("[" * 70, "1:66: data nested more than 64 levels deep; expected fewer levels"),
    ],
)
def test_what_is_not_json_has_a_place_and_a_remedy(text: str, line: str) -> None:
    assert mistakes(text) == [line]


def test_json_is_told_by_its_name_in_any_case() -> None:
    assert read("A.JSON", b'{"a": "\xc2\x85"}').data == {"a": "\x85"}


def test_an_empty_file_has_no_data() -> None:
    assert read("a.json", b" \n").data is None
