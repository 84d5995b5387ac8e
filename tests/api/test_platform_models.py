"""Names of models on platforms: each one leads to the API's name, whatever surrounds it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api import models
from mockclaude.api.platform_models import find_model_name

ARN = "arn:aws:bedrock:eu-west-1:123456789012"
NAMES = models.list_current_names("2026-11-30")
REGIONS = ["", "us.", "us-gov.", "eu.", "apac.", "ap.", "jp.", "au.", "ca.", "sa.", "global."]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("anthropic.claude-3-haiku-20240307-v1:0", "claude-3-haiku-20240307"),
        ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet-20241022"),
        ("anthropic.claude-opus-4-7", "claude-opus-4-7"),
        ("anthropic.claude-opus-4-6-v1", "claude-opus-4-6"),
        ("global.anthropic.claude-haiku-4-5-20251001-v1%3A0", "claude-haiku-4-5-20251001"),
        ("claude-haiku-4-5@20251001", "claude-haiku-4-5-20251001"),
        ("claude-haiku-4-5%4020251001", "claude-haiku-4-5-20251001"),
        ("claude-sonnet-5@default", "claude-sonnet-5"),
        (f"{ARN}:inference-profile/eu.anthropic.claude-sonnet-5-v1:0", "claude-sonnet-5"),
        (quote(f"{ARN}:inference-profile/eu.anthropic.claude-sonnet-5-v1:0", safe=""), "claude-sonnet-5"),
        ("arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-opus-5-v1:0", "claude-opus-5"),
        (f"{ARN}:application-inference-profile/a1b2c3d4e5f6", "a1b2c3d4e5f6"),
        ("claude-3-7-sonnet-latest", "claude-3-7-sonnet-latest"),
        ("meta.llama3-8b", "meta.llama3-8b"),
        ("claude@", "claude@"),
        ("anthropic.claude-opus-5-v1:0+error 529: later", "claude-opus-5+error 529: later"),
        ("", ""),
    ],
)
def test_a_name_of_a_platform_leads_to_the_name_of_the_api(text: str, name: str) -> None:
    assert find_model_name(text) == name


@given(st.sampled_from(REGIONS), st.sampled_from(["", "anthropic."]), st.sampled_from(NAMES), st.booleans())
def test_every_current_model_is_found(region: str, vendor: str, name: str, is_encoded: bool) -> None:
    for version in ("", "-v1", "-v1:0", "-v2:0", ":0"):
        text = f"{region}{vendor}{name}{version}"
        assert find_model_name(quote(text, safe="") if is_encoded else text) == name
    assert find_model_name(name) == name
