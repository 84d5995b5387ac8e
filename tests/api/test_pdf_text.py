"""The text of PDFs: what the operators of a page show, in bounded work."""

from __future__ import annotations

import tracemalloc
from base64 import a85encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.media import MAX_READS, MAX_TEXTS
from mockclaude.api.pdf_fonts import MAX_CHARACTERS, build_decoder, decode_simple
from mockclaude.api.pdf_pages import MAX_STREAMS
from mockclaude.api.pdf_reads import ReadBudget
from mockclaude.api.pdf_text import read_text
from mockclaude.api.pdfs import PdfContent, read_content
from tests.api.pdf_files import COMPOSITE, page, pdf_of, stream


def show(content: bytes) -> str:
    return read_text(content, lambda _: decode_simple)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"BT /F1 12 Tf (Hello there) Tj ET", "Hello there"),
        (b"[(Hel) -20 (lo)-333(th)28(ere)] TJ", "Hello there"),
        (b"<48 65 6c6C6f> Tj", "Hello"),
        (b"<4> Tj", "@"),
        (b"(two \\(or\\) \\101\\n\\\r\nthree\\x) Tj", "two (or) A\nthreex"),
        (b"(one (inner) more) Tj", "one (inner) more"),
        (b"(open Tj", ""),
        (b"(one)' (two)' 0 0 (three)\"", "one\ntwo\nthree"),
        (b"(one) Tj T* (two) Tj", "one\ntwo"),
        (b"(one ) Tj 30 0 Td (two) Tj 0 -12.5 Td (three) Tj", "one two\nthree"),
        (b"(one) Tj 0 3.9 TD 0 -3.9 TD ( two) Tj", "one two"),
        (b"BT 1 0 0 1 72 700 Tm (one) Tj ET BT 1 0 0 1 90 700 Tm ( two) Tj ET", "one two"),
        (b"BT 1 0 0 1 72 700 Tm (one) Tj 1 0 0 1 72 686 Tm (two) Tj ET", "one\ntwo"),
        (b"  Td (one) Tj x Tm (two) Tj", "onetwo"),
        (b"/Span << /ActualText (not shown) >> BDC (shown) Tj", "shown"),
        (b"/P << /MCID 0 >> BDC (shown) Tj", "shown"),
        (b"BI /W 1 ID (binary) Tj\x00 EI (shown) Tj", "shown"),
        (b"BI /W 1 ID (binary) Tj", ""),
        (b"(a   b ) Tj T* ( ) Tj T* (c) Tj", "a b\nc"),
    ],
)
def test_the_text_of_a_page_is_what_it_shows(content: bytes, text: str) -> None:
    assert show(content) == text


TABLE = b"""
1 begincodespacerange <0000> <ffff> endcodespacerange
2 beginbfchar <0001> <0041> <0002> <0066 0069> endbfchar
2 beginbfrange <0010> <0012> <0061> <0020> <0021> [<0058> <0059>] endbfrange
1 beginbfchar <0003> <> endbfchar
"""


@pytest.mark.parametrize(
    ("table", "string", "text"),
    [
        (TABLE, b"\0\1\0\2\0\x10\0\x12\0\x21", "AfiacY"),
        (TABLE, b"\0\3\0\x13\0\x22\0\0\0\x41\0", ""),
        (b"beginbfrange <0000> <ffff> <ff00> endbfrange", b"\0\1\xd8\1", ""),
        (b"beginbfrange <00> <ff> <0020> [", b"\0\x21", "A"),
        (b"beginbfchar <0001> <%b>" % (b"0041" * 100), b"\0\1", "A" * MAX_CHARACTERS),
        (b"", b"\0\1", ""),
    ],
)
def test_a_table_says_what_two_bytes_stand_for(table: bytes, string: bytes, text: str) -> None:
    assert build_decoder(table, is_composite=True)(string) == text


def test_a_simple_font_has_codes_of_one_byte() -> None:
    assert build_decoder(TABLE, is_composite=False)(b"\1\2\x10") == "Afia"
    assert build_decoder(b"", is_composite=False)(b"na\xefve \x93\x81") == "naïve “�"


PIECES = st.sampled_from(
    [b"(", b")", b"\\", b"<", b">", b"[", b"T*", b" Td", b" Tm", b" Tf", b" Tj", b"'", b"BT", b"ID ", b" EI", b"-999"]
)
CONTENTS = st.lists(PIECES | st.binary(max_size=3), max_size=30).map(b"".join)


@given(content=CONTENTS)
def test_any_content_has_a_text_no_longer_than_itself(content: bytes) -> None:
    assert len(show(content)) <= len(content)


@given(
    table=st.lists(
        st.sampled_from([b"beginbfchar", b"beginbfrange", b"<", b">", b"[", b"]", b" ", b"0041", b"f"]), max_size=30
    ).map(b"".join),
    string=st.binary(max_size=9),
    is_composite=st.booleans(),
)
def test_any_table_decodes_any_string(table: bytes, string: bytes, is_composite: bool) -> None:
    assert len(build_decoder(table, is_composite=is_composite)(string)) <= MAX_CHARACTERS * len(string)


def texts_of(data: bytes, texts: int = MAX_TEXTS) -> tuple[str | None, ...]:
    budget = ReadBudget(MAX_READS)
    return read_content(data, budget, texts).texts


SHOWN = b"/F1 1 Tf (fine) Tj"
CODES = b"/F1 1 Tf <00010002> Tj"


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (pdf_of(page("one", "two"), page("three")), ("one\ntwo", "three")),
        (pdf_of(stream(CODES), stream(CODES), font=COMPOSITE, table=TABLE), ("Afi", "Afi")),
        (pdf_of(stream(SHOWN, b"")), ("fine",)),
        (pdf_of(stream(a85encode(SHOWN) + b"~>", b"/Filter [/ASCII85Decode]")), ("fine",)),
        (pdf_of(b"[6 0 R 6 0 R]"), (None,)),
        (pdf_of(b"[8 0 R 8 0 R]", page("one ")), ("one one", "one")),
        (pdf_of(b"null", page("one")), ("", "one")),
        (pdf_of(stream(b"/F2 1 Tf (one) Tj"), page("one")), (None, "one")),
        (pdf_of(stream(b"", b"/Filter /LZWDecode"), stream(b"xx", b"/Filter /FlateDecode ")), (None, None)),
    ],
)
def test_each_page_has_its_text(data: bytes, texts: tuple[str | None, ...]) -> None:
    assert texts_of(data) == texts
    assert texts_of(data, 1) == texts[:1]


@pytest.mark.parametrize("kid", [b"null", b"99 0 R"])
def test_a_missing_page_is_skipped(kid: bytes) -> None:
    data = pdf_of(page("one"), page("two")).replace(b"/Kids [5 0 R", b"/Kids [%b" % kid)

    assert read_content(data, ReadBudget(MAX_READS), MAX_TEXTS) == PdfContent(1, locked=False, texts=("two",))


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (pdf_of(stream(b"(" + b"a" * 10_000_000)), ("",)),
        (pdf_of(stream(b"(a) Tj T* " * 10_000)), ("\n".join("a" * 2_000),)),
        (pdf_of(stream(b"!" * 400_000, b"/Filter /ASCII85Decode"), page("one")), (None, "one")),
        (pdf_of(b"[%b]" % (b"8 0 R " * 500), page("one")), ("one" * MAX_STREAMS, "one")),
    ],
    ids=["unpacked", "operators", "base 85", "streams"],
)
def test_the_work_for_a_page_is_bounded(data: bytes, texts: tuple[str | None, ...]) -> None:
    assert texts_of(data) == texts


def test_a_stream_that_is_listed_often_takes_little_memory() -> None:
    data = pdf_of(b"[%b]" % (b"8 0 R " * MAX_STREAMS), stream(b" " * 1_000_000, b""))
    tracemalloc.start()
    texts_of(data)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak_bytes < 30 * len(data)


@given(edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), PIECES | st.binary(max_size=9)), max_size=5))
def test_any_pdf_is_read_or_not(edits: list[tuple[float, int, bytes]]) -> None:
    data = pdf_of(page("one", "two"), stream(CODES), font=COMPOSITE, table=TABLE)
    for share, deleted, added in edits:
        at = int(share * len(data))
        data = data[:at] + added + data[at + deleted :]

    assert len(texts_of(data)) <= MAX_TEXTS
