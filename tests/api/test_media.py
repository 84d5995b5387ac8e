"""Pictures and PDFs are known by their bytes, whatever is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api import media
from mockclaude.api.media import CHARACTERS, MAX_REMEMBERED, UNREAD, Cache, Image, Pdf
from mockclaude.api.pdf_reads import ReadBudget
from mockclaude.api.pdfs import read_content
from tests.api.pdf_files import page, pdf_of
from tests.api.pictures import encoded, gif, pdf, pdf_with_aes, png, webp
from tests.benchmarks import corpus


@pytest.mark.parametrize(
    ("data", "picture"),
    [
        (png(300, 200), Image("image/png", 300, 200)),
        (gif(30, 20), Image("image/gif", 30, 20)),
        (webp(64, 32), Image("image/webp", 64, 32)),
        (encoded(b"\xff\xd8\xff\xe0 broken"), Image("image/jpeg", -1, -1)),
        (encoded(b"\x89PNG\r\n\x1a\n"), Image("image/png", -1, -1)),
        (encoded(b"no picture"), Image("", -1, -1)),
        ("<BASE64_IMAGE>", None),
        ("ü", None),
    ],
)
def test_a_picture_has_a_type_and_a_size(data: str, picture: Image | None) -> None:
    assert media.read_image(data) == picture
    assert media.read_image(data) == picture


BLANK = [Pdf(pages, texts=("",) * pages) for pages in range(9)]
"""PDFs without text."""


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (pdf(1), BLANK[1]),
        (pdf(3), BLANK[3]),
        (pdf(1, "secret"), Pdf(0, locked=True)),
        (pdf_with_aes(4, "secret"), Pdf(0, locked=True)),
        (pdf_with_aes(4), Pdf(None)),
        (pdf_with_aes(5), Pdf(None)),
        (encoded(b"%PDF-1.7 broken"), Pdf(0)),
        (encoded(b"no PDF"), Pdf(0)),
        ("<BASE64_PDF>", None),
    ],
)
def test_a_pdf_has_pages_or_a_lock(data: str, found: Pdf | None) -> None:
    assert media.read_pdf(data) == found


def test_no_more_is_remembered_than_is_said() -> None:
    for number in range(MAX_REMEMBERED + 10):
        media.read_image(encoded(b"%d" % number))

    assert len(media._seen.values) == MAX_REMEMBERED


def test_a_pdf_with_much_text_takes_the_place_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "_seen", cache := Cache())
    monkeypatch.setattr(media, "MAX_REMEMBERED", 10)
    for number in range(5):
        media.read_pdf(encoded(pdf_of(page(f"{number} " + "a" * 4 * CHARACTERS))))

    assert (len(cache.values), cache.size) == (2, 10)


@given(data=st.binary(max_size=64).map(encoded) | st.text())
def test_whatever_comes_is_a_picture_or_none(data: str) -> None:
    media.read_image(data)
    media.read_pdf(data)


def test_a_pdf_whose_pages_are_in_many_places_is_counted_up_to_a_limit() -> None:
    found = media.read_pdf(document(40))

    assert found is not None
    assert found.pages is None or found.pages > 100
    assert media.read_pdf(document(3)) == BLANK[8]


def document(levels: int) -> str:
    """Return a PDF whose every node of the page tree holds the next one twice."""
    nodes = [b"<< /Type /Pages /Kids [%d 0 R %d 0 R] >>" % (level + 3, level + 3) for level in range(levels)]
    return encoded(corpus.pdf(corpus.CATALOG, *nodes, b"<< /Type /Page >>"))


def packed(kids: int, number: int = 0) -> str:
    """Return a PDF whose page tree is in an object stream, with a list of so many kids, each of which is the list."""
    return encoded(corpus.packed_pdf(b"2 0 R " * kids + b"% " + b"%d" % number))


@pytest.mark.parametrize("reads", [10, 100, 200])
def test_a_pdf_that_takes_more_reads_than_there_are_is_not_read(reads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_READS", reads)
    monkeypatch.setattr(media, "_seen", Cache())

    assert media.read_pdf(document(2)) == media.read_pdf(document(2)) == UNREAD


@contextmanager
def one_request() -> Iterator[None]:
    token = media.OPENED.set([])
    try:
        yield
    finally:
        media.OPENED.reset(token)


@pytest.mark.parametrize("kids", [20_000, 100_000, 2_000_000])
def test_what_a_pdf_unpacks_counts(kids: int) -> None:
    assert media.read_pdf(packed(kids)) == UNREAD


def test_the_pdfs_of_a_request_share_its_reads() -> None:
    pdfs = [packed(100, number) for number in range(3)]
    for _ in range(2):
        with one_request():
            found = [media.read_pdf(data) for data in [document(2), *pdfs, document(2), document(4)]]

        assert found == [BLANK[4], Pdf(0), *[UNREAD] * 2, BLANK[4], UNREAD]
    assert media.read_pdf(pdfs[1]) == Pdf(0)


def test_a_pdf_is_read_alike_whatever_was_read_before() -> None:
    large = encoded(corpus.packed_pdf(b"%" + b"a" * 60_000))
    for before in (packed(100, 1_000), large):
        with one_request():
            media.read_pdf(before)
            left = media.read_pdf(large)

        assert left == (Pdf(0) if before == large else UNREAD)


def test_no_base64_takes_no_reads() -> None:
    with one_request():
        assert [media.read_pdf(data) for data in ("<BASE64_PDF>", document(2))] == [None, BLANK[4]]


@pytest.mark.parametrize(
    ("file", "least"),
    [
        (corpus.indexed_pdf(b"\0" * 30_000, b"/W [1 1 1] /Size 10000"), 60_000),
        (
            corpus.indexed_pdf(b"\2\0" * 30_000, b"/W [1 1 1] /Size 3 /DecodeParms << /Predictor 12 /Columns 1 >>"),
            30_000,
        ),
        (corpus.searched_pdf(900, b" 1" * 100_000), 90_000),
        (corpus.pdf(corpus.CATALOG, b"<< /Type /Pages /Kids [%b] >>" % (b"2 0 R " * 1_000)), 90_000),
    ],
    ids=["index", "predictor", "search", "kids"],
)
def test_each_kind_of_work_counts(file: bytes, least: int) -> None:
    budget = ReadBudget(media.MAX_READS)
    with suppress(OverflowError):
        read_content(file, budget)

    assert media.MAX_READS - budget.left >= least


def test_a_usual_pdf_takes_a_small_share() -> None:
    budget = ReadBudget(media.MAX_READS)
    pages = b" ".join(b"%d 0 R" % (number + 3) for number in range(100))
    nodes = [b"<< /Type /Page /Parent 2 0 R >>"] * 100

    assert read_content(corpus.pdf(corpus.CATALOG, b"<< /Type /Pages /Kids [%b] >>" % pages, *nodes), budget)[0] == 100
    assert budget.left > media.MAX_READS * 0.8
