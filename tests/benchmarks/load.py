"""The requests that are measured: asked once and checked, or driven with `wrk`. All on 127.0.0.1."""

import json
import re
import shutil
import subprocess
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

HEADERS = {"content-type": "application/json", "x-api-key": "benchmark", "anthropic-version": "2023-06-01"}
WRK = shutil.which("wrk") or ""
SIZE = ("-t1", "-c16")


@dataclass(frozen=True)
class Case:
    """A request, and how many times as fast as other servers mockclaude should answer it."""

    name: str
    data: bytes
    targets: dict[str, float]


ASKED = {"model": "claude-sonnet-4-5", "max_tokens": 4096, "messages": [{"role": "user", "content": "benchmark"}]}
CASES = (
    Case("messages", json.dumps(ASKED).encode(), {"bare aiohttp": 0.70}),
    Case("streamed", json.dumps({**ASKED, "stream": True}).encode(), {"bare aiohttp": 0.60, "aimock": 3.00}),
)


def ask(port: int, path: str, data: bytes) -> bytes:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("POST", path, data, HEADERS)
        response = connection.getresponse()
        answer = response.read()
    if response.status not in (200, 201):
        raise RuntimeError(f"status {response.status}: {answer[:200]!r}")
    return answer


def checked(case: Case, port: int, path: str, reply: str) -> bytes:
    """Return what the server answers, once it is known to be `reply`, whole."""
    answer = ask(port, path, case.data)
    if json.loads(case.data).get("stream"):
        events = [json.loads(line) for line in re.findall(rb"^data: ?(.*)$", answer, re.MULTILINE)]
        if not events or events[-1]["type"] != "message_stop":
            raise RuntimeError("the stream does not end with message_stop")
        texts = [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]
    else:
        texts = [block["text"] for block in json.loads(answer)["content"]]
    if "".join(texts) != reply:
        raise RuntimeError("the answer is not the reply")
    return answer


def drive(case: Case, port: int, path: str, seconds: int, folder: Path) -> float:
    """Return the requests per second that `wrk` got answered."""
    script = folder / "wrk.lua"
    script.write_text(f'wrk.method = "POST"\nwrk.body = [==[{case.data.decode()}]==]\n')
    headers = [part for name, value in HEADERS.items() for part in ("-H", f"{name}: {value}")]
    command = [WRK, *SIZE, f"-d{seconds}s", "-s", str(script), *headers, f"http://127.0.0.1:{port}{path}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    errors = re.findall(r"^ *((?:Non-2xx|Socket errors).*)$", said, re.MULTILINE)
    rate = re.search(r"^Requests/sec: *([\d.]+)", said, re.MULTILINE)
    if errors or not rate or not float(rate[1]):
        raise RuntimeError(f"wrk says: {'; '.join(errors) or said}")
    return float(rate[1])
