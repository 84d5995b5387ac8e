"""Every named fault, and what the newest Python and TypeScript SDKs make of it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from anthropic import Anthropic, APIConnectionError, AsyncAnthropic

from mockclaude.scenario.loader import load_text
from mockclaude.scenario.named_faults import NAMED
from mockclaude.server.fault_wishes import FAULT_HEADER
from tests.sdk import test_typescript
from tests.sdk.broken import ASK, ASYNC_WAYS, WAYS, python, python_async, table, typescript
from tests.serving import ServerThread

node_folder = test_typescript.node_folder

TALK = """
rules:
  - reply: ['Größe and more than one piece of it', {tool_use: {name: write_file, input: {path: hello}}}]
"""
SHORTER = {
    "silence": "stall=200ms; after=50%",
    "dribble": "slice=256; every=5ms",
    "slow": "rate=20KB/s",
    "bytewise": "slice=20",
}
"""Faults that take their time -> the same kind with less of it."""

ALONE = {"refuse", "close_idle"}
"""Faults that take more than one request to see."""

# Fault | Python: create | its stream | stream helper | TypeScript: create | its stream | stream helper; one cell
# is for all six.
TABLE = table("""
invalid_request_error | BadRequestError
authentication_error | AuthenticationError
billing_error | PaymentRequiredError
permission_error | PermissionDeniedError
not_found_error | NotFoundError
conflict_error | ConflictError
request_too_large | ContentTooLargeError
rate_limit_error | RateLimitError
api_error | InternalServerError
timeout_error | GatewayTimeoutError
overloaded_error | OverloadedError
400 | BadRequestError
401 | AuthenticationError
402 | PaymentRequiredError
403 | PermissionDeniedError
404 | NotFoundError
409 | ConflictError
413 | ContentTooLargeError
429 | RateLimitError
500 | InternalServerError
504 | GatewayTimeoutError
529 | OverloadedError
408 | RequestTimeoutError
418 | APIStatusError | APIStatusError | APIStatusError | APIError | APIError | APIError
422 | UnprocessableEntityError
501 | HTTPNotImplementedError | HTTPNotImplementedError | HTTPNotImplementedError | NotImplementedError | NotImplementedError | NotImplementedError
502 | InternalServerError
503 | ServiceUnavailableError
520 | InternalServerError
522 | InternalServerError
524 | InternalServerError
599 | InternalServerError
error_event_first | OverloadedError | APIStatusError | APIStatusError | OverloadedError | APIError | APIError
error_event | OverloadedError | APIStatusError | APIStatusError | OverloadedError | APIError | APIError
retry_after_an_hour | RateLimitError
reset_at_once | APIConnectionError
empty_reply | APIConnectionError
reset | APIConnectionError | ReadError | ReadError | TypeError | TypeError | AnthropicError
cut | APIConnectionError | RemoteProtocolError | RemoteProtocolError | TypeError | TypeError | AnthropicError
cut_event | APIConnectionError | RemoteProtocolError | RemoteProtocolError | TypeError | TypeError | AnthropicError
short | JSONDecodeError | ok content_block_delta | ok None | SyntaxError | ok content_block_delta | AnthropicError
no_message_stop | APIConnectionError | ok message_delta | ok tool_use | APIConnectionError | ok message_delta | AnthropicError
no_message_delta | APIConnectionError | ok content_block_stop | ok None | APIConnectionError | ok content_block_stop | AnthropicError
no_last_chunk | APIConnectionError | RemoteProtocolError | RemoteProtocolError | TypeError | TypeError | AnthropicError
empty_body | JSONDecodeError | ok nothing | AssertionError | SyntaxError | ok nothing | AnthropicError
hang | APITimeoutError | APITimeoutError | APITimeoutError | APIConnectionTimeoutError | APIConnectionTimeoutError | APIConnectionTimeoutError
hang_before_body | APITimeoutError | ReadTimeout | ReadTimeout | DOMException | ok nothing | APIUserAbortError
stall | APITimeoutError | ReadTimeout | ReadTimeout | DOMException | ok content_block_delta | APIUserAbortError
pings_forever | APITimeoutError | ReadTimeout | ReadTimeout | APIConnectionTimeoutError | ok message_start | APIUserAbortError
silence | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
dribble | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
slow | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
bytewise | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
split_utf8 | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
split_separator | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
corrupt | UnicodeDecodeError | UnicodeDecodeError | UnicodeDecodeError | SyntaxError | ok message_stop | AnthropicError
garbage | APIConnectionError
garbage_after_headers | APIConnectionError | RemoteProtocolError | RemoteProtocolError | TypeError | TypeError | AnthropicError
content_length_too_long | APIConnectionError | RemoteProtocolError | RemoteProtocolError | TypeError | TypeError | AnthropicError
content_length_too_short | JSONDecodeError | ok message_delta | ok tool_use | SyntaxError | ok message_delta | AnthropicError
status_line | APIConnectionError
header_name | APIConnectionError | APIConnectionError | APIConnectionError | ok tool_use | ok message_stop | ok tool_use
double_content_length | APIConnectionError
huge_header | APIConnectionError
many_headers | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
early_hints | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
no_head | APIConnectionError
chunk_size | APIConnectionError | RemoteProtocolError | RemoteProtocolError | TypeError | TypeError | AnthropicError
not_gzip | APIConnectionError | DecodingError | DecodingError | TypeError | TypeError | AnthropicError
broken_gzip | APIConnectionError | DecodingError | DecodingError | TypeError | TypeError | AnthropicError
truncated_gzip | JSONDecodeError | ok nothing | AssertionError | SyntaxError | ok nothing | AnthropicError
drop_message_start | ok tool_use | ok message_stop | AssertionError | ok tool_use | ok message_stop | AnthropicError
drop_message_stop | ok tool_use | ok message_delta | ok tool_use | ok tool_use | ok message_delta | AnthropicError
drop_block_start | ok tool_use | ok message_stop | IndexError | ok tool_use | ok message_stop | AnthropicError
drop_first_tool_json | ok tool_use | ok message_stop | ValueError | ok tool_use | ok message_stop | AnthropicError
drop_last_tool_json | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
duplicate_message_start | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | AnthropicError
duplicate_delta | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
swapped_start | ok tool_use | ok message_stop | IndexError | ok tool_use | ok message_stop | AnthropicError
wrong_index | ok tool_use | ok message_stop | IndexError | ok tool_use | ok message_stop | ok tool_use
null_delta | ok tool_use | ok message_stop | AttributeError | ok tool_use | ok message_stop | AnthropicError
null_text | ok tool_use | ok message_stop | TypeError | ok tool_use | ok message_stop | ok tool_use
null_usage | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
no_usage | ok tool_use | ok message_stop | AttributeError | ok tool_use | ok message_stop | AnthropicError
no_usage_at_start | ok tool_use | ok message_stop | AttributeError | ok tool_use | ok message_stop | AnthropicError
null_content | ok without content | ok message_stop | ok tool_use | ok without content | ok message_stop | ok tool_use
unknown_event | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
unknown_delta | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
data_only | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
empty_data | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
done | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | ok tool_use
broken_json | ok tool_use | JSONDecodeError | JSONDecodeError | ok tool_use | SyntaxError | AnthropicError
invalid_utf8 | ok tool_use | UnicodeDecodeError | UnicodeDecodeError | ok tool_use | ok message_stop | AnthropicError
restart | ok tool_use | ok message_stop | ok tool_use | ok tool_use | ok message_stop | AnthropicError
wrong_content_type | ok tool_use | ok message_stop | ok tool_use | ok string | ok message_stop | ok tool_use
no_content_type | ok tool_use | ok message_stop | ok tool_use | ok string | ok message_stop | ok tool_use
error_with_200 | ok without content | ok nothing | AssertionError | ok without content | ok nothing | AnthropicError
bad_gateway_page | InternalServerError
gateway_timeout_page | GatewayTimeoutError
cloudflare_524_page | InternalServerError
challenge_page | PermissionDeniedError
empty_520 | InternalServerError
page_with_200 | ok str | ok nothing | AssertionError | ok string | ok nothing | AnthropicError
status_999 | InternalServerError
""")  # noqa: E501


@pytest.fixture
def url() -> Iterator[str]:
    with ServerThread({"": load_text(TALK)}) as server:
        yield server.url


def headers(name: str) -> dict[str, str]:
    return {FAULT_HEADER: SHORTER.get(name, name)}


def test_the_table_has_every_name() -> None:
    assert set(TABLE) | ALONE == set(NAMED)


def test_what_the_python_sdk_makes_of_each(url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        rows = {name: [pool.submit(python, url, way, headers(name)) for way in WAYS] for name in TABLE}
        given = {name: [outcome.result() for outcome in outcomes] for name, outcomes in rows.items()}

    assert given == {name: cells[:3] for name, cells in TABLE.items()}


async def test_what_the_asynchronous_sdk_makes_of_each_is_the_same(url: str) -> None:
    turns = asyncio.Semaphore(16)

    async def outcome(name: str, way: str) -> str:
        async with turns:
            return await python_async(url, way, headers(name))

    jobs = [(name, way) for name in TABLE for way in WAYS]
    given = dict(zip(jobs, await asyncio.gather(*(outcome(*job) for job in jobs)), strict=True))

    assert given == {(name, way): TABLE[name][column] for name in TABLE for column, way in enumerate(WAYS)}


def test_what_the_typescript_sdk_makes_of_each(url: str, node_folder: Path) -> None:
    shutil.copy(test_typescript.HERE / "broken.mjs", node_folder)
    given = typescript(node_folder, url, {name: headers(name) for name in TABLE})

    assert given == {name: cells[3:] for name, cells in TABLE.items()}


def test_an_idle_connection_that_is_closed_fails_without_retries_and_is_not_noticed_with_them(url: str) -> None:
    for retries, expected in ((0, "APIConnectionError"), (2, "Message")):
        with Anthropic(base_url=url, api_key="mock", max_retries=retries) as client:
            client.messages.create(**ASK)
            try:
                given = type(client.messages.create(**ASK, extra_headers=headers("close_idle"))).__name__
            except APIConnectionError as error:
                given = type(error).__name__
        assert given == expected


ALL_REFUSED = dict.fromkeys(WAYS, "APIConnectionError")


async def test_refused_connections_are_connection_errors_to_both_python_clients(url: str) -> None:
    refusing = await asyncio.to_thread(python, url, "create", headers("refuse"))
    meanwhile = await asyncio.gather(*(asyncio.to_thread(python, url, way, {}) for way in WAYS))
    too = await asyncio.gather(*(python_async(url, way, {}) for way in WAYS))

    assert refusing == "APIConnectionError"
    assert dict(zip(WAYS, meanwhile, strict=True)) == dict(zip(WAYS, too, strict=True)) == ALL_REFUSED


def test_refused_connections_are_connection_errors_to_the_typescript_client(url: str, node_folder: Path) -> None:
    shutil.copy(test_typescript.HERE / "broken.mjs", node_folder)

    assert typescript(node_folder, url, {"refuse": headers("refuse")}) == {"refuse": list(ALL_REFUSED.values())}


@pytest.mark.parametrize("way", WAYS)
async def test_an_idle_connection_that_is_closed_is_a_connection_error_whatever_is_asked(url: str, way: str) -> None:
    with Anthropic(base_url=url, api_key="mock", max_retries=0) as client:
        assert (await asyncio.to_thread(WAYS[way], client, headers("close_idle"))).startswith("ok ")
        with pytest.raises(APIConnectionError):
            await asyncio.to_thread(WAYS[way], client, headers("close_idle"))
    async with AsyncAnthropic(base_url=url, api_key="mock", max_retries=0) as other:
        assert (await ASYNC_WAYS[way](other, headers("close_idle"))).startswith("ok ")
        with pytest.raises(APIConnectionError):
            await ASYNC_WAYS[way](other, headers("close_idle"))
