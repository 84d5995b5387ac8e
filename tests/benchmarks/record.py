"""What a recorder costs: the delay that it adds to each event, and unpaced streams beside direct ones.

The server behind it sends events with the time of their sending, so a client sees how long each has taken.
`python -m tests.benchmarks.record PORT` is that server.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterable, Sequence
from statistics import median, quantiles
from typing import Any, NamedTuple

import uvloop
from anthropic import Anthropic
from anthropic.types import MessageParam

from tests.benchmarks.effort import Effort
from tests.benchmarks.load import LoadError
from tests.benchmarks.servers import Server, Workplace
from tests.benchmarks.table import Results

GAP_MS, EVENTS = 20, 100
STREAMS = 50
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_LAST = b"0\r\n\r\n"
_MARK = b'"sent": '
_UPSTREAM = Server("upstream", "{python} -m tests.benchmarks.record {port}")


class Upstream(asyncio.Protocol):
    """Sends as many events as the user text says, so many milliseconds apart."""

    def connection_made(self, transport: Any) -> None:
        self._transport, self._data = transport, b""

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if end and len(body) >= length:
            self._data = b""
            words = str(json.loads(body)["messages"][0]["content"]).split()[:2]
            count, gap_ms = map(int, words) if all(word.isdigit() for word in words) else (1, 0)
            self._transport.write(_HEAD)
            self._send(count, gap_ms / 1000)

    def _send(self, count: int, gap: float) -> None:
        if gap == 0:
            self._transport.write(b"".join(map(_encode, range(count))) + _LAST)
        elif count == 0:
            self._transport.write(_LAST)
        else:
            self._transport.write(_encode(count))
            asyncio.get_running_loop().call_later(gap, self._send, count - 1, gap)


def _encode(number: int) -> bytes:
    text = '{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "number-%03d"}'
    data = b"event: content_block_delta\ndata: %b, %b%d}\n\n" % ((text % number).encode(), _MARK, time.monotonic_ns())
    return b"%x\r\n%b\r\n" % (len(data), data)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port)
    await server.serve_forever()


def _request(count: int, gap_ms: int, name: str) -> bytes:
    text = f"{count} {gap_ms} {name}"
    asked = {
        "model": "claude-sonnet-5",
        "max_tokens": 999,
        "stream": True,
        "messages": [{"role": "user", "content": text}],
    }
    body = json.dumps(asked).encode()
    head = "POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: mock\r\nanthropic-version: 2023-06-01\r\n"
    return f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


async def _read_stream(port: int, count: int, gap_ms: int, name: str) -> list[float]:
    """Return the milliseconds that each event of a stream has taken."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_request(count, gap_ms, name))
    late, data = list[float](), b""
    while not data.endswith(_LAST):
        piece = await reader.read(65536)
        now = time.monotonic_ns()
        if not piece:
            raise LoadError(f"a stream ended after {len(data)} bytes")
        data += piece
        if gap_ms:
            late += [(now - int(part.partition(b"}")[0])) / 1e6 for part in piece.split(_MARK)[1:]]
    writer.close()
    return late


async def _delays(port: int, streams: int, name: str) -> list[float]:
    async def begin(number: int) -> list[float]:
        await asyncio.sleep(number * GAP_MS / streams / 1000)
        return await _read_stream(port, EVENTS, GAP_MS, f"{name} {number}")

    found = await asyncio.gather(*map(begin, range(streams)))
    return [delay for late in found for delay in late[1:]]


def _rate(port: int, seconds: float, name: str) -> float:
    """Return the unpaced streams of a second that the SDK reads, one after the other."""
    count = 0
    with Anthropic(base_url=f"http://127.0.0.1:{port}", api_key="mock", max_retries=0) as client:
        begin = time.perf_counter()
        while not count or time.perf_counter() < begin + seconds:
            messages: list[MessageParam] = [{"role": "user", "content": f"{EVENTS} 0 {name} {count}"}]
            for _ in client.messages.create(model="claude-sonnet-5", max_tokens=999, messages=messages, stream=True):
                pass
            count += 1
        return count / (time.perf_counter() - begin)


class Added(NamedTuple):
    """The milliseconds that a recorder adds to an event."""

    median: float
    p99: float


def _compare(direct: Sequence[float], relayed: Sequence[float]) -> Added:
    def p99(values: Iterable[float]) -> float:
        return quantiles(values, n=100)[98]

    return Added(median(relayed) - median(direct), p99(relayed) - p99(direct))


def measure(effort: Effort, workplace: Workplace, results: Results) -> None:
    """Measure a recorder in a process of its own, and the same server without it."""
    one, many, shares = list[Added](), list[Added](), list[float]()
    with workplace.running(_UPSTREAM) as (upstream,):
        command = f"{{python}} -m mockclaude record --to http://127.0.0.1:{upstream.port} --out {{folder}}/out.yaml"
        with workplace.running(Server("recorder", f"{command} --mode all --port {{port}}")) as (recorder,):
            for number in range(effort.rounds):
                for streams, found in ((1, one), (min(STREAMS, effort.streams[0]), many)):
                    direct, relayed = (
                        uvloop.run(_delays(server.port, streams, f"{number} {streams}"))
                        for server in (upstream, recorder)
                    )
                    found.append(_compare(direct, relayed))
                rates = [_rate(server.port, effort.seconds, f"{number}") for server in (upstream, recorder)]
                shares.append(rates[1] / rates[0])
    results.add("record-one", [added.median for added in one])
    results.add("record-many", [added.median for added in many])
    results.add("record-many-99", [added.p99 for added in many])
    results.add("record-unpaced", shares, f"{rates[1]:,.0f} and {rates[0]:,.0f} streams a second")


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
