"""The files of a skill as a zip archive: read within bounds, and written as the same bytes for the same files.

The bounds are checked against the directory of the archive, and no more of a member is read than its size there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from stat import S_ISLNK
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from mockclaude.api.errors import ApiError, invalid

MAX_UNPACKED = 30 * 1024 * 1024
"""The maximum size of the files of an archive, in bytes."""

MAX_FILES = 1_000
"""The maximum number of members of an archive, including those of archives in it that are not compressed."""

MAX_PATH = 1_024
"""The maximum number of characters of a path."""

SIGNATURE = b"PK\x03\x04"
"""The first bytes of an archive."""

_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1
_DAY = (1980, 1, 1, 0, 0, 0)
_UNIX, _MODE = 3, 0o100644
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]|^/|^[A-Za-z]:|(^|/)\.\.(/|$)")


def clean_path(path: str) -> str:
    """Return a relative path with slashes.

    Raises:
        ApiError: 400; the path is empty, absolute, too long, or outside its folder.
    """
    slashed = path.replace("\\", "/")
    cleaned = "/".join([name for name in slashed.split("/") if name not in ("", ".")])
    if not cleaned or len(cleaned) > MAX_PATH or _UNSAFE.search(slashed):
        raise invalid(f"Invalid file path {path[:80]!a}; expected a relative path, such as 'my-skill/SKILL.md'")
    return cleaned


def read_archive(data: bytes) -> dict[str, bytes]:
    """Return the files of an archive by their paths.

    Raises:
        ApiError: 400; the archive is malformed or exceeds a bound.
    """
    if data.count(_ENTRY) > MAX_FILES:
        raise invalid(f"Zip has more than {MAX_FILES:,} files")
    try:
        return dict(_read_members(data))
    except ApiError:
        raise
    except Exception:  # `zipfile` raises errors of many types for a malformed archive
        raise invalid("Zip is malformed") from None


def _read_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    with ZipFile(BytesIO(data)) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if sum(member.file_size for member in members) > MAX_UNPACKED:
            raise invalid(f"Zip has more than {MAX_UNPACKED // 1024**2} MB of files")
        if sum(member.compress_size for member in members) > len(data):
            raise invalid("Zip has files that overlap")
        for member in members:
            if problem := _find_problem(member):
                raise invalid(f"Zip has {problem}: {member.filename[:80]!a}")
            with archive.open(member) as file:
                yield clean_path(member.filename), file.read(member.file_size)


def _find_problem(member: ZipInfo) -> str:
    if member.flag_bits & _ENCRYPTED:
        return "an encrypted file"
    if S_ISLNK(member.external_attr >> 16):
        return "a symbolic link"
    return "" if member.compress_type in (ZIP_STORED, ZIP_DEFLATED) else "a file with an unsupported compression"


def write_archive(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of files by their paths, which is the same for the same files."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_STORED) as archive:
        for path in sorted(files):
            member = ZipInfo(path, _DAY)
            member.create_system, member.external_attr = _UNIX, _MODE << 16
            archive.writestr(member, files[path])
    return buffer.getvalue()
