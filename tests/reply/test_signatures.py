"""A signature tells, without a memory, what was sent, and when it was altered."""

from __future__ import annotations

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.issued import SignedBlock, hash_text
from mockclaude.api.model_constants import CONSTANTS
from mockclaude.reply.signatures import Signatures, read_signature
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import KnownSignatures
from tests.api.bodies import texts
from tests.reply.signing import OURS, SEED, thought, thoughts

BASE64 = string.ascii_letters + string.digits + "+/="
MODELS = st.sampled_from(sorted(CONSTANTS))
GENUINE = base64.b64encode(b"\x12" + bytes(74)).decode()


@given(text=texts, model=MODELS)
def test_a_signature_tells_model_text_and_position(text: str, model: str) -> None:
    first, second = (OURS.thinking(block["signature"]) for block in thoughts(text, text, model=model))

    assert isinstance(first, SignedBlock)
    assert isinstance(second, SignedBlock)
    assert (first.model, first.text, first.position, second.position) == (model, hash_text(text), 0, 1)
    assert first.prefix == second.prefix


@given(text=texts, model=MODELS, data=st.data())
def test_an_altered_signature_is_invalid(text: str, model: str, data: st.DataObject) -> None:
    signature = thought(text, model=model)["signature"]
    at = data.draw(st.integers(0, len(signature) - 1))
    character = data.draw(st.sampled_from(BASE64.replace(signature[at], "")))
    cut = data.draw(st.integers(1, len(signature) - 1))

    assert OURS.thinking(f"{signature[:at]}{character}{signature[at + 1 :]}") == "invalid"
    assert OURS.thinking(signature[:cut]) == "invalid"
    assert OURS.thinking(signature + character) == OURS.thinking(signature + 4 * character) == "invalid"


@given(text=texts, model=MODELS)
def test_a_signature_has_the_form_of_its_model(text: str, model: str) -> None:
    signature = thought(text, model=model)["signature"]

    assert 300 <= len(signature) <= 1_000
    assert signature.startswith(CONSTANTS[model].signature)
    assert (model.encode() in base64.b64decode(signature)) is (CONSTANTS[model].signature == "CAIS")
    assert read_signature(SEED + 1, signature) == "foreign"


def test_a_model_outside_the_catalogue_has_no_name_in_a_signature() -> None:
    origin = OURS.thinking(thought(model="claude-opus-5-of-tomorrow")["signature"])

    assert isinstance(origin, SignedBlock)
    assert origin.model == ""


@pytest.mark.parametrize("beginning", [b"\x12", b"\x08\x02", b"\x08\x04", b"\x01"])
@pytest.mark.parametrize("before", ["", "claude#"])
def test_a_signature_of_the_api_is_foreign(beginning: bytes, before: str) -> None:
    signature = before + base64.b64encode(beginning.ljust(75, b"\xab")).decode()

    assert OURS.thinking(signature) == OURS.redacted(signature) == "foreign"


@pytest.mark.parametrize(
    "forged",
    [
        *("", "sig", "nö"),
        GENUINE[:96],
        GENUINE[:-1],
        GENUINE[:50] + "\n" + GENUINE[50:],
        GENUINE + " ",
        GENUINE.replace("A", "-"),
        base64.b64encode(b"\x13" + bytes(74)).decode(),
        base64.b64encode(b"\x12" + bytes(75)).decode()[:-3] + "B==",
    ],
)
def test_text_of_another_form_is_invalid(forged: str) -> None:
    assert OURS.thinking(forged) == OURS.redacted(forged) == "invalid"


def test_a_block_in_the_scenario_is_known() -> None:
    issued = Signatures(SEED, KnownSignatures(frozenset({"recorded"}), frozenset({"data"})))

    assert (issued.thinking("recorded"), issued.redacted("data")) == ("known", "known")
    assert (issued.thinking("forged"), issued.redacted("forged")) == ("invalid", "invalid")


def test_a_string_of_the_assistant_counts_as_a_block() -> None:
    question = {"role": "user", "content": "Hello"}
    blocks = thoughts("Hm.", messages=[question, {"role": "assistant", "content": "Sun"}])

    origin = OURS.thinking(blocks[0]["signature"])
    assert isinstance(origin, SignedBlock)
    assert (origin.position, origin.prefix.size) == (1, 1)


def test_scenario_knows_the_signatures_of_its_replies() -> None:
    scenario = load_text("""
rules:
  - when: {user: block}
    reply: [{block: {type: thinking, thinking: Hm., signature: one}}, {redacted_thinking: secret}]
  - sequence: [[{thinking: {thinking: Hm., signature: two}}, Hi], Bye]
""")

    assert scenario.known_signatures == KnownSignatures(frozenset({"one", "two"}), frozenset({"secret"}), False)


def test_every_block_is_known_if_signatures_are_templates() -> None:
    recorded = load_text("rules: [{reply: [{redacted_thinking: '${{ user }}'}, Hi]}]").known_signatures
    issued = Signatures(SEED, recorded)

    assert recorded.templated
    assert issued.thinking("forged") == issued.redacted("forged") == "known"
    assert isinstance(issued.thinking(thought()["signature"]), SignedBlock)
