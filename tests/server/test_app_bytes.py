"""The server on real sockets: every byte of what it sends."""

from __future__ import annotations

import re

from tests.conftest import Serve
from tests.serving import Received, post

HELLO = "rules: [{name: hello, reply: Hello!}]"

HEAD = """HTTP/1.1 200 OK\r
date: Wed, 18 Nov 2026 11:06:40 GMT\r
anthropic-organization-id: 3a2f5c1e-6d0b-4f7a-9c58-2b7e41d09a66\r
anthropic-workspace-id: wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ\r
strict-transport-security: max-age=31536000; includeSubDomains; preload\r
content-security-policy: default-src 'none'; frame-ancestors 'none'\r
server: cloudflare\r
cf-ray: 9e793df2cb2c16a4-SJC\r
cf-cache-status: DYNAMIC\r
x-robots-tag: none\r
vary: Accept-Encoding\r
access-control-allow-origin: *\r
access-control-expose-headers: *\r
"""
LIMITS = """anthropic-ratelimit-requests-limit: 4000\r
anthropic-ratelimit-requests-remaining: 3999\r
anthropic-ratelimit-requests-reset: 2026-11-18T11:06:40Z\r
anthropic-ratelimit-tokens-limit: 4800000\r
anthropic-ratelimit-tokens-remaining: 4800000\r
anthropic-ratelimit-tokens-reset: 2026-11-18T11:06:40Z\r
anthropic-ratelimit-input-tokens-limit: 4000000\r
anthropic-ratelimit-input-tokens-remaining: 4000000\r
anthropic-ratelimit-input-tokens-reset: 2026-11-18T11:06:40Z\r
anthropic-ratelimit-output-tokens-limit: 800000\r
anthropic-ratelimit-output-tokens-remaining: 800000\r
anthropic-ratelimit-output-tokens-reset: 2026-11-18T11:06:40Z\r
"""
CHUNKED = "transfer-encoding: chunked\r\nconnection: keep-alive\r\n"


def chunked(body: str) -> str:
    return f"{len(body):x}\r\n{body}\r\n0\r\n\r\n"


def id_in(received: Received, prefix: str) -> str:
    """Return the one id with this prefix; how ids are drawn is tested elsewhere."""
    (found,) = {*re.findall(prefix + "_01[1-9A-HJ-NP-Za-km-z]{22}", received.raw.decode())}
    return str(found)


def test_a_message_is_these_bytes(serve: Serve) -> None:
    given = serve(HELLO).ask(post())
    body = (
        f'{{"model":"claude-sonnet-5","id":"{id_in(given, "msg")}","type":"message","role":"assistant",'
        '"content":[{"type":"text","text":"Hello!"}],"stop_reason":"end_turn","stop_sequence":null,'
        '"stop_details":null,"usage":{"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,'
        '"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":2,'
        '"output_tokens_details":{"thinking_tokens":0},"service_tier":"standard","inference_geo":"global"}}'
    )

    head = f"{HEAD}content-type: application/json\r\n{LIMITS}{CHUNKED}request-id: {id_in(given, 'req')}\r\n\r\n"
    assert given.raw.decode() == head + chunked(body)


EVENTS = """event: message_start
data: {"type":"message_start","message":{"model":"claude-sonnet-5","id":"%s","type":"message","role":"assistant",\
"content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":9,\
"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,\
"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard","inference_geo":"global"}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hell"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"o!"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null},\
"usage":{"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":2,\
"output_tokens_details":{"thinking_tokens":0}}}

event: message_stop
data: {"type":"message_stop"}

"""
STREAMED = "content-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"


def test_a_stream_is_these_bytes(serve: Serve) -> None:
    given = serve(HELLO).ask(post(stream=True))
    head = f"{HEAD}{STREAMED}{LIMITS}{CHUNKED}request-id: {id_in(given, 'req')}\r\n\r\n"

    assert given.raw.decode() == head + chunked(EVENTS % id_in(given, "msg"))


def test_an_error_is_these_bytes(serve: Serve) -> None:
    given = serve("rules: [{reply: {error: {type: overloaded_error, headers: {retry-after: 3}}}}]").ask(post())
    request_id = id_in(given, "req")
    head = HEAD.replace("200 OK", "529 ") + "content-type: application/json\r\n"
    retry = "x-should-retry: true\r\nretry-after: 3\r\n"
    body = (
        '{"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"},'
        f'"request_id":"{request_id}"}}'
    )

    assert given.raw.decode() == f"{head}{retry}{CHUNKED}request-id: {request_id}\r\n\r\n{chunked(body)}"
