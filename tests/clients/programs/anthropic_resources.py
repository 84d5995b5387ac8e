"""Files and skills in the shape of the SDK: that of the betas before version 1, else that of today."""

import sys

import anthropic
import steps

client = anthropic.Anthropic()
IS_BETA = anthropic.__version__.startswith("0.")
files, skills = (client.beta.files, client.beta.skills) if IS_BETA else (client.files, client.skills)
SKILL = b"---\nname: reports\ndescription: Writes reports.\n---\nWrite a report.\n"
FOLDER = [("reports/SKILL.md", SKILL, "text/markdown")]


def store_files(_: str) -> list[str]:
    uploads = [files.upload(file=(f"{number}.txt", b"text", "text/plain")) for number in range(5)]
    assert {hasattr(upload, "expires_at") for upload in uploads} == {not IS_BETA}
    listed = list(files.list(limit=2))
    assert [file.id for file in listed] == [upload.id for upload in reversed(uploads)]
    for file in listed:
        assert files.retrieve_metadata(file.id).filename == file.filename
        assert files.delete(file.id).type == "file_deleted"
    assert not files.list().data
    return [file.filename for file in listed]


def store_skill(_: str) -> list[str]:
    skill = skills.create(files=FOLDER)
    versions = [skills.versions.create(skill.id, files=FOLDER) for _ in range(3)]
    listed = list(skills.versions.list(skill.id, limit=2))
    assert len(listed) == 4
    assert {version.name for version in listed} == {"reports"}
    assert hasattr(versions[0], "directory") == IS_BETA
    latest = skills.retrieve(skill.id)
    newest = versions[-1].version if IS_BETA else versions[-1].id
    assert (latest.latest_version if IS_BETA else latest.latest_version_id) == newest
    assert {found.id for found in skills.list(limit=2)} >= {skill.id, "docx", "pdf", "pptx", "xlsx"}
    return delete(skill.id, listed)


def delete(skill_id: str, versions: list) -> list[str]:
    if not IS_BETA:
        return [skills.delete(skill_id).type]
    try:
        skills.delete(skill_id)
    except anthropic.BadRequestError as error:
        deleted = [skills.versions.delete(version.version, skill_id=skill_id).type for version in versions]
        return [error.body["error"]["message"], *deleted, skills.delete(skill_id).type]
    raise AssertionError("the beta keeps a skill with versions")


steps.run(sys.argv[1], store_files=store_files, store_skill=store_skill)
