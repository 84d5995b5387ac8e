"""Secrets in requests and responses: the command writes none of them, neither to files nor to its output."""

from __future__ import annotations

import re
import signal
import time
from base64 import b64encode
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from mockclaude.scenario.loading.loader import load_text
from tests.conftest import Start
from tests.serving import PATIENCE, Command, ServerThread, asking, post, request

ECHO = """
rules:
  - when: {user: {contains: torn}}
    reply: 'Your key begins with ${{ user }}'
    fault: {disconnect: reset, after: text_delta 3}
  - when: {user: {contains: refused}}
    reply: {error: {type: invalid_request_error, message: 'got ${{ user }}'}}
  - when: {tools: call}
    reply: {tool_use: {name: call, input: {text: '${{ user }}'}}}
  - reply: 'You said: ${{ user }}'
"""
"""A server that sends back what it gets."""

SECRETS = [blake2b(bytes([number]), digest_size=20).hexdigest() for number in range(16)]
PERCENT = "".join(f"%{ord(letter):02X}" for letter in SECRETS[9])
ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in SECRETS[10])
TOOL = [{"name": "call", "input_schema": {"type": "object"}}]

REQUESTS = [
    post(f"say {SECRETS[0]}", x_api_key=SECRETS[0]),
    post(f"say {SECRETS[1]}", x_api_key=SECRETS[1], stream=True),
    request("POST", "/v1/messages", asking(f"call {SECRETS[2]}", stream=True, tools=TOOL), x_api_key=SECRETS[2]),
    post(f"torn {SECRETS[3]}", x_api_key=SECRETS[3], stream=True, connection="close"),
    post(f"refused {SECRETS[4]}", x_api_key=SECRETS[4]),
    post(f"basic {SECRETS[5]}", authorization=f"Basic {b64encode(f'ada:{SECRETS[5]}'.encode()).decode()}"),
    post("base64 " + b64encode(f"x{SECRETS[6]}".encode()).decode(), x_api_key=SECRETS[6]),
    post("lane", x_mockclaude_lane=SECRETS[7], x_api_key=SECRETS[7]),
    post("query", f"/v1/messages?key={SECRETS[8]}", x_api_key="mock"),
    post("percent", f"/v1/messages?beta=true&x={PERCENT}", x_api_key=SECRETS[9]),
    request("POST", "/v1/messages", asking("QQ").replace(b"QQ", ESCAPED.encode()), x_api_key=SECRETS[10]),
    request("GET", f"/v1/models/{SECRETS[11]}", x_api_key=SECRETS[11]),
    request("GET", f"/{SECRETS[12]}/x", x_api_key=SECRETS[12]),
    post("beta", anthropic_beta=f"files-api-2025-04-14,{SECRETS[13]}", x_api_key=SECRETS[13]),
    post(f"environment {SECRETS[14]}", x_api_key="mock"),
    post(f"later {SECRETS[15]}", x_api_key="mock"),
    post("and now its key", x_api_key=SECRETS[15]),
]
PIECE = 12
"""The number of characters of a secret that must not be together."""


def find_secrets(folder: Path, text: str = "") -> list[int]:
    """Search names and contents of all files, also with the deltas of streams joined."""
    texts = [text]
    for path in folder.rglob("*"):
        with suppress(IsADirectoryError, FileNotFoundError):  # the recorder may have renamed it
            texts.append(f"{path.name} {path.read_text('utf-8', 'replace')}")
    joined = ["".join(re.findall(r'"(?:text|partial_json)\\?":\\?"((?:[^"\\]|\\.)*?)\\?"', each)) for each in texts]
    found = []
    for number, secret in enumerate(SECRETS):
        coded = b64encode(f"x{secret}".encode()).decode()[4:-4]
        pieces = [each[at : at + PIECE] for each in (secret, coded) for at in range(len(each) - PIECE + 1)]
        found += [number for each in (*texts, *joined) if any(piece in each for piece in (*pieces, PERCENT, ESCAPED))]
    return found


def send(command: Command, data: bytes) -> None:
    with command.server.connect() as wire:
        wire.send(data)
        if b"torn" in data:
            while wire.read1():
                pass
        else:
            wire.response(data.split(b" ", 1)[0].decode())


def test_no_secret_is_on_disk_at_any_time(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with ServerThread({"": load_text(ECHO)}) as api:
        arguments = ("--to", api.url, "--out", f"{folder}/", "--requests", "--not-secret", "^REDACTED")
        command = start("record", *arguments, SOME_SECRET=SECRETS[14])
        for number, data in enumerate(REQUESTS):
            send(command, data)
            known_later = {15} if number >= len(REQUESTS) - 2 else set()
            assert set(find_secrets(folder)) <= known_later, number
        deadline = time.monotonic() + PATIENCE
        while find_secrets(folder) and time.monotonic() < deadline:
            pass
        assert find_secrets(folder) == []
        command.signal(signal.SIGINT)
        code, out, err = command.end()

    assert code == 1, err
    assert "REDACTED_" in out
    assert "replayed byte for byte" in err
    assert find_secrets(tmp_path, out + err) == []
