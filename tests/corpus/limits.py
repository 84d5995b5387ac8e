"""Limits, and the words of refusals."""

from __future__ import annotations

from typing import Any

from tests.api.pictures import encoded, pdf, png
from tests.corpus.pair import Accepted, Pair, Refused
from tests.server.refusals.writing import asked, assistant, document, image, result, said, text, use, user

WINDOW_200K = {"model": "claude-haiku-4-5"}
SMALL, WIDE, HUGE = image(png(10, 10)), image(png(2001, 10)), image(png(10, 8001))
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
    Pair("a PDF of 101 pages", "documented: PDF support", asked(document(pdf(101))), Accepted()),
]

PAIRING = [
    Pair(
        "a result without its call",
        "recorded in the tests of anthropics/anthropic-sdk-python; anthropics/claude-code#13460",
        asked(result()),
        Refused(
            "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_a. Each `tool_result` "
            "block must have a corresponding `tool_use` block in the previous message."
        ),
    ),
]

PAIRS: list[Pair] = [*MEDIA, *PAIRING]
