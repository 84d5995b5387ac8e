"""Checks of images that may not be scaled down: `transformations.oversized_image` is `error`."""

from __future__ import annotations

from bisect import bisect
from typing import NamedTuple

from mockclaude.api import media
from mockclaude.api.checks.check import Check, Details
from mockclaude.api.prompt_parts import PATCH
from mockclaude.api.request import MessagesRequest
from mockclaude.api.token_weights import Weights


class _Size(NamedTuple):
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def _find_oversized(request: MessagesRequest) -> Details | None:
    for path, block in request.blocks["image"]:
        if (block.get("transformations") or {}).get("oversized_image") != "error":
            continue
        source = block["source"]
        image = media.read_image(source["data"]) if source["type"] == "base64" else None
        if image is not None and min(image.width, image.height) > 0:
            size = _Size(image.width, image.height)
            largest = find_largest(size, request.constants.weights)
            if largest != size:
                return {"path": path, "size": size, "largest": largest}
    return None


def find_largest(size: _Size, weights: Weights) -> _Size:
    """Return the largest size, in the same ratio, that needs no scaling."""
    long_edge = max(size)

    def scale(edge: int) -> _Size:
        return _Size(max(1, size.width * edge // long_edge), max(1, size.height * edge // long_edge))

    def is_too_large(edge: int) -> bool:
        width, height = scale(edge)
        return -(-width // PATCH) * -(-height // PATCH) > weights.patches

    edges = range(1, min(long_edge, weights.long_edge) + 1)
    return scale(edges[bisect(edges, False, key=is_too_large) - 1])


CHECKS: tuple[Check, ...] = (
    Check(
        "a picture that is larger than the model sees, and may not be scaled down",
        "{path}.image: image of {size} pixels exceeds the maximum image size of this model. "
        "The largest dimensions that fit are {largest}.",
        "assumed",
        _find_oversized,
        "block:image",
        citation="SDK 2.14 types/beta, BetaImageTransformationsParam: the condition",
    ),
)
"""The condition of the field is known from the SDKs' types."""
