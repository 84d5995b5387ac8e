"""Tokens: the same thing always counts the same, and what is not text counts as the API says or not at all."""

from __future__ import annotations

import math
import re
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api import growing_text, tokens
from mockclaude.api.events import streamed_text
from mockclaude.api.growing_text import GrowingText
from mockclaude.api.media import MAX_TEXTS, OPENED
from mockclaude.api.prompt_parts import PATCH, count_patches
from mockclaude.api.prompt_settings import list_parts, of_input
from mockclaude.api.request import MessagesRequest
from mockclaude.api.token_weights import NEW, OLD, Scale, Weights
from mockclaude.api.tokens import SampledText, count_text
from tests.api.bodies import accepted, json_objects, texts
from tests.api.pdf_files import page, pdf_of, stream
from tests.api.pictures import encoded, pdf, png

OLD_MODEL, NEW_MODEL = "claude-sonnet-4-5", "claude-opus-4-8"
REQUEST = {OLD_MODEL: 7.1, NEW_MODEL: 7.8}
SIGNED = {"type": "thinking", "thinking": "Hm, well. " * 46, "signature": "x" * 700}
EPHEMERAL = {"type": "ephemeral"}

RUNS = st.lists(
    st.sampled_from(
        ["a", "Zz", "longest", "1", "12", "333", "1234567890123", " ", "  ", "\n", "\t", "_", "é", "漢", "\0"]
    ),
    max_size=12,
).map("".join)
"""Texts whose parts have borders everywhere."""

ALL_WEIGHTS = st.sampled_from([OLD, NEW])


def asked(*contents: Any, model: str = OLD_MODEL, **fields: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": content} for content in contents], **fields}


PART = re.compile(r"[A-Za-z]+|[0-9]+|[ \t\r\f\v\n]+|[^\x00-\x7f]|.", re.DOTALL)


def slow_count(text: str, scale: Scale) -> int:
    """Count as the definition says, part by part."""
    return sum(weigh(part, scale) for part in PART.findall(text))


def weigh(part: str, scale: Scale) -> int:
    if not part.isascii():
        return scale.other
    if part.isalpha():
        return scale.word + max(0, len(part) - 6) * scale.letter
    if part.isdigit():
        return math.ceil(len(part) / 3) * scale.digits
    if part.isspace() and part[0] not in "\x1c\x1d\x1e\x1f":
        return ("\n" in part) * scale.newline + (len(part.partition("\n")[0]) > 1) * scale.spaces
    return 0 if part == "\0" else scale.sign


@given(text=RUNS | texts, scale=st.sampled_from([OLD.text, NEW.text, OLD.tools, NEW.format]))
def test_a_text_counts_as_its_parts_do(text: str, scale: Scale) -> None:
    assert count_text(text, scale) == slow_count(text, scale)


@pytest.mark.parametrize("character", ["a", "1", " ", "\n", "漢", "_", "1 ", "a\n"])
def test_a_long_text_counts_as_its_parts_do(character: str) -> None:
    text = ("x" + character * 20_000) * 2

    assert count_text(text, OLD.text) == slow_count(text, OLD.text)


@given(one=RUNS | texts, more=RUNS | texts, weights=ALL_WEIGHTS)
def test_a_longer_text_never_has_fewer_tokens(one: str, more: str, weights: Weights) -> None:
    assert tokens.of_text(one, weights) <= tokens.of_text(one + more, weights)
    assert (tokens.of_text(one, weights) == 0) is (one == "")


@given(pieces=st.lists(RUNS | texts, max_size=5), weights=ALL_WEIGHTS)
def test_a_growing_text_counts_as_the_whole(pieces: list[str], weights: Weights) -> None:
    growing = GrowingText(weights)

    assert [growing.fit(piece, math.inf) for piece in pieces] == pieces
    assert growing.count == count_text("".join(pieces), weights.text)


@given(text=RUNS | texts, count=st.integers(0, 50), weights=ALL_WEIGHTS)
def test_a_text_is_cut_to_the_most_that_its_tokens_hold(text: str, count: int, weights: Weights) -> None:
    cut = growing_text.cut(text, count, weights)

    assert text.startswith(cut)
    assert tokens.of_text(cut, weights) <= count
    assert cut == text or tokens.of_text(text[: len(cut) + 1], weights) > count
    assert growing_text.cut(text, tokens.of_text(text, weights), weights) == text


SAMPLES = {
    "prose": "The quick brown fox jumps over the lazy dog, and then it sleeps; for how long (12 hours)? ",
    "code": "def add(one: int, other: int) -> int:\n    total = one + other  # simple\n    return total\n\n\n",
    "JSON": '{"name":"get_weather","unit":"celsius","days":[1,2,3],"note":"Sunny, with 30 % of clouds."},\n',
}


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("size", [20_000, 100_000])
def test_a_sample_is_within_two_percent(kind: str, size: int) -> None:
    text = "".join(f"{SAMPLES[kind]}{'abc ' * (number % 5)}" for number in range(size // 60))[:size]

    [sampled] = SampledText(text, OLD.text).count_to([size])
    assert sampled == pytest.approx(count_text(text, OLD.text), rel=0.02)


PARTS = [SAMPLES["prose"] * 3, SAMPLES["code"] * 9, SAMPLES["JSON"]] * 60
ENDS = [sum(map(len, PARTS[:count])) + count - 1 for count in range(1, len(PARTS) + 1)]


@given(ends=st.lists(st.sampled_from(ENDS), min_size=1, max_size=8).map(sorted), more=texts)
def test_a_sample_of_a_beginning_does_not_depend_on_the_rest(ends: list[int], more: str) -> None:
    text = "\0".join(PARTS)
    counts = SampledText(text, NEW.text).count_to(ends)

    assert counts == sorted(counts)
    assert counts == [SampledText(f"{text[:end]}\0{more}", NEW.text).count_to([end])[0] for end in ends]
    counted = SampledText(text, NEW.text)
    assert (counted.count_to(ENDS[-1:]), counted.count_to(ends)) == (counted.count_to(ENDS[-1:]), counts)


@pytest.mark.parametrize(
    ("block", "count"),
    [
        ({"type": "text", "text": "The answer is 42."}, 6),
        ({"type": "text", "text": ""}, 0),
        ({"type": "thinking", "thinking": "Hm, well.", "signature": "x" * 700}, 4),
        ({"type": "thinking", "thinking": "", "signature": "x" * 700}, 0),
        ({"type": "redacted_thinking", "data": "EmwKAhgB"}, 0),
        ({"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}, 28),
        ({"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"a": 1}}, 28 + 7),
        ({"type": "tool_use", "input": {}}, 27),
        ({"type": "server_tool_use", "id": "u_1", "name": "web_search", "input": {"a": 1}}, 7),
        ({"type": "code_execution_tool_result", "content": {"stdout": "fine", "return_code": 0}}, 0),
        ({"type": "web_search_tool_result", "content": [{"title": "fine", "encrypted_content": "x" * 700}]}, 0),
    ],
)
def test_output_counts_what_a_reader_sees(block: dict[str, Any], count: int) -> None:
    assert tokens.of_output(block) == count


@given(arguments=json_objects, name=st.text())
def test_a_call_of_a_tool_counts_its_name_and_its_arguments(arguments: dict[str, Any], name: str) -> None:
    block = {"type": "tool_use", "name": name, "input": arguments}

    besides = tokens.to_tokens(count_text(name, OLD.text) + OLD.call)
    assert tokens.of_output(block) == besides + tokens.of_text(streamed_text(block))


def of_request(*blocks: Any) -> int:
    """Return the tokens of a request whose PDFs share their bounds."""
    token = OPENED.set([])
    count = of_input(asked([*blocks]))
    OPENED.reset(token)
    return count


def of_block(block: Any, model: str = OLD_MODEL) -> float:
    """Return the tokens of a block besides those of a request."""
    return of_input(asked([block], model=model)) - REQUEST[model]


SEEN = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "fine"}
HIDDEN = stream(b"", b"/Filter /JPXDecode")


@pytest.mark.parametrize(
    ("block", "count"),
    [
        ({"type": "text", "text": "fine", "cache_control": EPHEMERAL}, 1),
        (SEEN, 28),
        ({**SEEN, "content": [{"type": "text", "text": "fine"}]}, 28),
        ({**SEEN, "content": [{"type": "image", "source": {"type": "url"}}]}, 127),
        ({"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"a": 1}}, 35),
        ({"type": "search_result", "title": "fine", "source": "fine", "content": []}, 2),
        ({"type": "search_result", "title": "fine", "citations": {"enabled": True}}, 536),
        ({"type": "document", "source": {"type": "text", "data": "fine"}}, 37),
        ({"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "fine"}]}}, 37),
        ({"type": "document", "source": {"type": "text", "data": "fine"}, "title": "fine", "context": "fine"}, 39),
        ({"type": "document", "source": {"type": "text", "data": "fine"}, "citations": {"enabled": True}}, 572),
        ({"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}, 1600),
        ({"type": "document", "source": {"type": "file", "file_id": "file_1"}}, 1600),
        ({"type": "document", "source": {"type": "base64", "data": "no PDF"}}, 1600),
        ({"type": "document", "source": {"type": "base64", "data": pdf(3)}}, 3 * 1575),
        ({"type": "document", "source": {"type": "base64", "data": encoded(pdf_of(page("fine")))}}, 1576),
        ({"type": "document", "source": {"type": "base64", "data": encoded(pdf_of(page("fine"), HIDDEN))}}, 3152),
        ({"type": "document", "source": {"type": "base64", "data": encoded(pdf_of(HIDDEN))}}, 1575 + 250),
        ({"type": "image", "source": {"type": "base64", "data": "no image"}}, 100),
        ({"type": "image", "source": {"type": "file", "file_id": "file_1"}}, 100),
        ({"type": "image", "source": {"type": "base64", "data": png(640, 480)}}, 416),
        ({"type": "image"}, 100),
        ({"type": "hologram", "text": "fine", "layers": [{"note": "fine"}, 7], "data": "fine"}, 2),
    ],
)
def test_a_block_counts_its_text_and_its_kind(block: dict[str, Any], count: int) -> None:
    assert of_block(block) == pytest.approx(count, abs=1)


def test_pages_after_the_read_ones_count_as_their_average() -> None:
    pages = [page("fine " * 100)] * MAX_TEXTS + [page("fine")] * MAX_TEXTS
    document = {"type": "document", "source": {"type": "base64", "data": encoded(pdf_of(*pages))}}
    unread = {"type": "document", "source": {"type": "base64", "data": encoded(pdf_of(page("too late")))}}

    assert of_block(document) == pytest.approx(2 * MAX_TEXTS * (1575 + 100), rel=0.01)
    assert of_request(document, unread) - of_request(document) == pytest.approx(1575 + 250, abs=1)


def test_citations_of_a_pdf_count_most_of_its_text_again() -> None:
    document = {"type": "document", "source": {"type": "base64", "data": encoded(pdf_of(page("fine " * 1000)))}}

    cited = {**document, "citations": {"enabled": True}}
    assert of_block(cited) - of_block(document) == pytest.approx(535 + 700, rel=0.1)


def test_citations_count_once() -> None:
    document = {"type": "document", "source": {"type": "text", "data": "fine"}, "citations": {"enabled": True}}

    assert of_input(asked([document, document])) - of_input(asked([document])) == 37


@pytest.mark.parametrize(
    ("width", "height", "weights", "patches"),
    [
        (1800, 1200, OLD, 1536),
        (1800, 1200, NEW, 2795),
        (1191, 1128, OLD, 1558),
        (1001, 1001, OLD, 1296),
        (640, 480, OLD, 414),
        (330, 291, NEW, 132),
        (1, 1, OLD, 1),
        (8000, 1, OLD, 56),
        (1, 8000, NEW, 92),
    ],
)
def test_an_image_counts_by_its_patches(width: int, height: int, weights: Weights, patches: int) -> None:
    assert count_patches(width, height, weights) == patches


@given(width=st.integers(1, 9000), height=st.integers(1, 9000), weights=ALL_WEIGHTS)
def test_an_image_is_scaled_down_to_the_limits(width: int, height: int, weights: Weights) -> None:
    patches = count_patches(width, height, weights)

    assert patches == count_patches(height, width, weights)
    assert 1 <= patches <= min(weights.patches, math.ceil(width / PATCH) * math.ceil(height / PATCH))


@pytest.mark.parametrize(
    ("model", "fields", "count"),
    [
        (OLD_MODEL, {"thinking": {"type": "enabled", "budget_tokens": 1024}}, 29),
        (NEW_MODEL, {"thinking": {"type": "adaptive"}}, 0),
        (OLD_MODEL, {"system": "fine"}, 2),
        (OLD_MODEL, {"system": [{"type": "text", "text": "fine"}]}, 2),
        (OLD_MODEL, {"tools": []}, 0),
        (OLD_MODEL, {"tools": [{"name": "look"}]}, 491 + 8),
        (OLD_MODEL, {"tools": [{"name": "look", "cache_control": EPHEMERAL}]}, 491 + 8),
        (OLD_MODEL, {"tools": [{"name": "look"}], "tool_choice": {"type": "any"}}, 580 + 8),
        (OLD_MODEL, {"tools": [{"name": "look"}], "tool_choice": {"type": "none"}}, 491 + 8),
        (OLD_MODEL, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, 2205),
        ("claude-haiku-4-5", {"mcp_servers": [{"type": "url", "name": "a"}]}, 568),
        ("claude-sonnet-5", {"mcp_servers": [{"type": "url", "name": "a"}]}, 452),
        (OLD_MODEL, {"mcp_servers": [{"name": "a"}], "tools": [{"type": "mcp_toolset"}]}, 491 + 73),
        (OLD_MODEL, {"mcp_servers": [{"name": "a"}], "tools": [{"name": "look"}]}, 491 + 8 + 73),
        (OLD_MODEL, {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}, 96),
        (OLD_MODEL, {"output_format": {"type": "json_schema", "schema": {"type": "object"}}}, 96),
    ],
)
def test_settings_count(model: str, fields: dict[str, Any], count: int) -> None:
    assert of_input(asked("fine", model=model, **fields)) - of_input(asked("fine", model=model)) == pytest.approx(
        count, abs=1
    )


SEARCH = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
LATER = {"name": "look", "description": "word " * 50, "defer_loading": True}


def loaded(name: str) -> dict[str, Any]:
    found = {
        "type": "tool_search_tool_search_result",
        "tool_references": [{"type": "tool_reference", "tool_name": name}],
    }
    return {"role": "assistant", "content": [{"type": "tool_search_tool_result", "content": found}]}


def test_a_deferred_tool_counts_once_it_is_loaded() -> None:
    def count(*messages: Any) -> int:
        body = asked("Hi", tools=[SEARCH, LATER])
        return of_input({**body, "messages": [*body["messages"], *messages]})

    assert count(loaded("look")) - count(loaded("other")) > 50
    assert of_input(asked("Hi", tools=[LATER])) > 491 + 50
    assert of_input(asked("Hi", tools=[{"name": "tool_search_tool_of_ours"}, LATER])) > 491 + 50


def test_thinking_counts_where_the_model_keeps_it() -> None:
    def count(model: str, *later: dict[str, Any]) -> int:
        def with_answer(*content: Any) -> int:
            messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [*content]}, *later]
            return of_input({"model": model, "messages": messages})

        return with_answer(SIGNED, {"type": "text", "text": ""}) - with_answer({"type": "text", "text": ""})

    result = {"role": "user", "content": [SEEN]}
    new_turn = {"role": "user", "content": [SEEN, {"type": "text", "text": "More"}]}
    assert [count(OLD_MODEL), count(OLD_MODEL, result), count(OLD_MODEL, new_turn)] == [100, 100, 0]
    assert [count(NEW_MODEL), count(NEW_MODEL, result), count(NEW_MODEL, new_turn)] == [100, 100, 100]


def test_hidden_thinking_counts_by_its_signature() -> None:
    assert of_block({"type": "thinking", "thinking": "", "signature": "x" * 450}, NEW_MODEL) == pytest.approx(70, abs=1)
    assert of_block({"type": "redacted_thinking", "data": "x" * 50}, NEW_MODEL) == pytest.approx(0, abs=1)


def test_thinking_without_a_question_counts() -> None:
    assert of_input({"model": OLD_MODEL, "messages": [{"role": "assistant", "content": [SIGNED]}]}) == 107


@given(body=accepted)
def test_any_body_counts_the_same_however_it_is_written(body: dict[str, Any]) -> None:
    again = orjson.loads(orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))

    assert of_input(again) == of_input(body) == MessagesRequest(body).input_tokens >= 7


@given(body=accepted, model=st.sampled_from([OLD_MODEL, NEW_MODEL]))
def test_the_ends_of_a_prompt_grow_to_the_whole(body: dict[str, Any], model: str) -> None:
    request = MessagesRequest({**body, "model": model})
    ends = request.count_ends(range(len(request.parts.ends) + 1))

    assert ends == sorted(ends)
    assert (ends[0], ends[-1]) == (0, request.input_tokens)


def test_the_ends_of_a_long_prompt_grow_to_the_whole() -> None:
    request = MessagesRequest(asked(*([SAMPLES["code"] * 9] * 50), system=SAMPLES["prose"]))

    assert request.count_ends([1, 30, 51])[-1] == request.input_tokens == of_input(request.body)
    assert request.count_ends([1]) == [of_input(asked("", system=SAMPLES["prose"])) - 7]
    assert list_parts(request.body, request.constants).ends[0][0] == 1


PUBLISHED: list[tuple[dict[str, Any], int]] = [
    ({"system": "You are a scientist", "messages": [{"role": "user", "content": "Hello, Claude"}]}, 14),
    (
        {
            "tools": [
                {
                    "name": "get_weather",
                    "description": "Get the current weather in a given location",
                    "input_schema": {
                        "type": "object",
                        "properties": {
                            "location": {
                                "type": "string",
                                "description": "The city and state, e.g. San Francisco, CA",
                            }
                        },
                        "required": ["location"],
                    },
                }
            ],
            "messages": [{"role": "user", "content": "What's the weather like in San Francisco?"}],
        },
        403,
    ),
]
"""Requests of Anthropic's documentation of token counting, and the counts that it shows."""


@pytest.mark.parametrize(("body", "published"), PUBLISHED)
def test_a_count_is_near_the_published_one(body: dict[str, Any], published: int) -> None:
    assert of_input({"model": "claude-3-5-sonnet-20240620", **body}) == pytest.approx(published, rel=0.1)
