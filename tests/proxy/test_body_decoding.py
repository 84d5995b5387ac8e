"""Compressed bodies are decoded, or kept as they came."""

import gzip
import zlib

import pytest
from mockclaude.proxy.body_decoding import decode_body

from mockclaude.proxy import body_decoding

TEXT = b"High water is at 14:10. " * 100
PACKED = gzip.compress(TEXT)
RAW = zlib.compressobj(wbits=-15)
RAW_DEFLATED = RAW.compress(TEXT) + RAW.flush()


@pytest.mark.parametrize(
    ("encoding", "body", "is_torn", "decoded"),
    [
        ("", TEXT, False, TEXT),
        ("identity", TEXT, False, TEXT),
        ("gzip", PACKED, False, TEXT),
        ("GZIP", PACKED + PACKED, False, TEXT + TEXT),
        ("deflate", zlib.compress(TEXT), False, TEXT),
        ("deflate", RAW_DEFLATED, False, TEXT),
        ("deflate, gzip", gzip.compress(zlib.compress(TEXT)), False, TEXT),
        ("gzip", b"", False, b""),
        ("gzip", PACKED[:-9], False, None),
        ("gzip", TEXT, False, None),
        ("gzip", TEXT, True, None),
        ("unknown", TEXT, False, None),
    ],
)
def test_body_is_decoded(encoding: str, body: bytes, is_torn: bool, decoded: bytes | None) -> None:
    assert decode_body(encoding, body, is_torn=is_torn) == decoded


def test_torn_body_is_decoded_up_to_its_end() -> None:
    decoded = decode_body("gzip", PACKED[:-9], is_torn=True)

    assert decoded is not None
    assert TEXT.startswith(decoded)


def test_bomb_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_decoding, "MAX_DECODED", 1_000)

    assert decode_body("gzip", PACKED, is_torn=False) is None


def test_many_members_take_linear_time() -> None:
    assert decode_body("gzip", gzip.compress(b"") * 50_000, is_torn=False) == b""
