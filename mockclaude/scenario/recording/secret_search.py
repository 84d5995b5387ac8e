"""Search for secrets in texts: known values, also escaped and in base64, and values with the form of a secret.

Each known value is searched for with all others in one pass of the Aho-Corasick algorithm.
"""

from __future__ import annotations

from base64 import b64encode
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.recording.escaped_text import decode_levels
from mockclaude.scenario.recording.json_strings import find_outside_strings
from mockclaude.scenario.recording.secret_begins import SecretBegins
from mockclaude.scenario.recording.secret_forms import find_forms, find_forms_in_base64

if TYPE_CHECKING:
    from ahocorasick_rs import BytesAhoCorasick

SHORTEST = 8
"""The minimum number of bytes of a value that is replaced everywhere. Shorter ones are parts of usual texts."""

_LONGEST_IN_BASE64 = 4096
"""The maximum number of bytes of a value that is searched for in base64, too."""

_MOST_KNOWN = 20_000
"""The maximum number of known values, since a body may have millions of texts with the form of a secret."""

MARK = compile_lazily(rb"REDACTED_[0-9]+")
"""The text in place of a secret."""

_NUMBER = compile_lazily(rb"-?[0-9][0-9.eE+-]*")
_NUMBER_SIGNS = b"0123456789.eE+-"
_LONGEST_NUMBER = 400
_BASE64_SIGN = compile_lazily(rb"[0-9A-Za-z+/_-]")
_BASE64_END = compile_lazily(rb"[0-9A-Za-z+/_-]?={0,2}")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")

API_WORDS = (
    "message_start message_delta message_stop content_block_start content_block_delta content_block_stop text_delta "
    "input_json_delta thinking_delta signature_delta citations_delta compaction_delta partial_json stop_reason "
    "stop_sequence stop_details end_turn max_tokens tool_use pause_turn refusal model_context_window_exceeded "
    "input_tokens output_tokens cache_creation_input_tokens cache_read_input_tokens ephemeral_5m_input_tokens "
    "ephemeral_1h_input_tokens service_tier standard priority server_tool_use web_search_requests "
    "web_fetch_requests inference_geo container context_management diagnostics content_block assistant anthropic "
    "invalid_request_error authentication_error permission_error not_found_error request_too_large rate_limit_error "
    "api_error overloaded_error timeout_error billing_error request_id application/json text/event-stream "
    "charset=utf-8 tool_result tool_use_id redacted_thinking mcp_tool_use mcp_tool_result web_search_tool_result "
    "web_fetch_tool_result code_execution_tool_result cache_control ephemeral tool_choice output_config metadata "
    "user_id temperature stop_sequences"
)
"""Words of the API's format. A value that is a part of one is never a secret: replies would break."""


class Hit(NamedTuple):
    """A secret that was found.

    Attributes:
        begin: The begin of its span, and `end` its end.
        value: The secret, decoded.
        name: The source or the form of the secret.
        is_number: Whether it is a number in JSON, which a text can replace only with quotes.
    """

    begin: int
    end: int
    value: bytes
    name: str
    is_number: bool = False


class SecretSearch:
    """The known secrets of a session, and the search for them."""

    def __init__(self) -> None:
        self._names: dict[bytes, str] = {}
        self._indexes: list[_Index] = []
        self._new: list[bytes] = []
        self._begins = SecretBegins()

    def __len__(self) -> int:
        return len(self._names)

    def add(self, value: bytes, name: str) -> None:
        """Add a known value, unless it is short, a word of the API, or a mark."""
        value = value.strip()
        if MARK.fullmatch(value):
            return
        if len(value) < SHORTEST or value in self._names or len(self._names) >= _MOST_KNOWN:
            return
        if value.decode("utf-8", "replace") not in API_WORDS:
            self._names[value] = name
            self._new.append(value)
            self._begins.add(value)

    def find(self, data: bytes, *, is_json: bool = False) -> list[Hit]:
        """Find the secrets in a text, in their order.

        A secret may be escaped; the span is that of the escaped text. Without its hits, JSON stays valid.
        """
        hits: list[Hit] = []
        escaped: list[Hit] = []
        for level in decode_levels(data):
            is_escaped = is_json and level.is_escaped
            known = [hit for index in self._prepare() for hit in index.search(level.text, self._names)]
            for hit in (*known, *_find_forms(level.text)):
                begin, end = level.to_source(hit.begin, hit.end, is_json=is_json)
                (escaped if is_escaped else hits).append(Hit(begin, end, hit.value, hit.name))
            if not is_escaped:
                level.blank(sorted((hit.begin, hit.end) for hit in known))
        return _add_apart(merge_hits(hits), escaped)

    def find_cut(self, data: bytes) -> list[Hit]:
        """Find the known secret whose first half or more ends a text."""
        found = self._begins.find(data)
        return [] if found is None else [Hit(found[0], len(data), found[1], self._names[found[1]])]

    def _prepare(self) -> Sequence[_Index]:
        """Return an index for each part of the values; parts of similar size are joined, so that few are built."""
        if self._new:
            self._indexes.append(_Index(self._new))
            self._new = []
        while len(self._indexes) > 1 and len(self._indexes[-1].values) * 2 > len(self._indexes[-2].values):
            last, other = self._indexes.pop(), self._indexes.pop()
            self._indexes.append(_Index([*other.values, *last.values]))
        return self._indexes


def _find_forms(data: bytes) -> Iterator[Hit]:
    for begin, end, name in find_forms(data):
        yield Hit(begin, end, data[begin:end], name)
    for begin, end, value, name in find_forms_in_base64(data):
        yield Hit(begin, end, value, name)


class _Spelling(NamedTuple):
    """A known value as it may be written.

    Attributes:
        begins_before: Whether the base64 sign before it holds bits of the value, and `ends_after` the sign after it.
    """

    value: bytes
    text: bytes
    begins_before: bool = False
    ends_after: bool = False


class _Index:
    """Some of the values, in all their spellings, to search for at once."""

    def __init__(self, values: Sequence[bytes]) -> None:
        self.values = values
        self._spellings = [spelling for value in values for spelling in _spell(value)]
        self._automaton: BytesAhoCorasick | None = None

    def search(self, data: bytes, names: Mapping[bytes, str]) -> Iterator[Hit]:
        automaton = self._automaton = self._automaton or self._build()
        for number, begin, end in automaton.find_matches_as_indexes(data):
            spelling = self._spellings[number]
            if spelling.begins_before and _BASE64_SIGN.match(data, begin - 1):
                begin -= 1
            if spelling.ends_after and (rest := _BASE64_END.match(data, end)):
                end = rest.end()
            yield Hit(begin, end, spelling.value, names[spelling.value])

    def _build(self) -> BytesAhoCorasick:
        from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

        texts = [spelling.text for spelling in self._spellings]
        return BytesAhoCorasick(texts, MatchKind.LeftmostLongest, Implementation.ContiguousNFA)


def _spell(value: bytes) -> Iterator[_Spelling]:
    """Yield the value as it is, with a plus for a space as in a form, and in base64 after 0, 1 or 2 other bytes."""
    yield _Spelling(value, value)
    if b" " in value:
        yield _Spelling(value, value.replace(b" ", b"+"))
    if len(value) > _LONGEST_IN_BASE64:
        return
    for before in range(3):
        bits = 8 * (before + len(value))
        text = b64encode(bytes(before) + value)[(0, 2, 3)[before] : bits // 6]
        for spelled in dict.fromkeys((text, text.translate(_URL_SAFE))):
            yield _Spelling(value, spelled, before > 0, bits % 6 > 0)


def merge_hits(hits: Iterable[Hit]) -> list[Hit]:
    """Sort hits; hits that overlap become one.

    It has the value of the longest span. Of equal spans, the last counts.
    """
    merged: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: hit.begin):
        last = merged[-1] if merged else hit
        if hit.begin >= last.end or not merged:
            merged.append(hit)
            continue
        longest = hit if hit.end - hit.begin >= last.end - last.begin else last
        merged[-1] = longest._replace(begin=last.begin, end=max(last.end, hit.end))
    return merged


def _add_apart(hits: list[Hit], others: Sequence[Hit]) -> list[Hit]:
    """Add the hits that do not overlap with any.

    In JSON with its escapes, a hit may begin in an escape, and hide the secret after it.
    """
    ends = [hit.end for hit in hits]
    numbers = [bisect_right(ends, other.begin) for other in others]
    apart = [
        other
        for other, number in zip(others, numbers, strict=True)
        if number == len(hits) or hits[number].begin >= other.end
    ]
    return merge_hits([*hits, *apart]) if apart else hits


def fit_to_json(data: bytes, hits: Sequence[Hit]) -> list[Hit]:
    """Fit hits to JSON.

    A hit in a string ends in it. A hit in a number is widened to the whole number.
    """
    if not hits:
        return []
    outside = list(find_outside_strings(data))
    begins = [begin for begin, _ in outside]
    return merge_hits(_fit(data, hit, outside, bisect_right(begins, hit.begin) - 1) for hit in hits)


def _fit(data: bytes, hit: Hit, outside: Sequence[tuple[int, int]], number: int) -> Hit:
    if hit.begin >= outside[number][1] and number + 1 < len(outside):
        return hit._replace(end=min(hit.end, outside[number + 1][0]))
    return _widen_number(data, hit) if _NUMBER.fullmatch(hit.value) else hit


def _widen_number(data: bytes, hit: Hit) -> Hit:
    before = data[max(hit.begin - _LONGEST_NUMBER, 0) : hit.begin]
    begin = hit.begin - len(before) + len(before.rstrip(_NUMBER_SIGNS))
    after = data[hit.end : hit.end + _LONGEST_NUMBER]
    end = hit.end + len(after) - len(after.lstrip(_NUMBER_SIGNS))
    return hit._replace(begin=begin, end=end, is_number=True)
