"""The JSON Schemas of the values that validators accept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from mockclaude.api import betas
from mockclaude.api.errors import RETRIED, STATUS
from mockclaude.scenario.format import (
    api_form,
    fault_base,
    faults,
    limits,
    pace,
    policy,
    positions,
    response_headers,
    shorthand,
    steps,
    units,
    when,
)
from mockclaude.scenario.format.presets import PRESETS

Schema: TypeAlias = dict[str, Any]


def any_of(*schemas: Schema) -> Schema:
    """Return the schema of a value that one of `schemas` accepts."""
    return {"anyOf": [part for schema in schemas for part in schema.get("anyOf", [schema])]}


def text(*patterns: str, **more: Any) -> Schema:
    """Return the schema of a text that matches one of `patterns` as a whole."""
    return {"type": "string", "pattern": f"^(?:{'|'.join(patterns)})$", **more}


def names(names: Sequence[str]) -> Schema:
    """Return the schema of these texts."""
    return {"type": "string", "enum": list(names)}


def or_list(items: Schema) -> Schema:
    """Return the schema of a list or of one item without a list."""
    return any_of(items["items"], items)


def mapping(needed: Schema, more: Schema | None = None) -> Schema:
    """Return the schema of a mapping with the keys `needed`, and perhaps `more`."""
    keys = needed | (more or {})
    return {"type": "object", "properties": keys, "required": list(needed), "additionalProperties": False}


_STRING: Schema = {"type": "string"}
_DURATION = text(units.DURATION.pattern, examples=["400ms", "2s", "1.5m"])
_PERCENT = text(units.PERCENT.pattern, examples=["20%"])
_EVENTS = (*positions.EVENTS, *positions.DELTAS)
_EVENT = f"(?:{'|'.join(_EVENTS)})"
_ONE_EVENT = rf"(?:last )?{_EVENT}|{_EVENT} [1-9][0-9]{{0,5}}"
_ANY_EVENTS = any_of(names(_EVENTS), text(_ONE_EVENT, f"every {_EVENT}"))
_D = units.DURATION.pattern

VALUE_SCHEMAS: dict[Any, Schema] = {
    units.parse_duration: _DURATION,
    units.parse_pause: any_of(names([units.FOREVER]), _DURATION),
    units.parse_probability: any_of(_PERCENT, {"type": "number", "minimum": 0, "maximum": 1}),
    units.parse_factor: any_of(_PERCENT, {"type": "number", "minimum": 0}),
    units.parse_rate: {"type": "number", "exclusiveMinimum": 0},
    positions.parse_selector: _ANY_EVENTS,
    positions.parse_events_or_body: any_of(names(["body"]), _ANY_EVENTS),
    positions.parse_event: any_of(names(_EVENTS), text(_ONE_EVENT)),
    positions.parse_before: any_of(names(["headers", "body", "end", *_EVENTS]), text(_ONE_EVENT)),
    positions.parse_after: any_of(
        names(_EVENTS),
        text(_ONE_EVENT, positions.COUNTED.pattern, units.PERCENT.pattern, _D, examples=["3 events", "50%", "2s"]),
    ),
    positions.parse_byte_rate: text(positions.RATE.pattern, examples=["20KB/s"]),
    positions.parse_request_window: text(positions.WINDOW.pattern, examples=["10..20"]),
    positions.parse_time_window: text(rf"(?:{_D})\.\.(?:{_D})?", examples=["10s..20s"]),
    when.expand_body_matches: any_of(
        _STRING,
        {"type": "object", "minProperties": 1},
        {"type": "array", "items": {"type": ["string", "object"]}, "minItems": 1},
    ),
    response_headers.header_to_text: {"type": ["string", "number"]},
    policy.parse_accepted_betas: any_of(
        names(betas.MODES),
        {"type": "string", "pattern": "-"},
        {
            "type": "array",
            "items": text(policy.BETA_NAME.pattern, **{"not": {"enum": list(betas.MODES)}}),
            "minItems": 1,
        },
    ),
    policy.parse_lane_from: any_of(
        text(policy.LANE_SOURCE.pattern, examples=["headers.x-user", "cookies.session", "metadata.user_id"]),
        {"type": "array", "items": text(policy.LANE_SOURCE.pattern), "minItems": 1},
    ),
    policy.parse_today: text(policy.DAY.pattern, examples=["2026-12-01"]),
    policy.parse_unmatched_status: any_of(
        names(policy.UNMATCHED_TYPES),
        {"type": "integer", "minimum": 400, "maximum": 499, "not": {"enum": list(RETRIED)}},
    ),
}
"""Validator -> the schema of the values that it accepts."""

WIDENED_SCHEMAS: dict[Any, Callable[[Schema], Schema]] = {
    shorthand.as_list: or_list,
    shorthand.expand_each: lambda items: or_list({**items, "items": any_of(_STRING, items["items"])}),
    faults.expand_script: lambda items: or_list({**items, "items": any_of(names([faults.OK]), items["items"])}),
    fault_base.expand_preset: partial(
        any_of, names(list(PRESETS)), {"type": "integer", "enum": [int(name) for name in PRESETS if name.isdigit()]}
    ),
    steps.expand_status: lambda error: any_of(
        names(list(STATUS)), {"type": "integer", "minimum": 400, "maximum": 599}, error["anyOf"][-1]
    ),
    api_form.expand_content: partial(any_of, _STRING),
    limits.expand_in_flight: partial(any_of, {"type": "integer", "minimum": 1}),
    pace.expand_name: partial(any_of, names([pace.INSTANT, *pace.NAMES])),
}
"""Validator of a shorthand -> a function that adds the shorthand to the schema of the long form."""
