"""Uploads and batches in many lanes, and whether the memory of the server stops growing.

In: a server. Out: lines of the table. Files and batches are bounded in all, so memory grows until both are full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import HTTPConnection

from mockclaude.engine.state.resources import MAX_FULL_LANES, MAX_LANE_BYTES
from tests.load.running import Line, Server, megabytes, serving
from tests.resources.batching import PATH, frame, params
from tests.resources.files_client import FORM, build_form, build_part
from tests.serving import with_client_headers

UPLOADS, BATCHES, OF_A_LANE, TENTHS = 2_000, 10_000, 50, 10
FULL = 5
"""The tenth after which memory must not grow: by then the bound of all lanes is reached."""

GROWTH = 16_000_000
"""Bytes of memory that may be more later on than when everything was full: one more lane, and one more upload."""

MOST = 2 * MAX_FULL_LANES * MAX_LANE_BYTES
"""Bytes of memory: what is kept, and as much again for what is received and the allocator."""

SCENARIO = "rules: [{reply: 'You said ${{ user }}'}]"
_FILE = bytes(range(256)) * 4096


def check() -> Iterator[Line]:
    """Upload files, then create batches."""
    with serving(SCENARIO) as server:
        yield from _check(server, "uploads of 1 MB", UPLOADS, _upload)
        yield from _check(server, "batches of 2 items", BATCHES, _create_batch)


def _check(server: Server, what: str, count: int, ask: Callable[[HTTPConnection, int], int]) -> Iterator[Line]:
    connection, used, refused = HTTPConnection("127.0.0.1", server.port), list[int](), 0
    for tenth in range(TENTHS):
        for number in range(tenth * count // TENTHS, (tenth + 1) * count // TENTHS):
            refused += ask(connection, number) != 200
        used.append(server.memory)
    connection.close()
    growth = max(used[FULL:]) - used[FULL - 1]
    curve = ", ".join(f"{each / 1e6:.0f}" for each in used)
    yield Line(f"refused of {count:,} {what}", f"{refused}", "0", not refused)
    yield Line("memory after each tenth of them", f"{curve} MB", "", True)
    yield Line(f"growth after {FULL} tenths", megabytes(growth), f"< {megabytes(GROWTH)}", growth < GROWTH)
    yield Line("most memory", megabytes(max(used)), f"< {megabytes(MOST)}", max(used) < MOST)


def _upload(connection: HTTPConnection, number: int) -> int:
    form = build_form(build_part("file", _FILE, filename=f"{number}.bin", media_type="application/octet-stream"))
    return _post(connection, "/v1/files", form, number, content_type=FORM)


def _create_batch(connection: HTTPConnection, number: int) -> int:
    return _post(connection, PATH, frame(params(f"Hello {number}"), params("Bye")), number)


def _post(connection: HTTPConnection, path: str, body: bytes, number: int, **headers: str) -> int:
    lane = {"x_mockclaude_lane": f"lane {number // OF_A_LANE}"}
    connection.request("POST", path, body, with_client_headers({**lane, **headers}))
    response = connection.getresponse()
    response.read()
    return response.status
