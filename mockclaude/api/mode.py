"""Validation modes: whether an error of the API is raised, becomes a warning, or is ignored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias, get_args

from mockclaude.api.errors import ApiError

Mode: TypeAlias = Literal["anthropic", "gateway", "off"]
"""The strictness of validation: like the API, like gateways to the API, which accept more, or without validation."""

MODES: tuple[Mode, ...] = get_args(Mode)


class ValidationResult:
    """The validation of one request, with warnings about tolerated errors."""

    def __init__(self, mode: Mode = "anthropic", warnings: Iterable[str] = ()) -> None:
        self.mode = mode
        self.is_off = mode == "off"
        """Whether validation accepts every request that can have a reply."""
        self.warnings = list(warnings)

    def report(self, error: ApiError, *, gateway_accepts: bool) -> None:
        """Raise `error`, or add a warning if the mode tolerates it.

        Args:
            error: The error of the API.
            gateway_accepts: Whether the mode `gateway` tolerates it.

        Raises:
            ApiError: `error`.
        """
        if not self.tolerates(gateway_accepts=gateway_accepts):
            raise error
        if self.mode == "gateway":
            self.warn(f"{error.message}; {error.hint}" if error.hint else error.message)

    def tolerates(self, *, gateway_accepts: bool) -> bool:
        """Return whether the mode tolerates an error."""
        return self.mode == "off" or (self.mode == "gateway" and gateway_accepts)

    def warn(self, message: str) -> None:
        """Add a warning, unless the mode is `off`."""
        if not self.is_off:
            self.warnings.append(message)
