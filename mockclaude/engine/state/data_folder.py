"""Files and skills in a folder, so that they are there after a restart.

A scenario has a folder with a folder for each lane, in which a resource is `KIND-ID.json` and `KIND-ID.bin`. Each is
written under a temporary name first. Two servers cannot share a folder: neither sees the changes of the other.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from shutil import rmtree
from typing import TypeVar
from urllib.parse import quote

from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.resources import MAX_LANE_BYTES, Resource, ResourceDeleted, ResourcePut
from mockclaude.engine.state.store import Effect

KEPT = ("file", "skill")
"""The kinds of resources in the folder. A batch ends with the server."""

T = TypeVar("T")


class FolderStore(MemoryStore):
    """A store in memory that keeps its files and skills in a folder.

    A resource that the bounds drop is deleted from the folder, except at the start: its
    bounds may be smaller by mistake. A fork has the resources without the folder.
    """

    def __init__(self, folder: Path, scenario: str, lane_bytes: int = MAX_LANE_BYTES) -> None:
        super().__init__(lane_bytes)
        self._folder = folder / (_quote(scenario) or "@root")
        self._written: set[ResourceDeleted] = set()
        """The keys of the resources in the folder and in the store."""
        super().commit(map(ResourcePut, self._load()))
        self._written -= self._list_dropped()

    def commit(self, effects: Iterable[Effect]) -> None:
        """Apply effects in their order, and write the changes of resources."""
        effects, notes = tuple(effects), len(self._notes)
        super().commit(effects)
        dropped = self._list_dropped() if len(self._notes) > notes else ()
        for effect in (*effects, *dropped):
            try:
                if isinstance(effect, ResourcePut) and effect.resource.kind in KEPT:
                    self._write(effect.resource)
                elif isinstance(effect, ResourceDeleted) and effect.kind in KEPT:
                    self._delete(effect)
            except OSError as error:
                self._notes.append(f"not written to the data folder: {error}")

    def forget(self, lane: str | None = None) -> None:
        """Drop the state of a lane, or everything, also from the folder."""
        super().forget(lane)
        self._written -= self._list_dropped()
        rmtree(self._folder if lane is None else self._find_lane(lane), ignore_errors=True)

    def _find_lane(self, lane: str) -> Path:
        return self._folder / blake2b(lane.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def _load(self) -> Iterator[Resource]:
        """Yield the resources in the order of their creation, each read when the one before it is in the store."""
        paths = {path: self._read(path, _read_facts) for path in sorted(self._folder.glob("*/*.json"))}
        found = {path: facts for path, facts in paths.items() if facts is not None}
        for path in sorted(found, key=lambda path: found[path].number):
            content = self._read(path.with_suffix(".bin"), Path.read_bytes)
            if content is not None and len(content) == found[path].size:
                resource = found[path]._replace(content=content)
                self._written.add(_key(resource))
                yield resource
            elif content is not None:
                self._notes.append(f"skipped in the data folder: {path.name}: its content has {len(content)} bytes")

    def _read(self, path: Path, read: Callable[[Path], T]) -> T | None:
        try:
            return read(path)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            self._notes.append(f"skipped in the data folder: {path.name}: {error}")
            return None

    def _write(self, put: Resource) -> None:
        """Write a resource as it is in the store, which may have raised its number, or dropped it."""
        resource = self.find_resource(put.kind, put.lane, put.id)
        if resource is None:
            return
        self._written.add(_key(resource))
        lane = self._find_lane(resource.lane)
        lane.mkdir(parents=True, exist_ok=True)
        facts = resource._asdict() | {"facts": resource.facts.decode()}
        del facts["content"]
        _replace(lane / f"{_name(resource)}.bin", resource.content)
        _replace(lane / f"{_name(resource)}.json", json.dumps(facts).encode())

    def _list_dropped(self) -> set[ResourceDeleted]:
        return {key for key in self._written if self.find_resource(*key) is None}

    def _delete(self, effect: ResourceDeleted) -> None:
        self._written.discard(effect)
        for suffix in ("json", "bin"):
            (self._find_lane(effect.lane) / f"{_name(effect)}.{suffix}").unlink(missing_ok=True)


def _read_facts(path: Path) -> Resource:
    data = json.loads(path.read_bytes())
    if data["kind"] not in KEPT:
        raise ValueError(f"unknown kind '{data['kind']}'")
    return Resource(**data | {"facts": data["facts"].encode(), "number": int(data["number"])})


def _replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_suffix(f"{path.suffix}.part")
    temporary.write_bytes(data)
    os.replace(temporary, path)


def _key(resource: Resource) -> ResourceDeleted:
    return ResourceDeleted(resource.kind, resource.lane, resource.id)


def _name(resource: Resource | ResourceDeleted) -> str:
    """Return the file name of a resource without its suffix. Ids of two kinds may be equal."""
    return f"{resource.kind}-{_quote(resource.id)}"


def _quote(name: str) -> str:
    """Return a name that is safe in every file system."""
    return quote(name, safe="").replace(".", "%2E")
