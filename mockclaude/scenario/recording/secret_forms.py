"""Forms of secrets that are unmistakable, as expressions of RE2."""

from __future__ import annotations

from base64 import b64decode
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import accumulate
from typing import Any

from mockclaude.scenario.diagnostics import shorten

_UUID = rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_UUID_SIZE = 36
_KEY_BEGIN = rb"-----BEGIN [0-9A-Z ]*PRIVATE KEY[A-Z ]*-----"
_ORGANIZATION = "organization id"

FORMS: Mapping[str, bytes] = {
    "API key of Anthropic": rb"sk-ant-[\w-]{20,}|\bsk-ant-[\w-]{3,}",
    "access key of AWS": rb"\bA[KS]IA[0-9A-Z]{16}\b",
    "token of GitHub": rb"\bgh[a-z]_[0-9A-Za-z_]{16,}|\bgithub_pat_[0-9A-Za-z_]{16,}",
    "token of Slack": rb"\bxox[a-z]-[0-9A-Za-z-]{8,}",
    "JSON Web Token": rb"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*",
    "private key": (
        _KEY_BEGIN + rb"(?:[0-9A-Za-z+/=:,. \t\r\n]|-[0-9A-Za-z]|\\+[nrt/])*-----END [0-9A-Z ]*PRIVATE KEY[A-Z ]*-----"
        rb"|" + _KEY_BEGIN + rb"(?:\s|\\+[nrt])*(?:[A-Z][\w-]*: [\w,. -]*(?:\s|\\+[nrt])*)*"
        rb"(?:[0-9A-Za-z+/=\r\n]| [0-9A-Za-z+/=]{16}|\\+[nrt/]){8,}"
    ),
    _ORGANIZATION: (
        rb"(?i:\borg(?:ani[sz]ation)?(?:[ _-]?(?:id|uuid))?)[\"'\\]{0,4}\s*[:=(]?\s*[\"'\\]{0,4}" + _UUID + rb"\b"
    ),
}
"""Name -> expression. The id of an organization is the end of its match, after the word for it in errors."""


_BASE64 = rb"[0-9A-Za-z+/_-]{24,}"
"""A text in base64, without its padding: 24 signs are 18 bytes, and no form is much shorter."""

_STANDARD = bytes.maketrans(b"-_", b"+/")
_GAP = b"\n\n"


def find_forms_in_base64(data: bytes) -> Iterator[tuple[int, int, bytes, str]]:
    """Yield the begin and the end of each text in base64 that has a secret.

    The decoded secret and its name follow.
    """
    texts = list(_compile(_BASE64).finditer(data))
    if not texts:
        return
    decoded = [_decode_base64(text.group()) for text in texts]
    ends = list(accumulate(len(text) + len(_GAP) for text in decoded))
    joined = _GAP.join(decoded)
    for begin, end, name in find_forms(joined):
        text = texts[bisect_right(ends, begin)]
        padding = 2 if data.startswith(b"==", text.end()) else data.startswith(b"=", text.end())
        yield text.start(), text.end() + padding, joined[begin:end], name


def _decode_base64(text: bytes) -> bytes:
    return b64decode(text[: len(text) - (len(text) % 4 == 1)].translate(_STANDARD) + b"==")


def find_forms(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield the begin, the end and the name of each secret with a known form."""
    for match in _compile(b"|".join(b"(?:%b)" % form for form in FORMS.values())).finditer(data):
        begin, end = match.span()
        name = next(name for name, form in FORMS.items() if _compile(form).match(data, begin))
        yield end - _UUID_SIZE if name == _ORGANIZATION else begin, end, name


@cache
def _compile(pattern: bytes) -> Any:
    import re2  # takes 20 ms, and only a recorder needs it here

    options = re2.Options()
    options.log_errors, options.never_capture, options.max_mem = False, True, 64 << 20
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(pattern, options)


def compile_option(option: str, regex: str) -> Any:
    """Compile the expression of RE2 for UTF-8 that a user has given with an option.

    Raises:
        ValueError: The expression is invalid.
    """
    import re2

    options = re2.Options()
    options.log_errors, options.never_capture = False, True
    try:
        return re2.compile(regex.encode("utf-8", "surrogatepass"), options)
    except re2.error as error:
        problem = f"{option}: invalid pattern ({error.args[0].decode()}), got '{shorten(regex)}'"
        raise ValueError(f"{problem}; expected a regular expression that RE2 accepts") from None
