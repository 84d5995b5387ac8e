"""Redaction of credentials in everything that is kept or printed of a request: by name and by shape.

A value is a credential if its name says so (`authorization_token`, `x-api-key`, `?api_key=`, `DB_PASSWORD=`), or if it
looks like one (`sk-ant-...`, a JWT, `user:password@` in a URL). Every other byte stays as it is, so that JSON remains
valid. Long texts are searched by RE2, whose time is linear; it is imported when a text needs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

import orjson
from multidict import CIMultiDict

REDACTED = "[redacted]"
"""What stands for a credential. What tells its kind, such as `sk-ant-`, stays before it."""

_MARK = REDACTED.encode()

_WORDS = (
    rb"authorization|pass[_-]?words?|passwd|passphrase|passcode|secrets?|credentials?|cookies?|jwt|bearer|assertion"
    rb"|code[_-]?verifier"
    rb"|(?:api|access|private|auth|signing|encryption|master|subscription|account|secret|service|ssh|client)"
    rb"[_. -]?keys?"
)
_TOKENS = rb"(?:access|api|auth|bearer|id|refresh|secret|security|session)[_-]?tokens"
_VERSION = rb"(?:[_-]?(?:value|hash|raw|plain|old|new|prod|production|dev|live|test|[0-9]+))?"
_NAME = rb"(?i:[\w.$@-]*(?:" + _WORDS + rb"|token|" + _TOKENS + rb")" + _VERSION + rb")"
"""The end of a name decides: `client_secret` is one, `secret_name`, `token_type` and `max_tokens` are none."""

_HEADER = re.compile(
    r"(?i)(?:^|[-_.])(?:key|token|signature|session|sessionid|sid|auth|authentication|oauth|otp|hmac|dpop|pass|pwd|saml)"
    r"(?:[-_.]|$)"
)
_HARMLESS_HEADER = re.compile(
    r"(?i)^(?:sec-.*|x-claude-code-.*|x-stainless-.*|x-mockclaude-(?!token).*"
    r"|.*(?:idempotency|cache|surrogate|routing|partition|public)-key)$"
)

_PARAMETER = rb"(?i:key|sig|[\w-]*signature|auth|pass|pwd)"
_PLAIN = rb"""[^\s"'\\,;&$<{][^\s"'\\,;&]*"""

_KINDS: tuple[tuple[bytes, bytes], ...] = (
    (rb"\bsk-ant-", rb"[\w-]{3,}"),
    (rb"\bsk-", rb"[\w-]{20,}"),
    (rb"\b[sr]k_(?:live|test)_", rb"\w{10,}"),
    (rb"\b(?:gh[oprsu]|hf|npm|gsk|whsec|github_pat)_", rb"\w{16,}"),
    (rb"\b(?:glpat|xapp|xox[abeoprs]|pypi|xai)-", rb"[\w-]{8,}"),
    (rb"\bA[KS]IA", rb"[0-9A-Z]{16}\b"),
    (rb"\b(?:AIza|ya29\.|SG\.)", rb"[\w.-]{30,}"),
    (rb"\beyJ", rb"[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*"),
    (rb"(?i:\bbearer)\s+", rb"[\w.~+/=-]{8,}"),
    (rb"-----BEGIN [0-9A-Z ]*PRIVATE KEY-----", rb'(?:[^"-]|-[^"-])*(?:-----END [0-9A-Z ]*PRIVATE KEY-----)?'),
    (rb"[A-Za-z][\w+.-]*://[^\s/?#\"'@:\\]*:", rb"(?:[^\s/?#\"'@\\]+@|[0-9]*[^\s/?#\"'@\\0-9][^\s/?#\"'@\\]*$)"),
    (rb"[A-Za-z][\w+.-]*://", rb"[\w%.~+-]{20,}@"),
    (rb"[?&;#](?:" + _PARAMETER + rb"|" + _NAME + rb")=", rb"[^\s\"'\\;&#]+"),
    (rb"(?:^|\n)" + _NAME + rb"=", _PLAIN),
    (rb"(?i:\baws_(?:secret_access_key|session_token))\s*=\s*", _PLAIN),
    (rb"--" + _NAME + rb"[= ]", _PLAIN),
    (rb"\b[A-Z][0-9A-Z_]*(?:_KEY|_PASS|_PWD|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)\s?[=:]\s?\\*[\"']?", _PLAIN),
    (
        rb"(?i:\b(?:[a-z0-9]+-)*(?:authorization|api-key|auth-token|access-token|security-token|client-secret|cookie))"
        rb"\s*:\s*(?:(?i:bearer|basic|token|digest|apikey) +)?",
        rb"[^\s\"'\\;$<{][^\s\"'\\;]*(?:; ?[^\s\"'\\;]+)*",
    ),
    (_NAME + rb"\\*[\"']?\s*(?:=>|[:=])\s*\"", rb'(?:[^"\\\n]|\\.)+'),
    (_NAME + rb"\\*[\"']?\s*(?:=>|[:=])\s*'", rb"(?:[^'\\\n]|\\.)+"),
    (_NAME + rb"\\*[\"']?\s*(?:=>|[:=])\s*\\+[\"']", rb"[^\"'\\\n]+"),
    (_NAME + rb"\\*[\"']\s*:\s*", rb"-?[0-9][0-9.]*"),
)
"""What stays -> what is a credential after it."""

_SUSPECT = (
    rb"(?i:" + _WORDS + rb"|" + _TOKENS + rb"|token(?:[^s]|$)|signature=|[_?&;](?:key|sig|auth|pass|pwd)\s?[=:])"
    rb"|sk[-_]|(?:gh[oprsu]|hf|npm|gsk|whsec|github_pat)_|(?:glpat|xapp|xox[abeoprs]|pypi|xai)-"
    rb"|A[KS]IA[0-9A-Z]|AIza|ya29|SG\.|eyJ|PRIVATE KEY|:\\?/\\?/|\\u00[2-7]"
)
"""What every text with a credential contains, escaped as JSON has it or not."""

_SHORT = 1_000
"""Characters up to which the redaction of a text is remembered."""

_LONGEST_NAME = 200
_MOST = 10_000
"""How many suspicious places of a body are looked at: what a client sends must not stall the server."""

_TOO_MANY = b'"[redacted: more than 10,000 places may be credentials]"'

_NAMED = re.compile(_NAME)
_KIND = re.compile(b"|".join(b"(%b)(?:%b)" % kind for kind in _KINDS))
_TEXT = rb'[^"\\]*(?:\\.[^"\\]*)*+'
_LITERAL = re.compile(rb'"(' + _TEXT + rb')(?:"|\\?\Z)', re.DOTALL)
_SCALAR = rb'(?>"' + _TEXT + rb'(?:"|\\?\Z)|-?[0-9][0-9.eE+-]*)'
_VALUE = re.compile(rb"\s*:\s*(" + _SCALAR + rb"|\[(?>\s+|,|" + _SCALAR + rb")*+(?:\]|\Z))", re.DOTALL)
_PAIRED = re.compile(rb'\s*,\s*"value"\s*:\s*(' + _SCALAR + rb")", re.DOTALL)
"""The value of `{"name": "authorization", "value": "..."}`, after its name."""


def is_credential_header(name: str) -> bool:
    """Return whether the header `name` holds a credential."""
    return bool(_HEADER.search(name) and not _HARMLESS_HEADER.search(name)) or _is_credential(
        name.encode("utf-8", "surrogateescape")
    )


def redact_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return `headers` without credentials, with names in any case."""
    return CIMultiDict([(name, redact_header(name, value)) for name, value in headers.items()])


@lru_cache(maxsize=1024)
def redact_header(name: str, value: str) -> str:
    """Return the value of the header `name` without credentials."""
    return REDACTED if is_credential_header(name) else redact(value)


def redact(text: str) -> str:
    """Return `text`, such as a path, a message or a line of the log, without credentials."""
    return _redact_short(text) if len(text) <= _SHORT else _redact_text(text)


def redact_body(body: bytes) -> bytes:
    """Return the body of a request or a response without credentials. JSON stays valid, also one that is cut."""
    if _suspect(body) is None:
        return body
    if body.lstrip()[:1] not in (b"{", b"["):
        return _redact_plain(body)
    redacted = _redact_json(body)
    return redacted if _is_json(body) else _redact_plain(redacted)


@lru_cache(maxsize=1024)
def _redact_short(text: str) -> str:
    return _redact_text(text)


def _redact_text(text: str) -> str:
    data = text.encode("utf-8", "surrogatepass")
    redacted = redact_body(data)
    return text if redacted is data else redacted.decode("utf-8", "surrogatepass")


def _is_credential(name: bytes) -> bool:
    return len(name) <= _LONGEST_NAME and _is_credential_name(name)


@lru_cache(maxsize=1024)
def _is_credential_name(name: bytes) -> bool:
    return _NAMED.fullmatch(name) is not None


def _suspect(data: bytes, begin: int = 0) -> int | None:
    """Return the end of the first place in `data`, after `begin`, that may belong to a credential or to its name."""
    found = _engines().suspect.search(data, begin)
    return None if found is None else int(found.end())


def _redact_plain(data: bytes) -> bytes:
    """Return `data` without what its text shows to be a credential; what follows too many of them is left out."""
    pieces: list[bytes] = []
    at = 0
    for found in _engines().text.finditer(data):
        begin, end = found.span()
        pieces += (data[at:begin], _marked(data[begin:end]))
        at = end
        if len(pieces) > _MOST:
            return b"".join(pieces)
    return b"".join((*pieces, data[at:])) if pieces else data


def _marked(found: bytes) -> bytes:
    kind = _KIND.match(found[:_LONGEST_NAME])
    stays = kind[kind.lastindex or 0] if kind else b""
    return stays + _MARK + (b"@" if b"://" in stays else b"")


def _redact_json(data: bytes) -> bytes:
    """Return `data` without the credentials in its strings, which are decoded for that, and under names of them."""
    pieces: list[bytes] = []
    at, seen, spot = 0, 0, _suspect(data)
    for literal in _LITERAL.finditer(data):
        if spot is not None and spot <= literal.start():
            spot = _suspect(data, literal.start())
        if spot is None:
            break
        if spot > literal.end() or literal.start() < at:
            continue
        seen += 1
        if seen > _MOST:
            return _TOO_MANY
        replaced = _credential(data, literal)
        if replaced:
            begin, end, redacted = replaced
            pieces += (data[at:begin], redacted)
            at = end
        spot = _suspect(data, max(at, literal.end()))
    return b"".join((*pieces, data[at:])) if pieces else data


def _credential(data: bytes, literal: re.Match[bytes]) -> tuple[int, int, bytes] | None:
    """Return the begin and the end of what is to be replaced of a string, or of the value it names, and by what."""
    content = literal[1]
    text = _decoded(content)
    after = literal.end()
    value = (_VALUE.match(data, after) or _PAIRED.match(data, after)) if _is_credential(text) else None
    if value and value[1] != b'""':
        return (*value.span(1), b'["%b"]' % _MARK if value[1][:1] == b"[" else b'"%b"' % _MARK)
    redacted = redact_body(text)
    if redacted == text:
        return None
    return (*literal.span(1), redacted if text is content else _encoded(redacted))


def _decoded(content: bytes) -> bytes:
    """Return what is written between the quotes of a JSON string; as it is written, if it is no JSON."""
    if b"\\" not in content:
        return content
    try:
        return str(json.loads(b'"%b"' % content, strict=False)).encode("utf-8", "surrogatepass")
    except ValueError:
        return content


def _encoded(text: bytes) -> bytes:
    return json.dumps(text.decode("utf-8", "surrogatepass"))[1:-1].encode()


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


class _Engines(NamedTuple):
    suspect: Any
    text: Any


@cache
def _engines() -> _Engines:
    import re2

    options = re2.Options()
    options.encoding, options.log_errors, options.max_mem = re2.Options.Encoding.LATIN1, False, 64 << 20
    text = b"|".join(b"".join(kind) for kind in _KINDS)
    return _Engines(*(re2.compile(pattern, options) for pattern in (_SUSPECT, text)))
