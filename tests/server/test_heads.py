"""Heads: a known head recognizes the same head with another content length, and no other bytes."""

from __future__ import annotations

from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.trust import Trust
from mockclaude.scenario.rules import built_in
from mockclaude.server.heads import NO_HEAD, Heads, KnownHead, split_head

_LINES = st.sampled_from(["host: localhost", "x: y", "Content-Length: 7", "content-length:7", "x-content-length: 7"])
_CHANGES = st.sampled_from(["", "0", "7", "07", "12345678", "1234567890", " 7 ", "7x", "-1", "\r\n", "7\r\n\r\n", ": "])


def _known(key: bytes) -> KnownHead:
    heads = Heads({"": ScenarioState(built_in())}, Trust())
    length = {"content-length": "4"} if b"\r\ncontent-length:" in key.lower() else {}
    return heads.read(make_mocked_request("POST", "/v1/messages", {"host": "localhost", **length}), key)


@given(st.lists(_LINES, max_size=4), st.integers(0, 200), st.integers(0, 3), _CHANGES)
def test_a_known_head_splits_bytes_as_a_new_head_is_split(lines: list[str], at: int, cut: int, change: str) -> None:
    head = "\r\n".join(["POST /v1/messages HTTP/1.1", *lines]).encode() + b"\r\n\r\n"
    key = split_head(head)[0]
    changed = head[:at] + change.encode() + head[at + cut :] + b"body"
    if key:
        assert _known(key).split(changed) in (None, split_head(changed))


def test_a_longer_value_of_the_last_header_is_no_length() -> None:
    known = _known(b"GET /v1/models HTTP/1.1\r\nx-user: 1")

    assert known.split(b"GET /v1/models HTTP/1.1\r\nx-user: 12\r\n\r\n") is None


def test_a_known_head_is_found_with_another_length_only() -> None:
    data = b"POST / HTTP/1.1\r\nContent-Length: %b\r\nhost: x\r\n\r\nbody"
    known = _known(split_head(data % b"4")[0])
    assert known.split(data % b"1234") == (known.key, "1234", 50, 1284) == split_head(data % b"1234")
    assert known.split(data % b"4" + b"more") == split_head(data % b"4")
    assert split_head(data % b"1234567890") == NO_HEAD
    assert [known.split(data % length) for length in (b"", b"x", b"1234567890")] == [None] * 3
    assert known.split(b"GET" + data % b"4") is None
