"""The address of the server of one test session, reserved before any code under test is imported."""

from __future__ import annotations

import glob
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from mockclaude.testing.discovery import FIXTURE, find_module, uses_fixture
from mockclaude.testing.environment import pointing_to
from mockclaude.testing.settings import ENVIRONMENT, OPTIONS

if TYPE_CHECKING:
    from mockclaude.testing.mock import MockClaude


_SHARES_PORTS = sys.platform == "linux"
"""Whether a second socket may be bound to a port, both with SO_REUSEADDR: it is then reserved without a gap."""


class Session:
    """A port that is reserved for the server, and the environment that points there while tests need it."""

    def __init__(self) -> None:
        self._holder = socket.socket()
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._holder.bind(("127.0.0.1", 0))
        self.port: int = self._holder.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.mock: MockClaude | None = None
        self._environment = ExitStack()
        self.is_pointing = False

    def point(self) -> None:
        """Point the environment to the address."""
        if not self.is_pointing:
            self._environment.enter_context(pointing_to(self.url))
            self.is_pointing = True

    def restore(self) -> None:
        """Restore the environment."""
        self._environment.close()
        self.is_pointing = False

    def release(self) -> int:
        """Return the port, on which the server can listen from now on."""
        if not _SHARES_PORTS:
            self._holder.close()
        return self.port

    def close(self) -> None:
        """Release the port and restore the environment."""
        self._holder.close()
        self.restore()


def points_for_session(config: pytest.Config) -> bool:
    """Return whether the environment points to the server for the whole session, if any test uses it.

    Raises:
        pytest.UsageError: The configuration has another value than `test` or `session`.
    """
    value = config.getini(ENVIRONMENT)
    if value not in ("", "test", "session"):
        raise pytest.UsageError(f"{ENVIRONMENT}: unknown value, got {value!r}; expected 'test' or 'session'")
    return bool(value != "test")


def mentions_fixture(config: pytest.Config) -> bool:
    """Return whether the configuration, the plugins or the files of the tests use the fixture. It imports nothing."""
    options = [f"mockclaude_{name}" for name in OPTIONS]
    search = [str(folder) for folder in config.getini("pythonpath")]
    return (
        any(getattr(config.known_args_namespace, option, None) is not None for option in options)
        or any(config.getini(name) not in (None, "") for name in [ENVIRONMENT, *options])
        or FIXTURE in config.getini("usefixtures")
        or uses_fixture(
            _paths(config, search), config.rootpath, config.getini("norecursedirs"), _plugins(config), search
        )
    )


def _plugins(config: pytest.Config) -> Iterator[Path]:
    """Yield the files of the plugins that are loaded, besides pytest's own."""
    loaded = [plugin for plugin in config.pluginmanager.get_plugins() if isinstance(plugin, ModuleType)]
    others = [plugin for plugin in loaded if not plugin.__name__.startswith("_pytest.")]
    yield from (Path(file) for plugin in others if (file := getattr(plugin, "__file__", None)))


def _paths(config: pytest.Config, search: Sequence[str]) -> Iterator[Path]:
    """Yield the files and folders in which pytest looks for tests."""
    folder = config.invocation_params.dir
    given = config.known_args_namespace
    names = [argument.partition("::")[0] for argument in given.file_or_dir]
    if not names and folder == config.rootpath:
        names = [name for pattern in config.getini("testpaths") for name in glob.iglob(pattern, recursive=True)]
    for name in names or ["."]:
        path = (find_module(name, search) if given.pyargs else None) or folder / name
        yield path.parent if path.name == "__init__.py" else path
