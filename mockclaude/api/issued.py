"""The signatures of thinking blocks, as the server that has signed them reads them."""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal, NamedTuple, Protocol, TypeAlias

THINKING = ("thinking", "redacted_thinking")
"""The types of thinking blocks."""

HASH, SHORT_HASH = 8, 4
"""Bytes of a hash in a signature, and of that of one block."""

NO_HASH = bytes(HASH)

BlockPath: TypeAlias = tuple[str, int, str, int]
"""The path of a content block of a message."""

Origin: TypeAlias = Literal["known", "foreign", "invalid"]
"""The origin of a block without an own signature: in the scenario, of the API's form, or neither."""


class PrefixHashes(NamedTuple):
    """The content before a message.

    Attributes:
        system: The hash of the system prompt.
        tools: The hash of the tools.
        size: The number of blocks.
        older: The hash of all blocks but the recent ones.
        recent: The short hashes of the newest 16 blocks.
    """

    system: bytes
    tools: bytes
    size: int
    older: bytes
    recent: bytes

    @property
    def before_recent(self) -> int:
        """The number of older blocks."""
        return self.size - len(self.recent) // SHORT_HASH


class SignedBlock(NamedTuple):
    """The facts in an own signature.

    Attributes:
        model: The id of the model; '' for a model that the catalogue does not list.
        text: The hash of the text.
        position: The index of the block in its message.
        prefix: The content before the message.
        previous: The hash of the thinking block before it; zeros for none.
    """

    model: str
    text: bytes
    position: int
    prefix: PrefixHashes
    previous: bytes


class IssuedBlocks(Protocol):
    """The blocks that the server or a recording has sent."""

    def thinking(self, signature: str) -> SignedBlock | Origin:
        """Read the signature of a `thinking` block."""

    def redacted(self, data: str) -> Origin:
        """Return the origin of a `redacted_thinking` block."""


class AllIssued:
    """Accepts every block as one of the scenario."""

    def thinking(self, signature: str) -> SignedBlock | Origin:  # noqa: ARG002 (the protocol's signature)
        """Return "known"."""
        return "known"

    def redacted(self, data: str) -> Origin:  # noqa: ARG002 (the protocol's signature)
        """Return "known"."""
        return "known"


ALL_ISSUED = AllIssued()


def hash_text(text: str) -> bytes:
    """Hash a text with 8 bytes."""
    return digest(text.encode("utf-8", "surrogatepass"))


def digest(data: bytes) -> bytes:
    """Hash data with 8 bytes."""
    return blake2b(data, digest_size=HASH).digest()
