"""The name of the recording of a test: it depends on the test alone, and is a valid file name on all systems."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

SUFFIX = ".yaml"

_ALSO_SAFE = "-_.,=+@[]() "
_MAX_BYTES = 120
"""Bytes of a name. File systems allow 255, and the files beside a recording have longer names."""


def find_recording(file: Path, names: Sequence[str], folder: str, root: Path) -> Path:
    """Return the path of the recording of a test.

    Args:
        file: The test module.
        names: The names of the classes around the test, and of the test with its parameters.
        folder: The folder of recordings. A relative one is beside the test module. An absolute one has the folders of
            `root`, so that modules of one name do not share recordings.
        root: The root folder of the tests.
    """
    recordings = Path(folder).expanduser()
    if recordings.is_absolute() and file.is_relative_to(root):
        recordings /= file.relative_to(root).parent
    return file.parent / recordings / to_file_name(file.stem) / (to_file_name(".".join(names)) + SUFFIX)


def to_file_name(name: str) -> str:
    """Convert a name to a safe file name.

    A changed name gets a hash, so that file names of different tests differ.
    """
    safe = "".join(letter if letter.isalnum() or letter in _ALSO_SAFE else "_" for letter in name)
    if safe == name and len(safe.encode()) <= _MAX_BYTES and name == name.strip(" .") and name:
        return name
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    short = safe.encode()[: _MAX_BYTES - len(digest) - 1].decode(errors="ignore")
    return f"{short.strip(' .')}-{digest}"
