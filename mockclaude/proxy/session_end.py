"""The end of a session: the exchanges become a recording for each lane."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mockclaude.proxy.file_recorder import Recorder
from mockclaude.proxy.part_file import count_exchanges
from mockclaude.proxy.recording_summary import describe_recorded, list_notes, list_torn
from mockclaude.proxy.save import SaveError
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading.loader import load
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.recording.lanes import split_lanes

PART = ".part"
"""The suffix of the file with the exchanges of a recording that has not ended."""

_UNAUTHORIZED = 401


class Output(NamedTuple):
    """The path of `--out`, a file or a folder."""

    path: Path
    is_folder: bool

    @property
    def part(self) -> Path:
        """The path of `FILE.part`."""
        return self.path / f"recording{PART}" if self.is_folder else self.path.with_name(self.path.name + PART)

    @property
    def exists(self) -> bool:
        """Whether a recording is there."""
        return any(self.path.glob("*.yaml")) if self.is_folder else self.path.is_file()


def is_replaceable(path: Path) -> bool:
    """Return whether a file has recorded rules only, or does not exist."""
    try:
        return not path.exists() or all(rule.recorded for rule in load([path]).rules)
    except ScenarioError:
        return False


class EndOfSession(NamedTuple):
    """The result of a session.

    Attributes:
        notes: Lines for the user.
        problems: Lines for the user that make the exit code 1.
    """

    notes: list[str]
    problems: list[str]


def save_session(
    exchanges: Sequence[Exchange], output: Output, recorder: Recorder, part: Path | None = None
) -> EndOfSession:
    """Save the exchanges of a session, then remove the file `part` with them.

    Default of `part`: that of `output`.
    """
    part = output.part if part is None else part
    notes, problems = list_notes(exchanges), list_torn(exchanges)
    if exchanges and all(exchange.reception.status == _UNAUTHORIZED for exchange in exchanges):
        part.unlink(missing_ok=True)
        return EndOfSession([], ["nothing was recorded: every request was refused (401)"])
    lanes = split_lanes(exchanges)
    if len(lanes) > 1 and not output.is_folder:
        problem = _describe_lanes(output, list(lanes), part)
        return EndOfSession(notes, [*problems, problem])
    saved_notes = list[str]()
    for name, lane in lanes.items():
        path = output.path / f"{name}.yaml" if output.is_folder else output.path
        try:
            saved = recorder.save(path, lane)
        except SaveError as error:
            return EndOfSession([*saved_notes, *notes], [*problems, str(error), *_describe_recovery(part)])
        recorded = [exchange for exchange in lane if exchange.number not in saved.left_out]
        saved_notes += [describe_recorded(recorded, path, saved.is_saved), *saved.notes]
        problems += saved.problems
    part.unlink(missing_ok=True)
    return EndOfSession([*saved_notes, *notes], problems)


def _describe_recovery(part: Path) -> list[str]:
    """Describe how to write the exchanges in `FILE.part`: after an error of the disk, not all are there."""
    count = count_exchanges(part.read_bytes()) if part.exists() else 0
    exchanges = f"{count} exchange{'s' * (count != 1)}"
    return [f"mockclaude record --recover {part} writes the {exchanges} in it"] if count else []


def _describe_lanes(output: Output, lanes: Sequence[str], part: Path) -> str:
    names = ", ".join(f"'{name}'" for name in lanes)
    fix = f"mockclaude record --recover {part} --out FOLDER/ writes a file for each"
    return f"{output.path}: {len(lanes)} lanes came ({names}); expected one; {fix}"


def describe_part(output: Output) -> str:
    """Describe a `FILE.part` of an earlier recorder; '' without one."""
    try:
        count = count_exchanges(output.part.read_bytes())
    except FileNotFoundError:
        return ""
    written = f"{count} exchange{'s' * (count != 1)}"
    fix = f"mockclaude record --recover {output.part} writes them, or delete it"
    return f"{output.part} holds {written} of a recording that did not end; {fix}"
