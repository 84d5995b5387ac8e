"""What the API would refuse is an error, a warning, or nothing."""

from __future__ import annotations

import pytest

from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.mode import Mode, ValidationResult

ERROR = invalid("max_tokens: Field required")


@pytest.mark.parametrize(("mode", "gateway_accepts"), [("anthropic", True), ("anthropic", False), ("gateway", False)])
def test_what_is_not_tolerated_is_an_error(mode: Mode, gateway_accepts: bool) -> None:
    with pytest.raises(ApiError, match="max_tokens: Field required"):
        ValidationResult(mode).report(ERROR, gateway_accepts=gateway_accepts)


def test_what_a_gateway_takes_is_a_warning() -> None:
    validation = ValidationResult("gateway")
    validation.report(ERROR, gateway_accepts=True)

    assert validation.warnings == ["max_tokens: Field required"]


@pytest.mark.parametrize("gateway_accepts", [True, False])
def test_off_says_nothing(gateway_accepts: bool) -> None:
    validation = ValidationResult("off")
    validation.report(ERROR, gateway_accepts=gateway_accepts)

    assert validation.is_off
    assert validation.warnings == []
