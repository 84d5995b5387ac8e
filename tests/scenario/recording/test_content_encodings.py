"""Bodies with a `content-encoding`, those that are plain in spite of it, and those that cannot be decoded."""

from __future__ import annotations

import gzip
import sys
import zlib
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.scenario.format.body_folder import MAX_BODY_FILE
from mockclaude.scenario.recording.content_encodings import decode_content


def raw_deflate(body: bytes) -> bytes:
    return zlib.compress(body)[2:-4]


ENCODERS: dict[str, Any] = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress}
PLAIN = b'{"type":"message"}'


@given(st.binary(max_size=300), st.lists(st.sampled_from(sorted(ENCODERS)), max_size=3))
def test_encodings_are_undone_in_reverse(body: bytes, names: list[str]) -> None:
    encoded = body
    for name in names:
        encoded = ENCODERS[name](encoded)
    assert decode_content(encoded, " , ".join(names)) == body


@pytest.mark.parametrize(
    ("body", "encoding", "expected"),
    [
        (raw_deflate(PLAIN), "deflate", PLAIN),
        (gzip.compress(zlib.compress(PLAIN), mtime=0), "deflate, GZIP", PLAIN),
        (PLAIN, "gzip", PLAIN),
        (PLAIN, "br", PLAIN),
        (PLAIN, "unknown", PLAIN),
        (PLAIN, "identity", PLAIN),
        (b"", "gzip", b""),
        (b"\xff\x00", "unknown", None),
        (gzip.compress(PLAIN, mtime=0)[:-9], "gzip", None),
        (gzip.compress(PLAIN, mtime=0) + b"more", "gzip", None),
        (gzip.compress(bytes(MAX_BODY_FILE + 1), 1, mtime=0), "gzip", None),
    ],
)
def test_body_is_decoded_if_it_is_encoded(body: bytes, encoding: str, expected: bytes | None) -> None:
    assert decode_content(body, encoding) == expected


class _Decoder:
    """A decoder of a library, for bytes that are reversed."""

    def __init__(self) -> None:
        self.eof = False

    def process(self, data: bytes) -> bytes:
        self.eof = data.startswith(b"\xff")
        return data[:0:-1]

    decompress = process

    def is_finished(self) -> bool:
        return self.eof


@pytest.mark.parametrize(
    ("name", "library", "factory"),
    [
        ("br", "brotli", {"Decompressor": _Decoder}),
        ("br", "brotlicffi", {"Decompressor": _Decoder}),
        ("zstd", "backports.zstd", {"ZstdDecompressor": _Decoder}),
        ("zstd", "zstandard", {"ZstdDecompressor": lambda: SimpleNamespace(decompressobj=_Decoder)}),
    ],
)
@pytest.mark.parametrize(("body", "expected"), [(b"\xffolleh", b"hello"), (b"\xfeolleh", None)])
def test_libraries_decode_if_they_are_installed(
    name: str, library: str, factory: Any, body: bytes, expected: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for absent in ("brotli", "brotlicffi", "compression.zstd", "backports.zstd", "zstandard"):
        monkeypatch.setitem(sys.modules, absent, None)
    module = ModuleType(library)
    vars(module).update(factory)
    monkeypatch.setitem(sys.modules, library, module)

    assert decode_content(body, name) == expected
    assert decode_content(body, name, is_torn=True) == b"hello"


def test_a_torn_body_is_decoded_as_far_as_it_goes() -> None:
    torn = gzip.compress(PLAIN, mtime=0)[:-9]

    assert decode_content(torn, "gzip", is_torn=True) == PLAIN
    assert decode_content(torn, "gzip", is_torn=False) is None


def test_members_of_gzip_are_joined() -> None:
    assert decode_content(gzip.compress(PLAIN, mtime=0) * 3, "gzip") == PLAIN * 3


def test_text_with_an_encoding_can_be_refused() -> None:
    assert decode_content(PLAIN, "gzip", keeps_text=False) is None


def test_many_members_take_linear_time() -> None:
    assert decode_content(gzip.compress(b"", mtime=0) * 50_000, "gzip") == b""
