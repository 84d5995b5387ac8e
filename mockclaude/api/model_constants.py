"""The constants of each model that no API reports: token counts, thinking, usage and streams.

Sources: recordings of the API for token counts, `inference_geo`, the details of the usage, the deltas and the
beginnings of signatures; Anthropic's documentation for the rest. A comment marks each supposed value.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from mockclaude.api import models
from mockclaude.api.token_weights import NEW, OLD, Weights

Account: TypeAlias = Literal["old", "new"]
"""The age of an account, on which the binding of thinking by some models depends."""

_200K = 200_000


class Constants(NamedTuple):
    """The constants of a model. A model without a row has the defaults.

    Attributes:
        weights: The weights of the token estimate.
        tools_prompt: The tokens of the API's own prompt for tools, with `tool_choice` auto or none, and any or tool.
        cached_tail: The input tokens of a prompt that ends in a breakpoint.
        keeps_thinking: Whether thinking of earlier turns stays in the prompt.
        shows_thinking: Whether thinking has a text without `display`.
        details: When the usage has `output_tokens_details`.
        signature: The beginning of a signature.
        binding: Whether thinking is bound to the messages before it: for all, or for new accounts and requests with
            the field.
        geo: The `inference_geo` of the usage.
        delta: The usual characters of a text delta.
        empty_thinking_delta: Whether omitted thinking has one empty delta.
        plain_window: The tokens of the context window without the beta `context-1m-2025-08-07`.
        fallbacks: The allowed targets of `fallbacks`; None if they are unknown.
    """

    weights: Weights = NEW
    tools_prompt: tuple[int, int] = (300, 425)  # supposed
    cached_tail: int = 2  # recorded for Opus 4.8, Opus 5 and Sonnet 5; supposed for Opus 4.7 and later models
    keeps_thinking: bool = True  # documented; supposed for Haiku 5.5 and Mythos Preview
    shows_thinking: bool = False
    details: Literal["never", "thinking", "always"] = "always"  # supposed for the 5.5 models and from 5.1 on
    signature: Literal["E", "CAIS", "CAQS"] = "CAQS"  # Fable 5.1; supposed for the 5.5 models and from 5.1 on
    binding: Literal["always", "account", "never"] = "never"
    geo: str = "global"
    delta: int = 80  # recorded for Opus 4.8, Sonnet 5 and Opus 5; supposed for later models
    empty_thinking_delta: bool = False
    plain_window: int = 1_000_000
    fallbacks: tuple[str, ...] | None = ()


_CLAUDE_3 = Constants(
    weights=OLD,
    tools_prompt=(495, 585),
    cached_tail=4,  # recorded for 3.5 only
    keeps_thinking=False,
    shows_thinking=True,
    details="never",
    signature="E",
    geo="not_available",
    delta=10,
    plain_window=_200K,
)
_CLAUDE_3_5 = _CLAUDE_3._replace(tools_prompt=(298, 585))
_SONNET_4 = _CLAUDE_3._replace(tools_prompt=(312, 300), cached_tail=3)
_OPUS_4 = _SONNET_4._replace(tools_prompt=(495, 585))  # supposed
_SONNET_4_5 = _SONNET_4._replace(tools_prompt=(491, 580), details="thinking")
_SONNET_4_6 = _SONNET_4_5._replace(tools_prompt=(497, 585), keeps_thinking=True, geo="global", plain_window=1_000_000)
_OPUS_4_7 = Constants(
    tools_prompt=(574, 674),  # the second is supposed
    details="thinking",
    signature="E",
    delta=10,  # supposed
    empty_thinking_delta=True,
)
_OPUSES_OF_FABLE = ("claude-opus-4-8", "claude-opus-5")
_BOUND_FOR_NEW = Constants(binding="account", fallbacks=None)
_UNKNOWN_FALLBACKS = Constants(fallbacks=None)

CONSTANTS: dict[str, Constants] = {
    "claude-3-sonnet-20240229": _CLAUDE_3,
    "claude-3-haiku-20240307": _CLAUDE_3._replace(tools_prompt=(262, 354)),
    "claude-3-opus-20240229": _CLAUDE_3._replace(tools_prompt=(530, 285)),
    "claude-3-5-haiku-20241022": _CLAUDE_3._replace(tools_prompt=(262, 359)),
    "claude-3-5-sonnet-20240620": _CLAUDE_3_5,
    "claude-3-5-sonnet-20241022": _CLAUDE_3_5,
    "claude-3-7-sonnet-20250219": _CLAUDE_3._replace(tools_prompt=(311, 585), cached_tail=3),  # the tail is supposed
    "claude-sonnet-4-20250514": _SONNET_4,  # the catalogue lists a window of 1M
    "claude-opus-4-20250514": _OPUS_4,
    "claude-opus-4-1-20250805": _OPUS_4,
    "claude-haiku-4-5-20251001": _SONNET_4_5._replace(tools_prompt=(495, 589)),
    "claude-sonnet-4-5-20250929": _SONNET_4_5,  # the catalogue lists a window of 1M
    "claude-opus-4-5-20251101": _SONNET_4_5._replace(tools_prompt=(495, 585), keeps_thinking=True),
    "claude-sonnet-4-6": _SONNET_4_6,
    "claude-opus-4-6": _SONNET_4_6._replace(tools_prompt=(497, 587)),
    "claude-mythos-preview": _SONNET_4_6._replace(details="always"),  # supposed
    "claude-opus-4-7": _OPUS_4_7,
    "claude-opus-4-8": Constants(tools_prompt=(246, 367), signature="E"),
    "claude-sonnet-5": Constants(tools_prompt=(307, 432), signature="E"),
    "claude-opus-5": Constants(
        tools_prompt=(242, 367),  # the second is supposed
        signature="CAIS",
        fallbacks=("claude-opus-4-8",),
    ),
    "claude-fable-5": Constants(tools_prompt=(264, 425), signature="CAIS", fallbacks=_OPUSES_OF_FABLE),
    "claude-mythos-5": Constants(signature="CAIS", fallbacks=None),
    "claude-opus-5-5": Constants(binding="account", fallbacks=_OPUSES_OF_FABLE),
    "claude-sonnet-5-5": _BOUND_FOR_NEW,
    "claude-haiku-5-5": _UNKNOWN_FALLBACKS,  # documented as binding, but not how: never
    "claude-fable-5-1": _BOUND_FOR_NEW,
    "claude-mythos-5-1": _UNKNOWN_FALLBACKS,  # documented as binding since November: never
    "claude-fable-5-2": Constants(binding="always", fallbacks=None),
    "claude-mythos-5-2": Constants(binding="always", fallbacks=None),
}
"""The constants of each model of the catalogue, by id."""

_LONGEST_FIRST = sorted(CONSTANTS, key=len, reverse=True)


LONGEST_NAME = 200
"""The characters of a model's name that select its constants."""


@lru_cache(maxsize=1024)
def find_constants(name: str) -> Constants:
    """Return the constants of a model, an alias, or a name around an id.

    The longest id in `name` counts. Without an id in it the defaults are returned.
    """
    name = models.resolve(name)
    listed = name if name in CONSTANTS else next((model for model in _LONGEST_FIRST if model in name), "")
    return CONSTANTS.get(listed, Constants())
