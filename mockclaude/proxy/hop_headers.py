"""The headers that a relay sends on, without those of one connection (RFC 9110, section 7.6.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from multidict import CIMultiDict

HeaderLines: TypeAlias = Sequence[tuple[bytes, bytes]]
"""Names and values as they came."""

_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    b"upgrade".split()
)
_OF_REQUESTS = frozenset((b"host", b"expect"))
"""The client sends a host of its own. The relay answers `expect: 100-continue` itself."""

_CONTROL = b"x-mockclaude-"


def drop_hop_headers(headers: HeaderLines) -> list[tuple[bytes, bytes]]:
    """Return the headers that a relay sends on, in their order."""
    connection = [value for name, value in headers if name.lower() == b"connection"]
    named = {option.strip().lower() for value in connection for option in value.split(b",")}
    dropped = _HOP_BY_HOP | named if named else _HOP_BY_HOP
    return [line for line in headers if line[0].lower() not in dropped]


def build_request_headers(headers: HeaderLines) -> CIMultiDict[str]:
    """Build the headers of a request for an uncompressed response."""
    sent = CIMultiDict[str]()
    for name, value in drop_hop_headers(headers):
        lower = name.lower()
        if lower in _OF_REQUESTS or lower.startswith(_CONTROL):
            continue
        if lower != b"accept-encoding":
            sent.add(name.decode("latin-1"), value.decode("utf-8", "surrogateescape"))
        elif "accept-encoding" not in sent:
            sent.add(name.decode("latin-1"), "identity")
    sent.setdefault("accept-encoding", "identity")
    return sent


def find_value(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """Return the value of the first header with a lower-case name; None without one."""
    return next((value for key, value in headers if key.lower() == name), None)


def decode_lines(headers: HeaderLines) -> list[tuple[str, str]]:
    """Return headers as text, with names in lower case."""
    return [(name.decode("latin-1").lower(), value.decode("utf-8", "replace")) for name, value in headers]
