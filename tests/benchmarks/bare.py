"""The yardstick: a bare aiohttp server that parses the request and answers with fixed bytes.

Run as `python -m tests.benchmarks.bare MESSAGE STREAM PORT`, the first two being files of the bytes to send.
"""

import sys
from pathlib import Path

import orjson
import uvloop
from aiohttp import web

MESSAGE, STREAM = (Path(file).read_bytes() for file in sys.argv[1:3])


async def answer(request: web.Request) -> web.StreamResponse:
    if not orjson.loads(await request.read()).get("stream"):
        return web.Response(body=MESSAGE, content_type="application/json")
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    await response.write_eof(STREAM)
    return response


app = web.Application()
app.router.add_post("/v1/messages", answer)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[3]), access_log=None, loop=uvloop.new_event_loop())
