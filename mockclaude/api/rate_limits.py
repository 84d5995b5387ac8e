"""The errors of exceeded rate limits.

Users reported the messages in 2026. The API ends them differently for accounts that can raise their own limits.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockclaude.api.errors import ApiError
from mockclaude.api.headers import ORGANIZATION_ID

_DETAILS = "For details, refer to: https://docs.claude.com/en/api/rate-limits."


def rate_limit_error(limit: int, what: str, model: str, headers: Mapping[str, str]) -> ApiError:
    """Build the error for more than `limit` of `what` (e.g. `input tokens`) a minute."""
    of_model = f", model: {model}" if model else ""
    return ApiError(
        "rate_limit_error",
        f"This request would exceed your organization's rate limit of {limit:,} {what} per minute "
        f"(org: {ORGANIZATION_ID}{of_model}). {_DETAILS} You can see the response headers for current usage. "
        "Please reduce the prompt length or the maximum tokens requested, or try again later. You may also contact "
        "sales at https://claude.com/contact-sales to discuss your options for a rate limit increase.",
        headers=headers,
    )


def acceleration_error(limit: int, next_limit: int, what: str, model: str, headers: Mapping[str, str]) -> ApiError:
    """Build the error for use above `limit` that grows too fast from minute to minute."""
    return ApiError(
        "rate_limit_error",
        f"This request would exceed your organization's maximum usage increase rate for {what} per minute "
        f"(org: {ORGANIZATION_ID}, model: {model}). Your current limit is {limit:,} {what} per minute, and will "
        f"increase to {next_limit:,} at the next minute boundary. Please scale up your {what} usage more gradually to "
        f"stay within the acceleration limit. {_DETAILS}",
        headers=headers,
    )
