"""Every named fault, and what the newest Python and TypeScript SDKs make of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import pytest
from anthropic import Anthropic, AsyncAnthropic

from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.loading.loader import load_text
from tests.sdk import node, test_typescript
from tests.sdk.outcomes import WAITING, Case, Way, all_python, all_python_async, end, python, python_async, typescript
from tests.serving import TIME_SCALE, ServerThread

pytestmark = pytest.mark.filterwarnings(  # the SDK's streams that a test abandons are closed by the garbage collector
    r"ignore:Exception ignored in. <async_generator object HTTP11:pytest.PytestUnraisableExceptionWarning"
)

node_folder = test_typescript.node_folder

TALK = """
seed: 1
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

QUIET = {"hang", "hang_before_body", "stall", "pings_forever", "comments_forever"}
"""Faults that never come to an end: no client is patient."""

ALONE = {"refuse", "close_idle"}
"""Faults that take more than one request to see."""

WAYS: tuple[Way, ...] = ("create", "raw", "helper")


def table(text: str) -> dict[str, list[str]]:
    """Return the rows of a table, `name | cell | ...`, by name; a single cell stands for six of them."""
    lines = ([cell.strip() for cell in line.split("|")] for line in text.strip().splitlines())
    return {name: cells if len(cells) > 1 else cells * 6 for name, *cells in lines}


# Fault | Python: create | its stream | stream helper | TypeScript: create | its stream | stream helper; one cell
# is for all six. A cell says how a message ended: its stop reason, the class that is raised, or `waiting`.
TABLE = table("""
invalid_request_error | BadRequestError 400
authentication_error | AuthenticationError 401
billing_error | PaymentRequiredError 402
permission_error | PermissionDeniedError 403
not_found_error | NotFoundError 404
conflict_error | ConflictError 409
request_too_large | ContentTooLargeError 413
rate_limit_error | RateLimitError 429
api_error | InternalServerError 500
timeout_error | GatewayTimeoutError 504
overloaded_error | OverloadedError 529
400 | BadRequestError 400
401 | AuthenticationError 401
402 | PaymentRequiredError 402
403 | PermissionDeniedError 403
404 | NotFoundError 404
409 | ConflictError 409
413 | ContentTooLargeError 413
429 | RateLimitError 429
500 | InternalServerError 500
504 | GatewayTimeoutError 504
529 | OverloadedError 529
408 | RequestTimeoutError 408
418 | APIStatusError 418 | APIStatusError 418 | APIStatusError 418 | APIError 418 | APIError 418 | APIError 418
422 | UnprocessableEntityError 422
501 | HTTPNotImplementedError 501 | HTTPNotImplementedError 501 | HTTPNotImplementedError 501 | NotImplementedError 501 | NotImplementedError 501 | NotImplementedError 501
502 | InternalServerError 502
503 | ServiceUnavailableError 503
520 | InternalServerError 520
522 | InternalServerError 522
524 | InternalServerError 524
599 | InternalServerError 599
error_event_first | OverloadedError 529 | APIStatusError 200 | APIStatusError 200 | OverloadedError 529 | APIError | APIError
error_event | OverloadedError 529 | APIStatusError 200 | APIStatusError 200 | OverloadedError 529 | APIError | APIError
retry_after_an_hour | RateLimitError 429
retry_after_date | RateLimitError 429
reset_at_once | APIConnectionError
empty_reply | APIConnectionError
reset | APIConnectionError | ReadError | ReadError | TypeError | TypeError | AnthropicError
cut | APIConnectionError | RemoteProtocolError | RemoteProtocolError | TypeError | TypeError | AnthropicError
cut_event | APIConnectionError | RemoteProtocolError | RemoteProtocolError | TypeError | TypeError | AnthropicError
short | JSONDecodeError | None | None | SyntaxError | None | AnthropicError
no_message_stop | APIConnectionError | tool_use | tool_use | APIConnectionError | tool_use | AnthropicError
no_message_delta | APIConnectionError | None | None | APIConnectionError | None | AnthropicError
no_last_chunk | APIConnectionError | RemoteProtocolError | RemoteProtocolError | TypeError | TypeError | AnthropicError
empty_body | JSONDecodeError | None | AssertionError | SyntaxError | None | AnthropicError
hang | APITimeoutError | APITimeoutError | APITimeoutError | APIConnectionTimeoutError | APIConnectionTimeoutError | APIConnectionTimeoutError
hang_before_body | APITimeoutError | ReadTimeout | ReadTimeout | waiting | waiting | waiting
stall | APITimeoutError | ReadTimeout | ReadTimeout | waiting | waiting | waiting
pings_forever | APITimeoutError | ReadTimeout | ReadTimeout | APIConnectionTimeoutError | waiting | waiting
comments_forever | APITimeoutError | ReadTimeout | ReadTimeout | APIConnectionTimeoutError | waiting | waiting
silence | tool_use
dribble | tool_use
slow | tool_use
bytewise | tool_use
split_utf8 | tool_use
split_separator | tool_use
crlf | tool_use
gzip | tool_use
gzip_held_back | tool_use
corrupt | UnicodeDecodeError | UnicodeDecodeError | UnicodeDecodeError | SyntaxError | SyntaxError | AnthropicError
garbage | APIConnectionError
garbage_after_headers | APIConnectionError | RemoteProtocolError | RemoteProtocolError | TypeError | TypeError | AnthropicError
content_length_too_long | APIConnectionError | RemoteProtocolError | RemoteProtocolError | TypeError | TypeError | AnthropicError
content_length_too_short | JSONDecodeError | tool_use | tool_use | SyntaxError | tool_use | AnthropicError
status_line | APIConnectionError
header_name | APIConnectionError | APIConnectionError | APIConnectionError | tool_use | tool_use | tool_use
double_content_length | APIConnectionError
huge_header | APIConnectionError
many_headers | tool_use
early_hints | tool_use
no_head | APIConnectionError
chunk_size | APIConnectionError | RemoteProtocolError | RemoteProtocolError | TypeError | TypeError | AnthropicError
not_gzip | APIConnectionError | DecodingError | DecodingError | TypeError | TypeError | AnthropicError
broken_gzip | APIConnectionError | DecodingError | DecodingError | TypeError | TypeError | AnthropicError
truncated_gzip | JSONDecodeError | None | AssertionError | SyntaxError | None | AnthropicError
drop_message_start | tool_use | tool_use | AssertionError | tool_use | tool_use | AnthropicError
drop_message_stop | tool_use | tool_use | tool_use | tool_use | tool_use | AnthropicError
drop_block_start | tool_use | tool_use | IndexError | tool_use | tool_use | AnthropicError
drop_first_tool_json | tool_use | tool_use | ValueError | tool_use | tool_use | AnthropicError
drop_last_tool_json | tool_use
duplicate_message_start | tool_use | tool_use | tool_use | tool_use | tool_use | AnthropicError
duplicate_delta | tool_use
interleaved_blocks | tool_use
swapped_start | tool_use | tool_use | IndexError | tool_use | tool_use | AnthropicError
wrong_index | tool_use | tool_use | IndexError | tool_use | tool_use | tool_use
null_delta | tool_use | tool_use | AttributeError | tool_use | tool_use | AnthropicError
null_text | tool_use | tool_use | TypeError | tool_use | tool_use | tool_use
null_usage | tool_use
no_usage | tool_use | tool_use | AttributeError | tool_use | tool_use | AnthropicError
no_usage_at_start | tool_use | tool_use | AttributeError | tool_use | tool_use | AnthropicError
null_content | tool_use
unknown_event | tool_use
unknown_delta | tool_use
data_only | tool_use
empty_data | tool_use
done | tool_use
broken_json | tool_use | JSONDecodeError | JSONDecodeError | tool_use | SyntaxError | AnthropicError
invalid_utf8 | tool_use | UnicodeDecodeError | UnicodeDecodeError | tool_use | tool_use | AnthropicError
restart | tool_use | tool_use | tool_use | tool_use | tool_use | AnthropicError
wrong_content_type | tool_use | tool_use | tool_use | None | tool_use | tool_use
no_content_type | tool_use | tool_use | tool_use | None | tool_use | tool_use
error_with_200 | None | None | AssertionError | None | None | AnthropicError
bad_gateway_page | InternalServerError 502
gateway_timeout_page | GatewayTimeoutError 504
cloudflare_524_page | InternalServerError 524
challenge_page | PermissionDeniedError 403
empty_520 | InternalServerError 520
page_with_200 | AttributeError | None | AssertionError | None | None | AnthropicError
status_999 | InternalServerError 999
""")  # noqa: E501


@pytest.fixture
def url() -> Iterator[str]:
    with ServerThread({"": load_text(TALK)}) as server:
        yield server.url


def case(url: str, name: str, way: Way) -> Case:
    """Return a request with a fault, in a lane of its own, so that none changes what another gets."""
    asked = Case(url, way, fault=SHORTER.get(name, name), lane=f"{name} {way}")
    return asked._replace(timeout=4.0 * TIME_SCALE, patience=8.0 * TIME_SCALE) if name in (*QUIET, *UNZIPPED) else asked


def cases(url: str) -> list[Case]:
    return [case(url, name, way) for name in TABLE for way in WAYS]


def rows(outcomes: Sequence[str]) -> dict[str, list[str]]:
    """Return how the responses ended, by the name of the fault."""
    ends = [end(outcome).replace("null", "None").replace("undefined", "None") for outcome in outcomes]
    return {name: ends[3 * number : 3 * number + 3] for number, name in enumerate(TABLE)}


PYTHON, TYPESCRIPT = ({name: cells[side] for name, cells in TABLE.items()} for side in (slice(3), slice(3, 6)))


def test_the_table_has_every_name() -> None:
    assert set(TABLE) | ALONE == set(PRESETS)


def made(client: Callable[[list[Case]], list[str]]) -> dict[str, list[str]]:
    """Return what a client makes of each response of a server of its own."""
    with ServerThread({"": load_text(TALK)}) as server:
        return rows(client(cases(server.url)))


Made: TypeAlias = dict[str, Future[dict[str, list[str]]]]


@pytest.fixture(scope="module")
def made_by() -> Iterator[Made]:
    """What each client makes of the responses: all begin at once, since they wait most of the time."""
    clients: dict[str, Callable[[list[Case]], list[str]]] = {
        "python": all_python,
        "asynchronous": lambda asked: asyncio.run(all_python_async(asked)),
        "typescript": lambda asked: typescript(node.installed(), asked),
    }
    with ThreadPoolExecutor(len(clients)) as pool:
        yield {name: pool.submit(made, client) for name, client in clients.items()}


@pytest.mark.tools
def test_what_the_python_sdk_makes_of_each(made_by: Made) -> None:
    assert made_by["python"].result() == PYTHON


@pytest.mark.tools
def test_what_the_asynchronous_sdk_makes_of_each_is_the_same(made_by: Made) -> None:
    assert made_by["asynchronous"].result() == PYTHON


@pytest.mark.tools
def test_what_the_typescript_sdk_makes_of_each(made_by: Made) -> None:
    given = made_by["typescript"].result()
    for name in UNZIPPED:
        ends = zip(given[name], TYPESCRIPT[name], strict=True)
        given[name] = [usual if ended == WAITING else ended for ended, usual in ends]

    assert given == TYPESCRIPT


UNZIPPED = ("not_gzip", "broken_gzip")
"""Faults after which Node's fetch now and then settles never, where it fails to unzip before somebody reads."""


REFUSED = ["APIConnectionError"] * 3


async def test_refused_connections_are_connection_errors_to_both_python_clients(url: str) -> None:
    refusing = await all_python_async([case(url, "refuse", "create")])
    meanwhile = [Case(url, way) for way in WAYS]
    given = [*await asyncio.to_thread(all_python, meanwhile), *await all_python_async(meanwhile)]

    assert list(map(end, [*refusing, *given])) == [REFUSED[0], *REFUSED, *REFUSED]


def test_refused_connections_are_connection_errors_to_the_typescript_client(url: str, node_folder: Path) -> None:
    refusing = [case(url, "refuse", way) for way in WAYS]

    assert list(map(end, typescript(node_folder, refusing))) == REFUSED


@pytest.mark.parametrize("way", WAYS)
async def test_an_idle_connection_that_is_closed_is_a_connection_error_whatever_is_asked(url: str, way: Way) -> None:
    asked = case(url, "close_idle", way)
    with Anthropic(api_key="mock") as client:
        one = client.with_options(**asked.options)
        ends = [end(await asyncio.to_thread(python, one, asked)) for _ in range(2)]
    async with AsyncAnthropic(api_key="mock") as other:
        ends += [end(await python_async(other.with_options(**asked.options), asked)) for _ in range(2)]

    assert ends == ["tool_use", "APIConnectionError"] * 2


def test_a_retry_hides_that_an_idle_connection_was_closed(url: str) -> None:
    asked = case(url, "close_idle", "create")._replace(retries=2)
    with Anthropic(api_key="mock") as client:
        patient = client.with_options(**asked.options)

        assert [end(python(patient, asked)) for _ in range(2)] == ["tool_use", "tool_use"]
