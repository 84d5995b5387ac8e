"""The parts of a `multipart/form-data` body (RFC 7578).

Parsing is linear, and its only error is a 400: a parser of a web framework raises other errors for a malformed body.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from mockclaude.api.errors import invalid

MAX_PARTS = 1_000
"""The maximum number of parts."""

MAX_BOUNDARY = 70
"""The maximum number of characters of a boundary, by RFC 2046."""

_PARAMETER = re.compile(r';\s*([^=;\s]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
_HASH = 16
"""Bytes of the hash of a piece of a form."""

_CHARSETS = ("utf-8", "iso-8859-1")
_ENCODED = re.compile(r"%(22|0[AD])", re.IGNORECASE)


class FormPart(NamedTuple):
    """One part of a form.

    Attributes:
        name: The name of the field.
        filename: The file name, decoded; None without one.
        media_type: The declared content type; None without one.
        data: The content.
    """

    name: str
    filename: str | None
    media_type: str | None
    data: bytes


def parse_multipart(content_type: str, body: bytes) -> list[FormPart]:
    """Parse a form.

    Args:
        content_type: The header `content-type` of the request.
        body: The body. Text before the first boundary and after the last one is ignored.

    Raises:
        ApiError: 400; the content type or the body is malformed.
    """
    delimiter = _find_delimiter(content_type)
    at = 0 if body.startswith(delimiter) else body.find(b"\n" + delimiter) + 1
    if not body.startswith(delimiter, at):
        raise invalid("The multipart body does not contain its boundary")
    at += len(delimiter)
    line_end = body.find(b"\n", at)
    newline = b"\r\n" if line_end > 0 and body[line_end - 1 : line_end] == b"\r" else b"\n"
    separator = newline + delimiter
    parts: list[FormPart] = []
    while not body.startswith(b"--", at):
        if len(parts) == MAX_PARTS:
            raise invalid(f"The multipart body has more than {MAX_PARTS} parts")
        start = body.find(newline, at)
        end = body.find(separator, start)
        if start < 0 or end < 0:
            raise invalid("The multipart body ends before its last boundary")
        if body[at:start].strip():
            raise invalid("The multipart body has other text in the line of a boundary")
        parts.append(_parse_part(body, (start, end), newline, len(parts)))
        at = end + len(separator)
    return parts


def hash_form(content_type: str, body: bytes) -> bytes:
    """Hash a form without its boundary, which clients draw for each request.

    Args:
        content_type: The header `content-type` of the request.
        body: The body, which may be malformed. Boundaries after `MAX_PARTS` pieces count as content.
    """
    boundary = _parse_parameters(content_type).get("boundary", "")
    delimiter, pieces, at, hashes = _encode_delimiter(boundary), memoryview(body), 0, bytearray()
    end = body.find(delimiter) if boundary else -1
    while end >= 0 and len(hashes) < MAX_PARTS * _HASH:
        hashes += blake2b(pieces[at:end], digest_size=_HASH).digest()
        at = end + len(delimiter)
        end = body.find(delimiter, at)
    return bytes(hashes + blake2b(pieces[at:], digest_size=_HASH).digest())


def _encode_delimiter(boundary: str) -> bytes:
    return b"--" + boundary.encode("utf-8", "surrogateescape")


def _find_delimiter(content_type: str) -> bytes:
    """Return the delimiter of the boundary that a content type declares."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "multipart/form-data":
        raise invalid(f"Unsupported content type '{media_type}'; a form is sent as multipart/form-data")
    boundary = _parse_parameters(content_type).get("boundary", "")
    if not boundary:
        raise invalid("The content type multipart/form-data has no boundary")
    if len(boundary) > MAX_BOUNDARY:
        raise invalid(f"The boundary of the content type has more than {MAX_BOUNDARY} characters")
    return _encode_delimiter(boundary)


def _parse_part(body: bytes, bounds: tuple[int, int], newline: bytes, index: int) -> FormPart:
    """Parse the part between two boundaries; `bounds` begin and end with a line break."""
    start, end = bounds
    blank = body.find(newline * 2, start, end + len(newline))
    if blank < 0:
        raise invalid(f"Part {index} of the multipart body has no blank line after its headers")
    lines = _decode(body[start:blank]).split("\n")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    parameters = _parse_parameters(fields.get("content-disposition", ""))
    name = parameters.get("name")
    if name is None:
        raise invalid(f"Part {index} of the multipart body has no header Content-Disposition with a name")
    extended = _decode_extended(parameters.get("filename*", ""))
    filename = parameters.get("filename") if extended is None else extended
    return FormPart(name, filename, fields.get("content-type") or None, body[blank + 2 * len(newline) : end])


def _parse_parameters(value: str) -> dict[str, str]:
    """Return the parameters of a header's value by their names in lower case."""
    return {name.lower(): _unquote(text) for name, text in _PARAMETER.findall(value)}


def _unquote(text: str) -> str:
    """Decode a parameter. Clients encode quotes and line breaks with `%`, older ones quotes with a backslash."""
    if not text.startswith('"') or len(text) < len('""'):
        return text.strip()
    return _ENCODED.sub(lambda match: chr(int(match[1], 16)), text[1:-1].replace('\\"', '"'))


def _decode_extended(text: str) -> str | None:
    """Decode a value such as `utf-8''na%C3%AFve.txt` (RFC 8187); return None for another form."""
    charset, _, rest = text.partition("'")
    _, quote, encoded = rest.partition("'")
    known = quote and charset.lower() in _CHARSETS
    return unquote_to_bytes(encoded).decode(charset, "replace") if known else None


def _decode(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
