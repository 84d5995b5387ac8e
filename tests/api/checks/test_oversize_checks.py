"""Pictures that a model would see scaled down."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.checks.oversize_checks import CHECKS, _Size, find_largest
from mockclaude.api.prompt_parts import count_patches
from mockclaude.api.token_weights import NEW, OLD, Weights
from tests.api.asking import asked, refusal
from tests.api.pictures import encoded, png

UNSCALED = {"oversized_image": "error"}
URL = {"type": "url", "url": "https://example.com/image.jpg"}


def ask(data: str, transformations: Any, **source: Any) -> str | None:
    inline = {"type": "base64", "media_type": "image/png", "data": data}
    block = {"type": "image", "source": source or inline, "transformations": transformations}
    return refusal(CHECKS, asked({"role": "user", "content": [block]}, model="claude-sonnet-4-6"))


def test_an_image_that_would_be_scaled_down_is_refused_with_both_sizes() -> None:
    message = ask(png(1800, 1200), UNSCALED)

    assert message == (
        "messages.0.content.0.image: image of 1800x1200 pixels exceeds the maximum image size of this model. "
        "The largest dimensions that fit are 1345x896."
    )
    assert ask(png(1345, 896), UNSCALED) is None


@pytest.mark.parametrize(
    ("data", "transformations", "source"),
    [
        (png(1800, 1200), {"oversized_image": "downsize"}, {}),
        (png(1800, 1200), {}, {}),
        (png(1800, 1200), None, {}),
        (encoded(b"no image"), UNSCALED, {}),
        ("", UNSCALED, URL),
    ],
)
def test_every_other_image_is_accepted(data: str, transformations: Any, source: Any) -> None:
    assert ask(data, transformations, **source) is None


@given(st.integers(1, 8_000), st.integers(1, 8_000), st.sampled_from([OLD, NEW]))
def test_the_largest_size_that_fits_is_not_scaled(width: int, height: int, weights: Weights) -> None:
    fit = find_largest(_Size(width, height), weights)

    assert max(fit) <= weights.long_edge
    assert count_patches(*fit, weights) == -(-fit.width // 28) * -(-fit.height // 28) <= weights.patches
    assert find_largest(fit, weights) == fit
