"""Estimated token counts of texts, output blocks and prompts.

A text counts by its words, digits, signs and white space, weighted. The classes of all its characters are the bytes of
one integer, whose bits are counted. The texts of a prompt are counted together; of a long prompt, a sample is counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

from mockclaude.api.body import Body
from mockclaude.api.content_blocks import Blocks, Located, add_inner_blocks
from mockclaude.api.events import Block, generated_text
from mockclaude.api.model_constants import Constants
from mockclaude.api.prompt_parts import THINKING, PromptParts, add_block
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

_NEWLINE, _SPACE, _LETTER, _DIGIT, _SIGN, _OTHER = 1, 2, 4, 8, 16, 32


def _classify(byte: int) -> int:
    """Return the class of a byte of UTF-8: of a character that is not ASCII, only the first byte is classified."""
    character = bytes((byte,))
    if character.isalpha():
        return _LETTER
    if character.isdigit():
        return _DIGIT
    if character.isspace():
        return _NEWLINE if character == b"\n" else _SPACE
    return _OTHER if byte >= 0x80 else _SIGN if byte else 0


_CLASSES = bytes(map(_classify, range(256)))
_CONTINUATIONS = bytes(range(0x80, 0xC0))
_THREE = bytes((_DIGIT,)) * 3


@lru_cache(maxsize=8)
def _masks(bits: int) -> tuple[int, ...]:
    """Return the bit of each class in every byte, for less than `1 << bits` bytes and the byte after them."""
    first = int.from_bytes(bytes((1,)) * ((1 << bits) + 1), "little")
    return tuple(first * bit for bit in (_NEWLINE, _SPACE, _LETTER, _DIGIT, _SIGN))


_SHORT = 14
_SHORT_MASKS = _masks(_SHORT)


def count_text(text: str, scale: Scale) -> int:
    """Count the thousandths of tokens of a text. A longer text never has fewer."""
    word, letter, figure, newline, space, sign, other = scale
    if text.isascii():
        data, count = text.encode().translate(_CLASSES), 0
    else:
        data = text.encode("utf-8", "surrogatepass").translate(_CLASSES, _CONTINUATIONS)
        count = data.count(_OTHER) * other
    bits = len(data).bit_length()
    newlines, spaces, letters, digits, signs = _SHORT_MASKS if bits <= _SHORT else _masks(bits)
    classes = int.from_bytes(data, "little")
    repeated = classes & (classes << 8)
    starts = classes ^ repeated
    count += (starts & letters).bit_count() * word + (classes & signs).bit_count() * sign
    third = repeated & (repeated << 8) & letters
    if third:
        count += (third & (third << 16) & (third << 32)).bit_count() * letter
    if starts & digits:
        count += _count_figures(data, starts & digits, repeated & digits) * figure
    if classes & newlines or repeated & spaces:
        white = (classes | classes >> 1) & newlines
        count += _count_newlines(classes & newlines, white, newlines) * newline
        count += (classes & ((classes & spaces & ~(white << 9)) << 8)).bit_count() * space
    return count


def _count_figures(data: bytes, first: int, more: int) -> int:
    """Count the groups of up to three digits; `first` and `more` are the first and the other digits of numbers."""
    fourth = more & (more << 8) & (more << 16)
    groups, begins = first, first
    for _ in range(_LONG_NUMBER):
        begins = (begins << 24) & fourth
        if not begins:
            return groups.bit_count()
        groups |= begins
    threes = int.from_bytes(data.replace(_THREE, b"\0\0\0"), "little") & (first | more)
    return data.count(_THREE) + (threes & ~(threes << 8)).bit_count()


_LONG_NUMBER = 8
"""Groups of digits that are found one by one."""


def _count_newlines(newlines: int, white: int, every: int) -> int:
    """Count the runs of white space with a newline.

    All bits of white space are set, so that a newline added to its run carries a bit to the byte after the run.
    """
    return ((white << 8) - white + newlines & (every ^ white)).bit_count() if newlines else 0


def to_tokens(count: int) -> int:
    """Round thousandths of tokens."""
    return (count + 500) // 1_000


def of_text(text: str, weights: Weights = OLD) -> int:
    """Count the tokens of a text; 0 only for an empty text."""
    return max(1, to_tokens(count_text(text, weights.text))) if text else 0


def cut(text: str, count: int, weights: Weights = OLD) -> str:
    """Return the longest beginning of `text` with at most `count` tokens."""
    return GrowingText(weights).fit(text, count)


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
    for number, message in enumerate(messages):
        content = message["content"]
        parts.fixed += weights.message if number else weights.request
        if not content or isinstance(content, str):
            is_blank = is_blank or not content or content.isspace()
            texts.append(content or "")
            ends.append((len(texts), parts.fixed))
            continue
        for index, block in enumerate(content):
            located, kind = (("messages", number, "content", index), block), block.get("type", "")
            blocks[kind].append(located)
            if block.get("cache_control"):
                marked.append(located)
            text = block.get("text") if kind == "text" else block.get("content") if kind == "tool_result" else None
            if isinstance(text, str):
                texts.append(text)
                parts.fixed += weights.call if kind == "tool_result" else 0
            else:
                if kind == "tool_result":
                    marked += add_inner_blocks(blocks, located[0], text)
                _add_counted(parts, blocks, messages, located)
            ends.append((len(texts), parts.fixed))
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

    def count_to(self, ends: Iterable[int]) -> list[int]:
        """Count the thousandths of tokens of the text up to some ends, ascending."""
        counts: list[int] = []
        exact, begin, sampled, done = 0, 0, 0, 0
        for end in ends:
            size = min(max(end, 0), EXACT)
            exact += count_text(self._text[begin:size], self._scale)
            steps, rest = divmod(max(0, end - EXACT), STEP)
            sampled += self._count_windows(range(done, steps)) if done else self._count_steps(steps)
            last = self._count_windows(range(steps, steps + 1)) * rest if rest else 0
            counts.append(exact + (sampled * STEP + last) // WINDOW)
            begin, done = size, steps
        return counts

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


class GrowingText:
    """A text that grows, without being counted again from its beginning.

    Attributes:
        count: The thousandths of tokens of the text.
    """

    def __init__(self, weights: Weights) -> None:
        self.count = 0
        self._scale = weights.text
        self._tail = ""

    def fit(self, text: str, tokens: float) -> str:
        """Add the beginning of `text` that fits if the whole text may have `tokens`."""
        if tokens < 1:
            return ""
        before = self.count - count_text(self._tail, self._scale)

        def count_with(size: int) -> int:
            return before + count_text(self._tail + text[:size], self._scale)

        most, size = tokens * 1_000 + 499, len(text)
        count = count_with(size)
        if count > most:
            size = max(0, bisect_right(range(size), most, key=count_with) - 1)
            count = count_with(size)
        if size:
            self.count, self._tail = count, _shorten_run(self._tail + text[:size])
        return text[:size]


_WHITE = " \t\r\f\v\n"


def _shorten_run(text: str) -> str:
    """Return the last run of a text, as short as the tokens of its continuation allow."""
    last = text[-1]
    if not last.isascii():
        return ""
    if last in _WHITE:
        run = text[len(text.rstrip(_WHITE)) :]
        return run[:2] + "\n" * ("\n" in run)
    if last.isdigit():
        length = len(text) - len(text.rstrip("0123456789"))
        return last * ((length - 1) % 3 + 1)
    return text[-7:] if last.isalpha() else ""
