"""A form is parsed into its parts, or refused with a 400."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.errors import ApiError
from mockclaude.api.multipart import MAX_BOUNDARY, MAX_PARTS, FormPart, hash_form, parse_multipart

TYPE = "multipart/form-data; boundary=b"
FORM = (
    b'--b\r\nContent-Disposition: form-data; name="expires_in_seconds"\r\n\r\n3600\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    b"\x89PNG\r\n--a\r\n\r\n--b--\r\n"
)
PARTS = [
    FormPart("expires_in_seconds", None, None, b"3600"),
    FormPart("file", "a.png", "image/png", b"\x89PNG\r\n--a\r\n"),
]


def build_form(disposition: str, data: bytes = b"") -> bytes:
    return b"--b\r\nContent-Disposition: %b\r\n\r\n%b\r\n--b--" % (disposition.encode(), data)


def parse_filename(disposition: str) -> str | None:
    return parse_multipart(TYPE, build_form(f"form-data; name=file; {disposition}"))[0].filename


def parse_or_refuse(content_type: str, body: bytes) -> None:
    with suppress(ApiError):
        parse_multipart(content_type, body)


@pytest.mark.parametrize(
    "content_type", [TYPE, 'Multipart/Form-Data; charset=utf-8; Boundary="b"', "multipart/form-data;boundary=b ;x"]
)
@pytest.mark.parametrize("body", [FORM, b"preamble\r\n" + FORM, FORM + b"epilogue", FORM.replace(b"--b\r", b"--b \r")])
def test_form_is_parsed_into_its_parts(content_type: str, body: bytes) -> None:
    assert parse_multipart(content_type, body) == PARTS


def test_form_may_have_bare_line_feeds() -> None:
    body = b'--b\nContent-Disposition: form-data; name="file"\nContent-Type: text/plain\n\na\r\nb\n--b--'
    assert parse_multipart(TYPE, body) == [FormPart("file", None, "text/plain", b"a\r\nb")]


def test_form_may_have_no_parts_and_empty_parts() -> None:
    assert parse_multipart(TYPE, b"--b--") == []
    assert parse_multipart(TYPE, build_form('form-data; name=""')) == [FormPart("", None, None, b"")]
    assert parse_multipart(TYPE, build_form("form-data; name=f").replace(b"\r\n\r\n\r\n", b"\r\n\r\n"))[0].data == b""


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        ('filename="dir/a b.txt"', "dir/a b.txt"),
        ('filename="naïve;=.txt"', "naïve;=.txt"),
        ('filename="a%22b%0a%0D%25.txt"', 'a"b\n\r%25.txt'),
        (r'filename="a\"b.txt"', 'a"b.txt'),
        (r'filename="C:\dir\a.txt"', r"C:\dir\a.txt"),
        ("filename=a.txt", "a.txt"),
        ('filename=""', ""),
        ("filename=", ""),
        ('filename="', '"'),
        ("filename=\"x.txt\"; filename*=utf-8''na%C3%AFve.txt", "naïve.txt"),
        ("filename=\"x.txt\"; filename*=ISO-8859-1'en'na%EFve.txt", "naïve.txt"),
        ("filename=\"x.txt\"; filename*=hex''00", "x.txt"),
        ('filename="x.txt"; filename*=utf-8', "x.txt"),
        ("", None),
    ],
)
def test_filename_is_decoded(disposition: str, filename: str | None) -> None:
    assert parse_filename(disposition) == filename


def test_headers_of_a_part_may_be_latin_1() -> None:
    assert parse_multipart(TYPE, build_form('x; name="é"').decode().encode("latin-1"))[0].name == "é"


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        ("", FORM, "Unsupported content type ''; a form is sent as multipart/form-data"),
        (
            "application/json",
            b"{}",
            "Unsupported content type 'application/json'; a form is sent as multipart/form-data",
        ),
        ("multipart/form-data", FORM, "The content type multipart/form-data has no boundary"),
        ('multipart/form-data; boundary=""', FORM, "The content type multipart/form-data has no boundary"),
        (f"{TYPE}{'x' * MAX_BOUNDARY}", FORM, "The boundary of the content type has more than 70 characters"),
        (TYPE, b"", "The multipart body does not contain its boundary"),
        (TYPE, b"{}", "The multipart body does not contain its boundary"),
        (TYPE, b"text --b\r\n", "The multipart body does not contain its boundary"),
        (TYPE, b"--b", "The multipart body ends before its last boundary"),
        (TYPE, b"--b\r\nContent", "The multipart body ends before its last boundary"),
        (TYPE, FORM.replace(b"--b--", b""), "The multipart body ends before its last boundary"),
        (TYPE, FORM.replace(b"--b\r", b"--bc\r"), "The multipart body has other text in the line of a boundary"),
        (TYPE, b"--b\r\n--b--", "Part 0 of the multipart body has no blank line after its headers"),
        (
            TYPE,
            FORM.replace(b"\r\n\r\n", b"\r\n"),
            "Part 0 of the multipart body has no blank line after its headers",
        ),
        (
            TYPE,
            b"--b\r\n\r\ntext\r\n--b--",
            "Part 0 of the multipart body has no header Content-Disposition with a name",
        ),
        (
            TYPE,
            build_form("form-data; filename=a"),
            "Part 0 of the multipart body has no header Content-Disposition with a name",
        ),
        (
            TYPE,
            build_form("form-data; name=a").removesuffix(b"--b--") * (MAX_PARTS + 1) + b"--b--",
            "The multipart body has more than 1000 parts",
        ),
    ],
)
def test_malformed_form_is_refused(content_type: str, body: bytes, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_multipart(content_type, body)
    assert (caught.value.status, caught.value.message) == (400, message)


@given(st.data())
def test_damaged_form_is_parsed_or_refused(data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(FORM) - 1))
    damage = data.draw(st.binary(max_size=3))
    rest = data.draw(st.integers(position, len(FORM)))
    parse_or_refuse(TYPE, FORM[:position] + damage + FORM[rest:])


@given(st.text(), st.binary())
def test_any_content_type_and_body_are_parts_or_refused(content_type: str, body: bytes) -> None:
    for value in (content_type, f"multipart/form-data; boundary={content_type}", TYPE):
        parse_or_refuse(value, body)


@given(st.lists(st.binary(), max_size=3))
def test_content_of_each_part_is_unchanged(contents: list[bytes]) -> None:
    boundary = b"b" * MAX_BOUNDARY
    parts = [b'--%b\r\nContent-Disposition: form-data; name="x"\r\n\r\n%b\r\n' % (boundary, data) for data in contents]
    body = b"".join(parts) + b"--%b--" % boundary
    parsed = parse_multipart(f"multipart/form-data; boundary={boundary.decode()}", body)
    assert [part.data for part in parsed] == contents


@given(st.lists(st.binary(), min_size=1, max_size=3), st.lists(st.binary(), min_size=1, max_size=3))
def test_hash_of_a_form_depends_on_its_pieces_only(pieces: list[bytes], others: list[bytes]) -> None:
    boundaries = "b" * MAX_BOUNDARY, "c" * MAX_BOUNDARY
    hashes = [
        hash_form(f"multipart/form-data; boundary={boundary}", f"--{boundary}".encode().join(form))
        for form in (pieces, others)
        for boundary in boundaries
    ]

    assert hashes[0] == hashes[1]
    assert (hashes[0] == hashes[2]) == (pieces == others)


def test_hash_of_a_form_has_bounds() -> None:
    assert len(hash_form(TYPE, b"--b" * MAX_PARTS)) == len(hash_form(TYPE, b"--b" * 9 * MAX_PARTS))
    assert hash_form("multipart/form-data", b"x") != hash_form("multipart/form-data", b"y")
