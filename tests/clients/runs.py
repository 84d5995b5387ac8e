"""A run of a client's program through the built-in scenario, with Python or Node."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mockclaude.testing import MockClaude
from tests.sdk import node
from tests.serving import PROGRAM_PATIENCE

PROGRAMS = Path(__file__).parent / "programs"
JAVASCRIPT = Path(__file__).parent / "javascript"
"""The programs for Node, with the packages of all of them."""

MODELS = ("claude-sonnet-5", "claude-haiku-4-5")
OPT_OUTS = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "OTEL_SDK_DISABLED": "true",
}
"""Settings with which clients use no other host."""


class ClientProgram(NamedTuple):
    """A program, the Python packages that it needs, and the number of requests for which it demands an error."""

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
    "anthropic-0.39": ClientProgram(("anthropic==0.39.0", "httpx<0.28"), "anthropic_completions.py", refusals=1),
    "anthropic-resources": ClientProgram(("anthropic",), "anthropic_resources.py"),
    "anthropic-0.75-resources": ClientProgram(("anthropic==0.75.0",), "anthropic_resources.py", refusals=1),
    "boto3": ClientProgram(("boto3",), "boto3_calls.py", refusals=8),
    "boto3-converse": ClientProgram(("boto3",), "converse_calls.py", refusals=2),
    "anthropic-batches": ClientProgram(("anthropic",), "anthropic_batches.py"),
    "claude-agent-sdk": ClientProgram(("claude-agent-sdk",), "agent_sdk.py"),
    "dspy": ClientProgram(("dspy",), "dspy_predictions.py"),
    "haystack": ClientProgram(("anthropic-haystack",), "haystack_agent.py"),
    "instructor": ClientProgram(("instructor[anthropic]",), "instructor_modes.py"),
    "langchain": ClientProgram(("langchain", "langchain-anthropic", "langgraph"), "langchain_agents.py"),
    "langchain-aws": ClientProgram(("langchain-aws",), "langchain_bedrock.py"),
    "langchain-openai": ClientProgram(("langchain", "langchain-openai"), "langchain_openai_calls.py", refusals=2),
    "langchain-openai-responses": ClientProgram(("langchain", "langchain-openai"), "langchain_openai_responses.py"),
    "litellm": ClientProgram(("litellm",), "litellm_calls.py"),
    "litellm-bedrock": ClientProgram(("litellm", "boto3"), "litellm_bedrock.py"),
    "litellm-openai": ClientProgram(("litellm",), "litellm_openai.py", refusals=4),
    "llama-index": ClientProgram(
        ("llama-index-llms-anthropic", "anthropic[bedrock,vertex]<1"), "llama_index_agents.py"
    ),
    "llm": ClientProgram(("llm", "llm-anthropic"), "llm_prompts.py"),
    "openai": ClientProgram(("openai",), "openai_calls.py", refusals=14),
    "openai-1": ClientProgram(("openai<2",), "openai_calls.py", refusals=14),
    "openai-agents": ClientProgram(("openai-agents",), "openai_agents_runs.py", refusals=1),
    "openai-agents-responses": ClientProgram(("openai-agents",), "openai_agents_responses.py"),
    "openai-responses": ClientProgram(("openai",), "openai_responses.py", refusals=2),
    "platforms": ClientProgram(("anthropic[aws,bedrock,vertex]>=2.14",), "platform_clients.py", refusals=4),
    "pydantic-ai": ClientProgram(("pydantic-ai-slim[anthropic]",), "pydantic_ai_agents.py"),
    "pydantic-ai-bedrock": ClientProgram(("pydantic-ai-slim[bedrock]",), "pydantic_ai_bedrock.py"),
    "smolagents": ClientProgram(("smolagents[litellm]",), "smolagents_agents.py"),
    "strands": ClientProgram(("strands-agents[anthropic]",), "strands_agents.py"),
    "strands-bedrock": ClientProgram(("strands-agents",), "strands_bedrock.py"),
}


JAVASCRIPT_CLIENTS = {
    "ai": ClientProgram((), "ai_sdk.mjs", refusals=4),
    "ai-bedrock": ClientProgram((), "ai_bedrock.mjs"),
    "ai-responses": ClientProgram((), "ai_responses.mjs", refusals=2),
    "langchain-openai-js": ClientProgram((), "langchain_openai.mjs", refusals=2),
    "openai-js": ClientProgram((), "openai_calls.mjs", refusals=10),
    "openai-responses-js": ClientProgram((), "openai_responses.mjs", refusals=1),
    "platforms-js": ClientProgram((), "platforms.mjs", refusals=5),
}


@contextmanager
def javascript_programs() -> Iterator[Path]:
    """Copy the programs for Node to a folder beside their packages, where their imports are found."""
    with tempfile.TemporaryDirectory(dir=node.installed(JAVASCRIPT)) as name:
        for file in JAVASCRIPT.glob("*.mjs"):
            shutil.copy(file, name)
        yield Path(name)


def run_program(command: Sequence[str | Path], model: str, home: Path) -> ProgramRun:
    """Run the program of a client against the built-in scenario."""
    with MockClaude() as mock:
        mock.when().reply({"generate": "auto"})
        api = {"ANTHROPIC_API_KEY": "mock", "ANTHROPIC_API_BASE": mock.base_url, "NO_PROXY": "127.0.0.1"}
        api |= {"ANTHROPIC_BASE_URL": mock.base_url, "OPENAI_API_KEY": "mock", "OPENAI_BASE_URL": f"{mock.base_url}/v1"}
        done = subprocess.run(
            [*command, model],
            capture_output=True,
            text=True,
            timeout=PROGRAM_PATIENCE,
            check=False,
            env={**os.environ, **OPT_OUTS, **api, "HOME": str(home)},
            cwd=home,
        )
        statuses = tuple(entry.status for entry in mock.journal)
    return ProgramRun(done.stdout + done.stderr, done.returncode, statuses)
