"""The base URL of a test session, reserved before any code under test is imported."""

from __future__ import annotations

import glob
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

import pytest

from mockclaude.testing.discovery import FIXTURE, find_module, uses_fixture
from mockclaude.testing.environment import read_keys, temporary_environment
from mockclaude.testing.settings import ENVIRONMENT, OPTIONS

_SHARES_PORTS = sys.platform == "linux"
"""Whether two sockets with SO_REUSEADDR may bind to one port. If so, it stays reserved until the server listens."""


class Session:
    """A port reserved for the server, and the environment that points to it.

    Args:
        keeps_keys: Whether the environment keeps its credentials, for clients that are created before a test which is
            recorded.
    """

    def __init__(self, *, keeps_keys: bool = False) -> None:
        self._holder = socket.socket()
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._holder.bind(("127.0.0.1", 0))
        self.port: int = self._holder.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = ExitStack()
        self._keys = read_keys()
        self._keeps_keys = keeps_keys
        self.is_pointing = False

    def point(self) -> None:
        """Point the environment to the base URL."""
        if not self.is_pointing:
            keys = self._keys if self._keeps_keys and self._keys else None
            self._environment.enter_context(temporary_environment(self.url, keys))
            self.is_pointing = True

    def find_keys(self) -> dict[str, str]:
        """Return the credentials of the environment, also while that points to the server."""
        return {**self._keys, **read_keys()}

    def restore(self) -> None:
        """Restore the environment."""
        self._environment.close()
        self.is_pointing = False

    def release(self) -> int:
        """Release the port for the server and return it."""
        if not _SHARES_PORTS:
            self._holder.close()
        return self.port

    def close(self) -> None:
        """Release the port and restore the environment."""
        self._holder.close()
        self.restore()


def is_session_wide(config: pytest.Config) -> bool:
    """Return whether the environment points to the server for the whole session.

    Raises:
        pytest.UsageError: The configured value is neither `test` nor `session`.
    """
    value = config.getini(ENVIRONMENT)
    if value not in ("", "test", "session"):
        raise pytest.UsageError(f"{ENVIRONMENT}: unknown value, got {value!r}; expected 'test' or 'session'")
    return bool(value != "test")


def mentions_fixture(config: pytest.Config) -> bool:
    """Return whether configuration, plugins or test files use the fixture.

    Nothing is imported for it.
    """
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
    """Yield the files of the loaded plugins, except pytest's own."""
    loaded = [plugin for plugin in config.pluginmanager.get_plugins() if isinstance(plugin, ModuleType)]
    others = [plugin for plugin in loaded if not plugin.__name__.startswith("_pytest.")]
    yield from (Path(file) for plugin in others if (file := getattr(plugin, "__file__", None)))


def _paths(config: pytest.Config, search: Sequence[str]) -> Iterator[Path]:
    """Yield the files and folders in which pytest collects tests."""
    folder = config.invocation_params.dir
    arguments = config.known_args_namespace
    names = [argument.partition("::")[0] for argument in arguments.file_or_dir]
    if not names and folder == config.rootpath:
        names = [name for pattern in config.getini("testpaths") for name in glob.iglob(pattern, recursive=True)]
    for name in names or ["."]:
        path = (find_module(name, search) if arguments.pyargs else None) or folder / name
        yield path.parent if path.name == "__init__.py" else path
