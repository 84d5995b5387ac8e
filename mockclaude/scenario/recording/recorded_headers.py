"""List the headers of a recorded response as a scenario file has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.format.response_headers import HEADER_NAME, RETRY_AFTER
from mockclaude.scenario.recorded_reply import FRAMING_HEADERS, RecordedReply
from mockclaude.scenario.recording.exchange import Exchange, Reception

_CONTROL = compile_lazily(r"[\x00-\x08\x0a-\x1f\x7f]")


def list_headers(response: Reception) -> dict[str, str | Literal[False]]:
    """Return the headers that a rule sends for a response.

    `content-type` is false if the response had none, since the mock would add its own.
    """
    headers: dict[str, str | Literal[False]] = {
        name: _to_latin1(value)
        for name, value in response.headers
        if name not in FRAMING_HEADERS and HEADER_NAME.fullmatch(name) and not _is_relative_date(name, value)
    }
    return {"content-type": False, **headers} if "content-type" not in headers else headers


def to_written_reply(exchange: Exchange) -> RecordedReply:
    """Return the response of an exchange as the reply that a scenario file has."""
    return replace(exchange.reply, headers=list_headers(exchange.reception))


def _to_latin1(value: str) -> str:
    """Return the text whose Latin-1 bytes are the received bytes, read as UTF-8."""
    text = value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("latin-1")
    return _CONTROL.sub(" ", text)


def _is_relative_date(name: str, value: str) -> bool:
    """Return whether a scenario file would read the value as a date after the response."""
    return name == RETRY_AFTER and value.startswith("in ")
