from __future__ import annotations

from typing import Any

import pytest

from mockclaude.scenario import volatile
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.volatile import KINDS, turn_hash, without_volatile

HEX = "0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("kind", "text", "left"),
    [
        ("billing header", "a\nx-anthropic-billing-header: cc_version=2.1; cch=4f2e1;\nb", "a\n\nb"),
        ("usage", "a <usage>total_tokens: 5\nduration_ms: 7</usage> b", "a  b"),
        ("UUID", "a 123e4567-e89b-12d3-a456-426614174000 b", "a  b"),
        ("id of the API", "a toolu_01AbCdEfGhIjKlMnOpQrStUv b", "a  b"),
        ("id of the API", "a srvtoolu_bdrk_01AbCdEfGhIj b", "a  b"),
        ("id of the API", "a req_011CPqX4Yz7vLmN8 msg_01AbCdEfGhIjKlMn b", "a   b"),
        ("id of an agent of Claude Code", "agentId: a0c6731c5a49db953 (use", "agentId:  (use"),
        ("long hexadecimal number", f"a {HEX} b", "a  b"),
        ("ISO date", "a 2026-11-29 b", "a  b"),
        ("ISO date", "a 2026-11-29T17:19:52.123Z b", "a  b"),
        ("ISO date", "a 2026-11-29 17:19:52,123 +01:00 b", "a  b"),
        ("ISO date without dashes", "a 20261129T193500Z 20261129T193500.123+0100 b", "a   b"),
        ("ISO date without dashes", "a 20261129193000, 20261129T1935 and 20261129 b", "a ,  and  b"),
        ("hour", "a 5pm 11 AM 5 p.m. b", "a    b"),
        ("hour and minute", "a 19h35 9h05 b", "a   b"),
        ("duration of several units", "a 1h30m 2m 30.5s 1h 5m 30s b", "a    b"),
        ("date in figures", "a 11/29/2026 29.11.2026 2026/11/29 b", "a    b"),
        ("date of a computer", "a Sun Nov 29 17:19:52 UTC 2026 b", "a  b"),
        ("written date", "a Sunday, November 29, 2026 b", "a  b"),
        ("written date", "a Sat, 29 Nov 2026 b", "a  b"),
        ("written date", "a 29th of November b", "a  b"),
        ("clock", "a 15:09:20 b", "a  b"),
        ("clock", "a 3:09 PM, 3:09 p.m. 3:09 among b", "a , .  among b"),
        ("clock", "It is 15:09:20.", "It is ."),
        ("epoch", "a 1795262400 1795262400.25 1795262400123 b", "a    b"),
        ("duration", "a 12.5s 80 ms 5µs 3 minutes b", "a     b"),
        ("home path", "a /home/ada/x /Users/ada/x C:\\\\Users\\\\ada\\\\x b", "a /x /x \\\\x b"),
        ("temporary path", "a /tmp/pytest-of-ada/pytest-3/x /private/var/folders/y1/T/x b", "a   b"),
        ("loopback port", "a http://localhost:41473/v1 127.0.0.1:80 b", "a http:///v1  b"),
    ],
)
def test_a_volatile_part_is_taken_out(kind: str, text: str, left: str) -> None:
    assert kind in KINDS
    assert without_volatile(text.encode()).decode() == left


@pytest.mark.parametrize(
    "text",
    [
        "What is 2 + 2?",
        "Version 1.2.3 of 16:9 films, May I?",
        "Chapter 12, verse 144000",
        f"sha {HEX[:-1]}",
        "5 items, 12 months",
        "port 8080 of example.com:443",
        "2026",
        "orders 20261329, 20260230000 and 202611292",
        "13pm, 0am, 25h10, 19h75, 12 amps",
        "toolu_1 and call_me",
        "Sunday in May",
    ],
)
def test_all_else_stays(text: str) -> None:
    assert without_volatile(text.encode()).decode() == text


def test_the_volatile_parts_that_are_taken_out_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volatile, "MAX_PARTS", 2)

    assert without_volatile(b"15:01, 15:02, 15:03") == b", , 15:03"


def body(text: Any = "Hello", **fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **fields}


TOOL = {"type": "tool_result", "tool_use_id": "toolu_01AbCdEfGhIjKlMnOpQrStUv", "content": "ran for 2.5s"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (body(system="It is 15:09:20."), body(system="It is 15:09:34.")),
        (body("Now:\n15:09:20"), body("Now:\n15:09:34")),
        (body("Now:\t15:09:20\r15:10"), body("Now:\t15:09:34\r15:11")),
        (body(model="m"), body(model="n", stream=True, max_tokens=5, metadata={"user_id": "x"}, tools=[])),
        (body([TOOL]), body([{**TOOL, "tool_use_id": "toolu_01ZyXwVuTsRqPoNmLkJiHgFe"}])),
        (body([TOOL]), body([dict(reversed(TOOL.items())) | {"content": "ran for 31 ms"}])),
    ],
)
def test_attempts_of_a_turn_have_one_hash(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert turn_hash(one) == turn_hash(other)


@pytest.mark.parametrize(
    "other",
    [
        body("Hello again"),
        body(system="Make a title."),
        body(messages=[*body()["messages"], {"role": "assistant", "content": "Hi!"}, *body()["messages"]]),
        body(messages=[{"role": "assistant", "content": "Hello"}]),
    ],
)
def test_another_turn_has_another_hash(other: dict[str, Any]) -> None:
    assert turn_hash(body()) != turn_hash(other)


@pytest.mark.parametrize(
    ("fault", "is_prepared"), [("{script: [529, ok]}", True), ("{error: 529, occurrence: 1}", False)]
)
def test_the_expressions_are_compiled_when_a_script_is_loaded(fault: str, is_prepared: bool) -> None:
    volatile._expression.cache_clear()
    load_text(f"rules: [{{reply: x, fault: {fault}}}]")

    assert (volatile._expression.cache_info().currsize == 1) is is_prepared


@pytest.mark.parametrize(
    "again",
    [
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "x"}}]}]},
        {"system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}]},
    ],
)
def test_turn_is_the_same_in_another_notation(again: dict[str, Any]) -> None:
    plain = {"system": "Be kind.", "messages": [{"role": "user", "content": "Hi"}]}

    assert turn_hash({**plain, **again}) == turn_hash(plain)


def test_turn_of_a_body_without_blocks_has_a_hash() -> None:
    assert turn_hash({"messages": [{"role": "user", "content": [1]}]}) != turn_hash({"messages": [{"role": "user"}]})


@pytest.mark.parametrize("between", ["\n", "\t", "\r"])
def test_a_volatile_part_is_one_after_any_white_space(between: str) -> None:
    turns = {
        turn_hash({"messages": [{"role": "user", "content": f"Now:{between}2026-11-{day}{between}Hello"}]})
        for day in (28, 29)
    }

    assert len(turns) == 1
