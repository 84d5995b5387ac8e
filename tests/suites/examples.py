"""The example programs in the source distribution of the Python SDK."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.clients.runs import OPT_OUTS
from tests.serving import PROGRAM_PATIENCE

EXAMPLES = (
    *("batch_results", "fallbacks", "images", "message_threads", "messages", "messages_stream"),
    *("structured_outputs", "structured_outputs_streaming", "thinking", "thinking_stream", "tools", "tools_runner"),
    *("tools_runner_deferred_streaming", "tools_runner_search_tool", "tools_stream", "web_search", "web_search_stream"),
)
"""The examples of the endpoints that mockclaude serves, as far as they need no other server and no account."""

_BATCH = "batch_results"
"""The example that needs the id of a batch."""


def run_examples(python: Path, sources: Path, base_url: str) -> Iterator[tuple[str, int, str]]:
    """Run each example. Yield its name, its exit code and its last line."""
    env = {**os.environ, **OPT_OUTS, "ANTHROPIC_BASE_URL": base_url, "ANTHROPIC_API_KEY": "mock"}
    for name in EXAMPLES:
        arguments = (_create_batch(base_url),) if name == _BATCH else ()
        done = subprocess.run(
            (python, f"{name}.py", *arguments),
            cwd=sources / "examples",
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PROGRAM_PATIENCE,
            check=False,
        )
        yield name, done.returncode, done.stdout.strip().rpartition("\n")[2]


def _create_batch(base_url: str) -> str:
    """Create a batch that has ended, and return its id."""
    params = {"model": "claude-sonnet-5", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello"}]}
    batch = _send(f"{base_url}/v1/messages/batches", {"requests": [{"custom_id": "hello", "params": params}]})
    while _send(f"{base_url}/v1/messages/batches/{batch['id']}")["processing_status"] != "ended":
        pass
    return batch["id"]


def _send(url: str, body: object = None) -> dict[str, str]:
    headers = {"x-api-key": "mock", "anthropic-version": "2023-06-01", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as response:
        answer: dict[str, str] = json.load(response)
    return answer
