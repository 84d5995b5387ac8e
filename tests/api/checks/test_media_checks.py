"""Pictures and PDFs that the API does not take."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from mockclaude.api.checks.media_checks import CHECKS, MAX_BYTES
from mockclaude.api.request import MessagesRequest
from tests.api.asking import asked, refusal
from tests.api.bodies import accepted
from tests.api.pictures import encoded, gif, pdf, png

IMAGE = "messages.0.content.0.image.source.base64: "
UNREACHABLE = "Unable to download the file. Please verify the URL and try again."
LARGE = png(10, 10) + "A" * (MAX_BYTES // 4 * 4)


def image(data: str, media_type: str = "image/png") -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def document(data: str) -> dict[str, Any]:
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}}


def at(place: str, kind: str = "image") -> dict[str, Any]:
    return {"type": kind, "source": {"type": "url", "url": f"https://{place}"}}


def user(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (image(""), f"{IMAGE}image cannot be empty"),
        (image("<BASE64_IMAGE>"), f"{IMAGE}invalid base64 data"),
        (image(LARGE), f"{IMAGE}image exceeds 5 MB maximum: {len(LARGE)} bytes > 5242880 bytes"),
        (
            image(gif(10, 10)),
            f"{IMAGE}The image was specified using the image/png media type, but the image appears to be a "
            "image/gif image",
        ),
        (image(encoded(b"no picture")), "Could not process image"),
        (image(png(8001, 1)), f"{IMAGE}At least one of the image dimensions exceed max allowed size: 8000 pixels"),
        (at("localhost:8000/a.png"), f"messages.0.content.0.image.source.url: {UNREACHABLE}"),
        (at("cdn.invalid"), f"messages.0.content.0.image.source.url: {UNREACHABLE}"),
        (at("", "document"), f"messages.0.content.0.document.source.url: {UNREACHABLE}"),
        (document("<BASE64_PDF>"), "messages.0.content.0.document.source.base64: invalid base64 data"),
        (document(encoded(b"no PDF")), "The PDF specified was not valid."),
        (document(pdf(1, "secret")), "The PDF specified is password protected."),
        (document(pdf(101)), "A maximum of 100 PDF pages may be provided."),
    ],
)
def test_what_cannot_be_looked_at_is_refused(block: dict[str, Any], message: str) -> None:
    assert refusal(CHECKS, asked(user(block))) == message


@pytest.mark.parametrize(
    "block",
    [
        image(png(8000, 8000)),
        image(gif(1, 1), "image/gif"),
        document(pdf(100)),
        at("example.com/a.png"),
        at("example.com/invalid.test?of=localhost"),
        at("test.example.com:8000", "document"),
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Hi"}},
    ],
)
def test_what_can_be_looked_at_is_fine(block: dict[str, Any]) -> None:
    assert refusal(CHECKS, asked(user(block))) is None


def test_a_picture_in_a_tool_result_is_looked_at_too() -> None:
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [image("")]}

    path = "messages.0.content.0.tool_result.content.0.image.source.base64"
    assert refusal(CHECKS, asked(user(result))) == f"{path}: image cannot be empty"


@given(body=accepted)
def test_no_body_breaks_the_checks_of_media(body: Any) -> None:
    refusal(CHECKS, MessagesRequest(body))
