"""The body of a request: read, decompressed, and refused if it is malformed, too large or too slow."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage

from mockclaude.api.errors import ApiError
from mockclaude.engine.state.resources import MAX_LANE_BYTES
from mockclaude.server.player import play
from mockclaude.wire.script import CONTINUE

MAX_BODY = 32 * 1024 * 1024
"""The maximum number of bytes of a Messages request, by the API's documentation."""

MAX_UPLOAD = MAX_LANE_BYTES
"""Default of the maximum number of bytes of an upload of files or of a batch. The API takes 500 MB and 256 MB."""

MAX_SKILL = 30 * 1024 * 1024
"""The maximum number of bytes of an upload of a skill, by the API's message."""

MAX_MEMBERS = 1_000
"""The maximum number of members of a gzip body, because even an empty member takes time."""

BODY_TIMEOUT = 30.0

_RAISE = "raise it with `--max-upload`"
_TOO_LARGE_SKILL = "Request exceeds the maximum size. The Skills API accepts requests up to 30MBs."
_PLAIN = ("", "identity")
_ENCODINGS = (*_PLAIN, "gzip", "deflate")
_UNREADABLE = "The request body could not be decoded"
_PIECE = 64 * 1024
_UNSUPPORTED = {"error_code": "request_body_encoding_unsupported"}
_INVALID = {"error_code": "request_body_encoding_invalid"}
_TOO_LARGE_DECODED = {"error_code": "request_body_too_large_after_decoding"}


class BodyLimit(NamedTuple):
    """The maximum size of a body.

    Attributes:
        size: The number of bytes.
        hint: A fix for the log.
        message: The message of the error. Default: the API's usual one.
    """

    size: int
    hint: str = ""
    message: str = ""

    def error(self, details: Mapping[str, str] | None = None) -> ApiError:
        """Build the 413."""
        return ApiError("request_too_large", self.message, details=details, hint=self.hint)


DEFAULT_LIMIT = BodyLimit(MAX_BODY)


def find_limit(path: str, max_upload: int = MAX_UPLOAD) -> BodyLimit:
    """Return the limit of the body of a request to a path.

    Args:
        path: The path. It may begin with the name of a scenario, and end with a query.
        max_upload: The maximum number of bytes of an upload of files, of a skill or of a batch.
    """
    path = path.partition("?")[0]
    if "/v1/files" in path or "/v1/messages/batches" in path:
        return BodyLimit(max_upload, _RAISE)
    if "/v1/skills" in path:
        return BodyLimit(min(MAX_SKILL, max_upload), "" if max_upload >= MAX_SKILL else _RAISE, _TOO_LARGE_SKILL)
    return DEFAULT_LIMIT


async def read_body(request: web.BaseRequest, limit: BodyLimit = DEFAULT_LIMIT) -> bytes:
    """Read and decompress the body of a request.

    Raises:
        ApiError: 400 for an undecodable body, 408 for a body that takes too long, 413 for a body that is too large.
    """
    encoding = request.headers.get("content-encoding", "").lower()
    if encoding not in _ENCODINGS:
        message = f"The request body encoding '{encoding}' is not supported; use gzip or none"
        raise ApiError("invalid_request_error", message, details=_UNSUPPORTED)
    data = await read_raw_body(request, limit)
    return decompress(data, encoding, limit) if encoding else data


async def read_raw_body(request: web.BaseRequest, limit: BodyLimit) -> bytes:
    """Read the body of a request as it comes.

    Raises:
        ApiError: 400 for malformed chunks, 408 for a body that takes too long, 413 for a body that is too large.
    """
    if (request.content_length or 0) > limit.size:
        raise limit.error()
    arrived = request.content.is_eof() and request.content.exception() is None
    return request.content.read_nowait() if arrived else await _read_rest(request, limit)


async def _read_rest(request: web.BaseRequest, limit: BodyLimit) -> bytes:
    try:
        with _fail_on_malformed_chunks(request):
            if request.headers.get("expect", "").lower() == "100-continue":
                await play(CONTINUE, request)
            async with asyncio.timeout(BODY_TIMEOUT):
                return await _read_pieces(request, limit)
    except TimeoutError:
        raise ApiError("invalid_request_error", "The request body did not arrive in time", 408) from None
    except (web.RequestPayloadError, BadHttpMessage) as error:
        request.content.feed_eof()  # else aiohttp would read on, and log that it cannot
        reason = str(error).splitlines()[-1].strip()
        raise ApiError("invalid_request_error", f"{_UNREADABLE}: {reason}") from None


async def _read_pieces(request: web.BaseRequest, limit: BodyLimit) -> bytes:
    pieces, left = [], limit.size
    async for piece in request.content.iter_any():
        pieces.append(piece)
        left -= len(piece)
        if left < 0:
            raise limit.error()
    return b"".join(pieces)


@contextmanager
def _fail_on_malformed_chunks(request: web.BaseRequest) -> Iterator[None]:
    """End the body with an error as soon as a chunk is malformed.

    aiohttp's parser does not pass the error to the body. It queues an error as the next request, which wakes the waiter
    of the connection. aiohttp sets a waiter only between requests, so this function sets one while it reads.
    """
    connection: Any = request.protocol

    def fail(next_request: asyncio.Future[None]) -> None:
        if not (next_request.cancelled() or request.content.is_eof()):
            request.content.set_exception(web.RequestPayloadError("a chunk is malformed"))
            connection.close()  # else the queued error is answered too

    waiter = connection._waiter = asyncio.get_running_loop().create_future()
    connection.keep_alive(False)
    waiter.add_done_callback(fail)
    if connection._messages:
        waiter.set_result(None)
    try:
        yield
    finally:
        connection._waiter = None


def decompress(data: bytes, encoding: str, limit: BodyLimit = DEFAULT_LIMIT) -> bytes:
    """Decompress `data`.

    Raises:
        ApiError: 400 for invalid data, 413 as soon as the result exceeds `limit`.
    """
    if encoding in _PLAIN:
        return data
    try:
        return b"".join(_parts(data, _window(data, encoding), limit))
    except zlib.error:
        message = f"{_UNREADABLE}: Can not decode content-encoding: {encoding}"
        raise ApiError("invalid_request_error", message, details=_INVALID) from None


def _parts(data: bytes, window: int, limit: BodyLimit) -> Iterator[bytes]:
    """Yield the decompressed parts of `data`, which may have several gzip members.

    Data is passed in pieces, because zlib copies the rest after each member.
    """
    left, members = limit.size, 1
    unpacker = zlib.decompressobj(window)
    for start in range(0, len(data), _PIECE):
        piece = data[start : start + _PIECE]
        while piece:
            if unpacker.eof:
                unpacker, members = zlib.decompressobj(window), members + 1
            part = unpacker.decompress(piece, left + 1)
            left -= len(part)
            if left < 0:
                raise limit.error(_TOO_LARGE_DECODED)
            if members > MAX_MEMBERS:
                raise zlib.error
            yield part
            piece = unpacker.unused_data
    if data and not unpacker.eof:
        raise zlib.error


def _window(data: bytes, encoding: str) -> int:
    """Return the `wbits` of zlib for `data`. Some clients send `deflate` without the header of zlib."""
    if encoding == "gzip":
        return zlib.MAX_WBITS + 16
    return zlib.MAX_WBITS if data[:1] and data[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS
