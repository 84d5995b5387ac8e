"""Token counts.

The requests are invented; the counts of their kinds are recorded, and so is the accuracy.
"""

from __future__ import annotations

from typing import Any

from tests.api.pdf_files import page, pdf_of
from tests.api.pictures import encoded, pdf, png
from tests.corpus.pair import COUNT_TOKENS, Accepted, Pair

OLD, NEW = "claude-sonnet-4-5", "claude-opus-4-8"
IMAGES = "recorded usage of images in 59 requests of public repositories, 2024 to August 2026"
USAGE = "recorded usage of 1,427 prompts of public repositories, 2024 to August 2026"
EPHEMERAL = {"type": "ephemeral"}


def asked(*blocks: dict[str, Any], model: str = OLD, **fields: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": list(blocks)}], **fields}


def counted(name: str, source: str, request: dict[str, Any], tokens: int, bar: float = 0.0) -> Pair:
    expected = Accepted(counts={"input_tokens": tokens}, bar=bar)
    return Pair(name, source, request, expected, path=COUNT_TOKENS)


def image(width: int, height: int) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": png(width, height)}}


def document(**source: Any) -> dict[str, Any]:
    return {"type": "document", "source": source}


def full_page() -> dict[str, Any]:
    """Return a PDF whose page has 65 lines of 14 words."""
    shown = pdf_of(page(*["The ferry leaves the old harbour at noon, and seven gulls circle over it."] * 65))
    return document(type="base64", media_type="application/pdf", data=encoded(shown))


def text(content: str) -> dict[str, Any]:
    return {"type": "text", "text": content}


TOOL = {"name": "look", "description": "Look at a place.", "input_schema": {"type": "object", "properties": {}}}
FORMAT = {"type": "json_schema", "schema": {"type": "object", "properties": {}, "additionalProperties": False}}
LETTER = document(type="text", media_type="text/plain", data="Dear Ann, all is well.")
CITED = {**LETTER, "citations": {"enabled": True}}
PAGE = {"type": "base64", "media_type": "application/pdf", "data": pdf(1)}
LINK = {"type": "url", "url": "https://a.example/b"}
THINKING = {"type": "enabled", "budget_tokens": 1024}
SEEN = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Sunny."}
LONG = "The harbour is open, and the ferry leaves at noon. " * 120


def tool_turns(**last: Any) -> list[dict[str, Any]]:
    call = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"place": "Oslo"}}
    return [
        {"role": "user", "content": LONG},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{**SEEN, **last}]},
    ]


SEARCHED = """
rules:
  - reply:
      - server_tool: {name: web_search, input: {query: Oslo}, result: [{title: Sunny, url: "https://a.example"}]}
      - It is sunny.
"""
ITERATIONS = "documented stream of a web search: 2,679 input tokens at its start, 10,682 at its end"

PAIRS: list[Pair] = [
    counted("two words for an older model", USAGE, asked(text("Hello there")), 9),
    counted("two words for a newer model", USAGE, asked(text("Hello there"), model=NEW), 10),
    counted("a system prompt", USAGE, asked(text("Hello there"), system="Be brief."), 13),
    counted("other scripts count by character", USAGE, asked(text("你好，世界")), 7 + 16, 0.05),
    counted("an image of 1800 x 1200 for an older model", IMAGES, asked(image(1800, 1200)), 1_545),
    counted("an image of 1800 x 1200 for a newer model", IMAGES, asked(image(1800, 1200), model=NEW), 2_806),
    counted("an image of 1191 x 1128", IMAGES, asked(image(1191, 1128)), 1_567),
    counted("an image of 1001 x 1001", IMAGES, asked(image(1001, 1001)), 1_305),
    counted("an image of 640 x 480", IMAGES, asked(image(640, 480)), 423),
    counted("an image of 330 x 291", IMAGES, asked(image(330, 291), model=NEW), 143),
    counted("an image of one pixel", IMAGES, asked(image(1, 1)), 10),
    counted(
        "an image of unknown size",
        IMAGES,
        asked({"type": "image", "source": LINK}),
        107,
    ),
    counted("a page of a PDF", USAGE, asked(document(**PAGE)), 1_600, 0.03),
    counted("a PDF of unknown size", USAGE, asked(document(**LINK)), 1_607),
    counted("a document that is a text", USAGE, asked(LETTER), 7 + 36 + 8, 0.05),
    counted("citations of an older model", USAGE, asked(CITED), 586, 0.02),
    counted("citations of a newer model", USAGE, asked(CITED, model=NEW), 822, 0.02),
    counted("a tool of Sonnet 4.5", USAGE, asked(text("Hi"), tools=[TOOL]), 528, 0.02),
    counted("a tool of Haiku 4.5", USAGE, asked(text("Hi"), model="claude-haiku-4-5", tools=[TOOL]), 537, 0.02),
    counted(
        "a tool that must be called", USAGE, asked(text("Hi"), tools=[TOOL], tool_choice={"type": "any"}), 617, 0.02
    ),
    counted(
        "the web search of a newer tool list",
        "recorded usage of web_search_20250305 alone on Sonnet 4.5, 2,205 tokens",
        asked(text("Hi"), tools=[{"type": "web_search_20250305", "name": "web_search"}]),
        2_213,
        0.01,
    ),
    counted("an output format", USAGE, asked(text("Hi"), output_config={"format": FORMAT}), 122, 0.03),
    counted("thinking with a budget", USAGE, asked(text("Hi"), thinking=THINKING), 37),
    Pair(
        "everything is cached but the last tokens",
        "recorded usage of 167 requests with breakpoints",
        asked({**text(LONG), "cache_control": EPHEMERAL}),
        Accepted(fields={"usage.input_tokens": 3, "usage.cache_read_input_tokens": 0}),
    ),
    Pair(
        "a marked tool result leaves one token",
        "recorded usage of Claude Code",
        {"model": OLD, "messages": tool_turns(cache_control=EPHEMERAL)},
        Accepted(fields={"usage.input_tokens": 1}),
    ),
    Pair(
        "an automatic breakpoint on a tool result leaves six tokens",
        "recorded usage of requests with a cache_control of their own",
        {"model": OLD, "messages": tool_turns(), "cache_control": EPHEMERAL},
        Accepted(fields={"usage.input_tokens": 6}),
    ),
    Pair(
        "a search adds the input of a second iteration",
        ITERATIONS,
        asked(text(LONG), stream=True),
        Accepted(
            fields={"0.message.usage.input_tokens": 1_443, "-2.usage.input_tokens": 2 * 1_443 + 44},
        ),
        scenario=SEARCHED,
    ),
    Pair(
        "MCP servers without tools on Haiku 4.5",
        "recorded usage of mcp_servers alone on Haiku 4.5, 568 tokens",
        asked(
            text("Hi"), model="claude-haiku-4-5", mcp_servers=[{"type": "url", "name": "a", "url": "https://a.example"}]
        ),
        Accepted(fields={"usage.input_tokens": 576}),
        headers={"anthropic-beta": "mcp-client-2025-04-04"},
    ),
    counted("a page full of text", USAGE, asked(full_page()), 7 + 1_575 + 1_090, 0.03),
]
