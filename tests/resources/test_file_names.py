"""Names and media types of files, as the documentation of the Files API has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.file_names import build_disposition, clean_filename, find_filename_problem
from mockclaude.api.file_types import detect_media_type, find_extension


@pytest.mark.parametrize(
    ("filename", "media_type", "name"),
    [
        ("dir/a b.txt", "text/plain", "a b.txt"),
        (r"C:\dir\naïve.txt", "text/plain", "naïve.txt"),
        ("../..", "text/plain", ".."),
        ("dir/", "image/png", "unnamed.png"),
        ("", "Text/Plain; charset=utf-8", "unnamed.txt"),
        (None, "application/octet-stream", "unnamed"),
    ],
)
def test_name_is_the_last_component_or_unnamed(filename: str | None, media_type: str, name: str) -> None:
    assert clean_filename(filename, media_type) == name


@given(st.text())
def test_disposition_of_any_name_is_ascii_in_one_line(name: str) -> None:
    disposition = build_disposition(name)
    assert disposition.isascii()
    assert disposition.isprintable()


@given(st.text())
def test_clean_name_is_never_empty_and_has_no_directory(filename: str) -> None:
    name = clean_filename(filename, "text/csv")
    assert name
    assert not {"/", "\\"} & {*name}
    assert find_filename_problem(name) or len(name) <= 255


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"x%PDF-1.7\xff", "application/octet-stream"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"RIFF\0\0\0\0WAVE", "application/octet-stream"),
        ("naïve".encode(), "text/plain"),
        ("naïve".encode("latin-1"), "application/octet-stream"),
        (b"a\0b", "application/octet-stream"),
        (b"", "text/plain"),
    ],
)
def test_media_type_is_detected(data: bytes, media_type: str) -> None:
    assert detect_media_type(data) == media_type


def test_extension_of_an_unknown_type_is_empty() -> None:
    assert [find_extension(name) for name in ("application/pdf", "x/y")] == [".pdf", ""]
