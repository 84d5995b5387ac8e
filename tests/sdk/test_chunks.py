"""Where text and tool JSON are cut, as the real SDK receives it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic
from anthropic.types import MessageParam, ThinkingConfigParam

from mockclaude.testing import MessagesRequest, MockClaude
from mockclaude.testing.types import OptionsDict

LONG = "It is sunny in Oslo today."


def ask(**fields: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "The weather?"}]
    return {"model": "claude-haiku-4-5", "max_tokens": 1000, "messages": messages, **fields}


def deltas(client: Anthropic, **fields: Any) -> list[str]:
    """Return the texts of the deltas, without signatures."""
    events = client.messages.create(**ask(**fields), stream=True)
    sent = [event.delta for event in events if event.type == "content_block_delta"]
    values = [delta.model_dump() for delta in sent if delta.type != "signature_delta"]
    return [value for delta in values for key, value in delta.items() if key in ("text", "thinking", "partial_json")]


@pytest.mark.parametrize(
    ("step", "chunks"),
    [
        ({"text": {"chunks": ["The ", "weather"]}}, ["The ", "weather"]),
        ({"text": {"chunks": ["The ", "${{ user }}", ""]}}, ["The ", "The weather?", ""]),
        ({"text": {"text": LONG, "chunks": 2}}, ["It is sunny i", "n Oslo today."]),
        ({"thinking": {"chunks": ["Hm", "m."]}}, ["Hm", "m."]),
        ({"tool_use": {"name": "f", "input": {"city": "Paris"}, "chunks": 2}}, ["", '{"city":', '"Paris"}']),
        ({"tool_use": {"name": "f", "json": '{"city": "Par', "chunks": 3}}, ["", '{"ci', 'ty":', ' "Par']),
        ({"tool_use": {"name": "f", "chunks": ['{"city"', ': "Paris"}']}}, ["", '{"city"', ': "Paris"}']),
        ({"tool_use": {"name": "f", "json": '{"user": "${{ user }}'}}, ["", '{"us', 'er": "The we', "ather", "?"]),
    ],
)
def test_a_step_says_where_it_is_cut(mock: MockClaude, client: Anthropic, step: Any, chunks: list[str]) -> None:
    async def function(_: MessagesRequest) -> AsyncIterator[Any]:
        yield step

    mock.when(headers={"x-live": "1"}).reply(function)
    mock.reply(step)

    assert deltas(client) == chunks
    assert deltas(client, extra_headers={"x-live": "1"}) == chunks


def test_chunk_size_is_that_of_the_file_the_rule_or_the_header(tmp_path: Path) -> None:
    file = tmp_path / "cut.yaml"
    file.write_text(
        "chunk_size: 13\n"
        f"rules:\n- {{when: {{model: claude-opus-5*}}, reply: {LONG}, chunk_size: 20}}\n- reply: {LONG}\n"
    )
    with MockClaude(file) as mock, Anthropic(base_url=mock.url, api_key="mock", max_retries=0) as client:
        assert deltas(client) == ["It is sunny i", "n Oslo today."]
        assert deltas(client, model="claude-opus-5") == ["It is sunny in Oslo ", "today."]
        assert deltas(client, extra_headers={"x-mockclaude-chunk-size": "25"}) == [LONG[:-1], "."]


@pytest.mark.parametrize("size", ["0", "-1", "1.5", "two", "1000001", "9" * 5000])
def test_an_invalid_chunk_size_in_the_header_is_an_error(mock: MockClaude, client: Anthropic, size: str) -> None:
    mock.reply("Hi.")
    with pytest.raises(
        anthropic.BadRequestError, match=r"x-mockclaude-chunk-size: not a chunk size, got '.*'; expected"
    ):
        client.messages.create(**ask(), extra_headers={"x-mockclaude-chunk-size": size})


def test_a_function_has_the_chunk_size_of_its_rule(mock: MockClaude, client: Anthropic) -> None:
    async def count(_: MessagesRequest) -> AsyncIterator[Any]:
        yield "One, two,"
        yield " three"
        yield {"tool_use": {"name": "f", "input": {"a": 1}}}

    mock.reply(count, chunk_size=5)

    assert deltas(client) == ["One, ", "two,", " thre", "e", "", '{"a":', "1}"]


def test_cut_chunks_end_where_the_reply_is_cut(mock: MockClaude, client: Anthropic) -> None:
    mock.when(system="JSON").reply({"tool_use": {"name": "f", "chunks": ['{"city": ', '"Par', 'is"}']}})
    mock.reply({"text": {"chunks": ["One, ", "two, ", "three, ", "four"]}})

    assert deltas(client, max_tokens=4) == ["One, ", "two, "]
    assert deltas(client, stop_sequences=["ree"]) == ["One, ", "two, ", "th"]
    assert deltas(client, messages=[{"role": "user", "content": "?"}, {"role": "assistant", "content": "One, t"}]) == [
        "wo, ",
        "three, ",
        "four",
    ]
    assert deltas(client, system="JSON", max_tokens=33) == ["", '{"city": ', '"']


@pytest.mark.parametrize(("json", "received"), [('{"days": 3, "city": "Par', {"days": 3}), ('{"city": Paris}', {})])
def test_json_that_is_cut_or_broken(mock: MockClaude, client: Anthropic, json: str, received: Any) -> None:
    mock.reply({"tool_use": {"name": "f", "json": json}})

    assert "".join(deltas(client)) == json
    (block,) = client.messages.create(**ask()).content
    assert block.model_dump()["input"] == received
    with client.messages.stream(**ask()) as stream:
        if "Paris" in json:
            with pytest.raises(ValueError, match="Unable to parse tool parameter JSON"):
                stream.get_final_message()
        else:
            assert stream.get_final_message().content[0].model_dump()["input"] == received


def test_small_chunks_do_not_take_more_time(mock: MockClaude, client: Anthropic) -> None:
    pace = {"tokens_per_second": 1000}
    options: list[OptionsDict] = [{"pace": pace}, {"pace": pace, "chunk_size": 1}, {"pace": pace, "chunk_size": 99}]
    for number, keys in enumerate(options):
        mock.when(system=f"no. {number}").reply(LONG, **keys)
        deltas(client, system=f"no. {number}")

    ends = [entry.script.end_at for entry in mock.journal]
    assert ends == [7_000, pytest.approx(7_000, abs=len(LONG)), 7_000]


def test_chunks_of_the_header_survive_faults_of_the_whole_body(mock: MockClaude, client: Anthropic) -> None:
    faults = [{"interleave": True}, {"line_ends": "crlf"}, {"gzip": 2}, {"slice": 7}]
    mock.reply({"thinking": "Hm."}, "Sunny.", fault=faults)
    size = {"x-mockclaude-chunk-size": "1"}
    messages: list[MessageParam] = [{"role": "user", "content": "Weather?"}]
    thinking: ThinkingConfigParam = {"type": "adaptive", "display": "summarized"}

    with client.messages.stream(
        model="claude-sonnet-5", max_tokens=99, messages=messages, thinking=thinking, extra_headers=size
    ) as stream:
        texts = list(stream.text_stream)

    assert texts == ["S", "u", "n", "n", "y", "."]
