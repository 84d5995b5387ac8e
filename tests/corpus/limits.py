"""Limits, and the words of refusals."""

from __future__ import annotations

from typing import Any

from tests.api.pictures import encoded, pdf, png
from tests.corpus.pair import Accepted, Pair, Refused
from tests.server.refusals.tools import nullable, optional, strict
from tests.server.refusals.writing import (
    CLOSED,
    asked,
    assistant,
    beta,
    document,
    formatted,
    image,
    result,
    said,
    text,
    tool,
    use,
    user,
)

WINDOW_200K = {"model": "claude-haiku-4-5"}
SMALL, WIDE, HUGE = image(png(10, 10)), image(png(2001, 10)), image(png(10, 8001))
PLAIN = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Hi"}}
HEAVY = png(10, 10) + "A" * 10 * 1024 * 1024
TOO_WIDE = "image.source.base64.data: At least one of the image dimensions exceed max allowed size"


def too_wide(most: int, *paths: str) -> dict[str, Any]:
    return {"error_code": "image_dimensions_too_large", "max_side_length_pixels": most, "paths": [*paths]}


MEDIA = [
    Pair(
        "an image of 8,001 pixels",
        "anthropics/claude-code#4778, #5147; details: the types of the SDK 2.13",
        asked(text(), HUGE),
        Refused(
            f"messages.0.content.1.{TOO_WIDE}: 8000 pixels",
            details=too_wide(8000, "messages.0.content.1"),
        ),
    ),
    Pair(
        "21 images, two with 2,001 pixels",
        "anthropics/claude-code#49537, #24630",
        said(assistant(use()), user(result(content=[*[SMALL] * 19, WIDE]), WIDE)),
        Refused(
            f"messages.2.content.0.tool_result.content.19.{TOO_WIDE} for many-image requests: 2000 pixels",
            details=too_wide(2000, "messages.2.content.0.content.19", "messages.2.content.1"),
        ),
    ),
    Pair("20 images with 2,001 pixels", "documented: image limits", asked(*[WIDE] * 20), Accepted()),
    Pair(
        "an image of more than 10 MB",
        "kolega-ai/kolega-code#354, 2026-07-28",
        asked(image(HEAVY)),
        Refused(
            "messages.0.content.0.image.source.base64: image exceeds 10 MB maximum: "
            f"{len(HEAVY)} bytes > 10485760 bytes"
        ),
    ),
    Pair(
        "an image that is not one",
        "anthropics/claude-code#12616",
        asked(image(encoded(b"no image"))),
        Refused("Could not process image"),
    ),
    Pair(
        "101 images in a window of 200k tokens",
        "anthropics/claude-code#23392",
        {**asked(*[SMALL] * 101), **WINDOW_200K},
        Refused("too many images and documents: 101 + 0 > 100"),
    ),
    Pair("101 images in a window of 1M tokens", "documented: image limits", asked(*[SMALL] * 101), Accepted()),
    Pair(
        "60 images and 41 pages in a window of 200k tokens",
        "anthropics/claude-code#24541",
        {**asked(document(pdf(41)), *[SMALL] * 60), **WINDOW_200K},
        Refused("Too much media: 41 document pages + 60 images > 100"),
    ),
    Pair(
        "a PDF of 101 pages in a window of 200k tokens",
        "documented: PDF support",
        {**asked(document(pdf(101))), **WINDOW_200K},
        Refused("messages.0.content.0.pdf.source.base64.data: A maximum of 100 PDF pages may be provided."),
    ),
    Pair(
        "a PDF of 601 pages",
        "jikig-ai/soleur#3350",
        asked(text(), document(pdf(601))),
        Refused("messages.0.content.1.pdf.source.base64.data: A maximum of 600 PDF pages may be provided."),
    ),
    Pair(
        "a PDF that is not one",
        "anthropics/claude-code#19577",
        asked(text(), document(encoded(b"no PDF"))),
        Refused("messages.0.content.1.pdf.source.base64.data: The PDF specified was not valid."),
    ),
    Pair(
        "a PDF with a password",
        "anthropics/claude-code#19013",
        asked(text(), document(pdf(1, "secret"))),
        Refused("messages.0.content.1.pdf.source.base64.data: The PDF specified is password protected."),
    ),
    Pair("600 documents", "documented: image limits", asked(*[PLAIN] * 600), Accepted()),
    Pair("a PDF of 101 pages", "documented: PDF support", asked(document(pdf(101))), Accepted()),
]

SONNET = {"model": "claude-sonnet-4-6"}
STRICT_LIMITS = "recorded: 0xPlaygrounds/rig tests/cassettes/anthropic/strict_schema_limits"
PROPERTIES = "recorded: 0xPlaygrounds/rig tests/cassettes/anthropic/strict_schema_matrix"
NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}, "required": ["next"], **CLOSED}
LINKED = {"type": "object", "properties": {}, "$defs": {"Node": NODE}, **CLOSED}
DANGLING = {"type": "object", "properties": {"tree": {"type": "array", "items": {"$ref": "#/$defs/Missing"}}}}
ANYTHING = {"type": "object", "properties": {"v": True}, **CLOSED}

SCHEMAS = [
    Pair("20 strict tools", STRICT_LIMITS, {**strict(*[optional(0)] * 20), **SONNET}, Accepted()),
    Pair(
        "21 strict tools",
        "camel-ai/camel#4171, elizaOS/eliza#16499",
        {**strict(*[optional(0)] * 21), **SONNET},
        Refused(
            "Too many strict tools (21). The maximum number of strict tools supported is 20. "
            "Try reducing the number of tools marked as strict."
        ),
    ),
    Pair(
        "21 tools that are not strict",
        "COM, 2026-08-16",
        {"tools": [tool(f"t{number}") for number in range(21)]},
        Accepted(),
    ),
    Pair(
        "25 optional parameters",
        STRICT_LIMITS,
        {**strict(optional(25)), **SONNET},
        Refused(
            "Schemas contains too many optional parameters (25), which would make grammar compilation inefficient. "
            "Reduce the number of optional parameters in your tool schemas (limit: 24)."
        ),
    ),
    Pair(
        "24 optional parameters in one schema",
        STRICT_LIMITS,
        {**strict(optional(24)), **SONNET},
        Refused("Schema is too complex for compilation. Try reducing the number of tools or simplifying tool schemas."),
    ),
    Pair("24 optional parameters in two schemas", STRICT_LIMITS, {**strict(*[optional(12)] * 2), **SONNET}, Accepted()),
    Pair(
        "17 unions",
        STRICT_LIMITS,
        {**strict(nullable(17)), **SONNET},
        Refused(
            "Schemas contains too many parameters with union types (17 parameters with type arrays or anyOf). "
            "This causes exponential compilation cost. Reduce the number of nullable or union-typed parameters "
            "(limit: 16 parameters with unions)."
        ),
    ),
    Pair(
        "16 unions in one schema",
        STRICT_LIMITS,
        {**strict(nullable(16)), **SONNET},
        Refused("Schema is too complex for compilation. Try reducing the number of tools or simplifying tool schemas."),
    ),
    Pair("16 unions in two schemas", STRICT_LIMITS, {**strict(*[nullable(8)] * 2), **SONNET}, Accepted()),
    Pair(
        "a strict tool with a property of any type",
        PROPERTIES,
        {**strict(ANYTHING), **SONNET},
        Refused("tools.0.custom: For 'object' type, property 'properties' is not supported"),
    ),
    Pair(
        "a strict tool with a recursive schema",
        PROPERTIES,
        {**strict(LINKED), **SONNET},
        Refused(
            "tools.0.custom: Invalid schema: Circular reference detected in schema definitions: Node -> Node. "
            "Self-referencing or mutually-referencing definitions are not supported."
        ),
    ),
    Pair(
        "an output format with an open object",
        "recorded: maruel/genai Scoreboard/claude-opus-4-8/GenSync-JSON.yaml",
        formatted(),
        Refused(
            "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
        ),
    ),
]

FALLING_BACK = beta("server-side-fallback-2026-07-01")
OPUS = {"model": "claude-opus-5"}

FALLBACKS = [
    Pair(
        "a model without fallbacks",
        "Keeping-History/rt911#338",
        {"fallbacks": [{"model": "claude-opus-4-8"}]},
        Refused("'claude-sonnet-5' does not support the `fallbacks` parameter."),
        FALLING_BACK,
    ),
    Pair(
        "a model without fallbacks, and the API's choice",
        "reported in five projects",
        {"fallbacks": "default"},
        Refused("'claude-sonnet-5' does not support the `fallbacks` parameter."),
        FALLING_BACK,
    ),
    Pair(
        "a fallback that the model does not have",
        "earendil-works/pi#8258",
        {"model": "claude-fable-5", "fallbacks": [{"model": "claude-opus-4-6"}]},
        Refused(
            "'claude-opus-4-6' is not a valid fallback target for 'claude-fable-5'. "
            "Valid targets: claude-opus-4-8, claude-opus-5."
        ),
        FALLING_BACK,
    ),
    Pair(
        "a fallback of Opus 5",
        "earendil-works/pi#8258",
        {**OPUS, "fallbacks": [{"model": "claude-opus-4-8"}]},
        Accepted(),
        FALLING_BACK,
    ),
    Pair(
        "a fallback with a field of its own",
        "reported: server-side fallback",
        {**OPUS, "fallbacks": [{"model": "claude-opus-4-8", "temperature": 1}]},
        Refused(
            "fallbacks.0: 'temperature' is not a supported field. "
            "Supported: model, max_tokens, output_config, speed, thinking."
        ),
        FALLING_BACK,
    ),
    Pair(
        "a fallback without its beta",
        "reported: server-side fallback",
        {**OPUS, "fallbacks": "default"},
        Refused("fallbacks: Extra inputs are not permitted"),
    ),
]

TOOLS = [
    Pair(
        "a message that is a string",
        "recorded, 2024: facts of the shape",
        {"messages": ["Hi"]},
        Refused("messages.0: Input does not match the expected shape."),
    ),
    Pair(
        "an input schema that is a boolean",
        "recorded: 0xPlaygrounds/rig tests/cassettes/anthropic",
        {"tools": [tool(input_schema=True)]},
        Refused("tools.0.custom.input_schema: Input does not match the expected shape."),
    ),
    Pair(
        "an input schema without a type",
        "recorded: vercel/ai",
        {"tools": [tool(input_schema={})]},
        Refused("tools.0.custom.input_schema.type: Field required"),
    ),
    Pair(
        "an input schema of another type",
        "recorded: vercel/ai",
        {"tools": [tool(input_schema={"type": "string"})]},
        Refused("tools.0.custom.input_schema.type: Input should be 'object'"),
    ),
    Pair(
        "a tool with a name of 129 characters",
        "anthropics/claude-code#96152, 2026-09-22",
        {"tools": [tool(), tool("n" * 129)]},
        Refused("tools.1.custom.name: String should have at most 128 characters"),
    ),
    Pair(
        "a tool with a space in its name",
        "reported, 2026",
        {"tools": [tool("get weather")]},
        Refused("tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"),
    ),
    Pair(
        "a dangling reference in a tool that is not strict",
        "recorded: vicentereig/dspy.rb spec/vcr_cassettes/examples/html_to_markdown, 2025-12",
        {"tools": [tool(input_schema=DANGLING)], "tool_choice": {"type": "tool", "name": "get_weather"}},
        Accepted({"stop_reason": "tool_use"}, warning="`$ref` '#/$defs/Missing' has no target"),
        scenario="rules: [reply: [tool_use: {name: get_weather, input: {}}]]",
    ),
]

PAIRS: list[Pair] = [*MEDIA, *SCHEMAS, *FALLBACKS, *TOOLS]
