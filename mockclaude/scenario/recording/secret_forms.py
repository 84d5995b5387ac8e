"""Forms of secrets that are unmistakable, as expressions of RE2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

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


def find_forms(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield the begin, the end and the name of each secret with a known form."""
    for match in _compile(b"|".join(b"(?:%b)" % form for form in FORMS.values())).finditer(data):
        begin, end = match.span()
        name = next(name for name, form in FORMS.items() if _compile(form).match(data, begin))
        yield end - _UUID_SIZE if name == _ORGANIZATION else begin, end, name


@cache
def _compile(pattern: bytes) -> Any:
    return compile_pattern(pattern)


def compile_pattern(pattern: bytes, *, utf8: bool = False) -> Any:
    """Compile an expression of RE2, for bytes or for UTF-8.

    Raises:
        ValueError: The expression is invalid.
    """
    import re2  # takes 20 ms, and only a recorder needs it here

    options = re2.Options()
    options.log_errors, options.never_capture, options.max_mem = False, True, 64 << 20
    if not utf8:
        options.encoding = re2.Options.Encoding.LATIN1
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(error.args[0].decode()) from None
