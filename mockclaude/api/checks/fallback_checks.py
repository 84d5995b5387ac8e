"""Checks of `fallbacks`: the models that answer if the requested one refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockclaude.api.checks.check import Check, Details
from mockclaude.api.models import resolve
from mockclaude.api.request import MessagesRequest

MAX_FALLBACKS = 3


def _fallbacks(request: MessagesRequest) -> Sequence[Mapping[str, Any]]:
    """Return the listed fallbacks; none for the API's own choice."""
    fallbacks: str | list[dict[str, Any]] = request.body["fallbacks"]
    return () if isinstance(fallbacks, str) else fallbacks


def _is_unsupported(request: MessagesRequest) -> Details | None:
    model = request.model_info
    return None if model is None or request.constants.fallbacks != () else {"model": model.id}


def _wrong_target(request: MessagesRequest) -> Details | None:
    targets, model = request.constants.fallbacks, request.model_info
    if not targets or model is None:
        return None
    names = [fallback["model"] for fallback in _fallbacks(request)]
    wrong = next((name for name in names if resolve(name) not in targets), None)
    return None if wrong is None else {"target": wrong, "model": model.id, "targets": ", ".join(targets)}


def _other_number(request: MessagesRequest) -> Details | None:
    fallbacks = request.body["fallbacks"]
    is_valid = isinstance(fallbacks, str) or 1 <= len(fallbacks) <= MAX_FALLBACKS
    return None if is_valid else {"count": len(fallbacks), "most": MAX_FALLBACKS}


def _same_model(request: MessagesRequest) -> Details | None:
    names = [resolve(name) for name in (request.model, *(fallback["model"] for fallback in _fallbacks(request)))]
    return {} if len(set(names)) < len(names) else None


CHECKS: tuple[Check, ...] = (
    Check(
        "fallbacks of a model that has none",
        "'{model}' does not support the `fallbacks` parameter.",
        "reported",
        _is_unsupported,
        "fallbacks",
        gateway=True,
        citation="Keeping-History/rt911#338",
    ),
    Check(
        "a fallback that the model does not have",
        "'{target}' is not a valid fallback target for '{model}'. Valid targets: {targets}.",
        "reported",
        _wrong_target,
        "fallbacks",
        gateway=True,
        citation="earendil-works/pi#8258",
    ),
    Check(
        "another number of fallbacks than the API takes",
        "fallbacks: between 1 and {most} fallback models may be provided. Found {count}.",
        "assumed",
        _other_number,
        "fallbacks",
    ),
    Check(
        "a fallback that is the model, or listed twice",
        "fallbacks: fallback models must be distinct, and must not include the requested model.",
        "assumed",
        _same_model,
        "fallbacks",
    ),
)
"""Fallbacks: whether the model has them, then which."""
