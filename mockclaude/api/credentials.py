"""Names and forms of credentials, as regular expressions that run on RE2 and on `re`.

A name alone marks a credential if its value is quoted or is part of a line such as `NAME=value`. Elsewhere in prose,
the value must also look like a secret: at least six characters, both letters and digits.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, NamedTuple

from mockclaude.api.lazy_pattern import compile_lazily

_WORDS = (
    rb"authorization|pass[_-]?words?|passwd|passphrase|passcode|secrets?|credentials?|cookies?|jwt|bearer|assertion"
    rb"|code[_-]?verifier|[_.-]pass|[_.-]pwd"
    rb"|(?:api|access|private|auth|signing|encryption|master|subscription|account|secret|service|ssh|client)"
    rb"[_. -]?keys?"
)
_TOKENS = rb"(?:access|api|auth|bearer|id|refresh|secret|security|session)[_-]?tokens"
_VERSION = rb"(?:[_-]?(?:value|hash|raw|plain|old|new|prod|production|dev|live|test|[0-9]+))?"
NAME = rb"(?:(?i:[\w.$@-]*(?:" + _WORDS + rb"|token|" + _TOKENS + rb")" + _VERSION + rb")|[\w.$@-]*[a-z](?:Pass|Pwd))"
"""The end of a name decides: `client_secret` names a credential, `secret_name` and `max_tokens` do not."""

SHORT_NAME = rb"(?i:pass|pwd|pw)"
"""Names with other meanings too, such as passed tests and the working directory."""

_SHORT_NAME_IN_PROSE = rb"(?:[Pp]ass|[Pp]wd|PWD|[Pp]w)"

_HEADER_WORDS = r"key|token|signature|session|sessionid|sid|auth|authentication|oauth|otp|hmac|dpop|pass|pwd|saml"
HEADER = compile_lazily(
    rf"(?i)(?:^|[-_.])(?:{_HEADER_WORDS}|secret|password|passwd|passphrase|credentials?|jwt|apikey|bearer)(?:[-_.]|$)"
)
HARMLESS_HEADER = compile_lazily(
    r"(?i)^(?:sec-.*|x-claude-code-.*|x-stainless-.*|x-mockclaude-(?!token).*"
    r"|.*(?:idempotency|cache|surrogate|routing|partition|public)-key)$"
)
SCHEME = compile_lazily(r"(?i)\s*(?:basic|bearer|digest|negotiate|ntlm)\s+(?=\S)")
"""The possible beginnings of a header value that holds a credential, for headers of any name."""

_PART = rb"""(?:[^\s"'`\\,;&$<>(){}\[\]|:]|:[^\s"'`\\,;&$<>(){}\[\]|/])"""
AFTER = b"@\"'`\\\\,;&<>)}]| \t\n\r\f\v"
"""Characters after a credential that an expression may match. They are kept."""

_END = rb"""(?:[\s"'`\\,;&<>)}\]|]|$)"""
_MARK = rb"(?:[0-9]|[@%^*!~+]" + _PART + rb")"


def _at_least_six(first: bytes, second: bytes) -> bytes:
    """Build an expression for `first`, later followed by `second`, in a text of at least six characters."""
    gaps = [(b"{%d}" % gap, b"{%d,}" % (4 - gap)) for gap in range(4)] + [(b"{4,}", b"*")]
    return b"|".join(first + _PART + before + second + _PART + after for before, after in gaps)


_SECRET = (
    rb"[#@!%^*+_]*(?:" + _at_least_six(rb"[A-Za-z]", _MARK) + rb"|" + _at_least_six(rb"[0-9]", rb"[A-Za-z]") + rb")"
)
"""A text that looks like a secret: not a URL, and without the beginning of a path."""


def is_secret(text: bytes) -> bool:
    """Return whether a whole text looks like a secret."""
    return re.fullmatch(_SECRET, text) is not None


_PARAMETER = rb"(?i:key|sig|[\w-]*signature|auth|pass|pwd)"
_PLAIN = rb"""[^\s"'\\,;&$<{][^\s"'\\,;&]*"""
HEADER_NAME = (
    rb"(?i:\b(?:[a-z0-9]+-)*(?:authorization|api-key|auth-token|access-token|security-token|client-secret|cookie)"
    rb"|\bx-(?:[a-z0-9]+-)*(?:[a-z0-9]*token|secret|password|key|auth|session|signature|credentials?))"
)
HEADER_IN_PROSE = (
    rb"(?i:\b(?:[a-z0-9]+-)+(?:auth|session|sid|signature|otp|hmac|saml|dpop|pass|pwd)|\b(?:[a-z0-9]+-)*session-?id)"
)
_IS = rb"""(?:\\*["'`]?[ \t]*(?:=>|:=|[:=])[*_]{0,2}|[ \t]+is:?)[ \t]*`?"""


class Kind(NamedTuple):
    """A kind of credential.

    Attributes:
        stays: The text before the credential, which is kept.
        credential: The credential, possibly with one character of `AFTER`.
    """

    stays: bytes
    credential: bytes


KINDS = (
    Kind(
        rb"\bheaders\.[\w-]+: (?:expected |exactly |text that (?:contains|matches) )", rb""
    ),  # a condition, as it is printed
    Kind(rb"(?i:\bsk-ant-)", rb"[\w-]{3,}"),
    Kind(rb"\bsk-", rb"[\w-]{20,}"),
    Kind(rb"\b[sr]k_(?:live|test)_", rb"\w{10,}"),
    Kind(rb"\b(?:gh[oprsu]|hf|npm|gsk|whsec|github_pat)_", rb"\w{16,}"),
    Kind(rb"\b(?:glpat|xapp|xox[abeoprs]|pypi|xai)-", rb"[\w-]{8,}"),
    Kind(rb"\bA[KS]IA", rb"[0-9A-Z]{16}\b"),
    Kind(rb"\b(?:AIza|ya29\.|SG\.)", rb"[\w.-]{30,}"),
    Kind(rb"\beyJ", rb"[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*"),
    Kind(rb"(?i:\bbearer)\s+", rb"[\w.~+/=-]{8,}"),
    Kind(rb"(?i:\bbasic)\s+", rb"(?:[A-Za-z+/]*[0-9][A-Za-z0-9+/]{6,}={0,2}|[A-Za-z0-9+/]{6,}={1,2})"),
    Kind(
        rb"(?:\bhooks\.slack\.com/(?:services|workflows|triggers)/|\bdiscord(?:app)?\.com/api/webhooks/"
        rb"|\.webhook\.office\.com/webhookb2/|\bapi\.telegram\.org/(?:file/)?bot)",
        rb"[\w/:@-]+",
    ),
    Kind(rb"-----BEGIN [0-9A-Z ]*PRIVATE KEY-----", rb'(?:[^"-]|-[^"-])*(?:-----END [0-9A-Z ]*PRIVATE KEY-----)?'),
    Kind(rb"[A-Za-z][\w+.-]*://[^\s/?#\"'@:\\]*:", rb"(?:[^\s/?#\"'@\\]+@|[0-9]*[^\s/?#\"'@\\0-9][^\s/?#\"'@\\]*$)"),
    Kind(rb"[A-Za-z][\w+.-]*://", rb"[\w%.~+-]{20,}@"),
    Kind(rb"[?&;#](?:" + _PARAMETER + rb"|" + NAME + rb")=", rb"[^\s\"'\\;&#]+"),
    Kind(rb"(?m:^)" + NAME + rb"=", _PLAIN),
    Kind(rb"(?i:\baws_(?:secret_access_key|session_token))\s*=\s*", _PLAIN),
    Kind(rb"--" + NAME + rb"[= ]", _PLAIN),
    Kind(
        rb"(?:(?:^|\s)-u|--(?:proxy-)?user)[ =]?\\*[\"']?[^\s:\"'\\/]+:",
        rb"[0-9]*[^\s\"'\\0-9/][^\s\"'\\]*",
    ),
    Kind(
        rb"\b(?:machine\s+\S+|default)(?:\s+(?:login|account)\s+\S+)+\s+password\s+",
        rb"[^\s\"'\\]+",
    ),
    Kind(rb"\b[A-Z][0-9A-Z_]*(?:_KEY|_PASS|_PWD|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)\s?[=:]\s?\\*[\"']?", _PLAIN),
    Kind(
        HEADER_NAME + rb"\s*:\s*(?:(?i:bearer|basic|token|digest|apikey) +)?",
        rb"[^\s\"'\\;$<{][^\s\"'\\;]*(?:; ?[^\s\"'\\;:=]+=[^\s\"'\\;]*)*",
    ),
    Kind(NAME + rb"\\*[\"']?\s*(?:=>|[:=])\s*\"", rb'(?:[^"\\\n]|\\.)+'),
    Kind(NAME + rb"\\*[\"']?\s*(?:=>|[:=])\s*'", rb"(?:[^'\\\n]|\\.)+"),
    Kind(NAME + rb"\\*[\"']?\s*(?:=>|[:=])\s*\\+[\"']", rb"[^\"'\\\n]+"),
    Kind(NAME + rb"\\*[\"']\s*:\s*", rb"-?[0-9][0-9.]*"),
    Kind(
        rb"(?:" + NAME + rb"|\b" + _SHORT_NAME_IN_PROSE + rb"|" + HEADER_IN_PROSE + rb")" + _IS + rb"\\*[\"']?",
        rb"(?:" + _SECRET + rb")" + _END,
    ),
    Kind(rb"(?i:pass[_-]?(?:words?|code)|passwd)" + _IS, rb"[0-9]{6,}" + _END),
)

SUSPECT = (
    rb"(?i:" + _WORDS + rb"|" + _TOKENS + rb"|token(?:[^s]|$)|signature=|[_?&;](?:key|sig|auth|pass|pwd)\s?[=:]|sk[-_]"
    rb"|p(?:ass|wd|w)(?:\\*[\"'`]|\s*(?:=>|[:=])|\s+is\b)|basic\s|webhook|hooks\.slack|telegram"
    rb"|-(?:key|auth|session|session-?id|sid|signature|otp|hmac|saml|dpop|oauth|authentication)\b)"
    rb"|[a-z]P(?:ass|wd)|[\sntr\"]-u|--(?:proxy-)?user"
    rb"|(?:gh[oprsu]|hf|npm|gsk|whsec|github_pat)_|(?:glpat|xapp|xox[abeoprs]|pypi|xai)-"
    rb"|A[KS]IA[0-9A-Z]|AIza|ya29|SG\.|eyJ|PRIVATE KEY|:\\?/\\?/|\\u00[2-7]"
)
"""A pattern that every text with a credential contains, with or without JSON escapes."""

_VALUE_FIRST = rb'"value"\s*:\s*"(?:[^"\\]|\\.)*"\s*,\s*"(?:name|key|header)"\s*:\s*"(?:%b|\w+-[\w-]+)"' % NAME


class Engines:
    """Expressions that RE2 compiles when they are first searched for."""

    @cached_property
    def suspect(self) -> Any:
        """`SUSPECT`."""
        return _compile(SUSPECT)

    @cached_property
    def text(self) -> Any:
        """Any of `KINDS`."""
        return _compile(b"|".join(b"%b(?:%b)" % kind for kind in KINDS))

    @cached_property
    def stays(self) -> Any:
        """The text of a match of `text` that is kept: the longest possible one."""
        return _compile(b"|".join(kind.stays for kind in KINDS), longest=True)

    @cached_property
    def value_first(self) -> Any:
        """A JSON value that precedes its name."""
        return _compile(_VALUE_FIRST)


def _compile(pattern: bytes, *, longest: bool = False) -> Any:
    import re2

    options = re2.Options()
    options.encoding, options.log_errors, options.max_mem = re2.Options.Encoding.LATIN1, False, 64 << 20
    options.longest_match = longest
    return re2.compile(pattern, options)


ENGINES = Engines()
