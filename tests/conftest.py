from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, settings

from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import Scenario
from tests.serving import Command, Running, ServerThread

pytest_plugins = ["pytester"]
if "mockclaude.testing.plugin" not in sys.modules:  # with `-p no:mockclaude`, so that coverage sees it being imported
    pytest_plugins.append("mockclaude.testing.plugin")

Serve: TypeAlias = Callable[..., Running]
Start: TypeAlias = Callable[..., Command]


# A law holds or it does not, however busy the machine is.
settings.register_profile("unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("deep", settings.get_profile("unhurried"), max_examples=5_000)
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden transcripts anew")


# Each client of an SDK loads the certificates, which takes 25 ms. No test uses TLS, and this folder has none.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Use every core, unless the command line says how many, or coverage was already started for one process."""
    option = config.option
    in_one = hasattr(config, "workerinput") or config.pluginmanager.hasplugin("_cov")
    if getattr(option, "numprocesses", 0) is None and not in_one:
        option.numprocesses = "logical"
    if getattr(option, "numprocesses", 0) and option.dist == "no":
        option.dist = "loadfile"
        option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the clients that wait for faults: at the end, one process would wait for them alone."""
    items.sort(key=lambda item: "tests/sdk/" not in item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Exclude modules and collected tests from garbage collection, which visits each of them every time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture
def serve(caplog: pytest.LogCaptureFixture) -> Iterator[Serve]:
    """Return a function that starts a server for the text of a scenario, or for scenarios by name.

    The servers end with the test, which fails if any of them left a traceback.
    """
    with ExitStack() as running:

        def start(scenario: str | dict[str, Scenario], **site: Any) -> Running:
            scenarios = {"": load_text(scenario)} if isinstance(scenario, str) else scenario
            return running.enter_context(ServerThread(scenarios, **site))

        yield start
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING] == []


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that starts the command with arguments and environment variables."""
    with ExitStack() as running:

        def run(*arguments: object, **env: str) -> Command:
            return running.enter_context(Command(*arguments, **env))

        yield run
