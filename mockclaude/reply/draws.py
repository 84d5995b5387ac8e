"""Every random decision: a keyed hash of what is being decided, never a shared generator.

In: the seed, the rule, the request's fingerprints, the lane, the occurrence, and a label that says what is drawn.
Out: a number in [0, 1), bytes, an identifier, or a seed for somebody else's generator.
Knows nothing of time, of other requests, or of the order in which decisions are asked for: that is why two requests
that arrive in any order get the same answers.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple, TypeVar

T = TypeVar("T")

DRAW_VERSION = "1"
"""Part of every draw; changes only when the same inputs are meant to give other results."""

_BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_TO_BASE58 = bytes(_BASE58[byte % 58] for byte in range(256))


class Draws(NamedTuple):
    """The decisions about one reply to one request.

    Ids and faults are drawn from the whole request, content from its question: the streamed and the plain form of one
    question get the same content under different ids, whichever arrives first.

    Attributes:
        rule: The rule's id: its name, never its position.
        fingerprint: The hash of the request with its whole body.
        lane: The lane (isolation key) of the request.
        occurrence: How many requests with this fingerprint the rule has answered in this lane before.
        question: The hash of the request without `stream` and `metadata`; "" if that is the fingerprint.
    """

    seed: int
    rule: str
    fingerprint: str = ""
    lane: str = ""
    occurrence: int = 0
    question: str = ""

    def __str__(self) -> str:
        """Return what everything is drawn from: enough to draw it again, without a server. Occurrences count from 1."""
        seed, rule, fingerprint, lane, occurrence, question = self
        asked = f", question {question}" if question else ""
        whose = f"lane {lane or '-'}, occurrence {occurrence + 1}"
        return f"seed {seed}, rule {rule}, fingerprint {fingerprint}{asked}, {whose}"

    @property
    def of_question(self) -> Draws:
        """The draws that decide which reply is given and its pace: the same whether streamed or not."""
        return self._replace(fingerprint=self.question, question="") if self.question else self

    @property
    def content(self) -> Draws:
        """The draws that decide content: the same for each client that sends this question, however often."""
        return self.of_question._replace(lane="", occurrence=0)

    def scoped(self, scope: str) -> Draws:
        """Return the draws of one part of the reply, unaffected by what the other parts draw."""
        return self._replace(rule=f"{self.rule}\n{scope}")

    def uniform(self, label: str) -> float:
        """Return a number in [0, 1) with 53 random bits."""
        return (int.from_bytes(self._hash(label, 8), "big") >> 11) * 2.0**-53

    def integer(self, label: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self.uniform(label) * (high - low + 1))

    def pick(self, label: str, options: Sequence[T]) -> T:
        """Return one of `options`, which must not be empty."""
        return options[self.integer(label, 0, len(options) - 1)]

    def weighted(self, label: str, weights: Sequence[float]) -> int:
        """Return an index into `weights`, each as likely as its share of their sum."""
        left = self.uniform(label) * sum(weights)
        for index, weight in enumerate(weights):
            left -= weight
            if left < 0:
                return index
        return len(weights) - 1

    def identifier(self, prefix: str, label: str = "") -> str:
        """Return an id in the API's form: `prefix`, `_01`, and 22 base-58 characters, as in all recordings."""
        return f"{prefix}_01{self._hash(f'{prefix}/{label}', 22).translate(_TO_BASE58).decode()}"

    def ids(self) -> tuple[str, str]:
        """Return the ids that every answer needs, of the request and of the message, from one draw."""
        drawn = self._hash("ids", 44).translate(_TO_BASE58).decode()
        return f"req_01{drawn[:22]}", f"msg_01{drawn[22:]}"

    def noise(self, label: str, length: int) -> bytes:
        """Return `length` random bytes."""
        blocks = (self._hash(f"{label}/{index}", 64) for index in range(-(-length // 64)))
        return b"".join(blocks)[:length]

    def opaque(self, label: str, length: int = 192) -> str:
        """Return base64 text that stands for `length` bytes only the API could read (signatures, encrypted content)."""
        return base64.b64encode(self.noise(label, length)).decode()

    def seed_for(self, label: str) -> int:
        """Return a 64-bit seed for a generator of somebody else's, such as Faker's."""
        return int.from_bytes(self._hash(label, 8), "big")

    def _hash(self, label: str, size: int) -> bytes:
        rule, fingerprint, lane, occurrence = self.rule, self.fingerprint, self.lane, self.occurrence
        message = (
            f"{DRAW_VERSION}:{len(rule)}:{rule}{len(fingerprint)}:{fingerprint}{len(lane)}:{lane}{occurrence}:{label}"
        )
        return blake2b(
            message.encode("utf-8", "surrogatepass"), digest_size=size, key=(b"%d" % self.seed)[:64]
        ).digest()
