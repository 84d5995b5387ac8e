"""The reasons why no response arrived from another server."""

from __future__ import annotations

import os
import ssl

import aiohttp


class UpstreamError(Exception):
    """No response arrived from the other server. The text is the reason."""


def describe_error(error: BaseException, timeout: float) -> str:
    """Describe an exception of aiohttp's client in one line.

    Args:
        error: The exception.
        timeout: The seconds after which the client waits no longer.
    """
    if isinstance(error, TimeoutError):
        return f"nothing arrived for {timeout:g} s"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the name {error.host} cannot be resolved"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _describe_tls(error.certificate_error)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answered {error.status}"
    if isinstance(error, aiohttp.ClientResponseError):
        return f"malformed HTTP/1.1: {_first_line(error.message)}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the connection was closed before the response"
    return _describe_os_error(error) or _first_line(str(error)) or type(error).__name__


def _describe_tls(error: BaseException) -> str:
    reason = getattr(error, "verify_message", "") or getattr(error, "reason", "") or error
    if "NO_APPLICATION_PROTOCOL" in str(reason):
        return "TLS: the server does not speak HTTP/1.1"
    return f"TLS: {_first_line(str(reason))}; pass the file of its authority with --ca"


def _describe_os_error(error: BaseException) -> str:
    cause: BaseException = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, ssl.SSLError):
        return _describe_tls(cause)
    number = getattr(cause, "errno", None)
    return os.strerror(number).lower() if isinstance(number, int) and number > 0 else ""


def _first_line(text: str) -> str:
    return next(filter(None, (line.strip().rstrip(":") for line in text.splitlines())), "")[:200]
