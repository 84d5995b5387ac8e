"""Sign thinking blocks, so that a block in a later request can be verified without state.

A signature is a protobuf field, as the API's are: it has facts, noise and a seal. Marks at fixed positions tell an
altered signature of this seed from one of another server.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cache, lru_cache
from hashlib import blake2b, shake_128
from hmac import compare_digest
from struct import Struct
from typing import NamedTuple

from mockclaude.api import models
from mockclaude.api.events import Block
from mockclaude.api.issued import HASH, THINKING, Origin, PrefixHashes, SignedBlock, hash_text
from mockclaude.api.memo import remember
from mockclaude.api.model_constants import CONSTANTS
from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.rules import KnownSignatures

_HEADS = {"E": b"\x12", "CAIS": b"\x08\x02\x12", "CAQS": b"\x08\x04\x12"}
"""The bytes of a signature before its length, by the beginning of its text."""

_FACTS = Struct(f">{HASH}s{HASH}sH{HASH}s{HASH}sI{HASH}s{HASH}sB")
"""Model, text, position, system, tools, size, older, previous, and the length of the recent hashes that follow."""

_SHORTEST, _LONGEST = 228, 750
"""Bytes of a signature, which is longer for a longer text."""

_MARKS, _MARK = (8, 36, 64), 4
"""The positions and the length of the marks: all are within the shortest text that has the API's form."""

_SEAL = 16
_AROUND = _SEAL + _MARK * len(_MARKS)
_LAST_POSITION, _LONGEST_NAME = 0xFFFF, 40


def sign(seed: int, request: MessagesRequest, content: Sequence[Block], text: str, shown_text: str) -> str:
    """Sign a thinking block of the reply: 304 to 1,000 characters of base64.

    Args:
        seed: The seed of the scenario.
        request: The request.
        content: The blocks of the reply before the block.
        text: The whole text.
        shown_text: The text that the block shows.
    """
    from mockclaude.api.prefix import find_prefixes
    from mockclaude.api.thinking_blocks import find_last_id, hash_block

    prefix, offset = find_prefixes(request).reply
    earlier = [block for block in content if block["type"] in THINKING]
    previous = hash_block(earlier[-1]) if earlier else find_last_id(request)
    model = models.resolve(request.model)
    block = SignedBlock(model, hash_text(shown_text), offset + len(content), prefix, previous)
    beginning = request.constants.signature
    head, facts = _HEADS[beginning], _pack(block)
    if beginning == "CAIS":
        facts += model.encode("utf-8", "replace")[:_LONGEST_NAME]
    size = min(_LONGEST, _SHORTEST + len(text)) - len(head) - 2
    noise = shake_128(facts + text.encode("utf-8", "surrogatepass")).digest(size - len(facts) - _AROUND)
    sealed = head + bytes((size & 0x7F | 0x80, size >> 7)) + facts + noise
    return base64.b64encode(_add_marks(seed, sealed + _seal(seed, sealed))).decode()


def read_signature(seed: int, signature: str) -> SignedBlock | Origin:
    """Read a signature.

    It is "invalid" if it is an altered one of this seed, or does not have the API's form.
    """
    from mockclaude.api.signature_form import decode

    data = decode(signature)
    if not data:
        return "invalid"
    marks = [data[at : at + _MARK] == mark for at, mark in zip(_MARKS, _marks(seed), strict=True)]
    if not any(marks):
        return "foreign"
    for at in reversed(_MARKS):
        data = data[:at] + data[at + _MARK :]
    sealed, seal = data[:-_SEAL], data[-_SEAL:]
    return _unpack(sealed) if all(marks) and compare_digest(_seal(seed, sealed), seal) else "invalid"


class Signatures(NamedTuple):
    """The signatures that are valid: those of this seed, and those in the scenario."""

    seed: int
    known_signatures: KnownSignatures

    def thinking(self, signature: str) -> SignedBlock | Origin:
        """Read the signature of a `thinking` block."""
        if signature in self.known_signatures.signatures:
            return "known"
        origin = read_signature(self.seed, signature)
        return "known" if origin == "invalid" and self.known_signatures.templated else origin

    def redacted(self, data: str) -> Origin:
        """Return the origin of a `redacted_thinking` block."""
        from mockclaude.api.signature_form import decode

        if self.known_signatures.templated or data in self.known_signatures.data:
            return "known"
        return "foreign" if decode(data) else "invalid"


def _pack(block: SignedBlock) -> bytes:
    model, text, position, (system, tools, size, older, recent), previous = block
    position = min(position, _LAST_POSITION)
    facts = _FACTS.pack(_hash_model(model), text, position, system, tools, size, older, previous, len(recent))
    return facts + recent


def _unpack(sealed: bytes) -> SignedBlock:
    head = next(head for head in _HEADS.values() if sealed.startswith(head))
    data = sealed[len(head) + 2 :]
    model, text, position, system, tools, size, older, previous, length = _FACTS.unpack_from(data)
    prefix = PrefixHashes(system, tools, size, older, data[_FACTS.size : _FACTS.size + length])
    return SignedBlock(_models_by_hash().get(model, ""), text, position, prefix, previous)


@cache
def _models_by_hash() -> dict[bytes, str]:
    return {hash_text(model): model for model in CONSTANTS}


@remember(64, 100)
def _hash_model(model: str) -> bytes:
    return hash_text(model)


@lru_cache(maxsize=64)
def _marks(seed: int) -> tuple[bytes, ...]:
    return tuple(_keyed(seed, b"mark %d" % at, _MARK) for at in _MARKS)


def _add_marks(seed: int, data: bytes) -> bytes:
    for at, mark in zip(_MARKS, _marks(seed), strict=True):
        data = data[:at] + mark + data[at:]
    return data


def _seal(seed: int, data: bytes) -> bytes:
    return _keyed(seed, data, _SEAL)


def _keyed(seed: int, data: bytes, size: int) -> bytes:
    return blake2b(data, digest_size=size, key=(b"%d" % seed)[:64], person=b"signature").digest()
