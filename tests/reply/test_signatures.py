"""A signature tells, without a memory, whether a thinking block was sent and is still what was sent."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.reply.signatures import Signatures, sign
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import KnownSignatures

OURS = Signatures(7, KnownSignatures(frozenset({"recorded"}), frozenset({"data"})))


@given(thinking=st.text(), other=st.text())
def test_signature_is_edited_for_another_text(thinking: str, other: str) -> None:
    signed = sign(7, thinking)

    assert OURS.thinking(thinking, signed) == "issued"
    assert OURS.thinking(other, signed) == ("issued" if other == thinking else "edited")
    assert Signatures(8, KnownSignatures()).thinking(thinking, signed) == "unknown"


def test_signature_of_an_empty_block_covers_the_whole_text() -> None:
    one, other = sign(7, "Hm.", ""), sign(7, "Ha.", "")

    assert one != other
    assert OURS.thinking("", one) == OURS.thinking("", other) == "issued"
    assert OURS.thinking("Hm.", one) == "edited"


@pytest.mark.parametrize("forged", ["", "sig", "nö", base64.b64encode(bytes(192)).decode()])
def test_unsigned_block_is_unknown(forged: str) -> None:
    assert OURS.thinking("Hm.", forged) == "unknown"


def test_block_in_the_scenario_is_issued() -> None:
    assert OURS.thinking("Whatever", "recorded") == "issued"
    assert (OURS.redacted("data"), OURS.redacted("forged")) == (True, False)


def test_scenario_knows_the_signatures_of_its_replies() -> None:
    scenario = load_text("""
rules:
  - when: {user: block}
    reply: [{block: {type: thinking, thinking: Hm., signature: one}}, {redacted_thinking: secret}]
  - sequence: [[{thinking: {thinking: Hm., signature: two}}, Hi], Bye]
""")

    assert scenario.known_signatures == KnownSignatures(frozenset({"one", "two"}), frozenset({"secret"}), False)


def test_every_block_is_issued_if_signatures_are_templates() -> None:
    recorded = load_text("rules: [{reply: [{redacted_thinking: '${{ user }}'}, Hi]}]").known_signatures

    assert recorded.templated
    assert Signatures(7, recorded).thinking("Hm.", "forged") == "issued"
    assert Signatures(7, recorded).redacted("forged")
