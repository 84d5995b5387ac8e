"""Signatures of thinking blocks: made so that a block which comes back can be checked without a memory of it.

In: the seed, a thought, and what of it was shown. Out: a signature, and what is known of one that comes back.
Knows nothing of requests. A signature is a nonce, a mark that says this server made it, and a seal on the text shown.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from mockclaude.api.issued import Origin
from mockclaude.reply.draws import Draws
from mockclaude.scenario.rules import KnownSignatures

_PART = 64


def signature(seed: int, thinking: str, shown: str | None = None) -> str:
    """Return the signature of a block that shows `shown` (if None, all) of `thinking`: base64, 256 characters."""
    nonce = _digest(seed, "nonce", thinking)
    return base64.b64encode(nonce + _sealed(seed, nonce, thinking if shown is None else shown)).decode()


def _sealed(seed: int, nonce: bytes, shown: str) -> bytes:
    return _digest(seed, "mark", nonce.hex()) + _digest(seed, "seal", nonce.hex() + shown)


def _digest(seed: int, label: str, text: str) -> bytes:
    return base64.b64decode(Draws(seed, "signature", fingerprint=text).opaque(label, _PART))


class Signatures(NamedTuple):
    """What is known of thinking blocks: those that this seed signs, and those that the scenario has."""

    seed: int
    recorded: KnownSignatures

    def thinking(self, thinking: str, signature: str) -> Origin:
        """Return where a `thinking` block comes from."""
        if self.recorded.templated or signature in self.recorded.signatures:
            return "issued"
        try:
            given = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return "unknown"
        nonce, seal = given[:_PART], given[_PART:]
        if seal == _sealed(self.seed, nonce, thinking):
            return "issued"
        return "edited" if seal[:_PART] == _digest(self.seed, "mark", nonce.hex()) else "unknown"

    def redacted(self, data: str) -> bool:
        """Return whether a `redacted_thinking` block is one that the scenario has."""
        return self.recorded.templated or data in self.recorded.data
