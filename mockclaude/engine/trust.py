"""Which names a server answers to, which web pages may control it, and who may administer it.

In: host names, headers. Out: whether they are trusted, or the API's 401 or 403. Knows nothing of sockets.
A browser sends `Origin` with every request that a page makes elsewhere. A page whose own name is made to lead here (DNS
rebinding) is told by `Host`, which is then a name that no server on this machine has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hmac import compare_digest
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import gethostname
from typing import NamedTuple
from urllib.parse import urlsplit

from multidict import CIMultiDict

from mockclaude.api.errors import ApiError
from mockclaude.engine.http_request import LANE_HEADER

TOKEN_HEADER = "x-mockclaude-token"
_HOW = f"expected the one that the server prints at its start, or that of --admin-token; send it as {TOKEN_HEADER}"

PAGES_LANE = "(other origins)"
"""The lane of all pages that are not trusted: they use up nothing of anybody else."""

AGAINST_OTHER_SITES = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
"""Headers of the server's own pages and of the admin plane: no other site reads, frames or guesses what they are."""

_CONTROL = "x-mockclaude-"
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/@\[\]]+)(:[0-9]*)?")
_ORIGIN = re.compile(r"(https?://[^\s/?#@]+)/?")
_LABEL = re.compile(r"[0-9a-z_-]+")
_PRIVATE = (".local", ".internal", ".home.arpa")
"""Ends of names that nobody can have in public DNS, so that no page can be under them."""


class Trust(NamedTuple):
    """Whom a server trusts. `opened` says that it listens on more than the loopback, so that others can reach it.

    `hosts` are further names of the server, `origins` those whose pages may send control headers, such as
    `http://localhost:3000`. `token` is what the admin plane, the page at the root and faults that strike everybody
    demand; '' is none.
    """

    opened: bool = False
    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    token: str = ""

    def check_host(self, host: str) -> None:
        """Raise `ApiError` 403 unless `host`, of a `Host` header, is a name or an address of the server."""
        name = _name(host)
        if not (is_loopback(name) or name in self.hosts or (self.opened and _is_private(name))):
            where = "a name of this server" if self.opened else "this machine"
            others = "" if self.opened else "; use --host to open the server to others"
            raise ApiError(
                "permission_error",
                f"Host '{_shown(host)}' is not {where}; expected {'its address' if self.opened else 'localhost'}"
                f"; if it is one, start the server with --allow-host {_shown(name) or 'NAME'}{others}",
            )

    def page(self, headers: Mapping[str, str]) -> str:
        """Return the origin of the page that sent `headers`, if it may not control the server; '' for all others."""
        origin = headers.get("origin")
        return "" if origin is None or is_own(origin, headers) or origin.lower() in self.origins else origin

    def headers_of_page(self, page: str, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return the headers of a request of `page`, in the lane of pages unless it is one of this machine.

        Raises `ApiError` 403 for a control header.
        """
        control = next((name.lower() for name in headers if name.lower().startswith(_CONTROL)), None)
        if control:
            raise refused_page(page, f"send {control}")
        if is_loopback(_name(urlsplit(page).netloc)):
            return headers
        return in_lane_of_pages(headers)

    def is_guest(self, headers: Mapping[str, str]) -> bool:
        """Return whether `headers` lack the token, if there is one."""
        return bool(self.token) and not compare_digest(_bytes(_token(headers)), _bytes(self.token))

    def check_token(self, headers: Mapping[str, str]) -> None:
        """Raise `ApiError` 401 unless the token of the admin plane is in `headers`, if there is one."""
        if self.is_guest(headers):
            problem = "Wrong" if _token(headers) else "Missing"
            raise ApiError("authentication_error", f"{problem} admin token; {_HOW}")


def refused_guest(fault: str) -> ApiError:
    """Return the 401 for a request without the token that asks for a fault which strikes others too."""
    return ApiError(
        "authentication_error", f"The fault `{fault}` strikes every client; it needs the admin token: {_HOW}"
    )


def in_lane_of_pages(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return `headers` in the lane of pages, whatever lane they name."""
    lane = CIMultiDict(headers)
    lane[LANE_HEADER] = PAGES_LANE
    return lane


def refused_page(page: str, what: str) -> ApiError:
    """Return the 403 for a page that may not do `what`."""
    message = f"A page of {_shown(page)} may not {what}; expected an origin that the server was started with"
    fix = f"; start it with --allow-origin {_shown(page)}" if _ORIGIN.fullmatch(page.lower()) else ""
    return ApiError("permission_error", message + fix)


def is_own(origin: str, headers: Mapping[str, str]) -> bool:
    """Return whether `origin` is that of the server itself, by the name that the request calls it."""
    return origin.lower() == f"http://{headers.get('host', '').lower()}"


def is_loopback(name: str) -> bool:
    """Return whether a host name or an address leads to this machine only."""
    address = _address(name)
    return address.is_loopback if address else name == "localhost" or name.endswith(".localhost")


def _is_private(name: str) -> bool:
    """Return whether no page from elsewhere can have this name: an address, one without a dot, or a private one."""
    private = _LABEL.fullmatch(name) is not None or name.endswith(_PRIVATE) or name == gethostname().lower()
    return private or _address(name) is not None


def _name(host: str) -> str:
    """Return the name or the address in a host and port, in lower case and without a last dot; '' if it is none."""
    found = _HOST.fullmatch(host)
    return found[1].strip("[]").lower().removesuffix(".") if found else ""


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(name)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _token(headers: Mapping[str, str]) -> str:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return headers.get(TOKEN_HEADER) or (bearer.strip() if scheme.lower() == "bearer" else "")


def _shown(text: str) -> str:
    return ascii(text[:100])[1:-1]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def parse_host(text: str) -> str:
    """Return the host name of `--allow-host`, or of `--host`. Raises `ValueError` for none."""
    name = _name(text) or _name(f"[{text}]")
    if not name:
        raise ValueError(f"'{text}' is not a host name; expected such as mock.example.com")
    return name


def parse_origin(text: str) -> str:
    """Return the origin of `--allow-origin`, as browsers send it. Raises `ValueError` for none."""
    found = _ORIGIN.fullmatch(text.lower())
    if not found:
        raise ValueError(f"'{text}' is not an origin; expected scheme, host and port, such as http://localhost:3000")
    return found[1]
