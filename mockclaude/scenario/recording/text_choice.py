"""Choose the matcher of a text that tells it apart from others and still matches on another day and machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.volatile import VolatileParts

MAX_EQUAL = 200
"""The maximum number of characters of a text that is matched as a whole."""

_BEST, _LONGEST, _SHORTEST_PIECE = 60, 160, 8
"""Characters of a line: the best number, the maximum, and the minimum for a piece of a line."""

_SCANNED = 50_000
"""Characters at the beginning, and at the end, of a text in which lines are looked for."""

_TAIL = 3 * _LONGEST
_BARE_TAG = compile_lazily(r"</?[A-Za-z][\w:-]*[^<>]*>")


def is_exact(text: str, parts: VolatileParts) -> bool:
    """Return whether a text is short and has no volatile part."""
    return len(text) <= MAX_EQUAL and not parts.are_in(text)


def list_lines(text: str, parts: VolatileParts) -> list[str]:
    """List the lines without volatile parts, those with about 60 characters first.

    Lines are cut to 160 characters. Pieces of lines with volatile parts come last. Tags alone on a line do not count.
    """
    if len(text) > 2 * _SCANNED:
        text = "\n".join((text[:_SCANNED].rpartition("\n")[0], text[-_SCANNED:].partition("\n")[2]))
    whole: list[str] = []
    pieces: list[str] = []
    for line in "\0".join(parts.split(text)).split("\n"):
        if "\0" in line:
            pieces += [piece for piece in map(_strip, line.split("\0")) if len(piece) >= _SHORTEST_PIECE]
        else:
            whole.append(line.strip())
    return [*_rank(whole), *_rank(pieces)]


def _strip(piece: str) -> str:
    return piece.strip(" \t.,:;")


def _rank(lines: Sequence[str]) -> list[str]:
    cut = dict.fromkeys(line[:_LONGEST].rstrip() for line in lines if _is_telling(line))
    return sorted(cut, key=lambda line: abs(len(line) - _BEST))


def _is_telling(line: str) -> bool:
    return any(map(str.isalnum, line)) and not _BARE_TAG.fullmatch(line)


def choose_line(lines: Sequence[str], count: Callable[[str], int]) -> tuple[str, int]:
    """Choose the line that the fewest other texts have; return their number, too.

    Args:
        lines: The lines, the best first.
        count: Returns the number of other texts with a line.
    """
    best, fewest = "", -1
    for line in lines:
        number = count(line)
        if fewest < 0 or number < fewest:
            best, fewest = line, number
        if not number:
            break
    return best, fewest


def choose_matcher(own: str, others: Sequence[str], parts: VolatileParts) -> dict[str, str] | None:
    """Choose a matcher of a text that as few others as possible match.

    Return None if no matcher tells them apart.
    """
    if is_exact(own, parts):
        return {"equals": own}
    line, number = choose_line(list_lines(own, parts), lambda line: sum(line in other for other in others))
    if line and number < len(others):
        return {"contains": line}
    ends = (f"*{end}" for end in list_ends(own, parts) if not all(other.endswith(end) for other in others))
    return next(({"like": end} for end in ends if "*" not in end[1:]), None)


def list_ends(text: str, parts: VolatileParts) -> list[str]:
    """List the last line, and up to 160 characters at the end, without volatile parts."""
    end = parts.split(text[-_TAIL:])[-1][-_LONGEST:]
    line = end.rstrip().rpartition("\n")[2] + end[len(end.rstrip()) :]
    return list(dict.fromkeys(each for each in (line, end) if each.strip()))
