"""A store with a folder has its files and skills after a restart."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.engine.state.data_folder import FolderStore
from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.resources import MAX_FULL_LANES, Resource, ResourceDeleted, ResourceKind, ResourcePut
from mockclaude.engine.state.store import Store
from mockclaude.scenario.loading.loader import load_text
from mockclaude.server.site import Site
from tests.resources.storing import PNG, resource

KINDS: tuple[ResourceKind, ...] = ("file", "skill", "batch")
LANES = ("", "ann", "../bob")
NOTE = json.dumps({"kind": "note", "lane": "", "id": "a", "number": 1, "facts": "{}", "size": len(PNG)}).encode()
IDS = ("file_1", "skill:2", "..")

keys = st.tuples(st.sampled_from(KINDS), st.sampled_from(LANES), st.sampled_from(IDS))
puts = st.tuples(keys, st.binary(max_size=9))
changes = st.lists(puts | keys | st.sampled_from(LANES), max_size=12)


def contents(store: Store, kinds: tuple[ResourceKind, ...] = KINDS) -> list[Resource | None]:
    return [store.find_resource(kind, lane, name) for kind in kinds for lane in LANES for name in IDS]


@given(changes)
def test_restarted_store_has_the_same_resources(made: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        store = FolderStore(Path(folder), "set/a")
        for number, change in enumerate(made):
            match change:
                case str(lane):
                    store.forget(lane)
                case (kind, lane, name), content:
                    store.commit([ResourcePut(Resource(kind, lane, name, number, b"{}", content, len(content)))])
                case kind, lane, name:
                    store.commit([ResourceDeleted(kind, lane, name)])
        again = FolderStore(Path(folder), "set/a")
        lists = [
            [[each.id for each in one.list_resources(kind, lane)] for kind in KINDS[:2] for lane in LANES]
            for one in (store, again)
        ]

        assert contents(again, KINDS[:2]) == contents(store, KINDS[:2])
        assert contents(again, ("batch",)) == [None] * 9
        assert lists[0] == lists[1]
        assert again.take_notes() == ()
        assert contents(FolderStore(Path(folder), "")) == contents(MemoryStore())


def test_reset_clears_the_folder(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, "")
    store.commit([ResourcePut(resource(PNG))])
    store.forget()

    assert list(tmp_path.rglob("*.*")) == []


def test_fork_and_other_effects_leave_the_folder_alone(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, "")
    store.fork().commit([ResourcePut(resource(PNG))])
    store.commit([ResourcePut(resource(PNG)._replace(kind="batch")), ResourceDeleted("batch", "", "a")])

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        ("json", b"{"),
        ("json", b"[]"),
        ("json", b"{}"),
        ("json", NOTE),
        ("json", b'{"kind": "file"}'),
        ("bin", b"short"),
        ("bin", None),
    ],
)
def test_broken_file_is_skipped_with_a_note(tmp_path: Path, suffix: str, data: bytes | None) -> None:
    broken, whole = resource(PNG), resource(PNG)
    FolderStore(tmp_path, "").commit([ResourcePut(broken), ResourcePut(whole)])
    [path] = tmp_path.rglob(f"file-{broken.id}.{suffix}")
    path.unlink() if data is None else path.write_bytes(data)
    store = FolderStore(tmp_path, "")

    assert store.find_resource("file", "", broken.id) is None
    assert store.find_resource("file", "", whole.id) == whole
    assert [note.split(": ")[1].partition(".")[0] for note in store.take_notes()] == [f"file-{broken.id}"]


def test_folder_that_cannot_be_written_is_noted(tmp_path: Path) -> None:
    (tmp_path / "@root").write_text("a file")
    store, made = FolderStore(tmp_path, ""), resource(PNG)
    store.commit([ResourcePut(made)])

    assert store.find_resource("file", "", made.id) == made
    [note] = store.take_notes()
    assert note.startswith("not written to the data folder: ")


def test_newest_files_are_kept_within_the_bound(tmp_path: Path) -> None:
    made = [resource(PNG) for _ in range(3)]
    size = len(PNG) + len(made[0].facts)
    FolderStore(tmp_path, "").commit(map(ResourcePut, made))
    store = FolderStore(tmp_path, "", 2 * size)

    assert [store.find_resource("file", "", each.id) for each in made] == [None, *made[1:]]
    assert len(store.take_notes()) == 1


def test_dropped_files_are_deleted_from_the_folder(tmp_path: Path) -> None:
    made = [resource(PNG, lane=lane) for lane in ("ann", "bob") for _ in range(5)]
    size = len(PNG) + len(made[0].facts)
    FolderStore(tmp_path, "", 2 * size).commit(map(ResourcePut, made[:2]))
    store = FolderStore(tmp_path, "", 2 * size)
    store.commit(map(ResourcePut, made[2:]))

    assert {path.stem for path in tmp_path.rglob("*.*")} == {f"file-{made[at].id}" for at in (3, 4, 8, 9)}


def test_lanes_without_room_are_deleted_from_the_folder(tmp_path: Path) -> None:
    made = [resource(PNG, lane=str(lane)) for lane in range(MAX_FULL_LANES + 2)]
    store = FolderStore(tmp_path, "", len(PNG) + len(made[0].facts))
    store.commit(map(ResourcePut, made[:2]))
    store.forget(made[1].lane)
    store.commit(map(ResourcePut, made[2:]))

    assert {path.stem for path in tmp_path.rglob("*.*")} == {f"file-{file.id}" for file in made[2:]}


def test_start_with_a_smaller_bound_deletes_no_files(tmp_path: Path) -> None:
    made = [resource(PNG) for _ in range(3)]
    FolderStore(tmp_path, "").commit(map(ResourcePut, made))
    FolderStore(tmp_path, "", 2 * (len(PNG) + len(made[0].facts)))

    assert {path.stem for path in tmp_path.rglob("*.*")} == {f"file-{file.id}" for file in made}


def test_file_beyond_the_bound_is_not_written(tmp_path: Path) -> None:
    FolderStore(tmp_path, "", len(PNG)).commit([ResourcePut(resource(PNG))])

    assert list(tmp_path.iterdir()) == []


def test_site_with_a_folder_keeps_the_files_of_each_scenario(tmp_path: Path) -> None:
    scenarios, made = {"": load_text("rules: []"), "a": load_text("rules: []")}, resource(PNG)
    Site(scenarios, data=tmp_path).served["a"].store.commit([ResourcePut(made)])
    again = Site(scenarios, data=tmp_path).served

    assert again["a"].store.find_resource("file", "", made.id) == made
    assert again[""].store.find_resource("file", "", made.id) is None
    assert json.loads(next(tmp_path.rglob("*.json")).read_text())["id"] == made.id
