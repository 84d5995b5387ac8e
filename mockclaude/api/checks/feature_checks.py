"""Checks of the features that a model may lack: a fast reply, PDFs, and formats of the output."""

from __future__ import annotations

from collections.abc import Callable

from mockclaude.api.checks.check import Check, Details
from mockclaude.api.checks.model_checks import Find, build_model_check
from mockclaude.api.models import Model
from mockclaude.api.request import MessagesRequest


def _not_fast(request: MessagesRequest, model: Model) -> Details | None:
    return {"model": model.id} if request.body["speed"] == "fast" and not model.abilities.fast else None


def _reject_feature(feature: str, asks: Callable[[MessagesRequest], bool]) -> Find:
    """Build a check that rejects a request with a feature that the model lacks; `asks` detects the feature."""

    def find(request: MessagesRequest, model: Model) -> Details | None:
        return {"model": model.id} if feature not in model.abilities.features and asks(request) else None

    return find


def _has_pdf(request: MessagesRequest) -> bool:
    sources = [block.get("source") for _, block in request.blocks["document"]]
    return any(isinstance(source, dict) and source.get("media_type") == "application/pdf" for source in sources)


CHECKS: tuple[Check, ...] = (
    build_model_check(
        "a fast answer",
        "'{model}' does not support the `speed` parameter.",
        "reported",
        _not_fast,
        "speed",
        "NousResearch/hermes-agent#19517",
    ),
    build_model_check(
        "a PDF",
        "'{model}' does not support PDFs.",
        "assumed",
        _reject_feature("pdf_input", _has_pdf),
        "block:document",
    ),
    *(
        build_model_check(
            f"a format of the answer in `{field}`",
            f"'{{model}}' does not support the `{name}` parameter.",
            "assumed",
            _reject_feature("structured_outputs", has_format),
            field,
        )
        for field, name, has_format in (
            (
                "output_config",
                "output_config.format",
                lambda request: bool(request.body["output_config"].get("format")),
            ),
            ("output_format", "output_format", lambda _request: True),
        )
    ),
)
"""Checks of features, in the order of the fields that they read."""
