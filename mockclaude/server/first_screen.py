"""The text that a server prints when it starts."""

from __future__ import annotations

import shlex
import textwrap
from collections import Counter
from collections.abc import Mapping
from urllib.parse import quote

from mockclaude import __version__
from mockclaude.scenario.rules import Scenario

_LISTED = 10
"""The maximum number of scenarios that are listed; more are counted."""

_NAME_LINES = 4
_TRY = '{"model":"claude-sonnet-5","max_tokens":1024,"messages":[{"role":"user","content":"Hello!"}]}'


def first_screen(scenarios: Mapping[str, Scenario], url: str, token: str = "") -> str:
    """Format the first screen.

    It has the version, the base URLs of the scenarios, settings for an SDK, an example request and the admin token.
    """
    served = _list_all(scenarios, url) if len(scenarios) <= _LISTED else _count(scenarios, url, token)
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


def _list_all(scenarios: Mapping[str, Scenario], url: str) -> list[str]:
    width = max(len(_base_url(url, name)) for name in scenarios)
    return [f"  {_base_url(url, name):{width}}  {_describe(scenario)}" for name, scenario in sorted(scenarios.items())]


def _count(scenarios: Mapping[str, Scenario], url: str, token: str) -> list[str]:
    """Format the number of scenarios, the first of their names, and the command that lists all."""
    named = [name for name in sorted(scenarios) if name]
    rules = sum(len(scenarios[name].rules) for name in named)
    folders = Counter(f"{folder}/" for folder, slash, _ in (name.partition("/") for name in named) if slash)
    names = [name for name in named if "/" not in name] + [f"{name} ({count})" for name, count in folders.items()]
    page = f"curl {url}/ -H 'x-mockclaude-token: {token}'" if token else f"open {url}/ in a browser, or curl {url}/"
    return [
        f"  {url}  {_describe(scenarios[''])}",
        f"  {url}/NAME  {len(named)} scenarios, {rules} rules",
        "",
        *textwrap.wrap(
            f"NAME: {', '.join(names)}",
            width=100,
            max_lines=_NAME_LINES,
            placeholder=" ...",
            initial_indent="  ",
            subsequent_indent="        ",
            break_on_hyphens=False,
        ),
        f"  List all: {page}",
    ]


def _base_url(url: str, name: str) -> str:
    return f"{url}/{quote(name)}" if name else url


def _describe(scenario: Scenario) -> str:
    files = ", ".join(scenario.files) or ("built in" if scenario.rules else "no file")
    count = len(scenario.rules)
    return f"{files} ({count} rule{'s' if count != 1 else ''}, seed {scenario.seed})"
