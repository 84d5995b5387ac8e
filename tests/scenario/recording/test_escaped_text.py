from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.scenario.recording.escaped_text import Decoded, decode_levels, unescape

TEXTS = st.text(st.sampled_from("\\\"'/nu0041dU é😀\n%&;")) | st.text()


def texts_of(data: bytes) -> list[bytes]:
    return [level.text for level in decode_levels(data)]


@given(TEXTS, st.booleans())
def test_a_string_of_json_is_decoded(text: str, ascii_only: bool) -> None:
    content = json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode("utf-8", "surrogatepass")
    assert unescape(content).text == text.encode("utf-8", "surrogatepass")
    assert text.encode("utf-8", "surrogatepass") in texts_of(content)


@given(TEXTS, st.data())
def test_a_part_has_its_place_in_the_source(text: str, data: st.DataObject) -> None:
    content = json.dumps(text)[1:-1].encode()
    decoded = unescape(content)
    size = len(text.encode("utf-8", "surrogatepass"))
    begin = data.draw(st.integers(0, size))
    part = text.encode("utf-8", "surrogatepass")[begin : data.draw(st.integers(begin, size))]
    if part and part.decode("utf-8", "ignore").encode() == part:
        first, last = decoded.to_source(begin, begin + len(part))
        assert json.loads(b'"%b"' % content[first:last]) == part.decode()


@pytest.mark.parametrize(
    ("source", "decoded"),
    [
        (rb"a\"b\\\n\t\/\b\f\r", b'a"b\\\n\t/\b\f\r'),
        (rb"\u00e9\ud83d\ude00\ud83d", "é😀".encode() + b"\xed\xa0\xbd"),
        (rb"\x41\U0001F600\U00110000\'", b"A" + "😀".encode() + rb"\U00110000'"),
        (b"a\\\n   b", b"ab"),
        (rb"\9 \u12 \q\n", b"\\9 \\u12 \\q\n"),
        (b"\xff\x00\xff\\n", b"\xff\x00\xff\n"),
        (b"%41%zz%e9", b"A%zz\xe9"),
        (b"&lt;&amp;lt;&quot;&apos;&gt;&nbsp;", b"<&lt;\"'>&nbsp;"),
        (b"&#65;&#x42;&amp;&#9999999;", b"AB&&#9999999;"),
    ],
)
def test_escapes_are_decoded(source: bytes, decoded: bytes) -> None:
    assert texts_of(source)[1] == decoded


def test_levels_are_decoded_in_turn() -> None:
    text = json.dumps(json.dumps({"a": "%22&quot;"})).encode()
    assert b'"{"a": """"}"' in texts_of(text)
    assert len(set(texts_of(text))) == len(texts_of(text))


def test_levels_have_a_limit() -> None:
    assert len(texts_of(b"\\u005c" + b"u005c" * 100 + b"%25" + b"25" * 100)) == 24


def test_a_text_without_escapes_has_one_level() -> None:
    assert texts_of(b"tide") == [b"tide"]
    assert unescape(b"tide") == Decoded(b"tide", [], [], [], [])
