"""The README, played section by section: its commands are run, its files written, its outputs compared."""

import gc
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import pytest
from click.testing import Result

from mockclaude.api.errors import STATUS
from mockclaude.cli import COMMANDS
from mockclaude.scenario.format.presets import PRESETS
from tests.cli.invoking import invoke
from tests.sdk import node
from tests.serving import PATIENCE, PROGRAM_PATIENCE
from tests.testing.inner import load_only_our_plugin

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
URL = "http://127.0.0.1:4141"
ENDING = {"--help", "check", "explain", "recheck"}
"""Words by which a command is known to end by itself."""


class Block(NamedTuple):
    """A fenced block: its section, its language, its text, and the output that is shown right below it."""

    section: str
    line: int
    language: str
    text: str
    output: str


def blocks() -> Iterator[Block]:
    found = list(re.finditer(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))
    for block, below in zip(found, [*found[1:], None], strict=True):
        shown = (
            below is not None
            and below[1] in ("text", "json", "html")
            and not README[block.end() : below.start()].strip()
        )
        line = README.count("\n", 0, block.start()) + 2
        section = re.findall(r"^## (.+)", README[: block.start()], re.MULTILINE)[-1]
        yield Block(section, line, block[1], block[2], below[2] if below is not None and shown else "")


BLOCKS = list(blocks())
SECTIONS = list(dict.fromkeys(block.section for block in BLOCKS))


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    here = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(
        command, cwd=folder, env=here, capture_output=True, text=True, timeout=PROGRAM_PATIENCE, check=False
    )


class Player:
    """A reader who does what the README says, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.arguments: list[str] = []
        self.server: subprocess.Popen[str] | None = None
        self.url = URL
        shutil.copytree(ROOT / "scenarios", folder / "scenarios")

    def play(self, block: Block) -> None:
        getattr(self, f"play_{block.language}")(block)

    def skip(self, block: Block) -> None:
        """Do what later sections need: write files, and note how the server is started."""
        if block.language == "yaml" or self.is_test(block):
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
        return command[0] == ".venv/bin/mockclaude" and command[1:2] != ["run"] and not ENDING & set(command)

    @staticmethod
    def is_test(block: Block) -> bool:
        return block.language == "python" and block.text.startswith("# test_")

    def play_yaml(self, block: Block) -> None:
        name = block.text.partition("\n")[0].removeprefix("# ")
        (self.folder / name).write_text(block.text)

    def play_python(self, block: Block) -> None:
        if self.is_test(block):
            self.play_yaml(block)
            return
        script = compile(self.aimed(block.text), f"README.md:{block.line}", "exec")
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
        command = [self.aimed(word) for word in self.command(block)]
        if command[0] == "curl":
            assert run(command, self.folder).stdout.rstrip("\n") == block.output.rstrip("\n")
        elif self.serves(command):
            self.serve(command[1:], block.output)
        elif command[:2] == [".venv/bin/mockclaude", "run"] and not ENDING & set(command):
            played = run([sys.executable, "-m", "mockclaude", *command[1:]], self.folder)
            assert played.stdout + played.stderr == block.output
        elif command[0] == ".venv/bin/mockclaude":
            if "recheck" in command:
                self.stop()  # what is recorded is written within 50 ms
            assert self.invoke(command[1:]).output == block.output

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
        command = [sys.executable, "-m", "mockclaude", *arguments, "--port", "0"]
        self.server = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, text=True)
        assert self.server.stdout
        self.url = self.server.stdout.readline().split()[-1]

    def stop(self) -> None:
        if self.server:
            self.server.terminate()
            self.server.communicate(timeout=PATIENCE)
            self.server = None

    def play_ts(self, block: Block) -> None:
        """Run it as a test, if there is Node."""
        if node.lacking():
            return
        with tempfile.TemporaryDirectory(dir=node.installed()) as folder:
            name = block.text.partition("\n")[0].removeprefix("// ")
            (Path(folder) / name).write_text(self.aimed(block.text))
            played = run(["node", "../node_modules/vitest/vitest.mjs", "run"], Path(folder))
        assert (played.returncode, played.stderr) == (0, ""), played.stdout
        assert "1 passed" in played.stdout

    def play_text(self, block: Block) -> None:
        """Outputs are compared where they are made."""

    play_json = play_typescript = play_html = play_text


@pytest.fixture
def player(tmp_path: Path) -> Iterator[Player]:
    player = Player(tmp_path)
    yield player
    player.stop()


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_holds_from_top_to_bottom(section: str, player: Player) -> None:
    first = [block.section for block in BLOCKS].index(section)
    for block in BLOCKS[:first]:
        player.skip(block)
    for block in BLOCKS[first:]:
        if block.section == section:
            try:
                player.play(block)
            except AssertionError as error:
                raise AssertionError(f"README.md:{block.line}: {error}") from error


def test_the_tests_of_the_readme_pass(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    load_only_our_plugin(monkeypatch)
    tests = [block.text.split()[1] for block in BLOCKS if player.is_test(block)]
    for block in BLOCKS:
        player.skip(block)
    played = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests], player.folder)

    assert len(tests) > 1
    assert played.returncode == 0, played.stdout + played.stderr


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!http)([^)#]+)", README))))
def test_a_link_of_the_readme_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_readme_shows_every_scenario_of_the_top_folder() -> None:
    assert all(f"(scenarios/{file.name})" in README for file in (ROOT / "scenarios").glob("*.yaml"))


def test_the_readme_has_every_named_fault() -> None:
    for name, named in PRESETS.items():
        assert name in STATUS or name.isdigit() or f"| `{name}` | {named.sees} |" in README


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_has_every_command_and_its_options(command: str) -> None:
    assert f"\n| `{command}" in README
    assert f"\n.venv/bin/mockclaude {command} --help\n" in README


def incident_row(file: Path) -> str:
    """Return the row that the README has for an incident: its first sentences, and its first citation."""
    comment = [line.removeprefix("# ") for line in file.read_text(encoding="utf-8").splitlines() if line[:2] == "# "]
    happened, _, seen = " ".join(comment).partition(" The client sees: ")
    repository, number = re.findall(r"([\w.-]+/[\w.-]+)#(\d+)", happened)[0]
    what = happened.partition(f" {repository}#")[0].split(". ")[0].rstrip(".")
    link = f"[{repository}#{number}](https://github.com/{repository}/issues/{number})"
    name = f"[{file.stem}](scenarios/incidents/{file.name})"
    return f"| {name} | {what} ({link}) | {seen.split('. ')[0].rstrip('.')} |"


def test_the_readme_has_every_incident_as_its_file_tells_it() -> None:
    shown = [row for row in README.splitlines() if row.startswith("| [") and "(scenarios/incidents/" in row]

    assert shown == [incident_row(file) for file in sorted((ROOT / "scenarios" / "incidents").glob("*.yaml"))]
