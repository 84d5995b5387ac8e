"""The end of a session: the exchanges become a recording for each lane."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mockclaude.proxy.part_file import count_exchanges
from mockclaude.proxy.recorder import Recorder
from mockclaude.proxy.recording_summary import describe_recorded, list_notes, list_torn
from mockclaude.proxy.save import SaveError
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


class EndOfSession(NamedTuple):
    """The result of a session.

    Attributes:
        notes: Lines for the user.
        problems: Lines for the user that make the exit code 1.
        is_saved: Whether `FILE.part` is not needed any more.
    """

    notes: list[str]
    problems: list[str]
    is_saved: bool = True


def save_session(exchanges: Sequence[Exchange], output: Output, recorder: Recorder) -> EndOfSession:
    """Save the exchanges of a session, and remove `FILE.part` unless that fails."""
    notes, problems = list_notes(exchanges), list_torn(exchanges)
    if exchanges and all(exchange.reception.status == _UNAUTHORIZED for exchange in exchanges):
        output.part.unlink(missing_ok=True)
        return EndOfSession([], ["nothing was recorded: every request was refused (401)"])
    lanes = split_lanes(exchanges)
    if len(lanes) > 1 and not output.is_folder:
        problem = _describe_lanes(output, list(lanes))
        return EndOfSession(notes, [*problems, problem], is_saved=False)
    saved_notes = list[str]()
    for name, part in lanes.items():
        path = output.path / f"{name}.yaml" if output.is_folder else output.path
        try:
            saved = recorder.save(path, part)
        except SaveError as error:
            problems += filter(None, (str(error), describe_part(output)))
            return EndOfSession([*saved_notes, *notes], problems, is_saved=False)
        recorded = [exchange for exchange in part if exchange.number not in saved.left_out]
        saved_notes += [describe_recorded(recorded, str(path), is_written=saved.is_written), *saved.notes]
        problems += saved.problems
    output.part.unlink(missing_ok=True)
    return EndOfSession([*saved_notes, *notes], problems)


def _describe_lanes(output: Output, lanes: Sequence[str]) -> str:
    names = ", ".join(f"'{name}'" for name in lanes)
    fix = f"mockclaude record --recover {output.part} --out FOLDER/ writes a file for each"
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
