"""An upload of a skill is a form with its files or one zip, in a folder with `SKILL.md`."""

from __future__ import annotations

import struct
from contextlib import suppress
from io import BytesIO
from typing import NamedTuple
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.errors import ApiError
from mockclaude.engine.resources.skill_archive import MAX_FILES, read_archive, write_archive
from mockclaude.engine.resources.skill_markdown import MAX_FRONT_MATTER, read_heading
from mockclaude.engine.routes import answer
from tests.resources.files_client import FORM, build_form, build_part
from tests.resources.skills_client import BETA, SkillsClient, build_files, build_markdown, build_zip, read_zip
from tests.serving import received, sent_of

NO_FILES = "No files provided. Please provide files using 'files[]' field."
NOT_ON_TOP = "SKILL.md file must be exactly in the top-level folder."
NO_FOLDER = "Zip must contain a top-level folder with all files inside it, including SKILL.md"
MALFORMED = "SKILL.md has malformed YAML frontmatter"
NO_BLOCK = f"{MALFORMED}: expected a block between two lines '---' at the start"
GOOD = build_files({"sorter/SKILL.md": build_markdown()})


class Upload(NamedTuple):
    """A form and its refusal."""

    parts: list[bytes]
    message: str
    is_beta: bool = False


def at(*paths: str) -> list[bytes]:
    """Return files with these paths."""
    return build_files({path: build_markdown() for path in paths})


def zipped(*paths: str) -> list[bytes]:
    """Return a zip of files with these paths."""
    return [build_part("files[]", build_zip({path: build_markdown() for path in paths}), filename="a.zip")]


def written(text: str) -> list[bytes]:
    """Return a skill with this text in its front matter."""
    return build_files({"sorter/SKILL.md": f"---\n{text}\n---\n".encode()})


def path_problem(path: str) -> str:
    return f"Invalid file path {path!a}; expected a relative path, such as 'my-skill/SKILL.md'"


UPLOADS = [
    Upload([], NO_FILES),
    *(Upload([build_part(name, build_markdown(), filename="SKILL.md")], NO_FILES) for name in ("file", "files")),
    Upload(at("sorter/README.md"), NOT_ON_TOP),
    Upload(at("sorter/docs/SKILL.md"), NOT_ON_TOP),
    Upload(at("sorter/skill.md"), NOT_ON_TOP),
    Upload(at("sorter/SKILL.md", "filter/run.py"), NOT_ON_TOP),
    Upload(at("sorter/SKILL.md", "run.py"), NOT_ON_TOP),
    Upload(at("SKILL.md"), NOT_ON_TOP, is_beta=True),
    Upload(zipped("SKILL.md"), NO_FOLDER, is_beta=True),
    Upload(zipped("sorter/SKILL.md", "run.py"), NO_FOLDER, is_beta=True),
    Upload(zipped("sorter/README.md"), NOT_ON_TOP),
    Upload(
        at("skills/SKILL.md"),
        "The folder name 'skills' must match the skill name 'sorter' in SKILL.md.",
        is_beta=True,
    ),
    *(
        Upload(at("sorter/SKILL.md", path), path_problem(path))
        for path in ("/etc/passwd", "../a", "sorter/..", "a/../b", "C:/a", "a\x01b", "./", "a" * 1_025)[:-1]
    ),
    Upload(at("sorter/SKILL.md", "a" * 1_025), path_problem("a" * 80)),
    Upload([build_part("files[]", build_markdown())], path_problem("")),
    Upload(build_files({"sorter/SKILL.md": b"# Sorter"}), NO_BLOCK),
    Upload(build_files({"sorter/SKILL.md": b""}), NO_BLOCK),
    Upload(build_files({"sorter/SKILL.md": b"---\nname: sorter\n"}), NO_BLOCK),
    Upload(written("name: sorter\ndescription: Use when: asked"), MALFORMED),
    Upload(written("name: sorter\n\tdescription: a"), MALFORMED),
    Upload(written("- name"), f"{MALFORMED}: expected a mapping"),
    Upload(
        written("name: Sorter\ndescription: a"),
        "SKILL.md: name: Name can only contain lowercase letters, numbers and hyphens",
    ),
    Upload(written("name: [a]\ndescription: a"), "SKILL.md: name: Input should be a valid string"),
    Upload(written(f"name: {'a' * 65}\ndescription: a"), "SKILL.md: name: String should have at most 64 characters"),
    *(
        Upload(
            written(f"name: my-{word}-skill\ndescription: a"),
            f"SKILL.md: name: Name cannot contain the reserved word '{word}'",
        )
        for word in ("anthropic", "claude")
    ),
    Upload(written("name: sorter"), "SKILL.md: description: String should have at least 1 character"),
    Upload(written("name: sorter\ndescription: 1"), "SKILL.md: description: Input should be a valid string"),
    Upload(
        written(f"name: sorter\ndescription: {'a' * 1_025}"),
        "SKILL.md: description: String should have at most 1024 characters",
    ),
    Upload(
        written("name: sorter\ndescription: Sorts <b>words</b>"),
        "SKILL.md: description: Description cannot contain XML tags",
    ),
    Upload([*GOOD, build_part("display_name", b"a" * 256)], "display_name: String should have at most 255 characters"),
    Upload(
        [*GOOD, build_part("display_title", b"a" * 65)],
        "display_title: String should have at most 64 characters",
        is_beta=True,
    ),
]


def client_of(*, is_beta: bool, mode: str = "anthropic") -> SkillsClient:
    return SkillsClient(x_mockclaude_validation=mode, **({"anthropic_beta": BETA} if is_beta else {}))


@pytest.mark.parametrize("upload", UPLOADS, ids=lambda upload: upload.message[:60])
def test_invalid_upload_is_refused(upload: Upload) -> None:
    client = client_of(is_beta=upload.is_beta)
    response = client.post(*upload.parts)

    assert (response.status, response.error) == (400, ("invalid_request_error", upload.message))
    assert client.list_names() == []


@pytest.mark.parametrize("upload", UPLOADS, ids=lambda upload: upload.message[:60])
def test_invalid_upload_is_stored_if_validation_is_off(upload: Upload) -> None:
    client = client_of(is_beta=upload.is_beta, mode="off")
    skill = client.post(*upload.parts).json

    assert client.list_names() == [skill["id"]]
    content = client.get(f"/{skill['id']}/versions/latest/content", anthropic_beta=None)
    assert all("/" not in path or path.startswith("sorter/") for path in read_zip(content.body))


def test_body_that_is_no_form_is_a_skill_if_validation_is_off() -> None:
    for mode, status in (("anthropic", 400), ("gateway", 400), ("off", 200)):
        assert client_of(is_beta=False, mode=mode).send("POST", "/v1/skills", b"{}").status == status


@pytest.mark.parametrize(
    "files",
    [
        {"SKILL.md": build_markdown(), "run/a.py": b""},
        {"any/SKILL.md": build_markdown(), "any/run/a.py": b""},
        {"any\\SKILL.md": build_markdown(), "any\\run\\a.py": b""},
        {"./any//SKILL.md": build_markdown(), "any/run/a.py": b""},
        {"sorter/SKILL.md": b"---\ndescription: |\n  Sorts words.\n---\n", "sorter/run/a.py": b""},
        {
            "SKILL.md": b"\xef\xbb\xbf---\r\nname: 'sorter'\r\ndescription: Sorts words.\r\nlicense: MIT\r\n---",
            "run/a.py": b"",
        },
    ],
)
def test_folder_of_an_upload_is_optional_and_has_any_name(files: dict[str, bytes]) -> None:
    client = SkillsClient()
    for parts in (build_files(files), [build_part("files[]", build_zip(files), filename="a.zip")]):
        skill = client.post(*parts).json
        version = client.get(f"/{skill['id']}/versions/latest").json
        content = client.get(f"/{skill['id']}/versions/latest/content").body

        assert (version["name"], version["description"].strip()) == ("sorter", "Sorts words.")
        assert list(read_zip(content)) == ["sorter/SKILL.md", "sorter/run/a.py"]


def test_label_of_the_other_shape_is_ignored_with_a_warning() -> None:
    client = SkillsClient()
    body = build_form(*GOOD, build_part("display_title", b"Words"))
    decision = answer(client.build_request("POST", "/v1/skills", body, content_type=FORM), client.state)

    assert received(sent_of(decision)).json["display_name"] == "sorter"
    expected = "warning: display_title: ignored; expected display_name, as the request has not the beta"
    assert decision.notes == (expected,)


def test_log_says_where_the_front_matter_is_malformed() -> None:
    client = SkillsClient()
    body = build_form(*written("name: sorter\ndescription: Use when: asked"))
    reason = answer(client.build_request("POST", "/v1/skills", body, content_type=FORM), client.state).reason
    assert "SKILL.md:3:" in reason


def test_front_matter_has_a_bound() -> None:
    sizes = (MAX_FRONT_MATTER, MAX_FRONT_MATTER + 50)
    fields = [f"name: sorter\ndescription: Sorts.\n#{'x' * (size - 50)}" for size in sizes]
    assert [SkillsClient().post(*written(text)).status for text in fields] == [200, 400]


def odd_zip(name: str = "sorter/SKILL.md", **attributes: int) -> bytes:
    """Return a zip of one member with these attributes."""
    member = ZipInfo(name)
    for key, value in attributes.items():
        setattr(member, key, value)
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr(member, build_markdown())
    return buffer.getvalue()


def encrypted_zip() -> bytes:
    """Return a zip whose member claims to be encrypted."""
    data = bytearray(odd_zip())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def bomb(claimed: int | None = None) -> bytes:
    """Return a zip of 64 MB of zeros, in which the size of the member is the claimed one."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr("sorter/SKILL.md", bytes(64 * 1024 * 1024))
    data = bytearray(buffer.getvalue())
    if claimed is not None:
        struct.pack_into("<L", data, data.index(b"PK\x01\x02") + 24, claimed)
    return bytes(data)


def overlapping_zip() -> bytes:
    """Return a zip in which ten members are the same bytes."""
    data = build_zip({"a": bytes(range(256)) * 10})
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    tail = bytearray(data[end:])
    struct.pack_into("<HHL", tail, 8, 10, 10, 10 * (end - start))
    return data[:start] + data[start:end] * 10 + bytes(tail)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04", "Zip is malformed"),
        (build_zip({"sorter/SKILL.md": build_markdown()})[:-9], "Zip is malformed"),
        (odd_zip().replace(b"# Sorting", b"# Corrupt", 1), "Zip is malformed"),
        (odd_zip("../SKILL.md"), path_problem("../SKILL.md")),
        (odd_zip("/SKILL.md"), path_problem("/SKILL.md")),
        (odd_zip(external_attr=0o120777 << 16), "Zip has a symbolic link: 'sorter/SKILL.md'"),
        (odd_zip(compress_type=ZIP_BZIP2), "Zip has a file with an unsupported compression: 'sorter/SKILL.md'"),
        (encrypted_zip(), "Zip has an encrypted file: 'sorter/SKILL.md'"),
        (build_zip({f"a/{index}": b"" for index in range(MAX_FILES + 1)}), "Zip has more than 1,000 files"),
        (overlapping_zip(), "Zip has files that overlap"),
        (bomb(), "Zip has more than 30 MB of files"),
        (bomb(claimed=100), "Zip is malformed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_zip_beyond_its_bounds_is_refused(data: bytes, message: str) -> None:
    response = SkillsClient().post(build_part("files[]", data, filename="a.zip"))
    assert (response.status, response.error[1]) == (400, message)


def test_folders_of_a_zip_are_not_files() -> None:
    assert read_archive(build_zip({"a/": b"", "a/b": b"1"})) == {"a/b": b"1"}


@given(st.text("\x00\t\n ---:|>'\"[]{}#&*!%@name:description", max_size=80) | st.binary(max_size=40))
def test_any_front_matter_is_read_or_refused(content: str | bytes) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    with suppress(ApiError):
        assert len(read_heading(b"---\n" + data + b"\n---\n", "sorter").name) <= 64


@given(
    st.dictionaries(st.sampled_from(["a/b", "a/SKILL.md", "c", "ü"]), st.binary(max_size=50)),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255))),
)
def test_any_zip_is_read_or_refused(files: dict[str, bytes], changes: list[tuple[int, int]]) -> None:
    data = bytearray(write_archive(files))
    assert read_archive(bytes(data)) == files
    for place, value in changes:
        data[place % len(data)] = value
    with suppress(ApiError):
        assert set(map(type, read_archive(bytes(data)).values())) <= {bytes}
