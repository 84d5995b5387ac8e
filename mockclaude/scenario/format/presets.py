"""Presets: names of faults -> the mapping that a scenario file would contain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mockclaude.api.errors import STATUS, type_of

MALFORMED = (
    "status_line",
    "header_name",
    "double_content_length",
    "huge_header",
    "many_headers",
    "early_hints",
    "no_head",
    "chunk_size",
    "not_gzip",
    "broken_gzip",
    "truncated_gzip",
)
"""Ways to malform a whole response: its head, its framing, or its encoding."""


class FaultPreset(NamedTuple):
    """A fault, and its effect on a client."""

    fault: Mapping[str, Any]
    sees: str


def _page(status: int, title: str, server: str, **headers: str) -> dict[str, Any]:
    body = (
        f"<!DOCTYPE html>\n<html>\n<head><title>{title}</title></head>\n<body>\n<center><h1>{title}</h1></center>\n"
        f"<hr><center>{server}</center>\n</body>\n</html>\n"
    )
    return {
        "respond": {
            "status": status,
            "headers": {"content-type": "text/html", "server": server, **headers},
            "body": body,
        }
    }


def _odd_status(status: int) -> dict[str, Any]:
    return {"error": {"type": type_of(status), "status": status}}


_CHALLENGE = {"cf-mitigated": "challenge"}
_NOT_A_MESSAGE = {"type": "error", "error": {"type": "api_error", "message": "Internal server error"}}

PRESETS: dict[str, FaultPreset] = {
    **{name: FaultPreset({"error": name}, f"status {status} with the API's JSON") for name, status in STATUS.items()},
    **{str(status): FaultPreset({"error": name}, f"status {status}, {name}") for name, status in STATUS.items()},
    **{
        str(status): FaultPreset(_odd_status(status), f"status {status}, with the API's JSON")
        for status in (408, 409, 418, 422, 501, 502, 503, 520, 522, 524, 599)
        if status not in STATUS.values()
    },
    "error_event_first": FaultPreset(
        {"error": "overloaded_error", "before": "message_start"}, "200, and an SSE `error` event first"
    ),
    "error_event": FaultPreset(
        {"error": "overloaded_error", "after": "50%"}, "an SSE `error` event in the middle of the stream"
    ),
    "retry_after_an_hour": FaultPreset(
        {"error": {"type": "rate_limit_error", "headers": {"retry-after": 3600}}}, "429, and an hour to wait"
    ),
    "retry_after_date": FaultPreset(
        {"error": {"type": "rate_limit_error", "headers": {"retry-after": "in 1m"}}},
        "429, and a date a minute ahead in `retry-after`",
    ),
    "reset_at_once": FaultPreset({"disconnect": "reset", "before": "headers"}, "RST before any response"),
    "empty_reply": FaultPreset({"disconnect": "close", "before": "headers"}, "FIN before any response"),
    "reset": FaultPreset({"disconnect": "reset", "after": "50%"}, "RST in the middle of the body"),
    "cut": FaultPreset({"disconnect": "close", "after": "50%"}, "FIN in the middle of the body"),
    "cut_event": FaultPreset({"disconnect": "close", "after": "200 bytes"}, "FIN in the middle of an event"),
    "short": FaultPreset({"disconnect": "clean", "after": "50%"}, "half of the body with a regular end"),
    "no_message_stop": FaultPreset(
        {"disconnect": "clean", "before": "message_stop"}, "a clean end before `message_stop`"
    ),
    "no_message_delta": FaultPreset(
        {"disconnect": "clean", "before": "message_delta"}, "a clean end before `message_delta`"
    ),
    "no_last_chunk": FaultPreset(
        {"disconnect": "close", "before": "end"}, "the whole body without the mark of its end"
    ),
    "empty_body": FaultPreset({"disconnect": "clean", "before": "body"}, "200, and nothing in the body"),
    "hang": FaultPreset({"stall": "forever", "before": "headers"}, "nothing, on an open connection"),
    "hang_before_body": FaultPreset({"stall": "forever", "before": "body"}, "headers, and then nothing"),
    "stall": FaultPreset({"stall": "forever", "after": "50%"}, "half of the body, and then nothing"),
    "pings_forever": FaultPreset({"stall": "forever", "after": "message_start", "pings": "15s"}, "only `ping` events"),
    "comments_forever": FaultPreset({"stall": "forever", "after": "message_start", "comments": "15s"}, "only comments"),
    "silence": FaultPreset({"stall": "30s", "after": "50%"}, "nothing for 30 s in the middle"),
    "dribble": FaultPreset({"slice": 16, "every": "100ms"}, "16 bytes at a time, 100 ms apart"),
    "slow": FaultPreset({"rate": "2KB/s"}, "2 KB a second"),
    "bytewise": FaultPreset({"slice": 1}, "one byte at a time"),
    "split_utf8": FaultPreset({"slice": "utf8"}, "each character of several bytes in two pieces"),
    "split_separator": FaultPreset({"slice": "separator"}, "each blank line between events in two pieces"),
    "crlf": FaultPreset({"line_ends": "crlf"}, "CRLF at the end of each line of the stream"),
    "gzip": FaultPreset({"gzip": 1}, "a body with valid gzip, and no event held back"),
    "gzip_held_back": FaultPreset({"gzip": "end"}, "a body with valid gzip, and all events at its end"),
    "corrupt": FaultPreset({"corrupt": 3}, "three bytes changed"),
    "garbage": FaultPreset({"garbage": 100}, "100 random bytes instead of a response"),
    "garbage_after_headers": FaultPreset(
        {"garbage": 100, "before": "body"}, "valid headers, then random bytes in place of a chunk"
    ),
    "content_length_too_long": FaultPreset(
        {"content_length": 50}, "50 bytes less than `content-length` says, then FIN"
    ),
    "content_length_too_short": FaultPreset({"content_length": -20}, "20 bytes more than `content-length` says"),
    **{
        name: FaultPreset({"malformed": name}, sees)
        for name, sees in {
            "status_line": "an invalid status line",
            "header_name": "a header whose name has a space in it",
            "double_content_length": "two `content-length` headers that differ",
            "huge_header": "one header of 400 KB",
            "many_headers": "2,000 headers",
            "early_hints": "100 informational responses before the real one",
            "no_head": "a body without status line and headers",
            "chunk_size": "a chunk size that is not a number",
            "not_gzip": "`content-encoding: gzip` on a body that is plain",
            "broken_gzip": "gzip with a wrong byte in it",
            "truncated_gzip": "gzip without its second half",
        }.items()
    },
    "drop_message_start": FaultPreset({"drop": "message_start"}, "a stream without `message_start`"),
    "drop_message_stop": FaultPreset(
        {"drop": "message_stop"}, "a stream without `message_stop`, as some gateways send"
    ),
    "drop_block_start": FaultPreset({"drop": "content_block_start"}, "deltas of a block without its start"),
    "drop_first_tool_json": FaultPreset({"drop": "input_json_delta 2"}, "tool JSON without its beginning"),
    "drop_last_tool_json": FaultPreset({"drop": "last input_json_delta"}, "tool JSON without its end"),
    "duplicate_message_start": FaultPreset({"duplicate": "message_start"}, "`message_start` twice"),
    "duplicate_delta": FaultPreset({"duplicate": "content_block_delta"}, "the first delta twice"),
    "interleaved_blocks": FaultPreset({"interleave": True}, "content blocks whose events alternate"),
    "swapped_start": FaultPreset(
        {"swap": ["message_start", "content_block_start"]}, "a block before the message begins"
    ),
    "wrong_index": FaultPreset(
        {"edit": "every content_block_delta", "set": {"index": 5}}, "deltas of a block that does not exist"
    ),
    "null_delta": FaultPreset({"edit": "content_block_delta", "set": {"delta": None}}, "`delta: null`"),
    "null_text": FaultPreset({"edit": "text_delta", "set": {"delta.text": None}}, "`text: null` in a delta"),
    "null_usage": FaultPreset({"edit": "message_delta", "set": {"usage.output_tokens": None}}, "`output_tokens: null`"),
    "no_usage": FaultPreset({"edit": "message_delta", "delete": "usage"}, "`message_delta` without `usage`"),
    "no_usage_at_start": FaultPreset(
        {"edit": "message_start", "delete": "message.usage"}, "`message_start` without `usage`"
    ),
    "null_content": FaultPreset(
        {"edit": "body", "set": {"content": None}}, "not streamed: a message whose content is null"
    ),
    "unknown_event": FaultPreset(
        {"insert": {"event": "hologram", "data": {"type": "hologram"}}, "after": "message_start"},
        "an event of a new kind",
    ),
    "unknown_delta": FaultPreset(
        {"edit": "text_delta", "set": {"delta": {"type": "beam_delta", "beam": 1}}}, "a delta of a new kind"
    ),
    "data_only": FaultPreset(
        {"insert": {"data": {"type": "ping"}}, "after": "message_start"}, "an event without a name"
    ),
    "empty_data": FaultPreset({"insert": "event: ping\n\n", "after": "message_start"}, "an event without data"),
    "done": FaultPreset({"insert": "data: [DONE]\n\n", "before": "end"}, "the `[DONE]` of another API at the end"),
    "broken_json": FaultPreset(
        {
            "insert": 'event: content_block_delta\ndata: {"type": "content_block_delta", "ind\n\n',
            "before": "message_delta",
        },
        "an event with truncated JSON",
    ),
    "invalid_utf8": FaultPreset({"insert": {"hex": "ff"}, "after": "message_start"}, "an invalid UTF-8 byte"),
    "restart": FaultPreset(
        {"restart": True, "after": "50%"}, "the message starts again in the same stream, with another id"
    ),
    "wrong_content_type": FaultPreset(
        {"headers": {"content-type": "text/html"}}, "the right body with a wrong content type"
    ),
    "no_content_type": FaultPreset({"headers": {"content-type": False}}, "the right body without a content type"),
    "error_with_200": FaultPreset(
        {"respond": {"headers": {"content-type": "application/json"}, "body": _NOT_A_MESSAGE}},
        "200, and an error as JSON",
    ),
    "bad_gateway_page": FaultPreset(_page(502, "502 Bad Gateway", "nginx"), "a 502 of a proxy, as HTML"),
    "gateway_timeout_page": FaultPreset(_page(504, "504 Gateway Time-out", "nginx"), "a 504 of a proxy, as HTML"),
    "cloudflare_524_page": FaultPreset(
        _page(524, "524: A timeout occurred", "cloudflare"), "Cloudflare's 524, as HTML"
    ),
    "challenge_page": FaultPreset(
        _page(403, "Just a moment...", "cloudflare", **_CHALLENGE), "Cloudflare's challenge, a 403 as HTML"
    ),
    "empty_520": FaultPreset({"respond": {"status": 520, "headers": {"server": "cloudflare"}}}, "a 520 without a body"),
    "page_with_200": FaultPreset(_page(200, "Welcome", "captive-portal"), "200, and a page of HTML"),
    "status_999": FaultPreset({"respond": {"status": 999}}, "a status that does not exist"),
    "refuse": FaultPreset({"refuse": "5s"}, "RST, and refused connections for 5 s"),
    "close_idle": FaultPreset(
        {"disconnect": "close", "before": "headers", "connection": "reused"},
        "FIN at the second request of a connection",
    ),
}
"""Name -> fault. A number is the status that the client gets."""
