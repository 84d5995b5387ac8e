"""What thinking must come back, and how."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.checks.thinking_checks import CHECKS
from mockclaude.api.issued import Origin, PrefixHashes, SignedBlock
from tests.api.asking import QUESTION, asked, refusal

ENABLED = {"type": "enabled", "budget_tokens": 1024}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1"}
TEXT = {"type": "text", "text": "Sunny."}
REDACTED = {"type": "redacted_thinking", "data": "sealed"}
EDITED = "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. "
EDITED += "These blocks must remain as they were in the original response."
INVALID = "Invalid `signature` in `thinking` block"


def absent(number: int, found: str) -> str:
    return (
        f"messages.{number}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. "
        "When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the "
        "lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous "
        "turns. To avoid this requirement, disable `thinking`. Please consult our documentation at "
        "https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
    )


def thought(thinking: str = "Hm.", signature: str = "signed") -> dict[str, Any]:
    return {"type": "thinking", "thinking": thinking, "signature": signature}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


class Signed:
    """Has sent the answers A, of the blocks A0 to A9, and B; knows other signatures too."""

    def thinking(self, signature: str) -> SignedBlock | Origin:
        if signature[:1] in ("A", "B"):
            prefix = PrefixHashes(b"", b"", 1, b"", signature[:1].encode())
            return SignedBlock("", b"", int(signature[1:]), prefix, b"")
        return "invalid" if signature == "" else "foreign"

    def redacted(self, data: str) -> Origin:
        return "known" if data == "sealed" else "invalid"


@pytest.mark.parametrize(
    ("conversation", "message"),
    [
        ([QUESTION, assistant(CALL), user(RESULT)], absent(1, "tool_use")),
        ([QUESTION, assistant(TEXT, CALL), user(RESULT)], absent(1, "text")),
        ([assistant(CALL), user(RESULT)], absent(0, "tool_use")),
        ([QUESTION, {"role": "assistant", "content": "Sun"}], absent(1, "text")),
        ([QUESTION, assistant(CALL), user(RESULT), {"role": "system", "content": "Be brief."}], absent(1, "tool_use")),
        ([QUESTION, assistant(CALL), user(RESULT), assistant(thought(), CALL), user(RESULT)], absent(1, "tool_use")),
        ([QUESTION, assistant(thought(), CALL), user(RESULT), assistant(CALL), user(RESULT)], None),
        ([QUESTION, assistant(REDACTED, CALL), user(RESULT)], None),
        ([QUESTION, assistant(CALL), user(RESULT, TEXT)], None),
        ([QUESTION, assistant(CALL), user(RESULT), assistant(TEXT), QUESTION], None),
        ([QUESTION, assistant()], None),
        ([QUESTION], None),
    ],
)
def test_an_answer_that_goes_on_begins_with_its_thinking(conversation: Any, message: str | None) -> None:
    assert refusal(CHECKS, asked(*conversation, thinking=ENABLED)) == message


@pytest.mark.parametrize("kind", ["adaptive", "disabled", "between_tools"])
def test_only_thinking_with_a_budget_must_come_back(kind: str) -> None:
    conversation = [QUESTION, assistant(TEXT, thought(), CALL), user(RESULT)]

    assert refusal(CHECKS, asked(*conversation, thinking={"type": kind})) is None
    assert refusal(CHECKS, asked(*conversation)) is None


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ([assistant(TEXT, thought())], True),
        ([assistant(TEXT, REDACTED)], True),
        ([assistant(thought(), TEXT)], False),
        ([assistant(thought(), TEXT, thought())], False),
        ([assistant(thought()), assistant(TEXT, thought())], False),
    ],
)
def test_thinking_comes_first(answer: Any, refused: bool) -> None:
    message = (
        "messages.1.content.0: If an assistant message contains any thinking blocks, the first block must be "
        "`thinking` or `redacted_thinking`. Found `text`."
    )

    assert refusal(CHECKS, asked(QUESTION, *answer, QUESTION, thinking=ENABLED)) == (message if refused else None)


def test_a_thread_goes_on_with_thinking_that_only_the_server_knows() -> None:
    assert refusal(CHECKS, asked(user(RESULT), thinking=ENABLED, thread={"type": "continue"})) is None


def signed(name: str) -> dict[str, Any]:
    return thought(signature=name)


@pytest.mark.parametrize(
    ("answers", "place"),
    [
        ([[signed("A0"), signed("B0"), TEXT, TEXT]], "1.content.1"),
        ([[signed("A0"), TEXT, signed("B0"), TEXT]], None),
        ([[signed("A0"), signed("A0"), TEXT]], "1.content.1"),
        ([[signed("A1"), signed("A0")]], "1.content.1"),
        ([[signed("A0"), signed("A2")]], "1.content.1"),
        ([[signed("A0"), signed("A1"), TEXT, signed("A3"), CALL]], None),
        ([[signed("A1"), signed("A2"), TEXT]], None),
        ([[signed("A0"), TEXT, signed("A2"), signed("B3")]], "1.content.3"),
        ([[signed("A0"), REDACTED, signed("A2"), TEXT]], None),
        ([[signed("A0"), REDACTED, signed("A1"), TEXT]], "1.content.2"),
        ([[signed("foreign"), signed("A0"), signed("foreign"), TEXT]], None),
        ([[signed("A0")], [signed("B0"), TEXT]], "1.content.1"),
        ([[signed("A0")], "Sunny.", [signed("B0"), TEXT]], None),
    ],
)
def test_thinking_of_two_answers_is_not_one(answers: list[Any], place: str | None) -> None:
    latest = [{"role": "assistant", "content": answer} for answer in answers]
    message = f"messages.{place}: {EDITED}" if place else None

    assert refusal(CHECKS, asked(QUESTION, *latest, QUESTION, issued=Signed())) == message
    assert refusal(CHECKS, asked(QUESTION, *latest, QUESTION, assistant(TEXT), QUESTION, issued=Signed())) is None


@pytest.mark.parametrize(
    ("conversation", "message"),
    [
        ([QUESTION, assistant(TEXT, thought(signature="")), QUESTION], f"messages.1.content.1: {INVALID}"),
        (
            [QUESTION, assistant({**REDACTED, "data": "torn"}), QUESTION],
            "messages.1.content.0: Invalid `data` in `redacted_thinking` block",
        ),
        ([QUESTION, assistant(TEXT), assistant(thought(signature=""))], f"messages.1.content.1: {INVALID}"),
        ([QUESTION, assistant(thought(), REDACTED, TEXT), QUESTION], None),
        ([QUESTION, assistant(thought("Hmm.", "A0")), QUESTION], None),
        ([user(thought(signature=""))], f"messages.0.content.0: {INVALID}"),
    ],
)
def test_thinking_comes_back_signed(conversation: Any, message: str | None) -> None:
    assert refusal(CHECKS, asked(*conversation, issued=Signed())) == message
    assert refusal(CHECKS, asked(*conversation)) is None


def test_a_gateway_may_pass_on_thinking_that_it_did_not_sign() -> None:
    assert [check.needs for check in CHECKS if check.gateway] == [
        "block:thinking",
        "block:thinking",
        "block:redacted_thinking",
    ]
