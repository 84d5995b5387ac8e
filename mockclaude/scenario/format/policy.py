"""The accepted requests (validation mode, API keys, models, betas), the error for an unmatched one, and their lanes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from mockclaude.api.betas import MODES, AcceptedBetas
from mockclaude.api.errors import RETRIED, STATUS, ApiError, type_of
from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.api.mode import Mode
from mockclaude.api.model_constants import Account
from mockclaude.api.models import CATALOGUE_DATE, Model
from mockclaude.scenario.diagnostics import did_you_mean, find_near, format_value, join_words, suggest

Models: TypeAlias = Literal["similar", "listed", "any"]
"""Accepted model names: those of the catalogue and newer ones, those of the catalogue, or all. Names in a rule's `when`
are always accepted.
"""

UNMATCHED = 410
"""Status of the error for an unmatched request. SDKs and Claude Code show its message without a retry. For a 404 Claude
Code reports that the model may not exist; a 400 makes it retry with other betas.
"""


def _is_final(status: int) -> bool:
    return 400 <= status < 500 and status not in RETRIED


UNMATCHED_TYPES = tuple(kind for kind, status in STATUS.items() if _is_final(status))
"""Error types for unmatched requests."""


BatchOrder: TypeAlias = Literal["drawn", "as_sent"]
"""The order of the lines of results: drawn, or that of the requests."""


Stale: TypeAlias = Literal["warn", "error", "ignore"]
"""The result of a stale request: a note, the error of an unmatched request, or nothing."""

STALE_RESULTS: tuple[Stale, ...] = get_args(Stale)


def parse_stale(value: Any) -> Stale:
    """Parse the result of a stale request.

    Raises:
        ValueError: The result is unknown.
    """
    for result in STALE_RESULTS:
        if value == result:
            return result
    hint = did_you_mean(value, STALE_RESULTS) if isinstance(value, str) else ""
    raise ValueError(f"unknown result, got {format_value(value)}; expected {join_words(STALE_RESULTS)}{hint}")


class BatchPlan(NamedTuple):
    """The progress of message batches.

    Attributes:
        takes_us: The time from the creation to the end, in microseconds; None for the default.
        polls: The number of polls that still find a batch in progress.
        order: The order of the lines of results.
    """

    takes_us: int | None = None
    polls: int = 0
    order: BatchOrder = "drawn"


class Policy(NamedTuple):
    """The accepted requests of a scenario.

    Attributes:
        validation: The validation mode.
        api_keys: The accepted API keys; empty for any.
        models: The accepted model names.
        client_faults: Whether a request may select a fault.
        betas: The accepted betas.
        unmatched: The status of the error for an unmatched request.
        lane_from: The sources of the lane; empty for the API key alone.
        account: The age of the account.
        today: The ISO day on which models are active, deprecated or retired.
        as_recorded: Whether events have the irregular spaces of recordings.
        batches: The progress of message batches.
        stale: The result of a request that differs from the recorded request of its rule.
    """

    validation: Mode = "anthropic"
    api_keys: frozenset[str] = frozenset()
    models: Models = "similar"
    client_faults: bool = True
    betas: AcceptedBetas = "known"
    unmatched: int = UNMATCHED
    lane_from: tuple[LaneSource, ...] = ()
    account: Account = "new"
    today: str = CATALOGUE_DATE
    as_recorded: bool = False
    batches: BatchPlan = BatchPlan()
    stale: Stale = "warn"

    def unmatched_error(self, message: str) -> ApiError:
        """Build the error for an unmatched request."""
        return ApiError(type_of(self.unmatched), message, self.unmatched)

    def explain_model(self, name: str, known: Sequence[str]) -> str:
        """Return the hint for a model that is not accepted."""
        from mockclaude.api.platform_models import find_model_name

        api_name = find_model_name(name)
        if api_name != name and api_name in known:
            return f"unknown model; expected '{api_name}'; add /anthropic to the base URL to send names of a platform"
        names = "a model that GET /v1/models lists" if self.models == "listed" else "the name of a Claude model"
        fix = "set `models: any` in the scenario file, or name the model in the `when` of a rule"
        return f"unknown model; expected {names}{did_you_mean(name, known)}; {fix}"

    def explain_retirement(self, model: Model) -> str:
        """Return the hint for a model that is retired."""
        return (
            f"retired on {model.retires_at}; expected a model that is not retired on {self.today}; "
            f"set `today: {model.created_at}` or `models: any` in the scenario file, "
            "or name the model in the `when` of a rule"
        )

    def overridden(self, **chosen: Any) -> Policy:
        """Return a copy with the values of `chosen` that are not None."""
        return self._replace(**{name: value for name, value in chosen.items() if value is not None})


BETA_NAME = compile_lazily(r"[^\s,]+")


def parse_accepted_betas(value: Any) -> AcceptedBetas:
    """Parse `known`, `strict`, `any`, or names: a list, or a text with commas.

    Raises:
        ValueError: The value is neither.
    """
    for mode in MODES:
        if value == mode:
            return mode
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) and "-" in value else value
    if isinstance(names, (list, tuple)) and names and all(map(_is_beta_name, names)):
        return tuple(names)
    hint = did_you_mean(value, MODES) if isinstance(value, str) else ""
    raise ValueError(
        f"unknown betas, got {format_value(value)}; expected known, strict, any, or names, e.g. "
        f"[new-beta-2026-11-29]{hint}"
    )


def _is_beta_name(value: Any) -> bool:
    return isinstance(value, str) and value not in MODES and BETA_NAME.fullmatch(value) is not None


def parse_unmatched_status(value: Any) -> int:
    """Parse a 4xx status that clients do not retry, or its error type.

    Raises:
        ValueError: Clients retry the status, or the status is not 4xx.
    """
    status = STATUS.get(value) if isinstance(value, str) else value
    if type(status) is int and _is_final(status):
        return status
    hint = did_you_mean(value, UNMATCHED_TYPES) if isinstance(value, str) and value not in STATUS else ""
    raise ValueError(
        f"wrong error for unmatched requests, got {format_value(value)}; expected a status from 400 to 499 that "
        f"clients do not retry, or its type, e.g. not_found_error{hint}"
    )


DAY = compile_lazily(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")


def parse_today(value: Any) -> str:
    """Parse an ISO day.

    Raises:
        ValueError: The value is not the day of a calendar.
    """
    if isinstance(value, str) and DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value).isoformat()
    raise ValueError(f"invalid day, got {format_value(value)}; expected a date, e.g. 2026-12-01")


LaneKind: TypeAlias = Literal["headers", "cookies", "body"]

LANE_SOURCE = compile_lazily(r"(?:headers|cookies)\.[A-Za-z0-9_.-]{1,200}|metadata(?:\.[A-Za-z0-9_-]{1,50}){1,5}")
"""A header, a cookie, or the path of a field in `metadata`."""

_LANE_PLACES = ("headers", "cookies", "metadata")


class LaneSource(NamedTuple):
    """A header, a cookie or a field of the body, whose value is the lane of a request.

    Attributes:
        kind: The place of the value.
        path: The name of the header in lower case, the name of the cookie, or the path of the field.
    """

    kind: LaneKind
    path: tuple[str, ...]

    def __str__(self) -> str:
        """Return the source as a file has it."""
        return ".".join(self.path if self.kind == "body" else (self.kind, *self.path))


def parse_lane_from(value: Any) -> tuple[LaneSource, ...]:
    """Parse a source or a list of sources.

    Raises:
        ValueError: A source is invalid, or the list is empty.
    """
    written = value if isinstance(value, (list, tuple)) else [value]
    if not written:
        raise ValueError(_describe_lane_problem(value))
    return tuple(map(_parse_source, written))


def _parse_source(written: Any) -> LaneSource:
    if not isinstance(written, str) or not LANE_SOURCE.fullmatch(written):
        raise ValueError(_describe_lane_problem(written))
    place, _, name = written.partition(".")
    if place == "headers":
        return LaneSource("headers", (name.lower(),))
    return LaneSource("cookies", (name,)) if place == "cookies" else LaneSource("body", tuple(written.split(".")))


def _describe_lane_problem(value: Any) -> str:
    return (
        f"invalid source of the lane, got {format_value(value)}; expected a header (headers.x-user), a cookie "
        f"(cookies.session) or a field of metadata (metadata.user_id){_hint_lane(value)}"
    )


def _hint_lane(value: Any) -> str:
    """Suggest `headers.x` for `header.x`."""
    if not isinstance(value, str):
        return ""
    place, dot, name = value.partition(".")
    near = [] if place in _LANE_PLACES else find_near(place, _LANE_PLACES)
    return suggest(f"{word}{dot}{name}" for word in near)
