"""A run of a client's program through the built-in scenario, in the environment of a Python interpreter."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from mockclaude.testing import MockClaude
from tests.serving import PROGRAM_PATIENCE

PROGRAMS = Path(__file__).parent / "programs"
MODELS = ("claude-sonnet-5", "claude-haiku-4-5")
OPT_OUTS = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "OTEL_SDK_DISABLED": "true",
}
"""Settings with which clients use no other host."""


class ClientProgram(NamedTuple):
    """A program, the packages that it needs, and the number of requests for which it demands an error."""

    packages: tuple[str, ...]
    file: str
    refusals: int = 0


class ProgramRun(NamedTuple):
    """The result of a program: what it wrote, its exit code, and the statuses of its requests."""

    output: str
    code: int
    statuses: tuple[int, ...]

    @property
    def refusals(self) -> int:
        """The number of requests with an error."""
        return sum(status >= 400 for status in self.statuses)


CLIENTS = {
    "agno": ClientProgram(("agno", "anthropic"), "agno_agent.py"),
    "anthropic": ClientProgram(("anthropic",), "anthropic_sdk.py"),
    "anthropic-0.75": ClientProgram(("anthropic==0.75.0",), "anthropic_sdk.py"),
    "boto3": ClientProgram(("boto3",), "boto3_calls.py", refusals=8),
    "boto3-converse": ClientProgram(("boto3",), "converse_calls.py", refusals=2),
    "anthropic-batches": ClientProgram(("anthropic",), "anthropic_batches.py"),
    "claude-agent-sdk": ClientProgram(("claude-agent-sdk",), "agent_sdk.py"),
    "dspy": ClientProgram(("dspy",), "dspy_predictions.py"),
    "haystack": ClientProgram(("anthropic-haystack",), "haystack_agent.py"),
    "instructor": ClientProgram(("instructor[anthropic]",), "instructor_modes.py"),
    "langchain": ClientProgram(("langchain", "langchain-anthropic", "langgraph"), "langchain_agents.py"),
    "langchain-aws": ClientProgram(("langchain-aws",), "langchain_bedrock.py"),
    "litellm": ClientProgram(("litellm",), "litellm_calls.py"),
    "litellm-bedrock": ClientProgram(("litellm", "boto3"), "litellm_bedrock.py"),
    "llama-index": ClientProgram(
        ("llama-index-llms-anthropic", "anthropic[bedrock,vertex]<1"), "llama_index_agents.py"
    ),
    "llm": ClientProgram(("llm", "llm-anthropic"), "llm_prompts.py"),
    "platforms": ClientProgram(("anthropic[aws,bedrock,vertex]>=2.14",), "platform_clients.py", refusals=4),
    "pydantic-ai": ClientProgram(("pydantic-ai-slim[anthropic]",), "pydantic_ai_agents.py"),
    "pydantic-ai-bedrock": ClientProgram(("pydantic-ai-slim[bedrock]",), "pydantic_ai_bedrock.py"),
    "smolagents": ClientProgram(("smolagents[litellm]",), "smolagents_agents.py"),
    "strands": ClientProgram(("strands-agents[anthropic]",), "strands_agents.py"),
    "strands-bedrock": ClientProgram(("strands-agents",), "strands_bedrock.py"),
}


def run_program(python: str | Path, client: ClientProgram, model: str, home: Path) -> ProgramRun:
    """Run the program of a client against the built-in scenario."""
    with MockClaude() as mock:
        mock.when().reply({"generate": "auto"})
        api = {"ANTHROPIC_API_KEY": "mock", "ANTHROPIC_API_BASE": mock.base_url, "NO_PROXY": "127.0.0.1"}
        env = {**os.environ, **OPT_OUTS, **api, "ANTHROPIC_BASE_URL": mock.base_url, "HOME": str(home)}
        done = subprocess.run(
            [python, PROGRAMS / client.file, model],
            capture_output=True,
            text=True,
            timeout=PROGRAM_PATIENCE,
            check=False,
            env=env,
            cwd=home,
        )
        statuses = tuple(entry.status for entry in mock.journal)
    return ProgramRun(done.stdout + done.stderr, done.returncode, statuses)
