"""What Python needs to answer with fixed bytes: `python raw.py FOLDER PORT`, an asyncio protocol with httptools.

It runs in an environment of its own, with httptools, orjson and uvloop; the folder is that of `tests.benchmarks.bare`.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import httptools  # type: ignore[import-not-found,unused-ignore]
import orjson
import uvloop


def _response(file: Path) -> bytes:
    data = file.read_bytes()
    if file.suffix == ".json":
        return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(data), data)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return b"%b%x\r\n%b\r\n0\r\n\r\n" % (head, len(data), data)


FOLDER = Path(sys.argv[1])
FILES = {(f"/{file.stem}/v1/messages".encode(), file.suffix == ".sse"): _response(file) for file in FOLDER.iterdir()}


class Protocol(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)
        self.path, self.body = b"", b""
        self.headers: dict[bytes, bytes] = {}

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.path, self.headers, self.body = url, {}, b""

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name] = value

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        streamed = bool(orjson.loads(self.body).get("stream"))
        self.transport.write(FILES[self.path, streamed])


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", int(sys.argv[2]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
