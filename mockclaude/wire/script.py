"""Define scripts: all bytes for a client with their times, decided before the first byte is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from mockclaude.reply.response import End


class Send(NamedTuple):
    """Bytes that are written together, `at` microseconds after the beginning."""

    at: int
    data: bytes


new_send: Callable[[tuple[int, bytes]], Send] = partial(tuple.__new__, Send)
"""A constructor that calls no Python code."""


def to_sends(times: Iterable[int], data: Iterable[bytes]) -> list[Send]:
    """Combine successive bytes with their times."""
    return list(map(new_send, zip(times, data, strict=True)))


class Script(NamedTuple):
    """The bytes for a client in order of time, and the ending of the connection.

    Attributes:
        status: The status code; 0 if no head is sent.
        end_at: The time of `end`, in microseconds after the beginning.
        down_us: The time for which the server refuses connections afterwards.
    """

    status: int
    sends: Sequence[Send]
    end: End = End.KEEP
    end_at: int = 0
    down_us: int = 0


new_script: Callable[[tuple[int, Sequence[Send], End, int, int]], Script] = partial(tuple.__new__, Script)
"""A constructor that calls no Python code."""

CONTINUE = Script(100, [Send(0, b"HTTP/1.1 100 Continue\r\n\r\n")])
"""The response to `expect: 100-continue`: the client then sends its body."""
