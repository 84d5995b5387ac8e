"""Pictures and PDFs that the API does not take."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from mockclaude.api.checks.media_checks import CHECKS, MAX_BYTES
from mockclaude.api.request import MessagesRequest
from tests.api.asking import asked, failures, refusal
from tests.api.bodies import accepted
from tests.api.pictures import encoded, gif, pdf, png
from tests.counting import calls

IMAGE = "messages.0.content.0.image.source.base64"
TOO_WIDE = "At least one of the image dimensions exceed max allowed size"
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
        (image(""), f"{IMAGE}: image cannot be empty"),
        (image("<BASE64_IMAGE>"), f"{IMAGE}: invalid base64 data"),
        (image(LARGE), f"{IMAGE}: image exceeds 10 MB maximum: {len(LARGE)} bytes > 10485760 bytes"),
        (
            image(gif(10, 10)),
            f"{IMAGE}: The image was specified using the image/png media type, but the image appears to be a "
            "image/gif image",
        ),
        (image(encoded(b"no picture")), "Could not process image"),
        (image(png(8001, 1)), f"{IMAGE}.data: {TOO_WIDE}: 8000 pixels"),
        (at("localhost:8000/a.png"), f"messages.0.content.0.image.source.url: {UNREACHABLE}"),
        (at("cdn.invalid"), f"messages.0.content.0.image.source.url: {UNREACHABLE}"),
        (at("", "document"), f"messages.0.content.0.pdf.source.url: {UNREACHABLE}"),
        (document("<BASE64_PDF>"), "messages.0.content.0.pdf.source.base64: invalid base64 data"),
        (document(encoded(b"no PDF")), "messages.0.content.0.pdf.source.base64.data: The PDF specified was not valid."),
        (
            document(pdf(1, "secret")),
            "messages.0.content.0.pdf.source.base64.data: The PDF specified is password protected.",
        ),
        (
            document(pdf(601)),
            "messages.0.content.0.pdf.source.base64.data: A maximum of 600 PDF pages may be provided.",
        ),
    ],
)
def test_what_cannot_be_looked_at_is_refused(block: dict[str, Any], message: str) -> None:
    assert refusal(CHECKS, asked(user(block))) == message


@pytest.mark.parametrize(
    "block",
    [
        image(png(8000, 8000)),
        image(gif(1, 1), "image/gif"),
        image(png(10, 10).ljust(MAX_BYTES, "A")),
        document(pdf(600)),
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


def nested(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "toolu_1", "content": list(content)}


SMALL, WIDE, HUGE = image(png(10, 10)), image(png(2001, 10)), image(png(10, 8001))


@pytest.mark.parametrize(
    ("messages", "most", "path", "paths"),
    [
        ([user(SMALL, HUGE, HUGE)], 8000, "0.content.1", ["0.content.1", "0.content.2"]),
        ([user(SMALL), user(SMALL, HUGE)], 8000, "0.content.2", ["0.content.2"]),
        ([user(nested(SMALL, HUGE))], 8000, "0.content.0.tool_result.content.1", ["0.content.0.content.1"]),
        (
            [user(*[SMALL] * 19, WIDE, nested(WIDE))],
            2000,
            "0.content.19",
            ["0.content.19", "0.content.20.content.0"],
        ),
        ([user(*[SMALL] * 20, HUGE)], 8000, "0.content.20", ["0.content.20"]),
    ],
)
def test_all_images_with_too_long_an_edge_are_listed(messages: Any, most: int, path: str, paths: list[str]) -> None:
    failure = next(failures(CHECKS, asked(*messages)))

    of_many = "" if most == 8000 else " for many-image requests"
    assert failure.message == f"messages.{path}.image.source.base64.data: {TOO_WIDE}{of_many}: {most} pixels"
    assert failure.details == {
        "error_code": "image_dimensions_too_large",
        "max_side_length_pixels": most,
        "paths": [f"messages.{path}" for path in paths],
    }


def test_twenty_images_may_have_long_edges() -> None:
    assert refusal(CHECKS, asked(user(*[WIDE] * 20))) is None


NO_SIZE = {"type": "image", "source": {"type": "file", "file_id": "file_1"}}
SMALL_WINDOW, WITH_BETA = "claude-haiku-4-5", frozenset({"context-1m-2025-08-07"})
PAGES = "messages.0.content.0.pdf.source.base64.data: A maximum of 100 PDF pages may be provided."


@pytest.mark.parametrize(
    ("blocks", "fields", "message"),
    [
        ([NO_SIZE] * 601, {}, "too many images and documents: 601 + 0 > 600"),
        ([NO_SIZE] * 600, {}, None),
        ([NO_SIZE] * 101, {"model": SMALL_WINDOW}, "too many images and documents: 101 + 0 > 100"),
        (
            [*[NO_SIZE] * 60, *[nested(at("example.com", "document"))] * 41],
            {"model": SMALL_WINDOW},
            "too many images and documents: 60 + 41 > 100",
        ),
        (
            [at("example.com", "document")] * 101,
            {"model": SMALL_WINDOW},
            "too many images and documents: 0 + 101 > 100",
        ),
        ([NO_SIZE] * 100, {"model": SMALL_WINDOW}, None),
        ([NO_SIZE] * 101, {"model": "claude-sonnet-4-5"}, "too many images and documents: 101 + 0 > 100"),
        ([NO_SIZE] * 101, {"model": "claude-sonnet-4-5", "betas": WITH_BETA}, None),
        ([NO_SIZE] * 101, {"model": "someone-elses"}, None),
        ([document(pdf(101))], {"model": SMALL_WINDOW}, PAGES),
        ([document(pdf(99)), NO_SIZE], {"model": SMALL_WINDOW}, None),
        (
            [document(pdf(60)), document(pdf(40)), NO_SIZE],
            {"model": SMALL_WINDOW},
            "Too much media: 100 document pages + 1 images > 100",
        ),
    ],
)
def test_the_number_of_images_and_pages_depends_on_the_context_window(
    blocks: Any, fields: dict[str, Any], message: str | None
) -> None:
    assert refusal(CHECKS, asked(user(*blocks), **fields)) == message


def test_paths_of_images_in_many_messages_cost_as_much_as_in_few() -> None:
    few, many = (asked(*[user(image(png(8001, 1)))] * count) for count in (200, 800))
    refusal(CHECKS, few)

    assert calls(lambda: refusal(CHECKS, many)) < 6 * calls(lambda: refusal(CHECKS, few))


@given(body=accepted)
def test_no_body_breaks_the_checks_of_media(body: Any) -> None:
    refusal(CHECKS, MessagesRequest(body))
