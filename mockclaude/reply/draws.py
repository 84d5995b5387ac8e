"""Draw pseudo-random values: each is a hash keyed by the seed, the request and a label.

Without a shared generator, a draw depends neither on time nor on other requests: requests get the same responses in any
order of arrival.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b
from typing import NamedTuple, TypeVar

T = TypeVar("T")

DRAW_VERSION = "1"
"""Part of every draw. A new version changes the result of all draws."""

_BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_TO_BASE58 = bytes(_BASE58[byte % 58] for byte in range(256))


class Draws(NamedTuple):
    """The draws of one reply to one request.

    Ids and faults are drawn from the whole request, content from the request without `stream` and `metadata`: with and
    without streaming, a reply has the same content and different ids.

    Attributes:
        rule: The rule's id: its name, never its position.
        fingerprint: The hash of the request with its whole body.
        lane: The lane (isolation key) of the request.
        occurrence: The number of earlier requests with this fingerprint in this lane that the rule matched.
        question: The hash of the request without `stream` and `metadata`; "" if that is the fingerprint.
    """

    seed: int
    rule: str
    fingerprint: str = ""
    lane: str = ""
    occurrence: int = 0
    question: str = ""

    def __str__(self) -> str:
        """Return all keys of the draws, which reproduce every draw without a server. Occurrences count from 1."""
        seed, rule, fingerprint, lane, occurrence, question = self
        canonical = f", question {question}" if question else ""
        scope = f"lane {lane or '-'}, occurrence {occurrence + 1}"
        return f"seed {seed}, rule {rule}, fingerprint {fingerprint}{canonical}, {scope}"

    @property
    def of_question(self) -> Draws:
        """The draws of the reply's choice and pace, the same with and without streaming."""
        return self._replace(fingerprint=self.question, question="") if self.question else self

    @property
    def content(self) -> Draws:
        """The draws of content: the same in every lane and for every occurrence."""
        return self.of_question._replace(lane="", occurrence=0)

    def with_scope(self, scope: str) -> Draws:
        """Return the draws of one part of the reply, independent of other parts."""
        return self._replace(rule=f"{self.rule}\n{scope}")

    def uniform(self, label: str) -> float:
        """Draw a number in [0, 1) with 53 random bits."""
        return (int.from_bytes(self._hash(label, 8), "big") >> 11) * 2.0**-53

    def integer(self, label: str, low: int, high: int) -> int:
        """Draw an integer from `low` to `high`, both included."""
        return low + int(self.uniform(label) * (high - low + 1))

    def pick(self, label: str, options: Sequence[T]) -> T:
        """Draw one of `options`, which must not be empty."""
        return options[self.integer(label, 0, len(options) - 1)]

    def pick_weighted(self, label: str, weights: Sequence[float]) -> int:
        """Draw an index into `weights`, with a probability proportional to its weight."""
        left = self.uniform(label) * sum(weights)
        for index, weight in enumerate(weights):
            left -= weight
            if left < 0:
                return index
        return len(weights) - 1

    def identifier(self, prefix: str, label: str = "") -> str:
        """Draw an id in the API's form: `prefix`, `_01` and 22 base-58 characters."""
        return f"{prefix}_01{self._hash(f'{prefix}/{label}', 22).translate(_TO_BASE58).decode()}"

    def ids(self) -> tuple[str, str]:
        """Draw the id of the request and the id of the message together."""
        drawn = self._hash("ids", 44).translate(_TO_BASE58).decode()
        return f"req_01{drawn[:22]}", f"msg_01{drawn[22:]}"

    def noise(self, label: str, length: int) -> bytes:
        """Draw `length` bytes."""
        blocks = (self._hash(f"{label}/{index}", 64) for index in range(-(-length // 64)))
        return b"".join(blocks)[:length]

    def opaque(self, label: str, length: int = 192) -> str:
        """Draw `length` bytes as base64, for signatures and encrypted content."""
        return base64.b64encode(self.noise(label, length)).decode()

    def seed_for(self, label: str) -> int:
        """Draw a 64-bit seed for another generator, such as Faker's."""
        return int.from_bytes(self._hash(label, 8), "big")

    def _hash(self, label: str, size: int) -> bytes:
        rule, fingerprint, lane, occurrence = self.rule, self.fingerprint, self.lane, self.occurrence
        message = (
            f"{DRAW_VERSION}:{len(rule)}:{rule}{len(fingerprint)}:{fingerprint}{len(lane)}:{lane}{occurrence}:{label}"
        )
        return blake2b(
            message.encode("utf-8", "surrogatepass"), digest_size=size, key=(b"%d" % self.seed)[:64]
        ).digest()


new_draws: Callable[[tuple[int, str, str, str, int, str]], Draws] = partial(tuple.__new__, Draws)
"""A constructor that calls no Python code."""
