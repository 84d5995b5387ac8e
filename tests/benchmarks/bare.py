"""What aiohttp needs to answer with fixed bytes: `python -m tests.benchmarks.bare app|server FOLDER PORT`.

`app` is an application with a router, `server` aiohttp's low-level server. Both parse the body as JSON.
A file `NAME.json` or `NAME.sse` of the folder is the response to `POST /NAME/v1/messages`, without or with `stream`.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import orjson
import uvloop
from aiohttp import web

FOLDER = Path(sys.argv[2])
FILES = {(f"/{file.stem}/v1/messages", file.suffix == ".sse"): file.read_bytes() for file in FOLDER.iterdir()}


async def respond(request: web.BaseRequest) -> web.StreamResponse:
    streamed = bool(orjson.loads(await request.read()).get("stream"))
    data = FILES[request.path, streamed]
    if not streamed:
        return web.Response(body=data, content_type="application/json")
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    await response.write_eof(data)
    return response


def create_app() -> web.Application:
    app = web.Application()
    for path in dict.fromkeys(path for path, _ in FILES):
        app.router.add_post(path, respond)
    return app


async def serve_low_level() -> None:
    runner = web.ServerRunner(web.Server(respond, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(sys.argv[3])).start()


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    loop = uvloop.new_event_loop()
    if sys.argv[1] == "app":
        web.run_app(create_app(), host="127.0.0.1", port=int(sys.argv[3]), access_log=None, loop=loop, backlog=4096)
    else:
        loop.run_until_complete(serve_low_level())
        loop.run_forever()
