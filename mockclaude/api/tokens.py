"""Estimated token counts of texts, output blocks and prompts.

A text counts by its words, digits, signs and white space, weighted. The classes of all its characters are the
hexadecimal digits of one integer, whose bits are counted. The texts of a prompt are counted together; of a long
prompt, a sample is counted.
"""

from __future__ import annotations

from binascii import unhexlify
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

from mockclaude.api.body import Body
from mockclaude.api.content_blocks import Blocks, Located, add_inner_blocks
from mockclaude.api.events import Block, generated_text
from mockclaude.api.model_constants import Constants
from mockclaude.api.prompt_parts import THINKING, PromptParts, add_block, list_call_texts
from mockclaude.api.token_weights import OLD, Scale, Weights

MAX_DOCUMENTS = 600
"""The maximum number of documents of a request, in every mode, because counting tokens opens each PDF."""

EXACT = 8_192
"""The characters of a prompt that are all counted. Of the characters after them, a sample is counted."""

STEP, WINDOW = 1_024, 128
"""The characters that one window of the sample stands for, and those of the window, which ends where they begin."""

_GROUP = 64
"""Steps that are counted together."""

_SEPARATOR = "\0"
"""A character without tokens, which ends a word."""

_WITH_DOCUMENTS = ("document", "tool_result")

_NEWLINE, _SPACE, _LETTER, _DIGIT, _SIGN = b"1", b"2", b"4", b"8", b"0"


def _classify(byte: int) -> bytes:
    """Return the class of an ASCII character as a hexadecimal digit with one bit, or none for a sign."""
    character = bytes((byte,))
    if character.isalpha():
        return _LETTER
    if character.isdigit():
        return _DIGIT
    if character.isspace():
        return _NEWLINE if character == b"\n" else _SPACE
    return _SIGN


_CLASSES = b"".join(map(_classify, range(256)))


@lru_cache(maxsize=8)
def _masks(bits: int) -> tuple[int, ...]:
    """Return the bit of each class in every digit, for less than `1 << bits` digits and the digit before them."""
    first = int.from_bytes(bytes((0x11,)) * ((1 << bits >> 1) + 1), "big")
    return tuple(first * int(bit) for bit in (_NEWLINE, _SPACE, _LETTER, _DIGIT))


_SHORT = 14
_SHORT_MASKS = _masks(_SHORT)


def count_text(text: str, scale: Scale) -> int:
    """Count the thousandths of tokens of a text. A longer text never has fewer."""
    word, letter, figure, newline, space, sign, other = scale
    if text.isascii():
        data, count = text.encode().translate(_CLASSES), 0
    else:
        data = text.encode("ascii", "replace").translate(_CLASSES)
        count = (len(text) - len(text.encode("ascii", "ignore"))) * (other - sign)
    size = len(data)
    signs = size - text.count(_SEPARATOR) if _SEPARATOR in text else size
    if size & 1:
        data += _SIGN
    bits = size.bit_length()
    newlines, spaces, letters, digits = _SHORT_MASKS if bits <= _SHORT else _masks(bits)
    classes = int.from_bytes(unhexlify(data), "big")
    repeated = classes & (classes >> 4)
    starts = classes ^ repeated
    count += (starts & letters).bit_count() * word + (signs - classes.bit_count()) * sign
    third = repeated & (repeated >> 4) & letters
    if third and letter:
        count += (third & (third >> 8) & (third >> 16)).bit_count() * letter
    if starts & digits:
        count += _count_figures(data, starts & digits, repeated & digits) * figure
    if classes & newlines:
        white = (classes | classes >> 1) & newlines
        count += _count_newlines(classes & newlines, white, newlines) * newline
        count += (classes & ((classes & spaces & ~(white >> 3)) >> 4)).bit_count() * space
    elif repeated & spaces:
        count += (repeated & (starts >> 4) & spaces).bit_count() * space
    return count


def _count_figures(data: bytes, first: int, more: int) -> int:
    """Count the groups of up to three digits; `first` and `more` are the first and the other digits of numbers."""
    fourth = more & (more >> 4) & (more >> 8)
    if not fourth:
        return first.bit_count()
    groups, begins = first, first
    for _ in range(_LONG_NUMBER):
        begins = (begins >> 12) & fourth
        if not begins:
            return groups.bit_count()
        groups |= begins
    threes = int.from_bytes(unhexlify(data.replace(_DIGIT * 3, _SIGN * 3)), "big") & (first | more)
    return data.count(_DIGIT * 3) + (threes & ~(threes >> 4)).bit_count()


_LONG_NUMBER = 8
"""Groups of digits that are found one by one."""


def _count_newlines(newlines: int, white: int, every: int) -> int:
    """Count the runs of white space with a newline.

    All bits of white space are set, so that a newline added to its run carries a bit to the digit before the run.
    """
    return ((white << 4) - white + newlines & (every ^ white)).bit_count()


def to_tokens(count: int) -> int:
    """Round thousandths of tokens."""
    return (count + 500) // 1_000


def of_text(text: str, weights: Weights = OLD) -> int:
    """Count the tokens of a text; 0 only for an empty text."""
    return max(1, to_tokens(count_text(text, weights.text))) if text else 0


def of_output(block: Block, weights: Weights = OLD) -> int:
    """Count the output tokens of a content block.

    A result of a server tool has none, because the model does not write it. Thinking from elsewhere without its text
    has none, because the text is unknown here.
    """
    if block["type"].endswith("_tool_result"):
        return 0
    text = of_text(generated_text(block), weights)
    if block["type"] == "tool_use":
        return to_tokens(count_text(str(block.get("name", "")), weights.text) + weights.call) + text
    return text or (0 if block["type"] in THINKING else of_block(block, weights))


def of_block(block: Block, weights: Weights) -> int:
    """Count the input tokens of a content block."""
    parts = PromptParts(Constants(weights=weights))
    add_block(parts, block)
    return count_prompt(parts)


def blocks_of(content: Any) -> Sequence[Block]:
    """Return the blocks of a content. A string is a text block."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def walk(messages: list[Body], parts: PromptParts) -> tuple[Blocks, list[Located], bool]:
    """Walk the messages of a request once, and add them to `parts`.

    Return the blocks by type, the blocks with `cache_control`, and whether a message has no text. Blocks with documents
    do not count after `MAX_DOCUMENTS`, which is an error.
    """
    blocks: defaultdict[str, list[Located]] = defaultdict(list)
    marked: list[Located] = []
    is_blank, texts, ends, weights = False, parts.texts, parts.ends, parts.constants.weights
    fixed, call = parts.fixed, weights.call
    for number, message in enumerate(messages):
        content = message["content"]
        fixed += weights.message if number else weights.request
        if not content or isinstance(content, str):
            is_blank = is_blank or not content or content.isspace()
            texts.append(content or "")
            ends.append((len(texts), fixed))
            continue
        for index, block in enumerate(content):
            located, kind = (("messages", number, "content", index), block), block.get("type", "")
            blocks[kind].append(located)
            if block.get("cache_control"):
                marked.append(located)
            text = block.get("text") if kind == "text" else block.get("content") if kind == "tool_result" else None
            if isinstance(text, str):
                texts.append(text)
                fixed += call if kind == "tool_result" else 0
            elif kind == "tool_use":
                texts += list_call_texts(block)
                fixed += call
            else:
                if kind == "tool_result":
                    marked += add_inner_blocks(blocks, located[0], text)
                parts.fixed = fixed
                _add_counted(parts, blocks, messages, located)
                fixed = parts.fixed
            ends.append((len(texts), fixed))
    parts.fixed = fixed
    return dict(blocks), marked, is_blank


def _add_counted(
    parts: PromptParts, blocks: Mapping[str, Sequence[Located]], messages: Sequence[Body], located: Located
) -> None:
    """Add a block unless it is thinking that the model drops, or has too many documents."""
    (_, number, *_), block = located
    kind = block.get("type")
    if kind in THINKING:
        if parts.first_kept < 0:
            parts.first_kept = 0 if parts.constants.keeps_thinking else _find_loop(messages)
        is_counted = number >= parts.first_kept
    else:
        is_counted = kind not in _WITH_DOCUMENTS or len(blocks.get("document", ())) <= MAX_DOCUMENTS
    if is_counted:
        add_block(parts, block)


def _find_loop(messages: Sequence[Body]) -> int:
    """Return the index after the last message of the user that is more than tool results."""
    for index in range(len(messages) - 1, -1, -1):
        content = messages[index]["content"]
        is_result = isinstance(content, list) and all(block.get("type") == "tool_result" for block in content)
        if messages[index]["role"] == "user" and not is_result:
            return index + 1
    return 0


def count_prompt(parts: PromptParts) -> int:
    """Count the tokens of a prompt."""
    text, scale = _SEPARATOR.join(parts.texts), parts.constants.weights.text
    if len(text) < EXACT:
        return to_tokens(count_text(text, scale) + parts.fixed)
    sampled = parts.sampled = parts.sampled or SampledText(text, scale)
    return to_tokens(sampled.count_to([len(text)])[0] + parts.fixed)


def count_ends(parts: PromptParts, sizes: Iterable[int]) -> list[int]:
    """Count the tokens of the first tools and blocks of a prompt.

    Args:
        parts: The parts of the prompt.
        sizes: The numbers of tools and blocks, ascending.
    """
    ends = [parts.ends[size - 1] if size else (0, 0) for size in sizes]
    begins = list(accumulate(map(len, parts.texts), initial=0))
    sampled = parts.sampled or SampledText(_SEPARATOR.join(parts.texts), parts.weights.text)
    counts = sampled.count_to([begins[texts] + texts - 1 for texts, _ in ends])
    return [to_tokens(count + fixed) for count, (_, fixed) in zip(counts, ends, strict=True)]


class SampledText:
    """A text of which the characters after the first `EXACT` are counted by a sample.

    A step counts as much as the window before it does, so that no count depends on the text after its end.
    """

    def __init__(self, text: str, scale: Scale) -> None:
        self._text = text
        self._scale = scale
        self._groups = [0]
        self._first = -1

    def count_to(self, ends: Iterable[int]) -> list[int]:
        """Count the thousandths of tokens of the text up to some ends, ascending."""
        counts: list[int] = []
        exact, begin, sampled, done, last, step = 0, 0, 0, 0, 0, -1
        for end in ends:
            size = min(max(end, 0), EXACT)
            exact += self._count_exact(begin, size) if size > begin else 0
            steps, rest = divmod(max(0, end - EXACT), STEP)
            sampled += self._count_windows(range(done, steps)) if done else self._count_steps(steps)
            if rest and step != steps:
                last, step = self._count_windows(range(steps, steps + 1)), steps
            counts.append(exact + (sampled * STEP + last * rest) // WINDOW)
            begin, done = size, steps
        return counts

    def _count_exact(self, begin: int, end: int) -> int:
        """Count a part of the first characters; all of them only once."""
        if (begin, end) != (0, EXACT):
            return count_text(self._text[begin:end], self._scale)
        if self._first < 0:
            self._first = count_text(self._text[:EXACT], self._scale)
        return self._first

    def _count_steps(self, steps: int) -> int:
        """Count the windows of the first steps, whose groups are counted once."""
        group, rest = divmod(steps, _GROUP)
        while len(self._groups) <= group:
            begin = (len(self._groups) - 1) * _GROUP
            self._groups.append(self._groups[-1] + self._count_windows(range(begin, begin + _GROUP)))
        return self._groups[group] + (self._count_windows(range(steps - rest, steps)) if rest else 0)

    def _count_windows(self, steps: range) -> int:
        """Count the windows before some steps, without the run that the character before a window belongs to."""
        text, begin = self._text, EXACT - WINDOW - 1
        begins = range(begin + steps.start * STEP, begin + steps.stop * STEP, STEP)
        if not begins:
            return 0
        windows = _SEPARATOR.join([text[begin : begin + WINDOW + 1].lstrip() for begin in begins])
        before = _SEPARATOR.join(text[begins.start : begins.stop : STEP])
        return max(0, count_text(windows, self._scale) - count_text(before, self._scale))
