"""How strictly requests are judged.

In: what the API would refuse. Out: an error, a warning, or nothing, by the mode.
Knows nothing of what is judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias, get_args

from mockclaude.api.errors import ApiError

Mode: TypeAlias = Literal["anthropic", "gateway", "off"]
"""Whose rules hold: the API's own; those of the gateways that offer it, which take more; or none."""

MODES: tuple[Mode, ...] = get_args(Mode)


class Validation:
    """The judgement of one request: what is tolerated becomes one of its `warnings`."""

    def __init__(self, mode: Mode = "anthropic", warnings: Iterable[str] = ()) -> None:
        self.mode = mode
        self.off = mode == "off"
        """Whether everything is accepted that can be answered."""
        self.warnings = list(warnings)

    def object(self, error: ApiError, *, gateways_take_it: bool) -> None:
        """Raise `error`, or where the mode lets it pass, warn; `gateways_take_it` says whether `gateway` does."""
        if self.mode == "anthropic" or (self.mode == "gateway" and not gateways_take_it):
            raise error
        if self.mode == "gateway":
            self.warn(error.message)

    def warn(self, message: str) -> None:
        """Add a warning, unless the mode is `off`."""
        if not self.off:
            self.warnings.append(message)
