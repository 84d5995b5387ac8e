"""The inputs of a reply that depend on the request: pace, values of placeholders, fields of the message."""

from __future__ import annotations

from collections.abc import Mapping

from mockclaude.api.errors import invalid
from mockclaude.api.request import MessagesRequest
from mockclaude.api.schema.gates import GATES
from mockclaude.engine.request_context import RequestContext
from mockclaude.engine.state.prompt_cache import diagnose, request_hashes
from mockclaude.reply.compose import PLAIN, ReplyContext
from mockclaude.reply.draws import Draws
from mockclaude.reply.optional_fields import EDITS_BETA, container_field, context_fields, thinking_fields
from mockclaude.scenario.format.chunks import parse_chunk_size
from mockclaude.scenario.format.pace import PACE_HEADER, Pace, parse_pace
from mockclaude.scenario.rules import Rule
from mockclaude.scenario.template.fakes import Fakes
from mockclaude.scenario.template.templates import TemplateContext

CHUNK_SIZE_HEADER = "x-mockclaude-chunk-size"
STALE = "stale: "
"""The begin of the note on a request that differs from the recorded one."""

_OPTIONAL = frozenset({"container", "context_management", "diagnostics"})
"""Fields of a request that add fields to the message."""

_OPTIONAL_BETAS = GATES["binding"] | {EDITS_BETA}
"""Betas that add fields to every message."""


def requested_pace(headers: Mapping[str, str]) -> Pace:
    """Parse the pace in a request's header.

    Raises:
        ApiError: 400; the pace is invalid.
    """
    try:
        return parse_pace(headers[PACE_HEADER])
    except ValueError as error:
        raise invalid(f"{PACE_HEADER}: {error}") from None


def requested_chunk_size(headers: Mapping[str, str]) -> int:
    """Parse the chunk size in a request's header.

    Raises:
        ApiError: 400; the chunk size is invalid.
    """
    try:
        return parse_chunk_size(headers[CHUNK_SIZE_HEADER])
    except ValueError as error:
        raise invalid(f"{CHUNK_SIZE_HEADER}: {error}") from None


def template_context(context: RequestContext, rule: Rule, draws: Draws) -> TemplateContext:
    """Return the values of placeholders. Fakes are drawn in placeholder order."""
    request, locale = context.request, context.state.scenario.locale
    return TemplateContext(
        request, lambda: _captures(rule, request), lambda: Fakes(locale, draws.content.seed_for("fake"))
    )


def message_context(context: RequestContext, rule: Rule, draws: Draws, chunk_size: int | None = None) -> ReplyContext:
    """Return the values of the message that depend on the request."""
    request, cached = context.request, context.cached
    is_plain = _OPTIONAL.isdisjoint(request.body) and _OPTIONAL_BETAS.isdisjoint(request.api_headers.betas)
    if is_plain and cached is None and not rule.as_written:
        return PLAIN if chunk_size is None else ReplyContext(chunk_size=chunk_size)
    fields = {
        **container_field(request, draws, context.http.now),
        **context_fields(request),
        **thinking_fields(request),
    }
    if context.is_diagnosed:
        fields["diagnostics"] = diagnose(context.state.store, request, request_hashes(request))
    return ReplyContext(cached and cached.usage, fields, rule.as_written, chunk_size)


def describe_stale_parts(rule: Rule, request: MessagesRequest) -> str:
    """Describe the parts that differ from the recorded request; '' without one."""
    from mockclaude.scenario.digests import find_stale_parts

    parts = find_stale_parts(rule.recorded, request.body)
    differ = "differs" if list(parts) == ["system"] else "differ"
    return f"{STALE}{', '.join(parts)} {differ} from what was recorded" if parts else ""


def _captures(rule: Rule, request: MessagesRequest) -> Mapping[str, str]:
    """Return the groups that the rule's regular expressions capture. The first condition wins for equal names."""
    captures: Mapping[str, str] = {}
    for condition in rule.conditions:
        if condition.groups:
            found = condition.groups(condition.look(request))
            captures = {**found, **captures} if captures else found
    return captures
