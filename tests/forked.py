"""The command in processes that begin with its modules imported: a start takes 0.08 s of CPU instead of 0.4 s."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import TIMEOUT_MAX, Timer

import mockclaude.cli.serve
import mockclaude.server.run  # noqa: F401 (imported for the processes)
from mockclaude.cli import main

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


def _run(output: Connection, errors: str, arguments: Sequence[str], folder: Path, env: Mapping[str, str]) -> None:
    os.dup2(output.fileno(), 1)
    os.dup2(os.open(errors, os.O_WRONLY), 2)
    output.close()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    main(arguments, prog_name="mockclaude")


class ForkedProcess:
    """A process of the command, with the methods of `subprocess.Popen` that tests use."""

    def __init__(self, arguments: Sequence[str], folder: Path, env: Mapping[str, str]) -> None:
        ours, theirs = _CONTEXT.Pipe(duplex=False)
        self._errors = tempfile.NamedTemporaryFile("r", encoding="utf-8")  # noqa: SIM115 (it ends with the process)
        self._process = _CONTEXT.Process(target=_run, args=(theirs, self._errors.name, arguments, folder, dict(env)))
        self._process.start()
        self.returncode: int | None = None
        theirs.close()
        self.stdout = open(os.dup(ours.fileno()), encoding="utf-8")  # noqa: SIM115 (as above)
        ours.close()

    def send_signal(self, number: int) -> None:
        assert self._process.pid
        os.kill(self._process.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for the end, and return the rest of both outputs. After `timeout` seconds, the process is killed."""
        guard = Timer(TIMEOUT_MAX if timeout is None else timeout, self.kill)
        guard.daemon = True
        guard.start()
        out = "" if self.stdout.closed else self.stdout.read()
        self._process.join()
        guard.cancel()
        self.returncode = self._process.exitcode
        with self.stdout, self._errors:
            return out, self._errors.read()
