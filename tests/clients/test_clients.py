"""Clients that are installed here run through the built-in scenario without a refusal."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mockclaude.testing import MockClaude
from tests.clients.runs import (
    CLIENTS,
    JAVASCRIPT,
    JAVASCRIPT_CLIENTS,
    MODELS,
    OPT_OUTS,
    PROGRAMS,
    javascript_programs,
    run_program,
)
from tests.serving import PROGRAM_PATIENCE

MODULES = {
    "agno": "agno",
    "anthropic": "anthropic",
    "boto3": "boto3",
    "boto3-converse": "boto3",
    "anthropic-batches": "anthropic",
    "anthropic-resources": "anthropic",
    "claude-agent-sdk": "claude_agent_sdk",
    "dspy": "dspy",
    "haystack": "haystack_integrations",
    "instructor": "instructor",
    "langchain": "langchain_anthropic",
    "langchain-aws": "langchain_aws",
    "langchain-openai": "langchain_openai",
    "langchain-openai-responses": "langchain_openai",
    "litellm": "litellm",
    "litellm-bedrock": "litellm",
    "litellm-openai": "litellm",
    "llama-index": "llama_index",
    "llm": "llm_anthropic",
    "openai": "openai",
    "openai-agents": "agents",
    "openai-agents-responses": "agents",
    "openai-responses": "openai",
    "platforms": "botocore",
    "pydantic-ai": "pydantic_ai",
    "pydantic-ai-bedrock": "pydantic_ai",
    "smolagents": "smolagents",
    "strands": "strands",
    "strands-bedrock": "strands",
}


def test_each_program_is_of_a_client() -> None:
    files = {client.file for client in (*CLIENTS.values(), *JAVASCRIPT_CLIENTS.values())}
    found = {file.name for file in (*PROGRAMS.glob("*.py"), *JAVASCRIPT.glob("*.mjs"))}

    assert files | {"steps.py", "steps.mjs"} == found


@pytest.mark.tools
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("name", "module"), MODULES.items())
def test_client_runs_through_the_built_in_scenario(name: str, module: str, model: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed: python -m tests.clients {name}")
    run = run_program([sys.executable, PROGRAMS / CLIENTS[name].file], model, tmp_path)

    assert run.code == 0, run.output
    assert run.statuses
    assert run.refusals == CLIENTS[name].refusals


@pytest.mark.tools
@pytest.mark.parametrize("name", JAVASCRIPT_CLIENTS)
def test_javascript_client_runs_through_the_built_in_scenario(name: str, tmp_path: Path) -> None:
    with javascript_programs() as folder:
        run = run_program(["node", folder / JAVASCRIPT_CLIENTS[name].file], MODELS[0], tmp_path)

    assert run.code == 0, run.output
    assert run.refusals == JAVASCRIPT_CLIENTS[name].refusals


@pytest.mark.tools
@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-sonnet-5"])
def test_claude_code_has_a_conversation_with_a_tool(model: str, tmp_path: Path) -> None:
    claude = shutil.which("claude")
    if claude is None:
        pytest.skip("Claude Code is not installed: npm install -g @anthropic-ai/claude-code")
    notes = tmp_path / "notes.txt"
    notes.write_text("Buy milk.")
    command = [claude, "-p", "Read my notes", "--model", model, "--allowedTools", "Read"]
    with MockClaude() as mock:
        mock.when(turn=1).reply({"tool_use": {"name": "Read", "input": {"file_path": str(notes)}}})
        mock.when().reply("Your notes say: buy milk.")
        env = {**os.environ, "HOME": str(tmp_path), "NO_PROXY": "127.0.0.1", **OPT_OUTS, **mock.env}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PROGRAM_PATIENCE, check=False, env=env, cwd=tmp_path
        )

        assert done.stdout.strip() == "Your notes say: buy milk."
        assert [entry.status for entry in mock.journal] == [200, 200]
        assert mock.last_request.tool_results == {"Read": "1\tBuy milk."}
