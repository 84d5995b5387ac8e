"""The URL of the server that a recorder passes requests on to."""

from __future__ import annotations

from urllib.parse import urlsplit

from mockclaude.engine.trust import is_loopback

_EXPECTED = "expected such as https://api.anthropic.com; keys are the client's, not the URL's"
_SCHEMES = ("http", "https")
_DEFAULT_PORTS = {"http": 80, "https": 443}

_UNSPECIFIED = ("0.0.0.0", "::")
"""Addresses that lead to this machine, if a client connects to them."""


def parse_target(text: str) -> str:
    """Return a base URL without its last slash.

    Raises:
        ValueError: The text is not an http or https URL, or has more than a host, a port and a path.
    """
    try:
        url = urlsplit(text)
        is_valid = url.scheme in _SCHEMES and bool(url.hostname) and url.port != 0
    except ValueError:
        raise ValueError(_EXPECTED) from None
    path = url.path.rstrip("/")
    is_writable = text.isprintable() and path.isascii() and not any(sign in text for sign in "?# ")
    if not is_valid or url.username is not None or not is_writable:
        raise ValueError(_EXPECTED)
    if path.endswith(("/v1", "/v1/messages")):
        raise ValueError(f"{_EXPECTED}; remove {path[path.rindex('/v1') :]}, which clients add")
    return text.rstrip("/")


def is_on_this_machine(url: str) -> bool:
    """Return whether the host of a URL is this machine."""
    host = urlsplit(url).hostname or ""
    return host in _UNSPECIFIED or is_loopback(host)


def is_on_port(url: str, port: int) -> bool:
    """Return whether a URL names a port of this machine."""
    target = urlsplit(url)
    return is_on_this_machine(url) and (target.port or _DEFAULT_PORTS[target.scheme]) == port


def find_clear_text(url: str) -> str:
    """Return a warning of keys in clear text to another machine; '' without."""
    target = urlsplit(url)
    if target.scheme == "https" or is_loopback(target.hostname or ""):
        return ""
    return f"--to {url}: keys travel in clear; expected https"
