"""The text that a server prints when it starts."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from urllib.parse import quote

from mockclaude import __version__
from mockclaude.scenario.rules import Scenario

_TRY = '{"model":"claude-sonnet-5","max_tokens":1024,"messages":[{"role":"user","content":"Hello!"}]}'


def first_screen(scenarios: Mapping[str, Scenario], url: str, token: str = "") -> str:
    """Format the first screen.

    It has the version, the base URLs of the scenarios, settings for an SDK, an example request and the admin token.
    """
    width = max(len(_base_url(url, name)) for name in scenarios)
    served = [
        f"  {_base_url(url, name):{width}}  {_describe(scenario)}" for name, scenario in sorted(scenarios.items())
    ]
    return "\n".join(
        [
            f"mockclaude {__version__} on {url}",
            "",
            *served,
            "",
            f"  export ANTHROPIC_BASE_URL={url}",
            "  export ANTHROPIC_API_KEY=mock",
            "",
            f"  curl {url}/v1/messages -H 'content-type: application/json' -H 'x-api-key: mock' "
            f"-H 'anthropic-version: 2023-06-01' -d {shlex.quote(_TRY)}",
            "",
            *(
                [f"  The admin token, for {url}/_mockclaude/ in the header x-mockclaude-token: {token}", ""]
                if token
                else []
            ),
        ]
    )


def _base_url(url: str, name: str) -> str:
    return f"{url}/{quote(name)}" if name else url


def _describe(scenario: Scenario) -> str:
    files = ", ".join(scenario.files) or ("built in" if scenario.rules else "no file")
    count = len(scenario.rules)
    return f"{files} ({count} rule{'s' if count != 1 else ''}, seed {scenario.seed})"
