"""A client of the Skills API without a server."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from tests.resources.files_client import FORM, FilesClient, build_form, build_part
from tests.serving import Received

BETA = "skills-2025-10-02"


def build_markdown(name: str = "sorter", description: str = "Sorts words.") -> bytes:
    """Return a `SKILL.md`."""
    return f"---\nname: {name}\ndescription: {description}\n---\n# Sorting\n".encode()


def build_files(files: Mapping[str, bytes]) -> list[bytes]:
    """Return the parts of a form with files by their paths."""
    return [build_part("files[]", data, filename=path) for path, data in files.items()]


def build_zip(files: Mapping[str, bytes]) -> bytes:
    """Return an archive."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return buffer.getvalue()


def read_zip(data: bytes) -> dict[str, bytes]:
    """Return the files of an archive."""
    with ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


class SkillsClient(FilesClient):
    """A client of one scenario at one time."""

    def post(self, *parts: bytes, path: str = "/v1/skills", **headers: Any) -> Received:
        """Send a form."""
        return self.send("POST", path, build_form(*parts), **{"content_type": FORM, **headers})

    def create(self, name: str = "sorter", label: str = "", **headers: Any) -> Any:
        """Create a skill, and return it."""
        field = "display_title" if BETA in {**self.headers, **headers}.get("anthropic_beta", "") else "display_name"
        labels = [build_part(field, label.encode())] if label else []
        response = self.post(*labels, *build_files({f"{name}/SKILL.md": build_markdown(name)}), **headers)
        assert response.status == 200, response.body
        return response.json

    def create_version(self, skill_id: str, name: str = "sorter", description: str = "Sorts.", **headers: Any) -> Any:
        """Create a version of a skill, and return it."""
        files = build_files({f"{name}/SKILL.md": build_markdown(name, description)})
        response = self.post(*files, path=f"/v1/skills/{skill_id}/versions", **headers)
        assert response.status == 200, response.body
        return response.json

    def get(self, path: str = "", **headers: Any) -> Received:
        """Read below `/v1/skills`."""
        return self.send("GET", f"/v1/skills{path}", **headers)

    def delete(self, path: str, **headers: Any) -> Received:
        """Delete below `/v1/skills`."""
        return self.send("DELETE", f"/v1/skills/{path}", **headers)

    def list_names(self, path: str = "?source=custom", key: str = "id", **headers: Any) -> list[str]:
        """Return a key of the items of a page."""
        return [item[key] for item in self.get(path, **headers).json["data"]]
