"""Checks that depend on the model: maximum lengths, kinds of thinking, sampling and roles.

The catalogue has the abilities of each model; requests for unknown models pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mockclaude.api.checks.check import Check, Details
from mockclaude.api.models import Model
from mockclaude.api.request import MessagesRequest

Find: TypeAlias = Callable[[MessagesRequest, Model], Details | None]
"""Returns the values for the message of a check, or None if the request is valid for the model."""

_INTERLEAVED = "interleaved-thinking-2025-05-14"
_LONGER = {"output-128k-2025-02-19": 128_000, "output-300k-2026-03-24": 300_000}
_UNFINISHED = ("server_tool_use", "mcp_tool_use", "compaction")


def build_model_check(condition: str, message: str, source: str, find: Find, needs: str, citation: str = "") -> Check:
    """Build a check for the models of the catalogue."""

    def find_if_known(request: MessagesRequest) -> Details | None:
        return None if request.model_info is None else find(request, request.model_info)

    return Check(condition, message, source, find_if_known, needs, gateway=True, citation=citation)


def _too_long(request: MessagesRequest, model: Model) -> Details | None:
    max_tokens = request.body["max_tokens"]
    if max_tokens <= model.max_tokens:
        return None
    limit = max([model.max_tokens, *(tokens for beta, tokens in _LONGER.items() if beta in request.api_headers.betas)])
    return {"max_tokens": max_tokens, "limit": limit, "model": model.id} if max_tokens > limit else None


def _budget_too_big(request: MessagesRequest) -> Details | None:
    budget, max_tokens = _number(request.body["thinking"].get("budget_tokens")), request.body.get("max_tokens")
    if budget is None or max_tokens is None or budget < max_tokens:
        return None
    return None if _INTERLEAVED in request.api_headers.betas and request.body.get("tools") else {}


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) else None


def _thinking_type(request: MessagesRequest) -> str | None:
    thinking = request.body.get("thinking")
    return thinking.get("type") if thinking else None


def _reject_thinking_type(mode: str, offers: Callable[[tuple[str, ...]], bool] = bool) -> Find:
    """Build a check that rejects `thinking.type` `mode` if the model lacks it and `offers` is true of its types."""

    def find(_: MessagesRequest, model: Model) -> Details | None:
        modes = model.thinking_modes
        return None if mode in modes or not offers(modes) else {"model": model.id}

    return find


def _no_effort(request: MessagesRequest, model: Model) -> Details | None:
    return {} if not model.effort_levels and request.body["output_config"].get("effort") else None


def _other_effort(request: MessagesRequest, model: Model) -> Details | None:
    effort, levels = request.body["output_config"].get("effort"), model.effort_levels
    return {"effort": effort, "levels": ", ".join(levels)} if effort and levels and effort not in levels else None


def _effort_that_thinks(request: MessagesRequest, model: Model) -> Details | None:
    effort = request.body["output_config"].get("effort")
    if effort not in model.abilities.efforts_that_think:
        return None
    return {"effort": effort} if _thinking_type(request) in ("disabled", "between_tools") else None


def _is_thinking(request: MessagesRequest) -> bool:
    return _thinking_type(request) in ("enabled", "adaptive")


def _other_temperature(request: MessagesRequest) -> Details | None:
    temperature = _number(request.body["temperature"])
    return None if temperature is None or 0 <= temperature <= 1 else {}


def _reject_sampling(field: str) -> Find:
    """Build a check that rejects values of `field` other than the default, for models that fix the value."""

    def find(request: MessagesRequest, model: Model) -> Details | None:
        return None if model.abilities.sampling or request.body[field] == 1 else {}

    return find


def _two_samplers(request: MessagesRequest, model: Model) -> Details | None:
    return {} if model.abilities.one_sampler and request.body.get("top_p") is not None else None


def _reject_below(field: str, lowest: float) -> Find:
    """Build a check that rejects values of `field` below `lowest` if thinking is enabled."""

    def find(request: MessagesRequest, _model: Model) -> Details | None:
        value = _number(request.body[field])
        return {} if value is not None and value < lowest and _is_thinking(request) else None

    return find


def _find_prefill(request: MessagesRequest, model: Model) -> Details | None:
    last = request.messages[-1]
    if model.abilities.prefill or last["role"] != "assistant" or _is_continued(request):
        return None
    return {}


def _is_continued(request: MessagesRequest) -> bool:
    """Return whether the last message is a turn that the server paused, or that another model refused to end."""
    content = request.messages[-1]["content"]
    kind = content[-1]["type"] if content and not isinstance(content, str) else ""
    return kind in _UNFINISHED or kind.endswith("_tool_result") or "fallback_credit_token" in request.body


def _system_role(_request: MessagesRequest, model: Model) -> Details | None:
    return None if model.abilities.system_role else {}


def _forces_tool(request: MessagesRequest) -> bool:
    return request.body["tool_choice"].get("type") in ("any", "tool")


def _find_forced_tool(request: MessagesRequest, model: Model) -> Details | None:
    return {} if not model.abilities.forced_tools and _forces_tool(request) else None


def _find_forced_tool_with_thinking(request: MessagesRequest) -> Details | None:
    return {} if _thinking_type(request) == "enabled" and _forces_tool(request) else None


_ADAPTIVE_INSTEAD = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
_ADR = "vicentereig/dspy.rb adr/019-anthropic-reasoning-temperature-config.md, of temperature"
_WITH_THINKING = "when thinking is enabled or in adaptive mode"

CHECKS: tuple[Check, ...] = (
    build_model_check(
        "more tokens than the model writes",
        "max_tokens: {max_tokens} > {limit}, which is the maximum allowed number of output tokens for {model}",
        "reported",
        _too_long,
        "max_tokens",
        "anthropics/claude-code#24451",
    ),
    Check(
        "thoughts longer than the answer",
        "`max_tokens` must be greater than `thinking.budget_tokens`",
        "reported",
        _budget_too_big,
        "thinking",
        citation="sigoden/aichat#1304; router-for-me/CLIProxyAPI#413: both with a link after it",
    ),
    build_model_check(
        "a budget for thoughts where the model sets it",
        f'"thinking.type.enabled" is not supported for this model. {_ADAPTIVE_INSTEAD}',
        "reported",
        _reject_thinking_type("enabled", lambda modes: "adaptive" in modes),
        "thinking:enabled",
        citation="0xPlaygrounds/rig reasoning_usage_matrix.rs",
    ),
    build_model_check(
        "a budget for thoughts where the model has none",
        "'{model}' does not support thinking.",
        "reported",
        _reject_thinking_type("enabled", lambda modes: "adaptive" not in modes),
        "thinking:enabled",
        citation="anthropics/claude-code#12914",
    ),
    build_model_check(
        "adaptive thinking on an older model",
        "adaptive thinking is not supported on this model",
        "reported",
        _reject_thinking_type("adaptive"),
        "thinking:adaptive",
        citation="docker/docker-agent#3362; askalf/dario#273",
    ),
    build_model_check(
        "thinking between tools where it is not known",
        '"thinking.type.between_tools" is not supported for this model.',
        "assumed",
        _reject_thinking_type("between_tools"),
        "thinking:between_tools",
    ),
    build_model_check(
        "no thinking where it is always on, but can be between tools only",
        '"thinking.type.disabled" is not supported for this model. Use "thinking.type.between_tools" for the lowest '
        'thinking setting, or "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
        "assumed",
        _reject_thinking_type("disabled", lambda modes: "between_tools" in modes),
        "thinking:disabled",
    ),
    build_model_check(
        "no thinking where it is always on, but can have a budget",
        '"thinking.type.disabled" is not supported for this model. Thinking defaults to adaptive mode when not '
        'specified; use "thinking.type.enabled" with "budget_tokens" for extended thinking.',
        "reported",
        _reject_thinking_type("disabled", lambda modes: "enabled" in modes),
        "thinking:disabled",
        "ex-machina-co/opencode-anthropic-auth#159",
    ),
    build_model_check(
        "no thinking where it is always on",
        f'"thinking.type.disabled" is not supported for this model. {_ADAPTIVE_INSTEAD}',
        "reported",
        _reject_thinking_type("disabled", lambda modes: modes == ("adaptive",)),
        "thinking:disabled",
        citation="measured on claude-opus-5-5, 2026-10-06",
    ),
    build_model_check(
        "an effort where the model has no such setting",
        "This model does not support the effort parameter.",
        "reported",
        _no_effort,
        "output_config",
        citation="anthropics/claude-code#30010",
    ),
    build_model_check(
        "an effort that the model does not have",
        "This model does not support effort level '{effort}'. Supported levels: {levels}.",
        "recorded",
        _other_effort,
        "output_config",
        citation="pydantic/pydantic-ai test_anthropic_explicit_effort_xhigh_unsupported_model_errors.yaml",
    ),
    build_model_check(
        "an effort that is not made without thinking",
        "output_config.effort '{effort}' is not supported when thinking is disabled on this model. "
        "Use effort 'high' or below, or enable thinking.",
        "reported",
        _effort_that_thinks,
        "output_config",
        citation="anthropics/claude-code#81084",
    ),
    Check(
        "a temperature below 0 or above 1",
        "temperature: range: 0..1",
        "recorded",
        _other_temperature,
        "temperature",
        gateway=True,
        citation="0xPlaygrounds/rig error_identity_edge/validation_error_carries_identity.yaml",
    ),
    *(
        build_model_check(
            f"a {field}", f"`{field}` is deprecated for this model.", "reported", _reject_sampling(field), field, _ADR
        )
        for field in ("temperature", "top_p", "top_k")
    ),
    build_model_check(
        "two samplers where the model takes one",
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        "reported",
        _two_samplers,
        "temperature",
        citation="pydantic/pydantic-ai tests/models/test_anthropic.py",
    ),
    build_model_check(
        "thoughts at another temperature than 1",
        f"`temperature` may only be set to 1 {_WITH_THINKING}",
        "reported",
        _reject_below("temperature", 1),
        "temperature",
        citation="anthropics/anthropic-cookbook extended_thinking/extended_thinking.ipynb",
    ),
    build_model_check(
        "thoughts from too few words",
        f"`top_p` must be greater than or equal to 0.95 or unset {_WITH_THINKING}",
        "reported",
        _reject_below("top_p", 0.95),
        "top_p",
        citation="SEMOSS/Semoss#1655",
    ),
    build_model_check(
        "thoughts from a number of words",
        f"`top_k` must be unset {_WITH_THINKING}",
        "reported",
        _reject_below("top_k", float("inf")),
        "top_k",
        citation="quarkiverse/quarkus-langchain4j#1812",
    ),
    build_model_check(
        "a prefilled answer",
        "This model does not support assistant message prefill. The conversation must end with a user message.",
        "recorded",
        _find_prefill,
        "role:assistant",
        citation="activeagents/activeagent docs/actions/structured_output/anthropic_json.yml",
    ),
    build_model_check(
        "a system message",
        "role 'system' is not supported on this model",
        "reported",
        _system_role,
        "role:system",
        "UKGovernmentBEIS/inspect_ai _providers/anthropic.py; pydantic/pydantic-ai providers/anthropic.py",
    ),
    build_model_check(
        "a forced tool",
        'tool_choice: type "tool" and "any" are not supported for this model.',
        "reported",
        _find_forced_tool,
        "tool_choice",
        "anthropics/claude-cookbooks#854; experientiallabs/experiential#804",
    ),
    Check(
        "a forced tool, and thoughts before it",
        "Thinking may not be enabled when tool_choice forces tool use.",
        "reported",
        _find_forced_tool_with_thinking,
        "tool_choice",
        gateway=True,
        citation="langchain-ai/langchainjs responses.int.test.ts; pydantic/pydantic-ai tests/models/test_anthropic.py",
    ),
)
"""Checks of the model, in the order of the fields that they read."""
