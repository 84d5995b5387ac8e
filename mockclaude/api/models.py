"""The model catalogue: the models that `GET /v1/models` lists, their aliases, and the abilities of each model.

The lifecycle of a model depends on the day of the catalogue or on that of the scenario, never on the clock.

Ids and fields are those of SDK 2.14.0. Recorded Models API responses gave dates and limits from Claude 4 to
Opus 5 and capabilities to Opus 4.8; Anthropic's model, migration and deprecation pages gave most of the rest.
Carried over or estimated: Fable 5.2 and Mythos 5.2 (as 5.1, dated by an SDK that lists them); dates of
Mythos 5 and 5.1 (their Fable's); Mythos Preview except its retirement; `deprecated_at` of Opus 4.5, 4.1 and
4, Sonnet 4.5 and 4, Haiku 3.5 and 3; `features` and `context_edits` from Opus 5 on (as Opus 4.8); all
`server_tools`; dates and abilities of Claude 3; `fast` and `computer_tools` of Sonnet 5.5 and Haiku 5.5, and
`computer_tools` of Fable and Mythos.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Literal, NamedTuple, TypeAlias

Lifecycle: TypeAlias = Literal["active", "deprecated", "retired"]
Line: TypeAlias = Literal["haiku", "sonnet", "opus", "fable", "mythos"]

CATALOGUE_DATE = "2026-11-29"
"""The day of the facts in the catalogue."""

THINKING_MODES = ("adaptive", "between_tools", "disabled", "enabled")
"""The values of `thinking.type` (SDK: ThinkingTypes)."""

EFFORT_LEVELS = ("high", "low", "max", "medium", "xhigh")
"""The values of `output_config.effort` (SDK: EffortCapability), in the order of the API's errors."""

CONTEXT_EDITS = ("clear_thinking_20251015", "clear_tool_uses_20250919", "compact_20260112")
"""Every edit of `context_management` that the catalogue reports (SDK: ContextManagementCapability)."""

SERVER_TOOLS = ("code_execution", "web_search")
"""Every server tool that the catalogue reports (SDK: ServerToolsCapability)."""

FEATURES = ("batch", "citations", "code_execution", "image_input", "pdf_input", "structured_outputs")
"""Every capability that is either supported or not (SDK: ModelCapabilities)."""


class Abilities(NamedTuple):
    """The abilities of the models of one generation.

    Tuples have the order of the constants above. All fields from `thinks_by_default` on are rules of the Messages API
    that `ModelInfo` does not report (migration guides).

    Attributes:
        thinking_modes: The accepted values of `thinking.type`.
        effort_levels: The accepted values of `output_config.effort`.
        context_edits: The supported edits of `context_management`.
        server_tools: The supported server tools.
        features: The supported capabilities.
        thinks_by_default: Whether a request without `thinking` thinks.
        prefill: Whether a request may end in an assistant message.
        sampling: Whether a request may set `temperature`, `top_p` and `top_k`.
        one_sampler: Whether a request may set only one of `temperature` and `top_p`.
        forced_tools: Whether `tool_choice` may force a tool.
        system_role: Whether messages may have the role `system`.
        fast: Whether a request may have `speed: "fast"`.
        overflow: Whether a request may request more tokens than the context window has left.
        efforts_that_think: The effort levels that require thinking.
        computer_tools: The tools for the use of computers.
    """

    thinking_modes: tuple[str, ...]
    effort_levels: tuple[str, ...] = ()
    context_edits: tuple[str, ...] = ()
    server_tools: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    thinks_by_default: bool = False
    prefill: bool = True
    sampling: bool = True
    one_sampler: bool = False
    forced_tools: bool = True
    system_role: bool = False
    fast: bool = False
    overflow: bool = False
    efforts_that_think: tuple[str, ...] = ()
    computer_tools: tuple[str, ...] = ()

    @property
    def thinks(self) -> bool:
        """Whether the model can think. `disabled` alone does not count."""
        return "adaptive" in self.thinking_modes or "enabled" in self.thinking_modes

    def capabilities(self) -> dict[str, Any]:
        """Build the JSON of the SDK's ModelCapabilities, in its key order."""
        groups = {
            "context_management": _group(CONTEXT_EDITS, self.context_edits),
            "effort": _group(EFFORT_LEVELS, self.effort_levels),
            "server_tools": _group(SERVER_TOOLS, self.server_tools),
            "thinking": {"supported": self.thinks, "types": _switches(THINKING_MODES, self.thinking_modes)},
        }
        return dict(sorted({**_switches(FEATURES, self.features), **groups}.items()))


class Model(NamedTuple):
    """One entry of the catalogue (SDK: ModelInfo). Dates are ISO days."""

    id: str
    display_name: str
    line: Line
    created_at: str
    max_input_tokens: int
    max_tokens: int
    abilities: Abilities
    deprecated_at: str | None = None
    retires_at: str | None = None

    @property
    def thinking_modes(self) -> tuple[str, ...]:
        """The accepted values of `thinking.type`."""
        return self.abilities.thinking_modes

    @property
    def effort_levels(self) -> tuple[str, ...]:
        """The accepted values of `output_config.effort`, if any."""
        return self.abilities.effort_levels

    @property
    def capabilities(self) -> dict[str, Any]:
        """A new copy of the capabilities that `info` reports."""
        return self.abilities.capabilities()

    def lifecycle(self, day: str) -> Lifecycle:
        """Return the lifecycle on an ISO day."""
        if self.retires_at is not None and day >= self.retires_at:
            return "retired"
        return "deprecated" if self.deprecated_at is not None and day >= self.deprecated_at else "active"

    def info(self, day: str = CATALOGUE_DATE) -> dict[str, Any]:
        """Build the JSON of `GET /v1/models/{id}` on an ISO day, in the SDK's key order."""
        return {
            "id": self.id,
            "capabilities": self.capabilities,
            "created_at": _midnight(self.created_at),
            "deprecated_at": _midnight(self.deprecated_at),
            "display_name": self.display_name,
            "lifecycle": self.lifecycle(day),
            "line": self.line,
            "max_input_tokens": self.max_input_tokens,
            "max_tokens": self.max_tokens,
            "retires_at": _midnight(self.retires_at),
            "type": "model",
        }


def resolve(name: str) -> str:
    """Return the id in responses: the dated id of an alias, any other name unchanged."""
    return ALIASES.get(name, name)


def build_unlisted_info(name: str) -> dict[str, Any]:
    """Build the JSON of a model that the catalogue does not list."""
    unknown = dict.fromkeys(CATALOGUE[0].info())
    return {
        **unknown,
        "id": name,
        "created_at": _midnight("1970-01-01"),
        "display_name": name,
        "lifecycle": "active",
        "type": "model",
    }


def _switches(known: Collection[str], supported: Collection[str]) -> dict[str, Any]:
    return {name: {"supported": name in supported} for name in known}


def _group(known: Collection[str], supported: Collection[str]) -> dict[str, Any]:
    return dict(sorted({**_switches(known, supported), "supported": bool(supported)}.items()))


def _midnight(day: str | None) -> str | None:
    return day and f"{day}T00:00:00Z"


_CLEARING = CONTEXT_EDITS[:2]
_FEATURES_3_5 = ("batch", "citations", "image_input", "pdf_input")

_TOOLSETS = ("browser_toolset_20260801", "computer_toolset_20260801")

_CLAUDE_3 = Abilities(thinking_modes=("disabled",), features=("batch", "image_input"))
_CLAUDE_3_5 = _CLAUDE_3._replace(features=_FEATURES_3_5, server_tools=SERVER_TOOLS)
_SONNET_3_5 = _CLAUDE_3_5._replace(computer_tools=("computer_20241022",))
_SONNET_3_7 = _CLAUDE_3_5._replace(thinking_modes=("disabled", "enabled"), computer_tools=("computer_20250124",))
_CLAUDE_4 = _SONNET_3_7._replace(context_edits=_CLEARING)
_OPUS_4_1 = _CLAUDE_4._replace(features=(*_FEATURES_3_5, "structured_outputs"), one_sampler=True)
_HAIKU_4_5 = _OPUS_4_1._replace(overflow=True)
_SONNET_4_5 = _HAIKU_4_5._replace(features=FEATURES)
_OPUS_4_5 = _SONNET_4_5._replace(effort_levels=("high", "low", "medium"), computer_tools=("computer_20251124",))
_SONNET_4_6 = _OPUS_4_5._replace(
    thinking_modes=("adaptive", "disabled", "enabled"),
    effort_levels=("high", "low", "max", "medium"),
    context_edits=CONTEXT_EDITS,
    prefill=False,
)
_OPUS_4_6 = _SONNET_4_6._replace(fast=True)
_MYTHOS_PREVIEW = _SONNET_4_6._replace(thinking_modes=("adaptive", "enabled"), thinks_by_default=True)
_OPUS_4_7 = _SONNET_4_6._replace(thinking_modes=("adaptive", "disabled"), effort_levels=EFFORT_LEVELS, sampling=False)
_OPUS_4_8 = _OPUS_4_7._replace(
    system_role=True,
    fast=True,
    efforts_that_think=("max", "xhigh"),
    computer_tools=("computer_20251124", *_TOOLSETS),
)
_OPUS_5 = _OPUS_4_8._replace(thinks_by_default=True)
_SONNET_5 = _OPUS_5._replace(fast=False, efforts_that_think=())
_FABLE_5 = _SONNET_5._replace(thinking_modes=("adaptive",))
_FABLE_5_1 = _FABLE_5._replace(forced_tools=False)
_OPUS_5_5 = _FABLE_5_1._replace(fast=True, computer_tools=_TOOLSETS)
_SONNET_5_5 = _OPUS_5_5._replace(
    thinking_modes=("adaptive", "between_tools"), fast=False, efforts_that_think=("max", "xhigh")
)
_HAIKU_5_5 = _OPUS_5._replace(fast=False, computer_tools=_TOOLSETS)

_1M, _200K = 1_000_000, 200_000
_128K, _64K, _32K, _8K, _4K = 128_000, 64_000, 32_000, 8_192, 4_096

_ROWS: tuple[tuple[str, str, Line, str, int, int, Abilities], ...] = (
    ("claude-fable-5-2", "Claude Fable 5.2", "fable", "2026-11-19", _1M, _128K, _FABLE_5_1),
    ("claude-mythos-5-2", "Claude Mythos 5.2", "mythos", "2026-11-19", _1M, _128K, _FABLE_5_1),
    ("claude-haiku-5-5", "Claude Haiku 5.5", "haiku", "2026-10-07", _1M, _128K, _HAIKU_5_5),
    ("claude-sonnet-5-5", "Claude Sonnet 5.5", "sonnet", "2026-09-28", _1M, _128K, _SONNET_5_5),
    ("claude-opus-5-5", "Claude Opus 5.5", "opus", "2026-09-22", _1M, _128K, _OPUS_5_5),
    ("claude-fable-5-1", "Claude Fable 5.1", "fable", "2026-09-01", _1M, _128K, _FABLE_5_1),
    ("claude-mythos-5-1", "Claude Mythos 5.1", "mythos", "2026-09-01", _1M, _128K, _FABLE_5_1),
    ("claude-opus-5", "Claude Opus 5", "opus", "2026-07-24", _1M, _128K, _OPUS_5),
    ("claude-sonnet-5", "Claude Sonnet 5", "sonnet", "2026-06-29", _1M, _128K, _SONNET_5),
    ("claude-fable-5", "Claude Fable 5", "fable", "2026-06-07", _1M, _128K, _FABLE_5),
    ("claude-mythos-5", "Claude Mythos 5", "mythos", "2026-06-07", _1M, _128K, _FABLE_5),
    ("claude-opus-4-8", "Claude Opus 4.8", "opus", "2026-05-28", _1M, _128K, _OPUS_4_8),
    ("claude-opus-4-7", "Claude Opus 4.7", "opus", "2026-04-14", _1M, _128K, _OPUS_4_7),
    ("claude-mythos-preview", "Claude Mythos Preview", "mythos", "2026-04-07", _1M, _128K, _MYTHOS_PREVIEW),
    ("claude-sonnet-4-6", "Claude Sonnet 4.6", "sonnet", "2026-02-17", _1M, _128K, _SONNET_4_6),
    ("claude-opus-4-6", "Claude Opus 4.6", "opus", "2026-02-04", _1M, _128K, _OPUS_4_6),
    ("claude-opus-4-5-20251101", "Claude Opus 4.5", "opus", "2025-11-24", _200K, _64K, _OPUS_4_5),
    ("claude-haiku-4-5-20251001", "Claude Haiku 4.5", "haiku", "2025-10-15", _200K, _64K, _HAIKU_4_5),
    ("claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", "sonnet", "2025-09-29", _1M, _64K, _SONNET_4_5),
    ("claude-opus-4-1-20250805", "Claude Opus 4.1", "opus", "2025-08-05", _200K, _32K, _OPUS_4_1),
    ("claude-opus-4-20250514", "Claude Opus 4", "opus", "2025-05-22", _200K, _32K, _CLAUDE_4),
    ("claude-sonnet-4-20250514", "Claude Sonnet 4", "sonnet", "2025-05-22", _1M, _64K, _CLAUDE_4),
    ("claude-3-7-sonnet-20250219", "Claude Sonnet 3.7", "sonnet", "2025-02-24", _200K, _64K, _SONNET_3_7),
    ("claude-3-5-sonnet-20241022", "Claude Sonnet 3.5", "sonnet", "2024-10-22", _200K, _8K, _SONNET_3_5),
    ("claude-3-5-haiku-20241022", "Claude Haiku 3.5", "haiku", "2024-10-22", _200K, _8K, _CLAUDE_3_5),
    ("claude-3-5-sonnet-20240620", "Claude Sonnet 3.5", "sonnet", "2024-06-20", _200K, _8K, _CLAUDE_3_5),
    ("claude-3-haiku-20240307", "Claude Haiku 3", "haiku", "2024-03-07", _200K, _4K, _CLAUDE_3),
    ("claude-3-opus-20240229", "Claude Opus 3", "opus", "2024-02-29", _200K, _4K, _CLAUDE_3),
    ("claude-3-sonnet-20240229", "Claude Sonnet 3", "sonnet", "2024-02-29", _200K, _4K, _CLAUDE_3),
)

_ENDINGS: dict[str, tuple[str, str]] = {
    "claude-sonnet-4-5-20250929": ("2026-10-01", "2026-11-30"),
    "claude-opus-4-5-20251101": ("2026-11-23", "2027-01-22"),
    "claude-mythos-preview": ("2026-06-09", "2026-06-30"),
    "claude-opus-4-1-20250805": ("2026-06-05", "2026-08-05"),
    "claude-opus-4-20250514": ("2026-04-14", "2026-06-15"),
    "claude-sonnet-4-20250514": ("2026-04-14", "2026-06-15"),
    "claude-3-7-sonnet-20250219": ("2025-10-28", "2026-02-19"),
    "claude-3-5-sonnet-20241022": ("2025-08-13", "2025-10-28"),
    "claude-3-5-haiku-20241022": ("2025-12-19", "2026-02-19"),
    "claude-3-5-sonnet-20240620": ("2025-08-13", "2025-10-28"),
    "claude-3-haiku-20240307": ("2026-02-19", "2026-04-19"),
    "claude-3-opus-20240229": ("2025-06-30", "2026-01-05"),
    "claude-3-sonnet-20240229": ("2025-01-21", "2025-07-21"),
}

ALIASES: dict[str, str] = {
    "claude-opus-4-5": "claude-opus-4-5-20251101",
    "claude-haiku-4-5": "claude-haiku-4-5-20251001",
    "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
    "claude-opus-4-1": "claude-opus-4-1-20250805",
    "claude-opus-4-0": "claude-opus-4-20250514",
    "claude-4-opus-20250514": "claude-opus-4-20250514",
    "claude-sonnet-4-0": "claude-sonnet-4-20250514",
    "claude-4-sonnet-20250514": "claude-sonnet-4-20250514",
    "claude-3-7-sonnet-latest": "claude-3-7-sonnet-20250219",
    "claude-3-5-sonnet-latest": "claude-3-5-sonnet-20241022",
    "claude-3-5-haiku-latest": "claude-3-5-haiku-20241022",
    "claude-3-opus-latest": "claude-3-opus-20240229",
}
"""Aliases and their dated ids. Ids from Claude 4.6 on have no date and no alias."""

CATALOGUE: tuple[Model, ...] = tuple(Model(*row, *_ENDINGS.get(row[0], ())) for row in _ROWS)
"""Every model, newest first, as `GET /v1/models` lists them with all three lifecycles."""

_BY_ID = {model.id: model for model in CATALOGUE}
_BY_NAME = _BY_ID | {alias: _BY_ID[target] for alias, target in ALIASES.items()}

find: Callable[[str], Model | None] = _BY_NAME.get
"""Return the model with this id or alias, None for a name that the API answers with 404."""


def list_names() -> list[str]:
    """List the ids and aliases of all models."""
    return list(_BY_NAME)


def list_current_names(day: str) -> list[str]:
    """List the ids and aliases of the models that are not retired on an ISO day."""
    return [name for name, model in _BY_NAME.items() if model.lifecycle(day) != "retired"]
