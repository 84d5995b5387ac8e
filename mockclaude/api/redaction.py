"""Redaction of credentials, by name and by form, in all output about a request.

A value is a credential if its name marks one (`authorization_token`, `x-api-key`, `?api_key=`, `DB_PASSWORD=`), or if
it looks like one (`sk-ant-...`, a JWT, `user:password@` in a URL). All other bytes are unchanged, so that JSON remains
valid. RE2 searches long texts in linear time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson
from multidict import CIMultiDict

from mockclaude.api.credentials import (
    AFTER,
    ENGINES,
    HARMLESS_HEADER,
    HEADER,
    HEADER_IN_PROSE,
    HEADER_NAME,
    NAME,
    SCHEME,
    SHORT_NAME,
    is_secret,
)
from mockclaude.api.lazy_pattern import compile_lazily

REDACTED = "[redacted]"
"""The replacement of a credential. A prefix that shows its kind, such as `sk-ant-`, is kept before it."""

_MARK = REDACTED.encode()

_SHORT = 1_000
"""The maximum number of characters of a text whose redaction is cached."""

_LONGEST_NAME = 200
_MOST = 10_000
"""The maximum number of suspicious places in a body, so that no request stalls the server."""

_MOST_FAILED = 300
"""The maximum number of places with invalid JSON, because the parser counts lines for each error."""

_DEEPEST = 1_000
_TOO_MANY = b'"[redacted: more than 10,000 places may be credentials]"'

_NAMED = compile_lazily(NAME)
_HEADER_NAMED = compile_lazily(HEADER_NAME + b"|" + HEADER_IN_PROSE)
_SHORT_NAMED = compile_lazily(SHORT_NAME)
_TEXT = rb'[^"\\]*(?:\\.[^"\\]*)*+'
_STRING = rb'"' + _TEXT + rb'(?:"|\\?\Z)'
_LITERAL = compile_lazily(rb'"(' + _TEXT + rb')(?:"|\\?\Z)', re.DOTALL)
_SCALAR = rb"(?>" + _STRING + rb"|-?[0-9][0-9.eE+-]*)"
_VALUE = compile_lazily(rb"\s*:\s*(" + _SCALAR + rb"|\[(?>\s+|,|" + _SCALAR + rb")*+(?:\]|\Z))", re.DOTALL)
_PAIRED = compile_lazily(rb'\s*,\s*"value"\s*:\s*(' + _SCALAR + rb")", re.DOTALL)
"""The value of `{"name": "authorization", "value": "..."}`, after its name."""

_FIRST_VALUE = compile_lazily(rb'"value"\s*:\s*(' + _STRING + rb')\s*,\s*"\w+"\s*:\s*"(.*)"', re.DOTALL)
"""The value and the name of `"value": "...", "name": "authorization"`."""

_NEXT = compile_lazily(rb'\s*,\s*("(' + _TEXT + rb')(?:"|\\?\Z))(\s*\])?', re.DOTALL)
"""The next string of a list."""

_IN_LISTS = compile_lazily(rb"[\[,]\s*\[\s*\Z")
_SCHEME_IN_LIST = compile_lazily(rb"[A-Za-z]+ +\S")
_JSON_IN_PROSE = compile_lazily(
    rb'(?:\{\s*"' + _TEXT + rb'"\s*:\s*["\[{tfn0-9-]|\[\s*"' + _TEXT + rb'"\s*[,\]]|[\[{]\s*"' + _TEXT + rb"\Z)",
    re.DOTALL,
)
_JSON = json.JSONDecoder(strict=False)
_OPENS = compile_lazily(rb"\s*:\s*(?=[\[{])")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_IS_NAME = compile_lazily(rb"\s*:")
_NAME_BEFORE = compile_lazily(rb'"(value|type|format|kind|mode)"\s*:\s*\Z')


def is_credential_header(name: str) -> bool:
    """Return whether the header `name` holds a credential."""
    return _is_header(name) or _is_credential(name.encode("utf-8", "surrogateescape"))


def redact_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return `headers` without credentials. Names are case-insensitive."""
    return CIMultiDict([(name, redact_header(name, value)) for name, value in headers.items()])


@lru_cache(maxsize=1024)
def redact_header(name: str, value: str) -> str:
    """Return the value of the header `name` without credentials."""
    if is_credential_header(name):
        return REDACTED
    scheme = SCHEME.match(value)
    return f"{scheme[0]}{REDACTED}" if scheme else redact(value)


def redact(text: str) -> str:
    """Return `text` without credentials, for a path, a message or a log line."""
    return _redact_short(text) if len(text) <= _SHORT else _redact_text(text)


def redact_body(body: bytes) -> bytes:
    """Return a body without credentials. Valid JSON stays valid."""
    if _find_suspect(body) is None:
        return body
    if body.lstrip()[:1] in (b"{", b"["):
        redacted = _redact_json(body)
        if _is_json(body):
            return redacted
        body = redacted
    return _redact_plain(_redact_json_in_prose(body))


@lru_cache(maxsize=1024)
def _redact_short(text: str) -> str:
    return _redact_text(text)


def _redact_text(text: str) -> str:
    data = text.encode("utf-8", "surrogatepass")
    redacted = redact_body(data)
    return text if redacted is data else redacted.decode("utf-8", "surrogatepass")


def _is_header(name: str) -> bool:
    return bool(HEADER.search(name) and not HARMLESS_HEADER.search(name))


def _is_credential(name: bytes) -> bool:
    return len(name) <= _LONGEST_NAME and _is_credential_name(name)


@lru_cache(maxsize=1024)
def _is_credential_name(name: bytes) -> bool:
    """Return whether `name`, of a JSON value or a header, names a credential."""
    if _NAMED.fullmatch(name):
        return True
    return _HEADER_NAMED.fullmatch(name) is not None and not HARMLESS_HEADER.search(name.decode("latin-1"))


def _find_suspect(data: bytes, begin: int = 0) -> int | None:
    """Return the end of the first place in `data` after `begin` that may contain a credential or its name."""
    match = ENGINES.suspect.search(data, begin)
    return None if match is None else int(match.end())


def _redact_plain(data: bytes) -> bytes:
    """Redact the credentials in a text. The rest after `_MOST` places is dropped."""
    search = ENGINES.text.search
    pieces: list[bytes] = []
    at = 0
    while match := search(data, at):
        begin, end = _span(match)
        pieces += (data[at:begin], _MARK if begin < end else b"")
        at = end
        if len(pieces) > _MOST:
            return b"".join(pieces)
    return b"".join((*pieces, data[at:])) if pieces else data


def _span(match: Any) -> tuple[int, int]:
    """Return the begin and the end of the credential in a match, without one character of punctuation after it."""
    text = match.group()
    begin, end = match.span()
    stays = ENGINES.stays.match(text[:_LONGEST_NAME])
    begin += stays.end() if stays else 0
    return begin, max(begin, end - (text[-1:] in AFTER and not text.endswith(_MARK)))


def _redact_json(data: bytes) -> bytes:
    """Redact the credentials in the decoded strings of JSON, and below names of credentials."""
    if b'"value"' in data:
        data = _redact_values_before_names(data)
    pieces: list[bytes] = []
    at = seen = 0
    for literal, inside in _suspect_strings(data):
        seen += 1
        replaced = _find_credential(data, literal, inside) if literal.start() >= at else None
        if replaced:
            begin, end, redacted = replaced
            pieces += (data[at:begin], redacted)
            at = end
            seen += redacted.count(_MARK)
        if seen > _MOST or len(inside) > _DEEPEST:
            return _TOO_MANY
    return b"".join((*pieces, data[at:])) if pieces else data


def _redact_json_in_prose(data: bytes) -> bytes:
    """Redact the credentials in each JSON object and list within `data`; the last one may be truncated."""
    pieces: list[bytes] = []
    at = begin = failed = 0
    text = data.decode("latin-1") if _JSON_IN_PROSE.search(data) else ""
    while failed < _MOST_FAILED and (match := _JSON_IN_PROSE.search(data, begin)):
        begin = match.start()
        end = _find_json_end(text, begin)
        if not end:
            failed += 1
            begin += 1
            continue
        pieces += (data[at:begin], _redact_json(data[begin:end]))
        at = begin = end
        if len(pieces) > _MOST:
            return b"".join(pieces)
    return b"".join((*pieces, data[at:])) if pieces else data


def _find_json_end(text: str, begin: int) -> int:
    """Return the end of the JSON at `begin`; 0 if the text there is not JSON."""
    try:
        return _JSON.raw_decode(text, begin)[1]
    except json.JSONDecodeError as error:
        is_cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        return len(text) if is_cut else 0
    except RecursionError:
        return 0


def _redact_values_before_names(data: bytes) -> bytes:
    """Redact the values of `{"value": "...", "name": "authorization"}`."""
    pieces: list[bytes] = []
    at = 0
    for match in ENGINES.value_first.finditer(data):
        pair = _FIRST_VALUE.match(data, *match.span())
        if pair and _is_credential(pair[2]):
            pieces += (data[at : pair.start(1)], b'"%b"' % _MARK)
            at = pair.end(1)
        if len(pieces) > _MOST:
            return _TOO_MANY
    return b"".join((*pieces, data[at:])) if pieces else data


def _suspect_strings(data: bytes) -> Iterator[tuple[re.Match[bytes], bytes]]:
    """Yield the strings of JSON that may be or name a credential, and all strings in a list or object with such a name.

    Each string comes with the open brackets since that name.
    """
    spot, inside, after = _find_suspect(data), b"", 0
    for literal in _LITERAL.finditer(data):
        begin, end = literal.span()
        inside = inside and _open_brackets(inside, data[after:begin])
        if spot is not None and spot <= begin:
            spot = _find_suspect(data, begin)
        if inside or (spot is not None and spot <= end):
            yield literal, inside
            opens = None if inside else _OPENS.match(data, end)
            if opens and _is_credential(_decode(literal[1])):
                inside, end = data[opens.end() : opens.end() + 1], opens.end() + 1
        elif spot is None:
            return
        after = end


def _open_brackets(inside: bytes, gap: bytes) -> bytes:
    """Return the open brackets after `gap`, the text between two strings; too many if `gap` has too many."""
    brackets = gap.translate(None, _NO_BRACKETS)
    if len(brackets) > _DEEPEST:
        return brackets
    for bracket in brackets:
        inside = inside + bytes([bracket]) if bracket in b"[{" else inside[:-1]
        if not inside:
            break
    return inside


def _find_credential(data: bytes, literal: re.Match[bytes], inside: bytes) -> tuple[int, int, bytes] | None:
    """Return the begin, the end and the replacement of a credential in a string, or in the value it names."""
    content = literal[1]
    text = _decode(content)
    value = _find_value(data, literal, text)
    if value:
        return (*value, b'["%b"]' % _MARK if data[value[0] : value[0] + 1] == b"[" else b'"%b"' % _MARK)
    redacted = _MARK if inside and _is_secret_in(inside, data, literal, text) else redact_body(text)
    if redacted == text:
        return None
    return (*literal.span(1), redacted if text is content else _encode(redacted))


def _find_value(data: bytes, literal: re.Match[bytes], text: bytes) -> tuple[int, int] | None:
    """Return the begin and the end of the credential that a string names."""
    after = literal.end()
    if not _is_credential(text):
        value = _VALUE.match(data, after) if _SHORT_NAMED.fullmatch(text) else None
        return value.span(1) if value and is_secret(value[1].strip(b'"')) else None
    value = _VALUE.match(data, after) or _PAIRED.match(data, after)
    if value:
        return None if value[1] == b'""' else value.span(1)
    following = _NEXT.match(data, after)
    return following.span(1) if following and _is_pair(data, literal, text, following) else None


def _is_pair(data: bytes, literal: re.Match[bytes], name: bytes, following: re.Match[bytes]) -> bool:
    """Return whether the string after a name in a list is its value, as in `["authorization", "..."]`."""
    begin = literal.start()
    if following[3] and _IN_LISTS.search(data[max(begin - 20, 0) : begin]):
        return True
    is_header = b"-" in name or name.lower() in (b"authorization", b"cookie")
    return is_header and bool(is_secret(following[2]) or _SCHEME_IN_LIST.match(following[2]))


def _is_secret_in(inside: bytes, data: bytes, literal: re.Match[bytes], text: bytes) -> bool:
    """Return whether a string is a credential in a list or an object with the name of one."""
    if not text or _IS_NAME.match(data, literal.end()):
        return False
    if b"{" not in inside:
        return True
    begin = literal.start()
    name = _NAME_BEFORE.search(data[max(begin - 20, 0) : begin])
    return name[1] == b"value" if name else is_secret(text)


def _decode(content: bytes) -> bytes:
    """Return the content of a JSON string, decoded unless it is invalid."""
    if b"\\" not in content:
        return content
    try:
        return str(json.loads(b'"%b"' % content, strict=False)).encode("utf-8", "surrogatepass")
    except ValueError:
        return content


def _encode(text: bytes) -> bytes:
    return json.dumps(text.decode("utf-8", "surrogatepass"))[1:-1].encode()


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True
