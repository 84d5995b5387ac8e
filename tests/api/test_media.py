"""Pictures and PDFs are known by their bytes, whatever is said of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api import media
from mockclaude.api.media import MAX_REMEMBERED, Pdf, Picture
from tests.api.pictures import encoded, gif, pdf, png, webp
from tests.benchmarks import corpus


@pytest.mark.parametrize(
    ("data", "picture"),
    [
        (png(300, 200), Picture("image/png", 300, 200)),
        (gif(30, 20), Picture("image/gif", 30, 20)),
        (webp(64, 32), Picture("image/webp", 64, 32)),
        (encoded(b"\xff\xd8\xff\xe0 broken"), Picture("image/jpeg", -1, -1)),
        (encoded(b"\x89PNG\r\n\x1a\n"), Picture("image/png", -1, -1)),
        (encoded(b"no picture"), Picture("", -1, -1)),
        ("<BASE64_IMAGE>", None),
        ("ü", None),
    ],
)
def test_a_picture_has_a_type_and_a_size(data: str, picture: Picture | None) -> None:
    assert media.picture(data) == picture
    assert media.picture(data) == picture


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (pdf(1), Pdf(1)),
        (pdf(3), Pdf(3)),
        (pdf(1, "secret"), Pdf(0, locked=True)),
        (encoded(b"%PDF-1.7 broken"), Pdf(0)),
        (encoded(b"no PDF"), Pdf(0)),
        ("<BASE64_PDF>", None),
    ],
)
def test_a_pdf_has_pages_or_a_lock(data: str, found: Pdf | None) -> None:
    assert media.pdf(data) == found


def test_no_more_is_remembered_than_is_said() -> None:
    for number in range(MAX_REMEMBERED + 10):
        media.picture(encoded(b"%d" % number))

    assert len(media._seen) == MAX_REMEMBERED


@given(data=st.binary(max_size=64).map(encoded) | st.text())
def test_whatever_comes_is_a_picture_or_none(data: str) -> None:
    media.picture(data)
    media.pdf(data)


def test_a_pdf_whose_pages_are_in_many_places_is_counted_up_to_a_limit() -> None:
    found = media.pdf(document(40))

    assert found is not None
    assert 100 < found.pages <= media.MAX_COUNTED
    assert media.pdf(document(3)) == Pdf(8)


def document(levels: int) -> str:
    """Return a PDF whose every node of the page tree holds the next one twice."""
    nodes = [b"<< /Type /Pages /Kids [%d 0 R %d 0 R] >>" % (level + 3, level + 3) for level in range(levels)]
    return encoded(corpus.pdf(corpus.CATALOG, *nodes, b"<< /Type /Page >>"))


def test_a_pdf_that_is_read_too_often_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_READS", 20)
    assert media.pdf(document(2)) == Pdf(0)
