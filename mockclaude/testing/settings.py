"""Settings of the fixture: from the mark of a test, pytest's command line and its configuration file, in this order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mockclaude.scenario.diagnostics import ScenarioError, did_you_mean, join_words
from mockclaude.scenario.format.policy import Stale
from mockclaude.scenario.loading.shipped import SIGN, resolve_all, suggest_shipped
from mockclaude.testing.recording import ServedRecording
from mockclaude.testing.recording_path import find_recording
from mockclaude.testing.recording_plan import API, RecordingPlan, RecordMode, is_in_ci


class Option(NamedTuple):
    """An option of the fixture. `pattern` matches the text of accepted values."""

    default: Any
    kind: type
    effect: str
    values: str
    pattern: str = ".*"

    @property
    def help(self) -> str:
        """The effect and the accepted values."""
        return f"{self.effect} ({self.values})"

    def accepts(self, value: Any) -> bool:
        """Return whether `value` has the type and the form of the option."""
        return isinstance(value, self.kind) and re.fullmatch(self.pattern, str(value)) is not None


_SPEED = r"instant|[0-9]{1,6}(\.[0-9]{1,6})?x"

OPTIONS: Mapping[str, Option] = {
    "seed": Option(None, int, "Random seed. Overrides `seed` in the files", "an integer"),
    "validation": Option(
        None,
        str,
        "Validation mode. Overrides `validation` in the files",
        "anthropic, gateway or off",
        "anthropic|gateway|off",
    ),
    "speed": Option("instant", str, "Speed of time", "instant, manual, or a factor, e.g. 10x", f"{_SPEED}|manual"),
    "retry_speed": Option(
        "instant", str, "Divide the retry delays sent to clients", "instant, or a factor, e.g. 10x", _SPEED
    ),
    "stale": Option(
        "warn",
        str,
        "Requests that differ from the recorded ones: a note, an error that fails the test, or nothing",
        "warn, error or ignore",
        "warn|error|ignore",
    ),
    "record": Option(
        None,
        str,
        "Replay the recording of a test, or make it from the API. The command line overrides marks",
        "once, all, new or none",
        "once|all|new|none",
    ),
    "record_to": Option(API, str, "Base URL of the API that is recorded", f"a URL. Default: {API}"),
    "record_dir": Option(
        "recordings", str, "Folder of recordings, relative to the test", "a path. Default: recordings", ".+"
    ),
    "strict": Option(False, bool, "Fail a test with a rule that was never selected", "true or false"),
    "allow_unmatched": Option(False, bool, "Do not fail a test with an unmatched request", "true or false"),
}
"""Arguments of the mark, options (`--mockclaude-seed`) and lines of the configuration file (`mockclaude_seed`)."""

ENVIRONMENT = "mockclaude_environment"


class Settings(NamedTuple):
    """The settings of the fixture for one test."""

    files: tuple[Path, ...] = ()
    seed: int | None = None
    validation: Any = None
    speed: str = "instant"
    retry_speed: str = "instant"
    stale: Stale = "warn"
    record: RecordMode | None = None
    record_to: str = API
    record_dir: str = "recordings"
    strict: bool = False
    allow_unmatched: bool = False


def add_options(parser: pytest.Parser) -> None:
    """Add the options to the command line and to the configuration file."""
    group = parser.getgroup("mockclaude", "mockclaude: a server for Anthropic's Messages API")
    for name, option in OPTIONS.items():
        flag, dest = f"--mockclaude-{name.replace('_', '-')}", f"mockclaude_{name}"
        if option.kind is bool:
            group.addoption(flag, dest=dest, help=option.effect, action="store_true", default=None)
            parser.addini(dest, option.help, "bool", default=None)
        else:
            group.addoption(flag, dest=dest, help=option.help, type=option.kind)
            parser.addini(dest, option.help, "string", default=None)
    parser.addini(
        ENVIRONMENT,
        "When the environment points to the server (session: if any test uses the fixture, for all tests, and before "
        "code under test is imported; test: only while a test uses the fixture). Default: session",
        default="",
    )


def read_settings(item: pytest.Item) -> Settings:
    """Read the settings for a test.

    Raises:
        pytest.UsageError: An argument of the mark or a configured value is invalid.
    """
    options = {name: _read_configured(item.config, name, option) for name, option in OPTIONS.items()}
    files: tuple[Path, ...] = ()
    for mark in reversed(list(item.iter_markers("mockclaude"))):
        _check_mark(item, mark)
        options |= mark.kwargs
        files = tuple(_find_file(item, name) for name in mark.args) or files
    if item.config.getoption(_RECORD) is not None:
        options["record"] = _read_configured(item.config, "record", OPTIONS["record"])
    return Settings(files, **options)


_RECORD = "mockclaude_record"


def plan_recording(item: pytest.Item, settings: Settings, keys: Mapping[str, str]) -> ServedRecording | None:
    """Build the recording of a test; None if it has none.

    Args:
        item: The test.
        settings: Its settings.
        keys: The credentials of the environment.

    Raises:
        RecordingError: The mode would call the API in CI, or the recording does not exist.
    """
    if settings.record is None:
        return None
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    path = find_recording(item.path, [*classes, item.name], settings.record_dir, item.config.rootpath)
    has_mark = any("record" in mark.kwargs for mark in item.iter_markers("mockclaude"))
    plan = RecordingPlan(
        settings.record,
        path,
        settings.record_to,
        item.name,
        is_explicit=item.config.getoption(_RECORD) is not None,
        is_optional=not has_mark,
        keys=keys,
    )
    return ServedRecording(plan)


def records_all(config: pytest.Config) -> bool:
    """Return whether the configuration makes recordings of all tests."""
    mode = getattr(config.known_args_namespace, _RECORD, None) or config.getini(_RECORD)
    return mode in ("all", "new") or (mode == "once" and not is_in_ci())


def _read_configured(config: pytest.Config, name: str, option: Option) -> Any:
    text = config.getoption(f"mockclaude_{name}")
    if text is None:
        text = config.getini(f"mockclaude_{name}")
    if text in (None, ""):
        return option.default
    value = int(text) if option.kind is int and re.fullmatch("-?[0-9]+", str(text)) else text
    if not option.accepts(value):
        raise pytest.UsageError(f"mockclaude_{name}: invalid value, got {text!r}; expected {option.values}")
    return value


def _check_mark(item: pytest.Item, mark: pytest.Mark) -> None:
    for name, value in mark.kwargs.items():
        if name not in OPTIONS:
            hint = did_you_mean(name, OPTIONS)
            raise _mark_error(item, f"unknown argument '{name}'; expected {join_words(OPTIONS)}{hint}")
        if not OPTIONS[name].accepts(value):
            raise _mark_error(item, f"invalid {name}, got {value!r}; expected {OPTIONS[name].values}")
    for file in mark.args:
        if not isinstance(file, str | Path):
            raise _mark_error(item, f"invalid file, got {file!r}; expected a path")


def _mark_error(item: pytest.Item, problem: str) -> pytest.UsageError:
    return pytest.UsageError(f"{locate_test(item)}: mark mockclaude: {problem}")


def locate_test(item: pytest.Item) -> str:
    """Return the file and line of a test, e.g. `test_chat.py:12`."""
    file, line, _ = item.location
    return f"{file}:{(line or 0) + 1}"


def _find_file(item: pytest.Item, name: str | Path) -> Path:
    """Return a file of a mark, relative to the test or to the root folder, or a file of the package."""
    folders = (item.path.parent, item.config.rootpath)
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None and str(name).startswith(SIGN):
        try:
            return resolve_all([Path(name)], with_folders=False)[0]
        except ScenarioError as error:
            raise _mark_error(item, str(error)) from None
    if path is None:
        files = sorted(file.name for file in (item.path.parent / name).parent.glob("*.y*ml"))
        expected = f"expected a path relative to {' or '.join(dict.fromkeys(map(str, folders)))}"
        hint = did_you_mean(Path(name).name, files) or suggest_shipped(Path(name))
        raise _mark_error(item, f"file not found, got '{name}'; {expected}{hint}")
    return path
