"""The canonical form of a request body, and the hashes that key all draws of a reply.

The canonical form is JSON with sorted keys. Equal numbers have equal texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.api.errors import invalid

_WITHOUT_EFFECT = frozenset({"stream", "metadata"})
"""Fields that do not change the reply: a streamed request, or one of another user, has the same reply."""

_EXCLUDED = frozenset({*_WITHOUT_EFFECT, "thread"})
"""Fields outside the canonical body. A thread is in it as the messages that the request continues."""

_WHOLE_FLOAT = re.compile(rb"\.0[,}\]]")

_LONGEST_TOOLS = 100_000
"""Bytes of the tools up to which results of their validation are kept."""

_LONG = 8 * 1024
"""Bytes from which on RE2, which must be imported, is faster: ten times at 200 KB."""

TOO_DEEP = "The request body is nested too deeply"
"""The message on a body that orjson can read and not write."""

_EXACT = 2**53
"""Below this number, each integer equals exactly one float; above it, orjson rejects some integers."""


Fingerprints: TypeAlias = tuple[str, str]
"""The hash of a whole request, which keys ids, and the hash of its canonical body; '' if they are equal."""


class ParsedBody(NamedTuple):
    """A JSON object.

    Attributes:
        body: The object.
        canonical: Its canonical form.
        excluded_fields: Its excluded fields as JSON; b"" for none.
        tools: Its tools as JSON with sorted keys; b"" for none, or for more than 100 KB.
    """

    body: dict[str, Any]
    canonical: bytes
    excluded_fields: bytes
    tools: bytes = b""


_new_parsed_body: Callable[[tuple[dict[str, Any], bytes, bytes, bytes]], ParsedBody]
_new_parsed_body = partial(tuple.__new__, ParsedBody)
"""A constructor that calls no Python code."""


def read_object(body: bytes) -> dict[str, Any]:
    """Parse a body.

    Raises:
        ApiError: 400; the body is not a JSON object.
    """
    try:
        fields = orjson.loads(body)
    except ValueError as error:
        raise invalid(f"The request body is not valid JSON: {error}") from None
    if not isinstance(fields, dict):
        raise invalid("Input should be a valid dictionary")
    return fields


def parse(data: bytes) -> ParsedBody:
    """Parse a request body.

    Raises:
        ApiError: 400 for invalid JSON, for any other JSON value, and for a body that nests too deeply.
    """
    try:  # `read_object`, without its call in each request
        body = orjson.loads(data)
    except ValueError as error:
        raise invalid(f"The request body is not valid JSON: {error}") from None
    if not isinstance(body, dict):
        raise invalid("Input should be a valid dictionary")
    tools = _encode_tools(body["tools"]) if "tools" in body else b""
    canonical = canonical_body(body, tools)
    excluded = b"" if _EXCLUDED.isdisjoint(body) else excluded_fields(body)
    return _new_parsed_body((body, canonical, excluded, tools if len(tools) <= _LONGEST_TOOLS else b""))


def hash_request(
    method: str, path: str, query: Mapping[str, str], canonical: bytes, excluded_fields: bytes = b""
) -> Fingerprints:
    """Hash method, path and canonical body, without and with the other parts."""
    state = blake2b(f"{method} {path}\n".encode(), digest_size=16)
    state.update(canonical)
    fingerprint = state.hexdigest()
    if not (excluded_fields or query):
        return fingerprint, ""
    joined = "&".join(map("=".join, query.items()))
    state.update(f"\n{joined}\n".encode("utf-8", "surrogatepass") + excluded_fields)
    return state.hexdigest(), fingerprint


def canonical_body(body: Mapping[str, Any], tools: bytes = b"") -> bytes:
    """Encode a body in canonical form.

    Args:
        body: The body.
        tools: Its tools, encoded with sorted keys; b"" if they are not encoded.

    Raises:
        ApiError: 400 for a body that nests deeper than orjson can write.
    """
    content = body
    try:
        if not _WITHOUT_EFFECT.isdisjoint(body):
            content = {field: value for field, value in body.items() if field not in _WITHOUT_EFFECT}
            orjson.dumps([body.get(field) for field in _WITHOUT_EFFECT])
        with_tools = {**content, "tools": orjson.Fragment(tools)} if tools else content
        written = orjson.dumps(with_tools, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        raise invalid(TOO_DEEP) from None
    search = (_WHOLE_FLOAT if len(written) < _LONG else _fast_whole_float()).search
    return orjson.dumps(_normalize(content), option=orjson.OPT_SORT_KEYS) if search(written) else written


def _encode_tools(tools: object) -> bytes:
    """Encode a list with sorted keys; return b"" for another value, and for a list that nests too deeply."""
    try:
        written = orjson.dumps({"": tools}, option=orjson.OPT_SORT_KEYS)  # as deep as in a body
    except TypeError:
        return b""
    return written[4:-1] if isinstance(tools, list) else b""


@cache
def _fast_whole_float() -> Any:
    import re2

    return re2.compile(_WHOLE_FLOAT.pattern)


def excluded_fields(body: Mapping[str, Any], *more: str) -> bytes:
    """Encode the fields outside the canonical form and `more` fields; b"" for none."""
    fields = {field: body[field] for field in (*_EXCLUDED, *more) if field in body}
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS) if fields else b""


def _normalize(value: Any) -> Any:
    """Return JSON data with whole numbers as integers: `1.0` equals `1`."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, dict):
        return {key: _normalize(item) for key, item in value.items()}
    return [_normalize(item) for item in value] if isinstance(value, list) else value
