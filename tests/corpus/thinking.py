"""Thinking: signatures, and the binding to the messages before it."""

from __future__ import annotations

import base64
from typing import Any

from tests.corpus.pair import COUNT_TOKENS, Accepted, Pair, Refused
from tests.reply.signing import thought, thoughts

LIVE = "measured on claude-opus-5-5 and claude-sonnet-5: tdavison784/context-runtime docs/probes/2026-09"
DOCS = "documented: preserved thinking"
HISTORIES = "recorded: 38 unedited histories"
DATED = "anomalyco/opencode#48637"
SIGNATURES = "CLIProxyAPI#5422, CLIProxyAPI#5732 of router-for-me; recorded beginnings and lengths"

BETA = {"anthropic-beta": "thinking-binding-controls-2026-08-01"}
HEADER = "anthropic-thinking-prefix-mismatch"
INVALID = "messages.1.content.0: Invalid `signature` in `thinking` block"
MODIFIED = (
    "messages.1.content.1: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
    "modified. These blocks must remain as they were in the original response."
)
UNBOUND = (
    f"{INVALID}. The block is bound to a different conversation. Remove the block, or set "
    '`thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
)
NO_BETA = " That setting requires the `thinking-binding-controls-2026-08-01` value in the `anthropic-beta` header."
OF_SYSTEM = " The `system` prompt differs from the one this block was created with."
SYSTEM_CHANGED = "block=messages.1.content.0;kind=system_changed;sections=system"

ASK = {"role": "user", "content": "How tall is the tree?"}
TEXT = {"type": "text", "text": "It is ten metres tall."}
NEXT = {"role": "user", "content": "And how old?"}
FABLE = {"model": "claude-fable-5-2"}
ADAPTIVE = {"type": "adaptive"}


def genuine(beginning: bytes, size: int = 300) -> str:
    """Return a text of the form of the API's signatures."""
    return base64.b64encode(beginning.ljust(size, b"\x5a")).decode()


def foreign(signature: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": "It is a tall one.", "signature": signature}


def history(*blocks: Any, ask: Any = ASK, **fields: Any) -> dict[str, Any]:
    """Return a second turn after an answer with `blocks`."""
    return {"messages": [ask, {"role": "assistant", "content": [*blocks, TEXT]}, NEXT], **fields}


def own(model: str = "claude-sonnet-5", **fields: Any) -> dict[str, Any]:
    return thought("It is a tall one.", model=model, messages=[ASK], **fields)


def altered(block: dict[str, Any]) -> dict[str, Any]:
    signature = block["signature"]
    return {**block, "signature": f"{signature[:40]}{'A' if signature[40] != 'A' else 'B'}{signature[41:]}"}


def accept(name: str, source: str, request: dict[str, Any], **expected: Any) -> Pair:
    return Pair(name, source, request, Accepted(**expected))


def refuse(name: str, source: str, request: dict[str, Any], message: str, **expected: Any) -> Pair:
    return Pair(name, source, request, Refused(message, **expected))


GENUINE = [
    accept(f"a signature that begins with {name} and has {size} bytes", source, history(foreign(genuine(first, size))))
    for name, source, first, size in (
        ("E", HISTORIES, b"\x12\xf0", 174),
        ("E", HISTORIES, b"\x12\xf0", 4_332),
        ("CAIS", SIGNATURES, b"\x08\x02\x12", 264),
        ("CAQS", SIGNATURES, b"\x08\x04\x12", 825),
        ("Aa1B", HISTORIES, b"\x01\xad\x41", 246),
    )
]

FORGED = [
    refuse(f"a signature that {name}", source, history(foreign(signature)), INVALID)
    for name, source, signature in (
        ("is empty", "anthropics/claude-code#21726", ""),
        ("was cut to 24 characters", "caozhiyuan/copilot-api#63", genuine(b"\x12\xf0")[:24]),
        ("is of another provider", "reported by many gateways", "reasoning_0123456789" * 6),
        (
            "has a line break",
            "recorded: none of 194 has one",
            genuine(b"\x12\xf0")[:76] + "\n" + genuine(b"\x12\xf0")[76:],
        ),
    )
]

SIGNED = [
    accept("an own block comes back", HISTORIES, history(own(), thinking=ADAPTIVE)),
    accept("an own block comes back without thinking", HISTORIES, history(own(), thinking={"type": "disabled"}),
           warning=""),
    accept(
        "an edited text is accepted",
        LIVE,
        history({**own(), "thinking": "[cleared]"}),
        warning="the text differs from the signed text; the API accepts that",
    ),
    accept("all thinking of a turn may be left out", LIVE, history()),
    refuse("an altered signature is invalid", LIVE, history(altered(own())), INVALID),
    Pair(
        "an altered signature is invalid with drop_block",
        LIVE,
        history(altered(own()), thinking={**ADAPTIVE, "block_binding": {"prefix_mismatch_behavior": "drop_block"}}),
        Refused(INVALID),
        BETA,
    ),
    refuse("a block twice", LIVE, history(own(), own()), MODIFIED),
    refuse(
        "thinking of two answers side by side", LIVE, history(own(), own(system="Be brief.")), MODIFIED
    ),
    accept("two blocks of one answer", DOCS, history(*thoughts("One.", "Two.", messages=[ASK]))),
    accept("redacted data of the API's form", "recorded in 4 files",
           history({"type": "redacted_thinking", "data": genuine(b"\x12\xf0", 222)})),
    refuse("redacted data that nobody sent", "reported with the same words as a signature",
           history({"type": "redacted_thinking", "data": "c2VhbGVk"}),
           "messages.1.content.0: Invalid `data` in `redacted_thinking` block"),
]  # fmt: skip


def bound(system: str = "Today is Monday.", **fields: Any) -> dict[str, Any]:
    """Return a second turn on a model that binds thinking; the first one was on a Monday."""
    block = own("claude-fable-5-2", system="Today is Monday.")
    return history(block, system=system, thinking=ADAPTIVE, **{**FABLE, **fields})


DROP = {**ADAPTIVE, "block_binding": {"prefix_mismatch_behavior": "drop_block"}}
DROPPED = {"type": "thinking_dropped", "path": "messages.1.content.0", "reason": "prefix_binding_mismatch"}
OTHER_MODEL = {**DROPPED, "reason": "model_binding_mismatch"}
ALLOWED = {"type": "thinking_mismatch_allowed", "path": "messages.1.content.0", "reason": "prefix_binding_mismatch"}
MESSAGE = ["model", "id", "type", "role", "content", "stop_reason", "stop_sequence", "stop_details", "usage"]

BOUND = [
    accept("the docs' conversation of two turns", DOCS, bound(), headers={HEADER: None}),
    refuse(
        "a date in the system prompt",
        DATED,
        bound("Today is Tuesday."),
        UNBOUND + NO_BETA + OF_SYSTEM,
        headers={HEADER: SYSTEM_CHANGED},
    ),
    Pair("the same with the beta", DATED, bound("Today is Tuesday."), Refused(UNBOUND + OF_SYSTEM), BETA),
    Pair(
        "the same counted",
        DOCS,
        bound("Today is Tuesday.", max_tokens=...),
        Refused(UNBOUND + NO_BETA + OF_SYSTEM, headers={HEADER: SYSTEM_CHANGED}),
        path=COUNT_TOKENS,
    ),
    refuse(
        "other tools",
        "reported in three projects",
        bound(tools=[{"name": "look", "input_schema": {"type": "object"}}]),
        f"{UNBOUND}{NO_BETA} The `tools` list differs from the one this block was created with.",
    ),
    refuse(
        "another first message",
        LIVE,
        {**bound(), "messages": [{"role": "user", "content": "How old?"}, *bound()["messages"][1:]]},
        f"{UNBOUND}{NO_BETA} Content before this block differs from when it was created, first at "
        "`messages.0.content.0`.",
    ),
    Pair(
        "drop_block",
        DOCS,
        {**bound("Today is Tuesday."), "thinking": DROP},
        Accepted({"input_transformations": [DROPPED]}, {"": [*MESSAGE, "input_transformations"]},
                 headers={HEADER: SYSTEM_CHANGED}),
        BETA,
    ),
    Pair(
        "drop_block in a stream",
        "recorded in pydantic/pydantic-ai",
        {**bound("Today is Tuesday."), "thinking": DROP, "stream": True},
        Accepted({"0.message.input_transformations": [DROPPED], "-2.input_transformations": ...},
                 {"0.message": [*MESSAGE, "input_transformations"]}, headers={HEADER: SYSTEM_CHANGED}),
        BETA,
    ),
    Pair("nothing dropped", LIVE, bound(), Accepted({"input_transformations": []}), BETA),
    accept("without the beta no report", LIVE, bound(), fields={"input_transformations": ...}),
    Pair(
        "a mismatch that an older account may send",
        LIVE,
        history(own("claude-opus-5-5"), model="claude-opus-5-5", system="New."),
        Accepted({"input_transformations": [ALLOWED]}),
        BETA,
        scenario="account: old\nrules: [reply: Sunny.]",
    ),
    accept("an older model does not check", LIVE, history(own("claude-opus-5"), model="claude-opus-5", system="New.")),
    Pair(
        "thinking that the model may not read",
        LIVE,
        history(own("claude-opus-5-5"), model="claude-sonnet-5"),
        Accepted({"input_transformations": [OTHER_MODEL]}, headers={HEADER: None}),
        BETA,
    ),
    accept("the same without the beta", LIVE, history(own("claude-opus-5-5"), model="claude-sonnet-5"),
           fields={"input_transformations": ...}),
]  # fmt: skip

PAIRS: list[Pair] = [*GENUINE, *FORGED, *SIGNED, *BOUND]
