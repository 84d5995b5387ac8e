"""A script: every byte that is sent to a client, with its time, decided before any of it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mockclaude.reply.response import End


class Send(NamedTuple):
    """Bytes that are written together, `at` microseconds after the script began."""

    at: int
    data: bytes


class Script(NamedTuple):
    """What a client gets: `sends` in the order of their times, then `end`, `end_at` microseconds after the beginning.

    `status` is the one sent, or 0 if none is sent. Afterwards no connection is accepted for `down` microseconds.
    """

    status: int
    sends: Sequence[Send]
    end: End = End.KEEP
    end_at: int = 0
    down: int = 0


CONTINUE = Script(100, [Send(0, b"HTTP/1.1 100 Continue\r\n\r\n")])
"""The response that asks a client for the body that it has announced."""
