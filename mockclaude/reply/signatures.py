"""Sign thinking blocks, so that a block in a later request can be verified without state.

A signature consists of a nonce, a mark that identifies this seed, and a seal on the shown text.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from mockclaude.api.issued import Origin
from mockclaude.reply.draws import Draws
from mockclaude.scenario.rules import KnownSignatures

_PART = 64


def sign(seed: int, thinking: str, shown_text: str | None = None) -> str:
    """Sign a thinking block: base64, 256 characters.

    Args:
        seed: The seed of the scenario.
        thinking: The whole text.
        shown_text: The text that the block shows; None for the whole text.
    """
    nonce = _digest(seed, "nonce", thinking)
    return base64.b64encode(nonce + _seal(seed, nonce, thinking if shown_text is None else shown_text)).decode()


def _seal(seed: int, nonce: bytes, shown_text: str) -> bytes:
    return _digest(seed, "mark", nonce.hex()) + _digest(seed, "seal", nonce.hex() + shown_text)


def _digest(seed: int, label: str, text: str) -> bytes:
    return base64.b64decode(Draws(seed, "signature", fingerprint=text).opaque(label, _PART))


class Signatures(NamedTuple):
    """The signatures that are valid: those of this seed, and those in the scenario."""

    seed: int
    known_signatures: KnownSignatures

    def thinking(self, thinking: str, signature: str) -> Origin:
        """Return the origin of a `thinking` block."""
        if self.known_signatures.templated or signature in self.known_signatures.signatures:
            return "issued"
        try:
            data = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return "unknown"
        nonce, seal = data[:_PART], data[_PART:]
        if seal == _seal(self.seed, nonce, thinking):
            return "issued"
        return "edited" if seal[:_PART] == _digest(self.seed, "mark", nonce.hex()) else "unknown"

    def redacted(self, data: str) -> bool:
        """Return whether the scenario has a `redacted_thinking` block with `data`."""
        return self.known_signatures.templated or data in self.known_signatures.data
