"""Access control: the names of a server, the web pages that may control it, and the admin token.

A browser sends `Origin` with every request of a page to another origin. A page whose own name resolves to this machine
(DNS rebinding) sends its name as `Host`, which is not a name of the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import gethostname
from typing import NamedTuple
from urllib.parse import urlsplit

from multidict import CIMultiDict

from mockclaude.api.errors import ApiError
from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.engine.http_request import LANE_HEADER

TOKEN_HEADER = "x-mockclaude-token"
_HOW = f"expected the one that the server prints at its start, or that of --admin-token; send it as {TOKEN_HEADER}"

PAGES_LANE = "(other origins)"
"""The lane of all untrusted pages: they change no counters of other clients."""

AGAINST_OTHER_SITES = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
"""Headers of the server's pages and of the admin API: other sites cannot read or frame them, or guess their type."""

_CONTROL = "x-mockclaude-"
_HOST = compile_lazily(r"(\[[0-9a-fA-F:.]+\]|[^\s:/@\[\]]+)(:[0-9]*)?")
_ORIGIN = compile_lazily(r"(https?://[^\s/?#@]+)/?")
_LABEL = compile_lazily(r"[0-9a-z_-]+")
_PRIVATE = (".local", ".internal", ".home.arpa")
"""Ends of names that public DNS does not have, so that no page can have such a name."""


class Trust(NamedTuple):
    """The access rules of one server.

    Attributes:
        opened: Whether the server listens on more than the loopback interface.
        hosts: Further names of the server.
        origins: Origins whose pages may send control headers, e.g. `http://localhost:3000`.
        token: The token that the admin API, the page at the root and faults for every client require; '' for none.
    """

    opened: bool = False
    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    token: str = ""

    def check_host(self, host: str) -> None:
        """Check that `host`, of a `Host` header, is a name or an address of the server.

        Raises:
            ApiError: 403; it is another name.
        """
        name = _name(host)
        if not (is_loopback(name) or name in self.hosts or (self.opened and _is_private(name))):
            where = "a name of this server" if self.opened else "this machine"
            others = "" if self.opened else "; use --host to open the server to others"
            raise ApiError(
                "permission_error",
                f"Host '{_quote(host)}' is not {where}; expected {'its address' if self.opened else 'localhost'}"
                f"; if it is one, start the server with --allow-host {_quote(name) or 'NAME'}{others}",
            )

    def page(self, headers: Mapping[str, str]) -> str:
        """Return the origin of the page that sent `headers`; '' if it has control."""
        origin = headers.get("origin")
        return "" if origin is None or is_own(origin, headers) or origin.lower() in self.origins else origin

    def page_headers(self, page: str, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return the headers of a request of a page, in the lane of pages.

        The headers of a page on this machine keep their lane.

        Raises:
            ApiError: 403; the page may not send a control header.
        """
        control = next((name.lower() for name in headers if name.lower().startswith(_CONTROL)), None)
        if control:
            raise page_error(page, f"send {control}")
        if is_loopback(_name(urlsplit(page).netloc)):
            return headers
        return move_to_pages_lane(headers)

    def is_guest(self, headers: Mapping[str, str]) -> bool:
        """Return whether `headers` lack the server's token."""
        return bool(self.token) and not compare_digest(_bytes(_token(headers)), _bytes(self.token))

    def check_token(self, headers: Mapping[str, str]) -> None:
        """Check that `headers` have the server's token, if it has one.

        Raises:
            ApiError: 401; the token is missing or wrong.
        """
        if self.is_guest(headers):
            problem = "Wrong" if _token(headers) else "Missing"
            raise ApiError("authentication_error", f"{problem} admin token; {_HOW}")


def guest_error(fault: str) -> ApiError:
    """Return the 401 for a fault that affects every client, without the token."""
    return ApiError(
        "authentication_error", f"The fault `{fault}` affects every client; it needs the admin token: {_HOW}"
    )


def move_to_pages_lane(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return `headers` with the lane of pages instead of their lane."""
    lane = CIMultiDict(headers)
    lane[LANE_HEADER] = PAGES_LANE
    return lane


def page_error(page: str, what: str) -> ApiError:
    """Return the 403 for a page that may not do `what`."""
    message = f"A page of {_quote(page)} may not {what}; expected an origin that the server was started with"
    fix = f"; start it with --allow-origin {_quote(page)}" if _ORIGIN.fullmatch(page.lower()) else ""
    return ApiError("permission_error", message + fix)


def is_own(origin: str, headers: Mapping[str, str]) -> bool:
    """Return whether `origin` is the server itself, by the name in the `Host` header."""
    return origin.lower() == f"http://{headers.get('host', '').lower()}"


def is_loopback(name: str) -> bool:
    """Return whether a host name or an address is a loopback one."""
    address = _address(name)
    return address.is_loopback if address else name == "localhost" or name.endswith(".localhost")


def _is_private(name: str) -> bool:
    """Return whether a page on the internet cannot have this name: an address, a name without a dot, a private one."""
    private = _LABEL.fullmatch(name) is not None or name.endswith(_PRIVATE) or name == gethostname().lower()
    return private or _address(name) is not None


def _name(host: str) -> str:
    """Return the name or the address in a host and port, in lower case and without a last dot; '' if invalid."""
    match = _HOST.fullmatch(host)
    return match[1].strip("[]").lower().removesuffix(".") if match else ""


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(name)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _token(headers: Mapping[str, str]) -> str:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return headers.get(TOKEN_HEADER) or (bearer.strip() if scheme.lower() == "bearer" else "")


def _quote(text: str) -> str:
    return ascii(text[:100])[1:-1]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def parse_host(text: str) -> str:
    """Parse the host name of `--allow-host` or `--host`.

    Raises:
        ValueError: The text is not a host name.
    """
    name = _name(text) or _name(f"[{text}]")
    if not name:
        raise ValueError(f"'{text}' is not a host name; expected such as mock.example.com")
    return name


def parse_origin(text: str) -> str:
    """Parse the origin of `--allow-origin`, as browsers send it.

    Raises:
        ValueError: The text is not an origin.
    """
    match = _ORIGIN.fullmatch(text.lower())
    if not match:
        raise ValueError(f"'{text}' is not an origin; expected scheme, host and port, such as http://localhost:3000")
    return match[1]
