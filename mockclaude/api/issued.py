"""The thinking blocks that a server has sent: a request may contain no others."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

Origin: TypeAlias = Literal["issued", "edited", "unknown"]
"""The origin of a thinking block: sent unchanged, sent with another text, or never sent."""


class IssuedBlocks(Protocol):
    """The blocks that the server or a recording has sent."""

    def thinking(self, thinking: str, signature: str) -> Origin:
        """Return the origin of a `thinking` block."""

    def redacted(self, data: str) -> bool:
        """Return whether a `redacted_thinking` block was sent."""


class AllIssued:
    """Accepts every block as sent."""

    def thinking(self, thinking: str, signature: str) -> Origin:  # noqa: ARG002 (the protocol's signature)
        """Return "issued"."""
        return "issued"

    def redacted(self, data: str) -> bool:  # noqa: ARG002 (the protocol's signature)
        """Return True."""
        return True


ALL_ISSUED = AllIssued()
