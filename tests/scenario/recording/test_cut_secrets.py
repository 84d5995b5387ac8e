"""Secrets of which the end is missing: the response is torn, or its text ends at the limit of tokens."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mockclaude.scenario.recording.redaction import Redaction
from mockclaude.scenario.recording.secret_begins import SecretBegins
from tests.scenario.recording.planted import STREAM, new_exchange, stream_of

SECRET = "q7ZpR2mXv9LtKw4sBn6YcE1h"


def redact(body: bytes, headers: Sequence[tuple[str, str]] = STREAM) -> bytes:
    redaction = Redaction()
    redaction.add_request({"x-api-key": SECRET})
    return redaction.redact(new_exchange({}, body, headers=headers)).reception.body


@pytest.mark.parametrize(
    ("pieces", "redacted"),
    [
        ([f"It is {SECRET[:12]}"], ["It is REDACTED_1"]),
        (["It is ", SECRET[:5], SECRET[5:23]], ["It is ", "REDACTED_1", ""]),
        ([f"It is {SECRET[:11]}"], [f"It is {SECRET[:11]}"]),
        ([f"It is {SECRET[:20]}."], [f"It is {SECRET[:20]}."]),
        ([f"It is {SECRET[:20]} {SECRET[:20]}"], [f"It is {SECRET[:20]} REDACTED_1"]),
    ],
)
def test_a_secret_cut_at_the_end_of_a_block_is_replaced(pieces: list[str], redacted: list[str]) -> None:
    assert redact(stream_of(pieces)) == stream_of(redacted)


def test_a_secret_cut_in_a_frame_is_replaced() -> None:
    whole = stream_of([f"It is {SECRET}"])
    end = whole.index(SECRET.encode())

    assert redact(whole[: end + 15]) == whole[:end] + b"REDACTED_1"


def test_a_secret_cut_in_a_page_is_replaced() -> None:
    assert redact(f"<b>{SECRET[:15]}".encode(), ()) == b"<b>REDACTED_1"


def test_the_longest_begin_is_found() -> None:
    begins = SecretBegins()
    for value in (b"a" * 12, b"a" * 20, b"b" * 9000):
        begins.add(value)

    assert begins.find(b"x" + b"a" * 15) == (1, b"a" * 20)
    assert begins.find(b"x" + b"a" * 20) == (2, b"a" * 20)
    assert begins.find(b"a" * 12) == (0, b"a" * 20)
    assert begins.find(b"b" * 5000) is None
    assert begins.find(b"b" * 11) is None
    assert begins.find(b"") is None
