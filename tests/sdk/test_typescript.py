"""The newest TypeScript SDK, under Node, against a server on a real socket: `typescript/run.mjs` holds its side."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml

from mockclaude.api.betas import KNOWN
from mockclaude.api.errors import STATUS
from mockclaude.api.models import CATALOGUE, CATALOGUE_DATE
from mockclaude.scenario.loading.loader import load_all
from tests.sdk.node import HERE, installed
from tests.serving import ServerThread

SCENARIOS = Path(__file__).parents[2] / "scenarios"


class Run(Protocol):
    def __call__(self, case: str, scenario: str, text: str = "Hello") -> dict[str, Any]: ...


@pytest.fixture(scope="session")
def node_folder() -> Path:
    """The folder that `run.mjs` is run in: beside the SDK."""
    folder = installed()
    shutil.copy(HERE / "run.mjs", folder)
    return folder


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """A server with the example scenarios under their names, and `failures.yaml` at the root."""
    with ServerThread(load_all([SCENARIOS, HERE / "failures.yaml"])) as server:
        yield server.url


@pytest.fixture(scope="session")
def run(node_folder: Path, base_url: str) -> Iterator[Run]:
    """Runs a case of `run.mjs`, all of them in one process."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
    env |= {"ANTHROPIC_BASE_URL": base_url, "ANTHROPIC_API_KEY": "mock"}
    with subprocess.Popen(
        ["node", "run.mjs"],
        cwd=node_folder,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as node:

        def run_case(case: str, scenario: str, text: str = "Hello") -> dict[str, Any]:
            assert node.stdin is not None
            assert node.stdout is not None
            node.stdin.write(json.dumps({"case": case, "scenario": scenario, "text": text}) + "\n")
            node.stdin.flush()
            outcome: dict[str, Any] = json.loads(node.stdout.readline())
            return outcome

        yield run_case


def test_create_returns_the_message_of_the_scenario(run: Run) -> None:
    message = run("create", "hello")["result"]
    assert message["content"] == [{"type": "text", "text": "Hello! How can I help you today?"}]
    assert (message["model"], message["stop_reason"]) == ("claude-sonnet-5", "end_turn")


def test_the_pieces_of_a_stream_join_to_the_text(run: Run) -> None:
    outcome = run("stream", "thinking", "Which is larger?")
    assert len(outcome["pieces"]) > 1
    assert "".join(outcome["pieces"]) == outcome["result"]["final"]["content"][1]["text"] == "9.9 is larger than 9.11."


_EVERY_BLOCK = yaml.safe_load((SCENARIOS / "every_block.yaml").read_text(encoding="utf-8"))["rules"]


@pytest.mark.parametrize(
    "text", [pytest.param(rule.get("when", {}).get("user", "Hello"), id=rule["name"]) for rule in _EVERY_BLOCK]
)
def test_every_block_is_the_same_streamed_and_not(run: Run, text: str) -> None:
    outcome = run("betaStream", "every_block", text)
    final, whole = outcome["result"]["final"], outcome["result"]["whole"]
    assert final.pop("parsed_output") is None
    assert _without_ids(final) == _without_ids(whole)
    assert outcome["statuses"] == [200, 200]


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_ids(item) for key, item in value.items() if key not in ("id", "tool_use_id")}
    return [_without_ids(item) for item in value] if isinstance(value, list) else value


def test_the_tool_runner_goes_through_its_loop(run: Run) -> None:
    outcome = run("toolLoop", "weather_tool", "What is the weather in Paris?")
    assert outcome["statuses"] == [200, 200]
    assert outcome["result"] == {"calls": [{"city": "Paris"}], "text": "The forecast says: sunny in Paris."}


def test_parse_reads_the_json_of_the_scenario(run: Run) -> None:
    assert run("parse", "structured_output", "I am John.")["result"] == {
        "name": "John Smith",
        "email": "john@example.com",
        "plan_interest": "Enterprise",
        "demo_requested": True,
    }


def test_the_beta_parses_alike_streamed_and_not(run: Run) -> None:
    parsed, streamed = run("betaParse", "structured_output", "I am John.")["result"]
    assert parsed == streamed
    assert parsed["name"] == "John Smith"


_NAME_OF_A_BETA = re.compile(r"'([a-z][a-z0-9-]+-20\d\d-\d\d-\d\d)'")


def test_every_beta_that_the_sdk_sends_by_itself_is_known(node_folder: Path) -> None:
    sources = (node_folder / "node_modules" / "@anthropic-ai" / "sdk").rglob("*.mjs")
    named = {name for source in sources for name in _NAME_OF_A_BETA.findall(source.read_text(encoding="utf-8"))}
    assert "structured-outputs-2025-12-15" in named <= KNOWN


def test_json_made_from_a_zod_schema_passes_it(run: Run) -> None:
    parsed = run("parse", "structured_output", "Somebody signed up.")["result"]
    assert parsed.keys() == {"name", "email", "plan_interest", "demo_requested"}


def test_count_tokens_foretells_the_usage(run: Run) -> None:
    result = run("countTokens", "hello", "How many tokens are in this?")["result"]
    assert result["counted"] == result["used"] > 5


def test_the_models_are_listed_page_by_page(run: Run) -> None:
    outcome = run("models", "hello")
    assert outcome["result"] == [model.id for model in CATALOGUE if model.lifecycle(CATALOGUE_DATE) != "retired"]
    assert outcome["statuses"] == [200] * -(-len(outcome["result"]) // 5)


def test_an_unmatched_request_is_a_410_that_is_not_retried(run: Run) -> None:
    outcome = run("create", "", "Nobody expects this.")
    assert outcome["statuses"] == [410]
    assert outcome["error"]["class"] == "APIError"
    assert "no rule matched" in outcome["error"]["message"]


_CLASSES = {
    "invalid_request_error": ("BadRequestError", 1),
    "authentication_error": ("AuthenticationError", 1),
    "billing_error": ("PaymentRequiredError", 1),
    "permission_error": ("PermissionDeniedError", 1),
    "not_found_error": ("NotFoundError", 1),
    "conflict_error": ("ConflictError", 3),
    "request_too_large": ("ContentTooLargeError", 1),
    "rate_limit_error": ("RateLimitError", 3),
    "api_error": ("InternalServerError", 3),
    "timeout_error": ("GatewayTimeoutError", 3),
    "overloaded_error": ("OverloadedError", 3),
}


@pytest.mark.parametrize("kind", STATUS)
def test_each_error_type_has_its_class_and_its_retries(run: Run, kind: str) -> None:
    name, attempts = _CLASSES[kind]
    outcome = run("create", "", kind)
    assert outcome["statuses"] == [STATUS[kind]] * attempts
    assert (outcome["error"]["class"], outcome["error"]["type"]) == (name, kind)


def test_the_sdk_retries_until_it_gets_an_answer(run: Run) -> None:
    outcome = run("create", "", "Are you busy?")
    assert outcome["statuses"] == [529, 529, 200]
    assert outcome["result"]["content"][0]["text"] == "Thanks for waiting."


def test_an_error_in_a_stream_comes_after_the_text_before_it(run: Run) -> None:
    outcome = run("stream", "cut_stream", "storm")
    assert "".join(outcome["pieces"]) == "The first half arrived, and then"
    assert (outcome["error"]["class"], outcome["error"]["type"]) == ("APIError", "overloaded_error")
    assert outcome["statuses"] == [200]


def test_a_reset_in_a_stream_comes_after_the_text_before_it(run: Run) -> None:
    outcome = run("stream", "cut_stream", "cable")
    assert "".join(outcome["pieces"]) == "This sentence will never be fin"
    assert (outcome["error"]["class"], outcome["error"]["message"]) == ("AnthropicError", "terminated")


def test_a_reset_instead_of_a_response_is_a_connection_error(run: Run) -> None:
    outcome = run("create", "cut_stream", "cable")
    assert outcome["error"]["class"] == "APIConnectionError"
    assert outcome["statuses"] == []
