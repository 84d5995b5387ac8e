"""Validation modes: whether an error of the API is raised, becomes a warning, or is ignored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias, get_args

from mockclaude.api.errors import ApiError

Mode: TypeAlias = Literal["anthropic", "gateway", "off"]
"""How strictly requests are validated: as by the API, as by the gateways to it, which accept more, or not at all."""

MODES: tuple[Mode, ...] = get_args(Mode)


class ValidationResult:
    """The validation of one request. Errors that the mode tolerates are collected in `warnings`."""

    def __init__(self, mode: Mode = "anthropic", warnings: Iterable[str] = ()) -> None:
        self.mode = mode
        self.is_off = mode == "off"
        """Whether every request is accepted that a reply can be made for."""
        self.warnings = list(warnings)

    def report(self, error: ApiError, *, gateway_accepts: bool) -> None:
        """Raise `error`, or add a warning if the mode tolerates it.

        Args:
            error: The error of the API.
            gateway_accepts: Whether the mode `gateway` tolerates it.

        Raises:
            ApiError: `error`.
        """
        if self.mode == "anthropic" or (self.mode == "gateway" and not gateway_accepts):
            raise error
        if self.mode == "gateway":
            self.warn(error.message)

    def warn(self, message: str) -> None:
        """Add a warning, unless the mode is `off`."""
        if not self.is_off:
            self.warnings.append(message)
