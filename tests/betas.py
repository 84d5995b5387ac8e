"""`python -m tests.betas [FILE...]`: compare the list of betas with the installed SDK.

Prints the names that `mockclaude/api/betas.txt` does not have, and those of the SDK that the SDK has no more. Searches
FILEs, e.g. the binary of a coding agent, for names in quotes. Ends with 1 if a name is new and not written.
"""

import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import get_args

from anthropic.types import AnthropicBetaParam

from mockclaude.api.betas import FILE, Beta, BetaList, parse_list

SDK = "sdk"
_QUOTED = re.compile(rb'"([a-z][a-z0-9]*(?:-[a-z0-9]+)*-20[0-9]{2}-[0-9]{2}-[0-9]{2})"')
_API_VERSIONS = {"bedrock-2023-05-31", "vertex-2023-10-16"}
"""Values of `anthropic_version` in the bodies of cloud providers, which have the form of a beta."""

_HEAD = """\
# Names that the API accepts in the `anthropic-beta` header: name, what it opens (a gate of schema/gates.py), source.
# `python -m tests.betas` compares this file with the installed SDK; with `--write` it adds what is new.
# Date: {date}
"""


def names_of_sdk() -> frozenset[str]:
    """Return the names in the types of the installed SDK."""
    return frozenset(get_args(get_args(AnthropicBetaParam)[1]))


def names_in(data: bytes) -> frozenset[str]:
    """Return the quoted names in a source text or a binary."""
    return frozenset(name.decode() for name in _QUOTED.findall(data)) - _API_VERSIONS


def new(listed: BetaList, found: Iterable[tuple[str, str]]) -> list[Beta]:
    """Return the betas among `found` (name, source) that the list does not have, sorted, each once."""
    known = {beta.name for beta in listed.betas}
    first = {name: source for name, source in reversed(list(found)) if name not in known}
    return [Beta(name, (), first[name]) for name in sorted(first)]


def gone(listed: BetaList, sdk: frozenset[str]) -> list[str]:
    """Return the names that came from an SDK and that `sdk` does not have."""
    return [beta.name for beta in listed.betas if re.match(rf"{SDK} [0-9]", beta.source) and beta.name not in sdk]


def written(listed: BetaList) -> str:
    """Return the content of the file, as `parse_list` parses it."""
    lines = [f"{beta.name:<47} {','.join(beta.opens) or '-':<29} {beta.source}\n" for beta in sorted(listed.betas)]
    return _HEAD.format(date=listed.date) + "".join(lines)


def _found(sdk: str, files: Mapping[str, Path]) -> Iterator[tuple[str, str]]:
    yield from ((name, sdk) for name in names_of_sdk())
    for source, file in files.items():
        yield from ((name, source) for name in names_in(file.read_bytes()))


def _arguments(given: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="python -m tests.betas", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files to search for names in quotes")
    parser.add_argument("--source", help="the source of the names in FILE, e.g. 'claude-code 2.1.332'; else its name")
    parser.add_argument("--write", action="store_true", help="add new names to the list, and date it today")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None, list_file: Path = FILE) -> int:
    """Compare, and write if asked to. Return the exit code."""
    arguments = _arguments(given)
    sdk = f"{SDK} {version('anthropic')}"
    listed = parse_list(list_file.read_text(encoding="utf-8"))
    fresh = new(listed, _found(sdk, {arguments.source or file.name: file for file in arguments.files}))
    for beta in fresh:
        print(f"new: {beta.name} ({beta.source})")
    for name in gone(listed, names_of_sdk()):
        print(f"gone: {name} (not in {sdk})")
    if arguments.write:
        refreshed = BetaList(date.today().isoformat(), (*listed.betas, *fresh))
        list_file.write_text(written(refreshed), encoding="utf-8")
    print(f"{len(listed.betas)} names of {listed.date}, {len(fresh)} new")
    return int(bool(fresh) and not arguments.write)


if __name__ == "__main__":
    sys.exit(main())
