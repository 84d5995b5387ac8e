"""The command in this process, and files for it."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from mockclaude.cli import main

HELLO = "rules: [{name: hello, reply: Hello!}]"


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def invoke(*arguments: object, **env: str) -> Result:
    """Run the command, which prints lines as long as without a terminal."""
    return CliRunner().invoke(main, list(map(str, arguments)), env=env, prog_name="mockclaude", terminal_width=78)
