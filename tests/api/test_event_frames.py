"""Frames of AWS event streams: fixed bytes that boto3 reads, and any payload comes back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.event_frames import encode_frame, event_headers, exception_headers
from tests.api.aws_frames import Frame, read_frames

EVENT = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
EXCEPTION = {":exception-type": "slow", ":content-type": "application/json", ":message-type": "exception"}


def test_an_event_has_the_bytes_that_boto3_reads() -> None:
    assert encode_frame(event_headers("chunk"), b'{"bytes":"e30="}').hex() == (
        "0000006b0000004b6ace012d"
        "0b3a6576656e742d747970650700056368756e6b"
        "0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e"
        "0d3a6d6573736167652d747970650700056576656e74"
        "7b226279746573223a226533303d227d3651dbfe"
    )


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_frames_bring_back_headers_and_payloads(payloads: list[bytes]) -> None:
    frames = [encode_frame(event_headers("chunk"), payload) for payload in payloads]
    data = b"".join([*frames, encode_frame(exception_headers("slow"), b"{}")])

    assert read_frames(data) == [*(Frame(EVENT, payload) for payload in payloads), Frame(EXCEPTION, b"{}")]
