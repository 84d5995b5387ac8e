"""A reader of the pages, who runs their commands, writes their files and compares their outputs."""

from __future__ import annotations

import gc
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import warnings
from contextlib import chdir, redirect_stderr, redirect_stdout
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from types import CodeType

from click.testing import Result

from tests.cli.invoking import invoke
from tests.forked import ForkedProcess
from tests.pages import ROOT, Block
from tests.sdk import node
from tests.sdk.typescript_types import HELPER
from tests.serving import PATIENCE, PROGRAM_PATIENCE
from tests.testing.inner import run_pytest

URL = "http://127.0.0.1:4141"
ENDING = {"--help", "check", "explain", "init", "journal", "recheck", "drift", "steps"}
"""Words by which a command is known to end by itself."""
COMMANDS = ("mockclaude", ".venv/bin/mockclaude")
RUNNERS = (["run"], ["record"])
"""Commands that run another command, after `--`."""
_VARYING = re.compile(r"pace: \{.*?\}|in \d+\.\d+s|127\.0\.0\.1:\d+|on: \d{4}-\d\d-\d\d")
"""The times, the port and the day of a recording."""
_OPENAI = re.compile(r"^from openai ", re.MULTILINE)
"""The import of a client that may not be installed: `tests/clients` has it in an environment of its own."""


def run(command: list[str], folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    here = {**os.environ, **env, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(
        command, cwd=folder, env=here, capture_output=True, text=True, timeout=PROGRAM_PATIENCE, check=False
    )


class Player:
    """A reader who does what a page says, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.arguments: list[str] = []
        self.variables: dict[str, str] = {}
        self.server: ForkedProcess | None = None
        self.url = URL
        shutil.copytree(ROOT / "scenarios", folder / "scenarios")

    def play(self, block: Block) -> None:
        try:
            getattr(self, f"play_{block.language}")(block)
        except AssertionError as error:
            raise AssertionError(f"{block.page}:{block.line}: {error}") from error

    def skip(self, block: Block) -> None:
        """Do what later sections need: write files, and note how the server is started."""
        if block.language == "yaml" or self.is_file(block):
            self.play(block)
        elif block.language == "sh" and self.serves(command := self.command(block)) and not block.output:
            self.arguments = command[1:]

    @staticmethod
    def command(block: Block) -> list[str]:
        return shlex.split(block.text.rpartition("&&")[2])

    def aimed(self, text: str) -> str:
        """Return `text` with the URL of the server, which is started if an earlier section starts it."""
        if URL not in text:
            return text
        if not self.server:
            self.serve(self.arguments, "")
        return text.replace(URL, self.url)

    @staticmethod
    def serves(command: list[str]) -> bool:
        return command[0] in COMMANDS and command[1:2] not in RUNNERS and not ENDING & set(command)

    @staticmethod
    def is_test(block: Block) -> bool:
        return block.language == "python" and block.text.startswith("# test_")

    @staticmethod
    def is_file(block: Block) -> bool:
        return block.language == "python" and re.match(r"# \w+\.py\n", block.text) is not None

    def play_python(self, block: Block) -> None:
        if self.is_file(block):
            self.write(block)
            return
        if _OPENAI.search(block.text) and find_spec("openai") is None:
            return
        script = compile(self.aimed(block.text), f"{block.page}:{block.line}", "exec")
        assert self.printed(script) == (block.output, "")

    def printed(self, script: CodeType) -> tuple[str, str]:
        """Return what a script prints, run in this process: another one would import the SDK first."""
        out, err = StringIO(), StringIO()
        with chdir(self.folder), redirect_stdout(out), redirect_stderr(err), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a client that a script does not close
            exec(script, {"__name__": "__main__"})
            gc.collect()
        return out.getvalue(), err.getvalue()

    def play_sh(self, block: Block) -> None:
        self.variables |= re.findall(r"export (\w+)=(\w+) &&", block.text)
        command = [self.aimed(word) for word in self.command(block)]
        if command[0] == "curl":
            assert run(command, self.folder).stdout.rstrip("\n") == block.output.rstrip("\n")
        elif self.serves(command):
            self.serve(command[1:], block.output)
        elif command[0] == "npx" or ("--" in command and command[1:2] in RUNNERS):
            self.play_run(command, block.output)
        elif command[0] == "pytest":
            assert block.output in self.test_output(command[1:])
        elif "|" in command:
            assert run(["bash", "-c", self.aimed(block.text)], self.folder).stdout == block.output
        elif command[0] in COMMANDS:
            if "recheck" in command:
                self.stop()  # what is recorded is written within 50 ms
            assert self.invoke(command[1:]).output == block.output
        else:
            assert re.search(r"\bpip install\b", block.text), "unknown command"

    def play_run(self, command: list[str], output: str) -> None:
        """Run a command with a server, unless its tool is not installed. The output of test runners has durations.

        `npx` without `mockclaude run` starts a server itself.
        """
        tool = command[command.index("--") + 1] if "--" in command else command[0]
        if tool != "python" and shutil.which(tool) is None:
            return
        if tool == "npx" and not (self.folder / "node_modules").exists():
            (self.folder / "node_modules").symlink_to(node.installed() / "node_modules")
        played = self.played(command[1:]) if "--" in command else run(command, self.folder)
        assert (played.stderr if tool == "npx" else played.stdout + played.stderr) == output, played.stdout

    def played(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        """Run `mockclaude` in a process of its own, to have the output of its subprocess."""
        return run([sys.executable, "-m", "mockclaude", *arguments], self.folder, **self.variables)

    def test_output(self, arguments: list[str]) -> str:
        """Return what pytest prints about tests that the page has written, without durations."""
        return re.sub(r" in \d+\.\d+s", "", run_pytest(self.folder, *arguments)[1])

    def invoke(self, arguments: list[str]) -> Result:
        """Run the command in this process: it ends sooner than another process has begun."""
        with chdir(self.folder):
            return invoke(*arguments)

    def serve(self, arguments: list[str], complaint: str) -> None:
        self.stop()
        if complaint:
            refused = self.invoke(arguments)
            assert (refused.stderr, refused.exit_code) == (complaint, 2)
            return
        self.server = ForkedProcess([*arguments, "--port", "0"], self.folder, os.environ)
        self.url = self.server.stdout.readline().split()[-1]

    def stop(self) -> None:
        if self.server:
            self.server.terminate()
            self.server.communicate(timeout=PATIENCE)
            self.server = None

    def write(self, block: Block) -> None:
        """Write the file that the last word of a block's first line names in a comment.

        A recording that a command has written must be the same, except for the times, the port and the day.
        """
        path = self.folder / block.text.partition("\n")[0].split()[-1]
        if block.text.startswith("# Recorded by") and path.exists():
            assert _VARYING.sub("", path.read_text()) == _VARYING.sub("", block.text)
        path.write_text(block.text)

    play_yaml = play_java = play_go = play_csharp = play_ruby = write

    def play_ts(self, block: Block) -> None:
        """Run it as a test, if there is Node; without an address in it, a command below runs it."""
        if URL not in block.text:
            self.write(block)
        if URL not in block.text or node.lacking():
            return
        with tempfile.TemporaryDirectory(dir=node.installed()) as folder:
            name = block.text.partition("\n")[0].removeprefix("// ")
            (Path(folder) / name).write_text(self.aimed(block.text))
            shutil.copy(HELPER, folder)
            played = run(["node", "../node_modules/vitest/vitest.mjs", "run"], Path(folder), MOCKCLAUDE_URL=self.url)
        assert (played.returncode, played.stderr) == (0, ""), played.stdout
        assert "1 passed" in played.stdout

    def play_bash(self, block: Block) -> None:
        """Run the commands of this repository, except the gates, which run this test. `.ci/run` runs what installs."""
        for line in block.text.splitlines():
            program, *arguments = shlex.split(line)
            if program.endswith("/mockclaude"):
                result = self.invoke(arguments)
                assert result.exit_code == 0, result.output
            elif program.startswith(".ci/"):
                assert run(["bash", "-n", str(ROOT / program)], self.folder).returncode == 0
                assert os.access(ROOT / program, os.X_OK)
            else:
                gates = "".join(file.read_text() for file in (ROOT / ".ci").iterdir()).replace("'", "")
                assert f"(block {block.section}" in gates, f"'{line}' is not run by .ci/run"

    def play_text(self, block: Block) -> None:
        """Outputs are compared where they are made."""

    play_json = play_html = play_text
