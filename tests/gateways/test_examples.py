"""The example requests of five gateways' documents, as printed there, and the responses that they show for them.

Beside each example is its response, `...` or `xxx` where the document abridges it; where a document shows none, it is
made from the document's table of response fields. Only addresses are replaced, and the indentation of Python that a
document has lost is restored. `replies.yaml` answers.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest
from anthropic import APIStatusError
from anthropic.lib.streaming import MessageStream

from mockclaude.api.models import resolve
from mockclaude.journal.console import log_line
from tests.conftest import Serve, Start
from tests.sdk import test_typescript
from tests.serving import PROGRAM_PATIENCE, Running

HERE = Path(__file__).parent
REPLIES = (HERE / "replies.yaml").read_text(encoding="utf-8")
GATEWAY = f"validation: gateway\n{REPLIES}"
EXAMPLES = sorted(path for kind in ("sh", "py.txt") for path in HERE.glob(f"*/*.{kind}"))
GATEWAYS = re.compile(r"https://([\w-]+\.)*(crazyrouter\.com|ezmodel\.cloud|mandao\.com|wrouter\.io|yourouter\.ai)")
KEYS = {"WROUTER_API_KEY": "sk-wrouter", "YOUROUTER_API_KEY": "sk-yourouter", "NO_PROXY": "127.0.0.1"}

REFUSED = {
    "crazyrouter/thinking.sh": "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    "yourouter/chat.py.txt": "max_tokens: Field required",
    "yourouter/image.sh": "messages.0.content.1.image.source.base64: invalid base64 data",
    "yourouter/pdf.sh": "messages.0.content.0.pdf.source.base64: invalid base64 data",
}
"""What the API says to the examples that it does not take."""

node_folder = test_typescript.node_folder


def named(example: Path) -> str:
    return example.relative_to(HERE).as_posix()


def pointed_at(server: Running, example: Path) -> str:
    """Return the text of an example with the address of `server` in place of the gateway's."""
    text, count = GATEWAYS.subn(server.url, example.read_text(encoding="utf-8"))
    assert count == 1
    return text


def played(server: Running, example: Path) -> dict[str, Any]:
    """Return the response that an example gets."""
    text = pointed_at(server, example)
    return _in_bash(text) if example.suffix == ".sh" else _in_python(text)


def _in_bash(text: str) -> dict[str, Any]:
    env = os.environ | KEYS
    done = subprocess.run(["bash", "-c", text], capture_output=True, env=env, timeout=PROGRAM_PATIENCE, check=True)
    response: dict[str, Any] = json.loads(done.stdout)
    return response


def _in_python(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    output = io.StringIO()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(output):
            warnings.simplefilter("ignore", DeprecationWarning)  # the SDK's, of an old model
            exec(text, names)
    except APIStatusError as error:
        return error.response.json()  # type: ignore[no-any-return]
    response = _response(names)
    assert all(block["text"] in output.getvalue() for block in response.get("content", [])) or "print" not in text
    return response


def _response(names: dict[str, Any]) -> dict[str, Any]:
    """Return the response that a Python program has under one of the documents' names for it."""
    kept = next(names[name] for name in ("message", "resp", "stream", "response") if name in names)
    if isinstance(kept, MessageStream):
        kept = kept.get_final_message()
    response: dict[str, Any] = kept.json() if hasattr(kept, "status_code") else kept.to_dict()
    return response


def documented(example: Path) -> Any:
    text = (example.parent / example.name.partition(".")[0]).with_suffix(".json").read_text(encoding="utf-8")
    response = json.loads(text)
    return response | {"model": resolve(response["model"])} if "model" in response else response


def check_is_as(shown: Any, given: Any) -> None:
    """Check that `given` has every field that is `shown`, with its value as far as a document can know it."""
    if isinstance(shown, dict):
        for key, value in shown.items():
            check_is_as(value, given[key])
    elif isinstance(shown, list):
        for one, other in zip(shown, given, strict=True):
            check_is_as(one, other)
    elif isinstance(shown, int):
        assert isinstance(given, int)
    else:
        begin, *abridged = re.split(r"xxx|X?\.\.\.", shown)
        assert given == shown or (abridged and given.startswith(begin) and given != begin)


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Give an example what its document leaves to the reader: keys, and an image in the folder."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    if "example" in request.fixturenames:
        monkeypatch.chdir(request.getfixturevalue("example").parent)


def console(server: Running, example: Path) -> str:
    """Return what the console shows of an example's requests."""
    requests = re.findall(
        r"^curl |messages\.create|messages\.stream|requests\.post", example.read_text(encoding="utf-8")
    )
    return "\n".join(log_line(server.line(), colour=False) for _ in requests)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_a_gateway_answers_as_documented_and_warns_of_what_the_api_would_refuse(serve: Serve, example: Path) -> None:
    server = serve(GATEWAY)
    response = played(server, example)
    shown = console(server, example)

    check_is_as(documented(example), response)
    assert response["content"]
    assert ("warning:" in shown) is (named(example) in REFUSED)
    assert REFUSED.get(named(example), "") in shown


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_the_api_answers_the_same_or_says_what_it_does_not_take(serve: Serve, example: Path) -> None:
    response = played(serve(REPLIES), example)

    if named(example) in REFUSED:
        assert response["error"] == {"type": "invalid_request_error", "message": REFUSED[named(example)]}
    else:
        check_is_as(documented(example), response)


@pytest.mark.parametrize("scenario", [GATEWAY, REPLIES], ids=["gateway", "anthropic"])
def test_the_javascript_example_prints_the_text(serve: Serve, node_folder: Path, scenario: str) -> None:
    (example,) = HERE.glob("*/*.mjs")
    program = node_folder / "gateway.mjs"
    program.write_text(pointed_at(serve(scenario), example), encoding="utf-8")
    done = subprocess.run(
        ["node", program], capture_output=True, encoding="utf-8", timeout=PROGRAM_PATIENCE, check=True
    )

    assert done.stdout == f"{documented(example)['content'][0]['text']}\n"


def test_the_command_serves_as_a_gateway_and_prints_warnings(start: Start) -> None:
    command = start(HERE / "replies.yaml", "--validation", "gateway")
    example = HERE / "crazyrouter" / "thinking.sh"
    check_is_as(documented(example), played(command.server, example))
    command.signal(signal.SIGINT)
    _, output, _ = command.end()

    assert f"warning: {REFUSED[named(example)]}" in output


def test_every_document_has_examples_here() -> None:
    assert {example.parent.name for example in EXAMPLES} == {
        "crazyrouter",
        "ezmodel",
        "mandao",
        "wrouter",
        "yourouter",
    }
