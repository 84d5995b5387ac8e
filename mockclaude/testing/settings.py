"""How the fixture answers: by pytest's command line, its configuration file, and the mark of a test.

In: pytest's options and a mark. Out: `Settings`, or a failure that says what was expected where.
Knows nothing of servers. A mark goes before the command line, and that before the configuration file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mockclaude.scenario.diagnostics import did_you_mean, join_words


class Option(NamedTuple):
    """One thing to choose: what it is if nobody does, of which type, what it means, and how what is given looks."""

    default: Any
    kind: type
    meaning: str
    form: str = ".*"

    def takes(self, value: Any) -> bool:
        """Return whether `value` can be chosen."""
        return isinstance(value, self.kind) and re.fullmatch(self.form, str(value)) is not None


_SPEED = r"instant|[0-9]{1,6}(\.[0-9]{1,6})?x"

OPTIONS: Mapping[str, Option] = {
    "seed": Option(None, int, "the seed of everything that is drawn, instead of the files' own"),
    "validation": Option(
        None, str, "anthropic, gateway or off, instead of what the files say", "anthropic|gateway|off"
    ),
    "speed": Option("instant", str, "how fast time passes: instant, 1x, 10x, or manual", f"{_SPEED}|manual"),
    "retry_speed": Option("instant", str, "how fast clients are told to retry: instant, 1x, 10x", _SPEED),
    "strict": Option(False, bool, "whether a rule that is never used fails its test"),
    "allow_unmatched": Option(False, bool, "whether a test may ask what no rule answers"),
}
"""What a mark, an option (`--mockclaude-seed`) and a line of the configuration file (`mockclaude_seed`) can choose."""

ENVIRONMENT = "mockclaude_environment"


class Settings(NamedTuple):
    """What was chosen for a test."""

    files: tuple[Path, ...] = ()
    seed: int | None = None
    validation: Any = None
    speed: str = "instant"
    retry_speed: str = "instant"
    strict: bool = False
    allow_unmatched: bool = False


def add_options(parser: pytest.Parser) -> None:
    """Add every option to the command line and to the configuration file."""
    group = parser.getgroup("mockclaude", "mockclaude: a server that speaks Anthropic's Messages API")
    for name, option in OPTIONS.items():
        flag, dest = f"--mockclaude-{name.replace('_', '-')}", f"mockclaude_{name}"
        if option.kind is bool:
            group.addoption(flag, dest=dest, help=option.meaning, action="store_true", default=None)
            parser.addini(dest, option.meaning, "bool", default=None)
        else:
            group.addoption(flag, dest=dest, help=option.meaning, type=option.kind)
            parser.addini(dest, option.meaning, "string", default=None)
    parser.addini(
        ENVIRONMENT,
        "session: if any test uses the fixture, the environment points to the server before code under test is "
        "imported; test: only while a test uses the fixture. Default: session",
        default="",
    )


def settings(item: pytest.Item) -> Settings:
    """Return what was chosen for a test. Raises `pytest.UsageError`."""
    chosen = {name: _configured(item.config, name, option) for name, option in OPTIONS.items()}
    files: tuple[Path, ...] = ()
    for mark in reversed(list(item.iter_markers("mockclaude"))):
        _check(item, mark)
        chosen |= mark.kwargs
        files = tuple(_found(item, name) for name in mark.args) or files
    return Settings(files, **chosen)


def _configured(config: pytest.Config, name: str, option: Option) -> Any:
    given = config.getoption(f"mockclaude_{name}")
    if given is None:
        given = config.getini(f"mockclaude_{name}")
    if given in (None, ""):
        return option.default
    value = int(given) if option.kind is int and re.fullmatch("-?[0-9]+", str(given)) else given
    if not option.takes(value):
        raise pytest.UsageError(f"mockclaude_{name}: invalid value, got {given!r}; expected {option.meaning}")
    return value


def _check(item: pytest.Item, mark: pytest.Mark) -> None:
    for name, value in mark.kwargs.items():
        if name not in OPTIONS:
            hint = did_you_mean(name, OPTIONS)
            raise _mistake(item, f"unknown argument '{name}'; expected {join_words(OPTIONS)}{hint}")
        if not OPTIONS[name].takes(value):
            raise _mistake(item, f"invalid {name}, got {value!r}; expected {OPTIONS[name].meaning}")
    for file in mark.args:
        if not isinstance(file, str | Path):
            raise _mistake(item, f"invalid file, got {file!r}; expected a path")


def _mistake(item: pytest.Item, problem: str) -> pytest.UsageError:
    """Return the error for a mark of `item`."""
    return pytest.UsageError(f"{line_of(item)}: mark mockclaude: {problem}")


def line_of(item: pytest.Item) -> str:
    """Return the file and the line at which a test begins."""
    file, line, _ = item.location
    return f"{file}:{(line or 0) + 1}"


def _found(item: pytest.Item, name: str | Path) -> Path:
    """Return the file that a mark names: beside the test, or below the root folder."""
    folders = (item.path.parent, item.config.rootpath)
    found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if found is None:
        beside = sorted(path.name for path in (item.path.parent / name).parent.glob("*.y*ml"))
        raise _mistake(
            item,
            f"file not found, got '{name}'; expected a path from {item.path.parent} or {item.config.rootpath}"
            f"{did_you_mean(Path(name).name, beside)}",
        )
    return found
