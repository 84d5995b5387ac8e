"""What the API refuses of a conversation."""

from __future__ import annotations

from typing import Any

from tests.api.pictures import encoded, gif, pdf, png
from tests.server.refusals.writing import (
    AGENT,
    ANSWER,
    ANYWHERE,
    ENABLED,
    MIDDLE,
    OLDER,
    QUESTION,
    SYSTEM,
    Refusal,
    asked,
    assistant,
    beta,
    cached,
    document,
    image,
    result,
    row,
    said,
    server_result,
    server_use,
    text,
    use,
    user,
)

PICTURE = "messages.0.content.0.image.source"
UNREACHABLE = "Unable to download the file. Please verify the URL and try again."


def stored(kind: str, url: str) -> dict[str, Any]:
    return {"type": kind, "source": {"type": "url", "url": url}}


CACHING = [
    row(
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        asked(*[text(**cached())] * 5),
        asked(*[text(**cached())] * 4),
    ),
    row(
        "messages.0.content.0.text: cache_control cannot be set for empty text blocks",
        asked(text("", **cached())),
        asked(text(".", **cached())),
    ),
    row(
        "system.0: cache_control cannot be set for empty text blocks",
        {"system": [text("", **cached())]},
        {"system": [text(".", **cached())]},
    ),
    row(
        "messages.0.content.0.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' "
        "cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
        asked(text(**cached("1h")), system=[text(**cached("5m"))]),
        asked(text(**cached("5m")), system=[text(**cached("1h"))]),
    ),
    row(
        "Top-level cache_control has ttl='5m' but the target block already has cache_control with ttl='1h'",
        asked(text(**cached("1h")), **cached("5m")),
        asked(text(**cached("1h")), **cached("1h")),
    ),
]

MESSAGES = [
    row("messages: text content blocks must be non-empty", asked(text("")), asked(text("."))),
    row("messages: text content blocks must contain non-whitespace text", asked(text(" \n")), asked(text(" ."))),
    row(
        "messages: text content blocks must contain non-whitespace text",
        {"messages": [{"role": "user", "content": " "}]},
        {"messages": [{"role": "user", "content": " ."}]},
    ),
    row("system: text content blocks must be non-empty", {"system": [text("")]}, {"system": ""}),
    row(
        "system: text content blocks must contain non-whitespace text", {"system": [text(" ")]}, {"system": [text(".")]}
    ),
    row(
        "messages.1: all messages must have non-empty content except for the optional final assistant message",
        said(assistant(), QUESTION, model=OLDER),
        said(assistant(), model=OLDER),
    ),
    row(
        "messages: final assistant content cannot end with trailing whitespace",
        said(assistant(text("The ")), model=OLDER),
        said(assistant(text("The")), model=OLDER),
    ),
    row(
        f"messages.0: use the top-level 'system' parameter for the initial system prompt{ANYWHERE}",
        {"messages": [SYSTEM, QUESTION]},
        said(SYSTEM),
    ),
    row(
        "messages.2: role 'system' must follow a 'user' message or an 'assistant' message ending in a server tool "
        f"result{ANYWHERE}",
        said(ANSWER, SYSTEM),
        said(assistant(server_use(), server_result()), SYSTEM),
    ),
    row(
        f"messages.1: role 'system' must precede an 'assistant' message or end the array{ANYWHERE}",
        said(SYSTEM, QUESTION),
        said(SYSTEM, ANSWER, QUESTION),
    ),
    row(
        "messages.1: system content must contain at least one block",
        said({**SYSTEM, "content": []}),
        said({**SYSTEM, "content": [text()]}),
    ),
    row(
        "messages.1: role 'system' supports text, tool_addition, and tool_removal blocks only",
        said({**SYSTEM, "content": [text(), image(png(1, 1))]}),
        said({**SYSTEM, "content": [text(), text()]}),
    ),
]

UNANSWERED = (
    "`tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block must have a "
    "corresponding `tool_result` block in the next message."
)

SERVERS = (
    ("web_search_tool_result", "server_tool_use"),
    ("web_fetch_tool_result", "server_tool_use"),
    ("code_execution_tool_result", "server_tool_use"),
    ("bash_code_execution_tool_result", "server_tool_use"),
    ("text_editor_code_execution_tool_result", "server_tool_use"),
    ("tool_search_tool_result", "server_tool_use"),
    ("advisor_tool_result", "server_tool_use"),
    ("mcp_tool_result", "mcp_tool_use"),
)


def failed(kind: str) -> dict[str, Any]:
    """Return the result of a server's tool that says that it failed."""
    content = "Gone." if kind == "mcp_tool_result" else {"type": f"{kind}_error", "error_code": "unavailable"}
    return server_result(kind, content)


def of_a_server(kind: str, call: str) -> Refusal:
    """Return the row of a result of a server's tool without its call."""
    name = kind.removesuffix("_tool_result").replace("tool_search", "tool_search_tool_regex")
    called = {**server_use(name), "type": call, **({"server_name": "docs"} if call == "mcp_tool_use" else {})}
    return row(
        f"messages.1.content.0: unexpected `tool_use_id` found in `{kind}` blocks: srvtoolu_a. "
        f"Each `{kind}` block must have a corresponding `{call}` block before it.",
        said(assistant(failed(kind), text()), QUESTION),
        said(assistant(called, failed(kind), text()), QUESTION),
        beta("advisor-tool-2026-03-01", "mcp-client-2025-11-20"),
    )


PAIRING = [
    row(
        f"messages.1: {UNANSWERED.format('toolu_a')}",
        said(assistant(use()), QUESTION),
        said(assistant(use()), user(result(), text())),
    ),
    row(
        f"messages.1: {UNANSWERED.format('toolu_a, toolu_b')}",
        said(assistant(use(), use("b")), QUESTION),
        said(assistant(use(), use("b")), user(result("b"), result())),
    ),
    row(
        "messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_a. Each `tool_result` "
        "block must have a corresponding `tool_use` block in the previous message.",
        said(ANSWER, user(result())),
        said(assistant(use()), user(result())),
    ),
    row(
        "messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks with id: "
        "toolu_a",
        said(assistant(use()), user(result(), result())),
        said(assistant(use()), user(result())),
    ),
    row(
        "messages.1.content.1: `tool_use` ids must be unique",
        said(assistant(use(), use()), user(result())),
        said(assistant(use()), user(result()), assistant(use("b"), use()), user(result("b"), result())),
    ),
    row(
        "source tool `srvtoolu_x` not found for tool use block `toolu_a`",
        said(assistant(use(caller={"type": "code_execution_20250825", "tool_id": "srvtoolu_x"})), user(result())),
        said(assistant(use(caller={"type": "direct"})), user(result())),
    ),
    *(of_a_server(kind, call) for kind, call in SERVERS),
    row(
        "messages.1: `web_search` tool use with id `srvtoolu_a` was found without a corresponding "
        "`web_search_tool_result` block",
        said(assistant(server_use()), QUESTION),
        said(assistant(server_use(), server_result()), QUESTION),
    ),
]

THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "c2lnbmVk"}
ISSUED = {"type": "thinking", "thinking": "Recorded.", "signature": "recorded-signature"}
LOOP = {"model": MIDDLE, "thinking": ENABLED, **AGENT}
"""`ISSUED` is in the scenario that is served."""

THINKING = [
    row(
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` "
        "is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of "
        "`tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid "
        "this requirement, disable `thinking`. Please consult our documentation at "
        "https://docs.claude.com/en/docs/build-with-claude/extended-thinking",
        said(assistant(use()), user(result()), **LOOP),
        said(assistant(ISSUED, use()), user(result()), **LOOP),
    ),
    row(
        "messages.1.content.0: If an assistant message contains any thinking blocks, the first block must be "
        "`thinking` or `redacted_thinking`. Found `text`.",
        said(assistant(text(), ISSUED), QUESTION, **LOOP),
        said(assistant(ISSUED, text()), QUESTION, **LOOP),
    ),
    row(
        "messages.1.content.0: Invalid `signature` in `thinking` block",
        said(assistant(THOUGHT, text()), QUESTION),
        said(assistant(ISSUED, text()), QUESTION),
    ),
    row(
        "messages.1.content.0: Invalid `data` in `redacted_thinking` block",
        said(assistant({"type": "redacted_thinking", "data": "unknown"}, text()), QUESTION),
        said(assistant({"type": "redacted_thinking", "data": "recorded-data"}, text()), QUESTION),
    ),
]

LARGE = png(10, 10) + "A" * 10 * 1024 * 1024
UNSCALED = {"transformations": {"oversized_image": "error"}}

MEDIA = [
    row(
        f"{PICTURE}.base64: image exceeds 10 MB maximum: {len(LARGE)} bytes > 10485760 bytes",
        asked(image(LARGE)),
        asked(image(png(10, 10))),
    ),
    row(f"{PICTURE}.base64: image cannot be empty", asked(image("")), asked(image(png(1, 1)))),
    row(f"{PICTURE}.base64: invalid base64 data", asked(image("!")), asked(image(png(1, 1)))),
    row("Could not process image", asked(image(encoded(b"no picture"))), asked(image(png(1, 1)))),
    row(
        f"{PICTURE}.base64: The image was specified using the image/png media type, but the image appears to be a "
        "image/gif image",
        asked(image(gif(1, 1))),
        asked(image(gif(1, 1), "image/gif")),
    ),
    row(
        f"{PICTURE}.base64.data: At least one of the image dimensions exceed max allowed size: 8000 pixels",
        asked(image(png(8001, 1))),
        asked(image(png(8000, 1))),
    ),
    row(
        f"{PICTURE}.base64.data: At least one of the image dimensions exceed max allowed size for many-image requests: "
        "2000 pixels",
        asked(*[image(png(2001, 1))] * 21),
        asked(*[image(png(2000, 1))] * 21),
    ),
    row(
        "messages.0.content.0.image: image of 3136x1568 pixels exceeds the maximum image size of this model. "
        "The largest dimensions that fit are 1568x784.",
        asked({**image(png(3136, 1568)), **UNSCALED}, model=OLDER),
        asked({**image(png(1568, 784)), **UNSCALED}, model=OLDER),
    ),
    row(
        "too many images and documents: 101 + 0 > 100",
        asked(*[image(png(1, 1))] * 101, model=OLDER),
        asked(*[image(png(1, 1))] * 101),
    ),
    row(
        "Too much media: 101 document pages + 0 images > 100",
        asked(document(pdf(61)), document(pdf(40)), model=OLDER),
        asked(document(pdf(40)), document(pdf(40)), model=OLDER),
    ),
    row(
        "messages.0.content.1.image.source.url: " + UNREACHABLE,
        asked(text(), stored("image", "https://nowhere.invalid/a.png")),
        asked(text(), stored("image", "https://example.com/a.png")),
    ),
    row(
        "messages.0.content.0.pdf.source.url: " + UNREACHABLE,
        asked(stored("document", "file:///etc/passwd")),
        asked(stored("document", "https://example.com/a.pdf")),
    ),
    row(
        "messages.0.content.0.pdf.source.base64: invalid base64 data",
        asked(document("!")),
        asked(document(pdf(1))),
    ),
    row(
        "messages.0.content.0.pdf.source.base64.data: The PDF specified was not valid.",
        asked(document(encoded(b"no PDF"))),
        asked(document(pdf(1))),
    ),
    row(
        "messages.0.content.0.pdf.source.base64.data: The PDF specified is password protected.",
        asked(document(pdf(1, "secret"))),
        asked(document(pdf(1))),
    ),
    row(
        "messages.0.content.0.pdf.source.base64.data: A maximum of 100 PDF pages may be provided.",
        asked(document(pdf(101)), model=OLDER),
        asked(document(pdf(40)), model=OLDER),
    ),
]

LONG = "_" * 249_991

LIMITS = [
    row(
        "prompt is too long: 200005 tokens > 200000 maximum",
        asked(text("_" * 263_155), model=OLDER),
        asked(text("_" * 263_000), model=OLDER),
    ),
    row(
        "input length and `max_tokens` exceed context limit: 190000 + 10001 > 200000, decrease input length or "
        "`max_tokens` and try again",
        asked(text(LONG), model="claude-opus-4-1", max_tokens=10_001),
        asked(text(LONG), model="claude-opus-4-1", max_tokens=10_000),
    ),
]
