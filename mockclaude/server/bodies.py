"""How the body of a request arrives.

In: an aiohttp request. Out: its bytes, decompressed, or the API's error.
Knows nothing of what they say.
"""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage

from mockclaude.api.errors import ApiError
from mockclaude.reply.script import Script, Send
from mockclaude.server.play import play

MAX_BODY = 32 * 1024 * 1024
"""Bytes that the API takes for a message, by its documentation."""

BODY_TIMEOUT = 30.0

_GO_ON = Script(100, [Send(0, b"HTTP/1.1 100 Continue\r\n\r\n")])
_ENCODINGS = ("", "identity", "gzip", "deflate")
_UNSUPPORTED = {"error_code": "request_body_encoding_unsupported"}
_INVALID = {"error_code": "request_body_encoding_invalid"}
_TOO_LARGE_DECODED = {"error_code": "request_body_too_large_after_decoding"}


async def read_body(request: web.BaseRequest) -> bytes:
    """Return the body of `request`. Raises `ApiError`: 400 for one that cannot be decoded, 408, 413."""
    encoding = request.headers.get("content-encoding", "").lower()
    if encoding not in _ENCODINGS:
        message = f"The request body encoding '{encoding}' is not supported; use gzip or none"
        raise ApiError("invalid_request_error", message, details=_UNSUPPORTED)
    if (request.content_length or 0) > MAX_BODY:
        raise ApiError("request_too_large")
    arrived = request.content.is_eof() and request.content.exception() is None
    return request.content.read_nowait() if arrived else await _rest(request, encoding)


async def _rest(request: web.BaseRequest, encoding: str) -> bytes:
    try:
        if request.headers.get("expect", "").lower() == "100-continue":
            await play(_GO_ON, request)
        async with asyncio.timeout(BODY_TIMEOUT):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise ApiError("request_too_large", details=_TOO_LARGE_DECODED if encoding else None) from None
    except TimeoutError:
        raise ApiError("invalid_request_error", "The request body did not arrive in time", 408) from None
    except (web.RequestPayloadError, BadHttpMessage) as error:
        request.content.feed_eof()  # else aiohttp would read on, and log that it cannot
        reason = str(error).splitlines()[-1].strip()
        message = f"The request body could not be decoded: {reason}"
        raise ApiError("invalid_request_error", message, details=_INVALID if encoding else None) from None
