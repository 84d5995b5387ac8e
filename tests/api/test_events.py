"""The bytes of each server-sent event, and for each kind of block which events it is streamed in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api import events
from tests.api.bodies import json_objects, texts
from tests.reply.client import apply

USAGE = (
    '"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,'
    '"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":15,'
    '"service_tier":"standard","inference_geo":"not_available"'
)
MESSAGE = json.loads(
    '{"model":"claude-opus-5","id":"msg_1","type":"message","role":"assistant",'
    '"content":[{"type":"text","text":"Hi."}],"stop_reason":"end_turn","stop_sequence":null,"stop_details":null,'
    f'"usage":{{{USAGE}}}}}'
)
DIRECT = '"caller":{"type":"direct"}'
USE = '"id":"u_1","name":"look"'
CITATION = '{"type":"char_location","cited_text":"Hi."}'
FOUND = '{"type":"web_search_tool_result","tool_use_id":"u_1","content":[{"type":"web_search_result","url":"u"}]}'


def test_an_event_is_its_name_its_data_and_a_blank_line() -> None:
    assert events.event("greeting", {"text": "Grüß\nGott 👋"}).encoded == (
        'event: greeting\ndata: {"text":"Grüß\\nGott 👋"}\n\n'.encode()
    )


def test_a_ping_has_a_space_after_the_colon_and_a_message_stop_has_none() -> None:
    assert events.PING.encoded == b'event: ping\ndata: {"type": "ping"}\n\n'
    assert events.MESSAGE_STOP.encoded == b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def test_a_message_starts_without_content_and_ending_and_with_the_first_tokens() -> None:
    usage = USAGE.replace('"output_tokens":15', '"output_tokens":1')

    assert events.message_start(MESSAGE, {"output_tokens": 1}).encoded.decode() == (
        'event: message_start\ndata: {"type":"message_start","message":{"model":"claude-opus-5","id":"msg_1",'
        '"type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,'
        f'"stop_details":null,"usage":{{{usage}}}}}}}\n\n'
    )


def test_a_message_delta_has_the_ending_and_the_cumulative_counters_and_no_tier() -> None:
    assert events.message_delta(MESSAGE).encoded.decode() == (
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,'
        '"stop_details":null},"usage":{"input_tokens":25,"cache_creation_input_tokens":0,'
        '"cache_read_input_tokens":0,"output_tokens":15}}\n\n'
    )


def test_what_is_counted_at_the_end_is_not_told_at_the_start() -> None:
    ends = {"output_tokens_details": {"thinking_tokens": 3}, "server_tool_use": {}, "iterations": []}
    usage = MESSAGE["usage"] | ends | {"speed": "fast"}
    start = events.message_start({**MESSAGE, "usage": usage}, {"output_tokens": 1}).encoded
    end = events.message_delta({**MESSAGE, "usage": usage}).encoded

    assert all(name.encode() not in start and name.encode() in end for name in ends)
    assert b'"speed":"fast"' in start
    assert b"speed" not in end


def test_a_container_ends_inside_the_delta_and_context_management_beside_it() -> None:
    extra: dict[str, Any] = {"container": {"id": "container_1"}, "context_management": {"applied_edits": []}}
    data = events.message_delta({**MESSAGE, **extra}).encoded

    assert b'"stop_details":null,"container":{"id":"container_1"}},"usage":' in data
    assert data.endswith(b'"output_tokens":15},"context_management":{"applied_edits":[]}}\n\n')
    assert b"container" not in events.message_delta({**MESSAGE, "container": None}).encoded


def test_an_error_event_is_the_envelope() -> None:
    assert (
        events.error({"type": "error", "error": {}}).encoded == b'event: error\ndata: {"type":"error","error":{}}\n\n'
    )


def test_a_block_stops_with_its_index() -> None:
    assert events.content_block_stop(12).encoded == (
        b'event: content_block_stop\ndata: {"type":"content_block_stop","index":12}\n\n'
    )


@pytest.mark.parametrize(
    ("block", "begun"),
    [
        ('{"type":"text","text":"Hi."}', '{"type":"text","text":""}'),
        (f'{{"citations":[{CITATION}],"type":"text","text":"Hi."}}', '{"citations":[],"type":"text","text":""}'),
        (
            '{"type":"thinking","thinking":"Hm.","signature":"c2ln"}',
            '{"type":"thinking","thinking":"","signature":""}',
        ),
        ('{"type":"redacted_thinking","data":"EmwK"}', '{"type":"redacted_thinking","data":"EmwK"}'),
        (
            f'{{"type":"tool_use",{USE},"input":{{"a":1}},{DIRECT}}}',
            f'{{"type":"tool_use",{USE},"input":{{}},{DIRECT}}}',
        ),
        (
            f'{{"type":"server_tool_use",{USE},"input":{{"a":1}}}}',
            f'{{"type":"server_tool_use",{USE},"input":{{}}}}',
        ),
        (
            f'{{"type":"mcp_tool_use",{USE},"input":{{"a":1}},"server_name":"s"}}',
            f'{{"type":"mcp_tool_use",{USE},"input":{{}},"server_name":"s"}}',
        ),
        (FOUND, FOUND),
        ('{"type":"compaction","content":"Summary"}', '{"type":"compaction","content":null}'),
        (
            '{"type":"compaction","content":"Summary","encrypted_content":"Eqgf"}',
            '{"type":"compaction","content":null,"encrypted_content":null}',
        ),
        ('{"type":"hologram","beam":{"text":"x"}}', '{"type":"hologram","beam":{"text":"x"}}'),
    ],
)
def test_a_block_starts_empty_where_deltas_follow_and_whole_where_none_do(block: str, begun: str) -> None:
    assert events.content_block_start(3, json.loads(block)).encoded.decode() == (
        f'event: content_block_start\ndata: {{"type":"content_block_start","index":3,"content_block":{begun}}}\n\n'
    )


@pytest.mark.parametrize(
    ("block", "pieces", "deltas"),
    [
        (
            '{"type":"text","text":"Hi."}',
            ["H", "i."],
            ['{"type":"text_delta","text":"H"}', '{"type":"text_delta","text":"i."}'],
        ),
        ('{"type":"text","text":""}', [], []),
        (
            f'{{"citations":[{CITATION}],"type":"text","text":"Hi."}}',
            ["Hi."],
            [f'{{"type":"citations_delta","citation":{CITATION}}}', '{"type":"text_delta","text":"Hi."}'],
        ),
        (
            '{"type":"thinking","thinking":"Hm.","signature":"c2ln"}',
            ["H", "m."],
            [
                '{"type":"thinking_delta","thinking":"H"}',
                '{"type":"thinking_delta","thinking":"m."}',
                '{"type":"signature_delta","signature":"c2ln"}',
            ],
        ),
        (
            '{"type":"thinking","thinking":"","signature":"c2ln"}',
            [],
            ['{"type":"signature_delta","signature":"c2ln"}'],
        ),
        *(
            (
                f'{{"type":"{kind}",{USE},"input":{{"a":1}}}}',
                ['{"a', '":1}'],
                [
                    '{"type":"input_json_delta","partial_json":""}',
                    '{"type":"input_json_delta","partial_json":"{\\"a"}',
                    '{"type":"input_json_delta","partial_json":"\\":1}"}',
                ],
            )
            for kind in ("tool_use", "server_tool_use", "mcp_tool_use")
        ),
        (f'{{"type":"tool_use",{USE},"input":{{}}}}', [], ['{"type":"input_json_delta","partial_json":""}']),
        (
            '{"type":"compaction","content":"Summary","encrypted_content":"Eqgf"}',
            [],
            ['{"type":"compaction_delta","content":"Summary","encrypted_content":"Eqgf"}'],
        ),
        ('{"type":"compaction","content":null}', [], ['{"type":"compaction_delta","content":null}']),
        ('{"type":"redacted_thinking","data":"EmwK"}', [], []),
        (FOUND, [], []),
        ('{"type":"hologram","text":"x"}', [], []),
    ],
)
def test_each_kind_of_block_has_its_deltas_in_order(block: str, pieces: list[str], deltas: list[str]) -> None:
    made = [event.encoded.decode() for event in events.delta_events(3, json.loads(block), pieces)]

    assert made == [
        f'event: content_block_delta\ndata: {{"type":"content_block_delta","index":3,"delta":{delta}}}\n\n'
        for delta in deltas
    ]


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ({"type": "text", "text": "Hi."}, "Hi."),
        ({"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}, "Hm."),
        ({"type": "tool_use", "input": {"city": "Łódź", "days": [1, 2.5]}}, '{"city":"Łódź","days":[1,2.5]}'),
        ({"type": "tool_use", "input": {}}, ""),
        ({"type": "server_tool_use"}, ""),
        ({"type": "thinking"}, ""),
        ({"type": "compaction", "content": "Summary"}, ""),
        ({"type": "redacted_thinking", "data": "EmwK"}, ""),
    ],
)
def test_only_prose_thinking_and_the_input_of_tools_arrive_piece_by_piece(block: dict[str, Any], text: str) -> None:
    assert events.streamed_text(block) == text


@given(pieces=st.lists(st.text('",\\\n []ab\x00é'), max_size=6), index=st.integers(0, 3))
def test_text_deltas_are_encoded_together_as_alone(pieces: list[str], index: int) -> None:
    alone = [events.delta_event(index, {"type": "text_delta", "text": piece}) for piece in pieces]

    assert events.delta_events(index, {"type": "text", "text": "".join(pieces)}, pieces) == alone


blocks = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": texts}),
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": texts, "signature": texts}),
    st.fixed_dictionaries({"type": st.just("tool_use"), "input": json_objects}),
)


@given(block=blocks, cuts=st.lists(st.integers(0, 100), max_size=6))
def test_however_a_block_is_cut_its_deltas_add_up_to_it(block: dict[str, Any], cuts: list[int]) -> None:
    text = events.streamed_text(block)
    ends = sorted(min(cut, len(text)) for cut in cuts)
    pieces = [text[begin:end] for begin, end in zip([0, *ends], [*ends, len(text)], strict=True)]
    begun = json.loads(events.content_block_start(0, block).encoded.decode().split("data: ", 1)[1])["content_block"]
    partial_json = "".join([apply(event.data["delta"], begun) for event in events.delta_events(0, block, pieces)])

    assert {**begun, **({"input": json.loads(partial_json)} if partial_json else {})} == block
