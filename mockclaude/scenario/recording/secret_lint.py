"""Warnings of texts in a written recording that may be secrets: long random texts in base64 or hexadecimal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log2

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.recording.secret_forms import compile_option
from mockclaude.scenario.volatile import KINDS

_TOKEN = compile_lazily(rb"[0-9A-Za-z+/_-]{20,}={0,2}")
_HEXADECIMAL = compile_lazily(rb"[0-9a-fA-F]+")
_LEAST_BITS, _LEAST_BITS_OF_HEXADECIMAL = 4.0, 3.0
"""Bits of entropy for each sign, above which a text may be a secret. Words have about 3.5."""

_HARMLESS_KEY = compile_lazily(
    rb"(?:\bsignature|\bdata|\bencrypted_\w+|\b(?:[\w-]*[_-])?ids?)\\*[\"']?\s*:\s*(?:[|>][+-]?\d?\s+|\[)?\\*[\"']?\Z"
)
"""The end of the text before a signature, an image, an encrypted text or an id."""

_KEY_SIZE = 60
_HARMLESS = compile_lazily(
    f"(?:{KINDS['UUID']}|{KINDS['id of the API']}|[a-z]+_01[0-9A-Za-z]{{10,}}|REDACTED_.*)".encode()
)
_SHOWN = 4


def lint_secrets(files: Mapping[str, bytes], not_secret: Sequence[str] = ()) -> list[str]:
    """Warn of texts that may be secrets, each once, with file and line.

    The names of the files are harmless where a scenario file names them: it also has the names of their rules.

    Args:
        files: Name -> bytes of each written file.
        not_secret: Expressions of RE2 for texts that are harmless.

    Raises:
        ValueError: An expression is invalid.
    """
    harmless = [compile_option("--not-secret", regex) for regex in not_secret]
    names = _index_names(files)
    seen: set[bytes] = set()
    warnings = []
    for file, data in files.items():
        for line, token in _find_tokens(data, names):
            if token not in seen and not any(regex.search(token) for regex in harmless):
                seen.add(token)
                warnings.append(_warn(file, line, token.decode()))
    return warnings


_Names = Mapping[bytes, Sequence[tuple[int, bytes]]]
"""Token -> the names of files with it, and its offsets there."""


def _index_names(files: Iterable[str]) -> _Names:
    names: dict[bytes, list[tuple[int, bytes]]] = {}
    for name in (file.encode("utf-8", "surrogateescape") for file in files):
        for token in _TOKEN.finditer(name):
            names.setdefault(token[0], []).append((token.start(), name))
    return names


def _is_name(data: bytes, begin: int, token: bytes, names: _Names) -> bool:
    """Return whether a token is a part of the name of a file."""
    return any(data.startswith(name, begin - offset) for offset, name in names.get(token, ()) if offset <= begin)


def _find_tokens(data: bytes, names: _Names) -> Iterator[tuple[int, bytes]]:
    """Yield the line and the text of each token that is random and not harmless."""
    line, at = 1, 0
    for token in _TOKEN.finditer(data):
        begin = token.start()
        if _HARMLESS_KEY.search(data[max(begin - _KEY_SIZE, 0) : begin]) or _HARMLESS.fullmatch(token[0]):
            continue
        if _is_random(token[0]) and not _is_name(data, begin, token[0], names):
            line += data.count(b"\n", at, begin)
            at = begin
            yield line, token[0]


def _is_random(token: bytes) -> bool:
    least = _LEAST_BITS_OF_HEXADECIMAL if _HEXADECIMAL.fullmatch(token) else _LEAST_BITS
    return _count_bits(token.rstrip(b"=")) > least


def _count_bits(token: bytes) -> float:
    """Return the entropy of a sign, in bits."""
    size = len(token)
    return -sum(count / size * log2(count / size) for count in Counter(token).values())


def _warn(file: str, line: int, token: str) -> str:
    shown = f'"{token[:_SHOWN]}…" ({len(token)} characters)'
    return f"{file}:{line}: this may be a secret: {shown}; --redact-regex takes it out, --not-secret RE silences this"
