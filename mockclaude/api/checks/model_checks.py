"""Checks that depend on the model: maximum lengths, kinds of thinking, sampling, roles and features.

The catalogue has the abilities of each model; requests for unknown models pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mockclaude.api.checks.check import Check, Details
from mockclaude.api.models import Model
from mockclaude.api.request import MessagesRequest

_Find: TypeAlias = Callable[[MessagesRequest, Model], Details | None]

_INTERLEAVED = "interleaved-thinking-2025-05-14"
_LONGER = {"output-128k-2025-02-19": 128_000, "output-300k-2026-03-24": 300_000}
_UNFINISHED = ("server_tool_use", "mcp_tool_use", "compaction")


def _rule(condition: str, message: str, source: str, find: _Find, needs: str) -> Check:
    """Build a check for the models of the catalogue."""

    def find_if_known(request: MessagesRequest) -> Details | None:
        return None if request.model_info is None else find(request, request.model_info)

    return Check(condition, message, source, find_if_known, needs, gateway=True)


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


def _reject_thinking_type(mode: str, offers: Callable[[tuple[str, ...]], bool] = bool) -> _Find:
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


def _too_warm(request: MessagesRequest) -> Details | None:
    temperature = _number(request.body["temperature"])
    return {} if temperature is not None and temperature > 1 else None


def _too_cold(request: MessagesRequest) -> Details | None:
    temperature = _number(request.body["temperature"])
    return {"temperature": temperature} if temperature is not None and temperature < 0 else None


def _reject_sampling(field: str) -> _Find:
    """Build a check that rejects values of `field` other than the default, for models that fix the value."""

    def find(request: MessagesRequest, model: Model) -> Details | None:
        return None if model.abilities.sampling or request.body[field] == 1 else {}

    return find


def _two_samplers(request: MessagesRequest, model: Model) -> Details | None:
    return {} if model.abilities.one_sampler and request.body.get("top_p") is not None else None


def _reject_below(field: str, lowest: float) -> _Find:
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


def _not_fast(request: MessagesRequest, model: Model) -> Details | None:
    return {"model": model.id} if request.body["speed"] == "fast" and not model.abilities.fast else None


def _reject_feature(feature: str, asks: Callable[[MessagesRequest], bool]) -> _Find:
    """Build a check that rejects a request with a feature that the model lacks; `asks` detects the feature."""

    def find(request: MessagesRequest, model: Model) -> Details | None:
        return {"model": model.id} if feature not in model.abilities.features and asks(request) else None

    return find


def _has_pdf(request: MessagesRequest) -> bool:
    sources = [block.get("source") for _, block in request.blocks["document"]]
    return any(isinstance(source, dict) and source.get("media_type") == "application/pdf" for source in sources)


def _has_format(request: MessagesRequest) -> bool:
    return bool(request.body["output_config"].get("format"))


_ADAPTIVE_INSTEAD = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
_WITH_THINKING = "when thinking is enabled or in adaptive mode"

CHECKS: tuple[Check, ...] = (
    _rule(
        "more tokens than the model writes",
        "max_tokens: {max_tokens} > {limit}, which is the maximum allowed number of output tokens for {model}",
        "reported",
        _too_long,
        "max_tokens",
    ),
    Check(
        "thoughts longer than the answer",
        "`max_tokens` must be greater than `thinking.budget_tokens`",
        "reported",
        _budget_too_big,
        "thinking",
    ),
    _rule(
        "a budget for thoughts where the model sets it",
        f'"thinking.type.enabled" is not supported for this model. {_ADAPTIVE_INSTEAD}',
        "documented",
        _reject_thinking_type("enabled", lambda modes: "adaptive" in modes),
        "thinking:enabled",
    ),
    _rule(
        "a budget for thoughts where the model has none",
        "'{model}' does not support thinking.",
        "assumed",
        _reject_thinking_type("enabled", lambda modes: "adaptive" not in modes),
        "thinking:enabled",
    ),
    _rule(
        "adaptive thinking on an older model",
        "adaptive thinking is not supported on this model",
        "documented",
        _reject_thinking_type("adaptive"),
        "thinking:adaptive",
    ),
    _rule(
        "thinking between tools where it is not known",
        '"thinking.type.between_tools" is not supported for this model.',
        "reported",
        _reject_thinking_type("between_tools"),
        "thinking:between_tools",
    ),
    _rule(
        "no thinking where it is always on, but can be between tools only",
        '"thinking.type.disabled" is not supported for this model. Use "thinking.type.between_tools" for the lowest '
        'thinking setting, or "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
        "reported",
        _reject_thinking_type("disabled", lambda modes: "between_tools" in modes),
        "thinking:disabled",
    ),
    _rule(
        "no thinking where it is always on, but can have a budget",
        '"thinking.type.disabled" is not supported for this model. Thinking defaults to adaptive mode when not '
        'specified; use "thinking.type.enabled" with "budget_tokens" for extended thinking.',
        "documented",
        _reject_thinking_type("disabled", lambda modes: "enabled" in modes),
        "thinking:disabled",
    ),
    _rule(
        "no thinking where it is always on",
        f'"thinking.type.disabled" is not supported for this model. {_ADAPTIVE_INSTEAD}',
        "documented",
        _reject_thinking_type("disabled", lambda modes: modes == ("adaptive",)),
        "thinking:disabled",
    ),
    _rule(
        "an effort where the model has no such setting",
        "This model does not support the effort parameter.",
        "reported",
        _no_effort,
        "output_config",
    ),
    _rule(
        "an effort that the model does not have",
        "This model does not support effort level '{effort}'. Supported levels: {levels}.",
        "recorded",
        _other_effort,
        "output_config",
    ),
    _rule(
        "an effort that is not made without thinking",
        "output_config.effort '{effort}' is not supported when thinking is disabled on this model. "
        "Use effort 'high' or below, or enable thinking.",
        "reported",
        _effort_that_thinks,
        "output_config",
    ),
    Check("a temperature above 1", "temperature: range: 0..1", "reported", _too_warm, "temperature", gateway=True),
    Check(
        "a temperature below 0",
        "`temperature` cannot be set to {temperature} for this model",
        "reported",
        _too_cold,
        "temperature",
        gateway=True,
    ),
    *(
        _rule(f"a {field}", f"`{field}` is deprecated for this model.", "reported", _reject_sampling(field), field)
        for field in ("temperature", "top_p", "top_k")
    ),
    _rule(
        "two samplers where the model takes one",
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        "reported",
        _two_samplers,
        "temperature",
    ),
    _rule(
        "thoughts at another temperature than 1",
        f"`temperature` may only be set to 1 {_WITH_THINKING}",
        "reported",
        _reject_below("temperature", 1),
        "temperature",
    ),
    _rule(
        "thoughts from too few words",
        f"`top_p` must be greater than or equal to 0.95 or unset {_WITH_THINKING}",
        "reported",
        _reject_below("top_p", 0.95),
        "top_p",
    ),
    _rule(
        "thoughts from a number of words",
        f"`top_k` must be unset {_WITH_THINKING}",
        "reported",
        _reject_below("top_k", float("inf")),
        "top_k",
    ),
    _rule(
        "a prefilled answer",
        "This model does not support assistant message prefill. The conversation must end with a user message.",
        "documented",
        _find_prefill,
        "role:assistant",
    ),
    _rule("a system message", "role 'system' is not supported on this model", "reported", _system_role, "role:system"),
    _rule(
        "a forced tool",
        'tool_choice: type "tool" and "any" are not supported for this model.',
        "documented",
        _find_forced_tool,
        "tool_choice",
    ),
    Check(
        "a forced tool, and thoughts before it",
        "Thinking may not be enabled when tool_choice forces tool use.",
        "reported",
        _find_forced_tool_with_thinking,
        "tool_choice",
        gateway=True,
    ),
    _rule("a fast answer", "'{model}' does not support the `speed` parameter.", "reported", _not_fast, "speed"),
    _rule(
        "a PDF",
        "'{model}' does not support PDFs.",
        "reported",
        _reject_feature("pdf_input", _has_pdf),
        "block:document",
    ),
    _rule(
        "a format of the answer",
        "'{model}' does not support the `output_config.format` parameter.",
        "assumed",
        _reject_feature("structured_outputs", _has_format),
        "output_config",
    ),
    _rule(
        "a format of the answer, in the old field",
        "'{model}' does not support the `output_format` parameter.",
        "assumed",
        _reject_feature("structured_outputs", lambda _request: True),
        "output_format",
    ),
)
"""Checks of the model, in the order of the fields that they read."""
