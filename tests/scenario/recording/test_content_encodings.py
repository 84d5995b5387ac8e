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

from mockclaude.scenario.recording.content_encodings import MAX_DECODED, decode_content


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
        (PLAIN, "gzip", PLAIN),
        (PLAIN, "br", PLAIN),
        (PLAIN, "unknown", PLAIN),
        (PLAIN, "identity", PLAIN),
        (b"", "gzip", b""),
        (b"\xff\x00", "unknown", None),
        (gzip.compress(PLAIN, mtime=0)[:-9], "gzip", None),
        (gzip.compress(PLAIN, mtime=0) + b"more", "gzip", None),
        (gzip.compress(bytes(MAX_DECODED + 1), 1, mtime=0), "gzip", None),
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


@pytest.mark.parametrize("name", ["br", "zstd"])
@pytest.mark.parametrize(("body", "expected"), [(b"\xffolleh", b"hello"), (b"\xfeolleh", None)])
def test_libraries_decode_if_they_are_installed(
    name: str, body: bytes, expected: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    brotli: Any = ModuleType("brotli")
    brotli.Decompressor = _Decoder
    zstandard: Any = ModuleType("zstandard")
    zstandard.ZstdDecompressor = lambda: SimpleNamespace(decompressobj=_Decoder)
    monkeypatch.setitem(sys.modules, "brotli", brotli)
    monkeypatch.setitem(sys.modules, "zstandard", zstandard)
    assert decode_content(body, name) == expected
