from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.body import remove_cache_control
from mockclaude.api.models import CATALOGUE
from mockclaude.api.prompt import Prompt
from mockclaude.api.prompt_settings import of_input
from mockclaude.api.request import MessagesRequest
from mockclaude.reply.cache_usage import (
    LOOKBACK,
    MINIMUM,
    MINIMUMS,
    CacheUsage,
    InputUsage,
    Prefix,
    Ttl,
    compute_usage,
    find_minimum,
    hash_prefixes,
)

SHORT, HOUR = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}


def text(content: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": content, **fields}


def request_body(*blocks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": list(blocks) or "Hello"}]
    return {"model": "claude-sonnet-5", "max_tokens": 10, "messages": messages, **fields}


def prefixes(body: dict[str, Any]) -> list[Prefix]:
    return hash_prefixes(MessagesRequest(body))


def marks(body: dict[str, Any]) -> list[Ttl | None]:
    return [prefix.ttl for prefix in prefixes(body)]


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("claude-fable-5-2", 512),
        ("claude-sonnet-5-5", 512),
        ("claude-sonnet-5", 1024),
        ("claude-sonnet-4-5", 1024),
        ("claude-opus-4-7", 2048),
        ("claude-3-5-haiku-latest", 2048),
        ("claude-haiku-4-5", 4096),
        ("claude-opus-4-6", 4096),
        ("vendor/model", MINIMUM),
    ],
)
def test_minimum_of_cached_tokens_depends_on_the_model(model: str, tokens: int) -> None:
    assert find_minimum(model) == tokens


def test_the_minimums_are_those_of_models_in_the_catalogue() -> None:
    assert MINIMUMS.keys() <= {model.id for model in CATALOGUE}


def test_a_request_without_a_breakpoint_has_no_prefixes() -> None:
    assert prefixes(request_body(text("Hello"))) == []


def test_breakpoint_is_at_a_block_with_cache_control() -> None:
    body = request_body(text("1", cache_control=SHORT), text("2"), system=[text("0", cache_control=HOUR)])

    assert marks(body) == ["1h", "5m", None]


def test_tools_come_before_system_and_system_before_messages() -> None:
    tool = {"name": "one", "input_schema": {"type": "object"}, "cache_control": HOUR}

    assert marks(request_body(text("1", cache_control=SHORT), system="0", tools=[tool])) == ["1h", None, "5m"]


@pytest.mark.parametrize("control", [None, "ephemeral"])
def test_invalid_cache_control_is_not_a_breakpoint(control: Any) -> None:
    assert prefixes(request_body(text("1", cache_control=control))) == []


def test_a_breakpoint_within_a_tool_result_is_at_its_end() -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": [text("0"), text("1", cache_control=HOUR)]}

    assert marks(request_body(result, text("2"))) == ["1h", None]


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([text("1"), text("2")], [None, "1h"]),
        ([text("1"), text("")], ["1h", None]),
        ([text("1"), {"type": "thinking", "thinking": "…", "signature": "s"}], ["1h", None]),
        ([text("1"), {"type": "redacted_thinking", "data": "d"}], ["1h", None]),
        ([text("1"), text("2", cache_control=SHORT)], [None, "5m"]),
        ([text("")], []),
        ([], ["1h"]),
    ],
)
def test_automatic_breakpoint_is_at_the_last_markable_block(
    blocks: list[dict[str, Any]], expected: list[Ttl | None]
) -> None:
    assert marks(request_body(*blocks, cache_control=HOUR)) == expected


@pytest.mark.parametrize(
    ("block", "automatic", "tail"),
    [
        (text("1"), None, 2),
        ({"type": "tool_result", "tool_use_id": "toolu_1", "content": "1"}, None, 1),
        ({"type": "tool_result", "tool_use_id": "toolu_1", "content": "1"}, SHORT, 6),
    ],
)
def test_the_last_tokens_of_a_request_are_not_cached(
    block: dict[str, Any], automatic: dict[str, str] | None, tail: int
) -> None:
    body = request_body({**block, "cache_control": SHORT}, system="Be kind.", tools=[{"name": "one"}])
    body = body if automatic is None else {**body, "cache_control": automatic}

    assert prefixes(body)[-1].tokens == of_input(body) - tail


def test_the_prefixes_are_those_of_an_edited_prompt() -> None:
    body = request_body(text("1", cache_control=SHORT), text("Some more"))
    shorter = request_body(text("1", cache_control=SHORT))

    edited = MessagesRequest(body).with_prompt(Prompt(shorter["messages"]))

    assert hash_prefixes(edited) == prefixes(shorter)


SECTIONS = st.fixed_dictionaries(
    {}, optional={"system": st.just("Be kind."), "tools": st.just([{"name": "one", "description": "One."}])}
)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=50), st.data(), SECTIONS)
def test_a_prefix_does_not_depend_on_what_follows(
    said: list[str], data: st.DataObject, sections: dict[str, Any]
) -> None:
    def up_to(end: int, *marked: int) -> list[Prefix]:
        blocks = [
            text(each, **({"cache_control": SHORT} if at in marked else {})) for at, each in enumerate(said[:end])
        ]
        return prefixes(request_body(*blocks, **sections))[-end:]

    marked = data.draw(st.sets(st.integers(0, len(said) - 1), min_size=1, max_size=4))
    whole = up_to(len(said), *marked)

    for index in marked:
        alone = up_to(index + 1, index)
        assert whole[index] == alone[-1]
        seen = {prefix.digest: prefix.tokens for prefix in alone[-LOOKBACK:]}
        assert seen.items() <= {prefix.digest: prefix.tokens for prefix in whole}.items()


PICTURE = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
DOCUMENT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "…"}}
CITED = {**DOCUMENT, "citations": {"enabled": True}}
TOOL = {"name": "one", "input_schema": {"type": "object"}}
ALL, SYSTEM, MESSAGES = "tools system messages", "system messages", "messages"


def cached_body(*more: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a request with one block in each section, and `more` after them."""
    every = {"tools": [TOOL], "system": [text("Be kind.")], "cache_control": SHORT, **fields}
    return request_body(text("Hello"), *more, **every)


def same(one: dict[str, Any], other: dict[str, Any]) -> list[bool]:
    """Return whether the prefixes of two requests up to tools, system and the first message are the same."""
    return [a.digest == b.digest for a, b in zip(prefixes(one)[:3], prefixes(other)[:3], strict=True)]


@pytest.mark.parametrize(
    ("changed", "invalid"),
    [
        ({"model": "claude-opus-5"}, ALL),
        ({"tools": [{**TOOL, "description": "One."}]}, ALL),
        ({"system": [text("Be cruel.")]}, SYSTEM),
        ({"speed": "fast"}, SYSTEM),
        ({"tool_choice": {"type": "any"}}, MESSAGES),
        ({"thinking": {"type": "adaptive"}}, MESSAGES),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, MESSAGES),
        ({"output_config": {"effort": "low"}}, MESSAGES),
        ({"output_config": {"format": {"type": "json_schema", "schema": {}}}}, MESSAGES),
        ({"output_format": {"type": "json_schema", "schema": {}}}, MESSAGES),
        ({"max_tokens": 20, "stream": True, "metadata": {}, "temperature": 0.5}, ""),
        ({"speed": "standard", "tool_choice": {"type": "auto"}, "output_config": {"effort": "high"}}, ""),
        ({"thinking": None, "output_config": None, "system": "Be kind."}, ""),
        ({"system": [text("Be kind.", cache_control=HOUR)]}, ""),
    ],
)
def test_a_change_invalidates_its_section_and_those_after_it(changed: dict[str, Any], invalid: str) -> None:
    assert same(cached_body(), cached_body(**changed)) == [name not in invalid.split() for name in ALL.split()]


@pytest.mark.parametrize(
    ("more", "invalid"),
    [
        ([text("More")], ""),
        ([DOCUMENT], ""),
        ([CITED], SYSTEM),
        ([PICTURE], MESSAGES),
        ([{"type": "tool_result", "tool_use_id": "t", "content": [PICTURE]}], MESSAGES),
    ],
)
def test_added_block_invalidates_the_settings_it_changes(more: list[dict[str, Any]], invalid: str) -> None:
    assert same(cached_body(), cached_body(*more)) == [name not in invalid.split() for name in ALL.split()]


def test_an_alias_is_the_model_it_stands_for() -> None:
    assert all(same(cached_body(model="claude-haiku-4-5"), cached_body(model="claude-haiku-4-5-20251001")))


def test_role_is_part_of_the_prefix() -> None:
    user = cached_body()
    assistant = {**user, "messages": [{**user["messages"][0], "role": "assistant"}]}

    assert same(user, assistant) == [True, True, False]


def test_key_order_counts_within_an_input_only() -> None:
    def using(**fields: Any) -> bytes:
        return prefixes(request_body({"type": "tool_use", "id": "t", **fields}, cache_control=SHORT))[-1].digest

    one = using(name="n", input={"a": 1, "b": 2})
    assert one == using(input={"a": 1, "b": 2}, name="n")
    assert one != using(name="n", input={"b": 2, "a": 1})


def test_cache_control_is_removed_from_blocks_only() -> None:
    marked = text("1", cache_control=SHORT)
    document = {"type": "document", "source": {"type": "content", "content": [marked]}}
    call = {"type": "tool_use", "input": {"cache_control": 1, "content": [{"a": 1}]}, "cache_control": SHORT}

    assert remove_cache_control([{"role": "user", "content": [document, call]}]) == [
        {
            "role": "user",
            "content": [
                {"type": "document", "source": {"type": "content", "content": [text("1")]}},
                {"type": "tool_use", "input": {"cache_control": 1, "content": [{"a": 1}]}},
            ],
        }
    ]


def row(*steps: tuple[int, Ttl | None]) -> list[Prefix]:
    """Return prefixes that end after so many tokens; their digests are those numbers."""
    return [Prefix(b"%d" % tokens, tokens, ttl) for tokens, ttl in steps]


def among(*alive: int) -> Callable[[bytes], bool]:
    return {b"%d" % tokens for tokens in alive}.__contains__


NEVER = among()
FOUR = row((1000, None), (2000, "1h"), (3000, None), (4000, "5m"), (5000, None))


@pytest.mark.parametrize(
    ("alive", "expected"),
    [
        ((), InputUsage(1000, created_5m=2000, created_1h=2000)),
        ((1000,), InputUsage(1000, created_5m=2000, created_1h=1000, read=1000)),
        ((2000,), InputUsage(1000, created_5m=2000, read=2000)),
        ((3000,), InputUsage(1000, created_5m=1000, read=3000)),
        ((2000, 4000), InputUsage(1000, read=4000)),
        ((5000,), InputUsage(1000, created_5m=2000, created_1h=2000)),
    ],
)
def test_longest_live_prefix_is_read_and_the_rest_written(alive: tuple[int, ...], expected: InputUsage) -> None:
    assert compute_usage(FOUR, 5000, 1000, among(*alive)).usage == expected


def test_breakpoints_after_the_read_prefix_are_written() -> None:
    assert compute_usage(FOUR, 5000, 1000, NEVER).written == ((b"2000", "1h"), (b"4000", "5m"))
    assert compute_usage(FOUR, 5000, 1000, among(2000)).written == ((b"4000", "5m"),)


def test_read_prefix_and_its_breakpoints_are_renewed() -> None:
    assert compute_usage(FOUR, 5000, 1000, NEVER).renewed == ()
    assert compute_usage(FOUR, 5000, 1000, among(1000)).renewed == (b"1000",)
    assert compute_usage(FOUR, 5000, 1000, among(3000)).renewed == (b"2000", b"3000")
    assert compute_usage(FOUR, 5000, 1000, among(4000)).renewed == (b"2000", b"4000")


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        (4000, CacheUsage(InputUsage(1000, created_5m=4000), written=((b"4000", "5m"),))),
        (4001, CacheUsage(InputUsage(5000))),
    ],
)
def test_breakpoint_before_the_minimum_is_ignored(least: int, expected: CacheUsage) -> None:
    assert compute_usage(FOUR, 5000, least, NEVER) == expected


@pytest.mark.parametrize(("distance", "read"), [(LOOKBACK - 1, 1000), (LOOKBACK, 0)])
def test_a_breakpoint_looks_back_over_twenty_blocks(distance: int, read: int) -> None:
    found_prefixes = row((1000, None), *((1000 + step, None) for step in range(1, distance)), (3000, "5m"))

    assert compute_usage(found_prefixes, 3000, 1000, among(1000)).usage.read == read


def test_every_breakpoint_looks_back_on_its_own() -> None:
    between = [(2000 + step, None) for step in range(LOOKBACK)]
    found_prefixes = row((1000, None), (2000, "5m"), *between[1:], (3000, "5m"))

    assert compute_usage(found_prefixes, 3000, 1000, among(1000)).usage.read == 1000


STEPS = st.lists(st.tuples(st.integers(1, 900), st.sampled_from([None, "5m", "1h"])), min_size=1, max_size=50)


@given(STEPS, st.integers(0, 5000), st.data())
def test_usage_adds_up_to_the_input_tokens(
    steps: list[tuple[int, Ttl | None]], least: int, data: st.DataObject
) -> None:
    ends = [sum(tokens for tokens, _ in steps[: index + 1]) for index in range(len(steps))]
    found_prefixes = row(*((end, ttl) for end, (_, ttl) in zip(ends, steps, strict=True)))
    usage = compute_usage(found_prefixes, ends[-1], least, among(*data.draw(st.sets(st.sampled_from(ends))))).usage

    assert sum(usage) == ends[-1]
    assert min(usage) >= 0
