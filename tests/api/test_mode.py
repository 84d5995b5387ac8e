"""What the API would refuse is an error, a warning, or nothing."""

from __future__ import annotations

import pytest

from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.mode import Mode, Validation

ERROR = invalid("max_tokens: Field required")


@pytest.mark.parametrize(("mode", "gateways_take_it"), [("anthropic", True), ("anthropic", False), ("gateway", False)])
def test_what_is_not_tolerated_is_an_error(mode: Mode, gateways_take_it: bool) -> None:
    with pytest.raises(ApiError, match="max_tokens: Field required"):
        Validation(mode).object(ERROR, gateways_take_it=gateways_take_it)


def test_what_a_gateway_takes_is_a_warning() -> None:
    validation = Validation("gateway")
    validation.object(ERROR, gateways_take_it=True)

    assert validation.warnings == ["max_tokens: Field required"]


@pytest.mark.parametrize("gateways_take_it", [True, False])
def test_off_says_nothing(gateways_take_it: bool) -> None:
    validation = Validation("off")
    validation.object(ERROR, gateways_take_it=gateways_take_it)

    assert validation.off
    assert validation.warnings == []
