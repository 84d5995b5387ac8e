"""Objects that clients create and that remain: batches, files, skills. Bounded for each lane and in all.

A resource is plain data. Its views, which depend on the time, are computed by the endpoint's handler.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from mockclaude.engine.state.bounded import OwnerMap

ResourceKind: TypeAlias = Literal["batch", "file", "response", "skill"]
"""The kinds. Versions of skills are of the kind `skill`, so that the bounds drop no skill without its versions."""

MAX_RESOURCES = 1_000
"""The maximum number of resources of a kind in a lane. The one put longest ago is dropped first."""

MAX_LANE_BYTES = 64 * 1024 * 1024
"""The default of the maximum size of the resources of a kind in a lane, in bytes, with their facts."""

MAX_FULL_LANES = 4
"""The maximum size of all resources of a kind, in lanes. Those of the lane used longest ago are dropped first."""

MAX_RESPONSE_BYTES = 16 * 1024 * 1024
"""The maximum size of the responses of a lane, in bytes; of all lanes as many times as with other kinds."""

MAX_DELETED = 10_000
"""The maximum number of deleted ids of a lane that are remembered; of all lanes ten times as many."""


class Resource(NamedTuple):
    """One object.

    Attributes:
        kind: The kind.
        lane: The lane that it belongs to.
        id: The id.
        number: The microsecond of its creation; more if the lane has a resource of the kind with the same or a higher
            number. A resource that is put again keeps its number.
        facts: What its views follow from, as JSON.
        content: The bytes of a file or of results; b'' in lists.
        size: The size of the content.
    """

    kind: ResourceKind
    lane: str
    id: str
    number: int
    facts: bytes
    content: bytes = b""
    size: int = 0


class ResourcePut(NamedTuple):
    """A resource is created or replaced."""

    resource: Resource


class ResourceDeleted(NamedTuple):
    """A resource is deleted. The id stays known as deleted."""

    kind: ResourceKind
    lane: str
    id: str


class ResourceUsage(NamedTuple):
    """The number and the size, with their facts, of the resources of a kind in a lane."""

    kept: int
    size: int


class Resources:
    """The resources of every lane."""

    def __init__(self, drop: Callable[[str], None], lane_bytes: int = MAX_LANE_BYTES) -> None:
        share, total = (MAX_RESOURCES, lane_bytes), MAX_FULL_LANES * lane_bytes
        self._kept: dict[str, OwnerMap[str, Resource]] = {
            kind: OwnerMap(plural, share, total, drop, "lane") for kind, plural in _PLURALS.items()
        }
        share, total = (MAX_RESOURCES, MAX_RESPONSE_BYTES), MAX_FULL_LANES * MAX_RESPONSE_BYTES
        self._kept["response"] = OwnerMap("responses", share, total, _drop_silently, "lane")
        share, total = (MAX_DELETED, MAX_DELETED), 10 * MAX_DELETED
        self._deleted: OwnerMap[str, tuple[ResourceKind, int]] = OwnerMap("deleted ids", share, total, drop, "lane")

    def get(self, kind: ResourceKind, lane: str, resource_id: str) -> Resource | None:
        """Return a resource with its content."""
        return self._kept[kind].get(lane, resource_id)

    def is_deleted(self, lane: str, resource_id: str) -> bool:
        """Return whether a resource with the id has been deleted."""
        return self._deleted.get(lane, resource_id) is not None

    def find_deleted(self, kind: ResourceKind, lane: str, resource_id: str) -> int | None:
        """Return the number of a deleted resource; None for another id."""
        deleted = self._deleted.get(lane, resource_id)
        return deleted[1] if deleted is not None and deleted[0] == kind else None

    def list_newest_first(self, kind: ResourceKind, lane: str) -> Sequence[Resource]:
        """List the resources of a kind without their content, by descending number."""
        kept = sorted(self._list(kind, lane), key=lambda resource: -resource.number)
        return [resource._replace(content=b"") for resource in kept]

    def put(self, effect: ResourcePut) -> None:
        """Create or replace a resource."""
        resource = effect.resource
        if resource.kind == "response":  # has no place in a list
            size = len(resource.facts) + resource.size
            if size <= MAX_RESPONSE_BYTES:  # else it would drop all others of its lane
                self._kept["response"].put(resource.lane, resource.id, resource, size)
            return
        kind, lane, before = resource.kind, resource.lane, self.get(resource.kind, resource.lane, resource.id)
        if before is None:
            following = max((other.number for other in self._list(kind, lane)), default=-1) + 1
            number = max(resource.number, following)
        else:
            number = before.number
        size = len(resource.facts) + len(resource.content)
        self._kept[kind].put(lane, resource.id, resource._replace(number=number), size)

    def delete(self, effect: ResourceDeleted) -> None:
        """Delete a resource, and remember its id; an unknown one changes nothing."""
        resource = self.get(*effect)
        if resource is not None:
            self._kept[effect.kind].pop(effect.lane, effect.id)
            self._deleted.put(effect.lane, effect.id, (effect.kind, resource.number))

    def measure(self, kind: ResourceKind, lane: str) -> ResourceUsage:
        """Measure the resources of a kind in a lane."""
        owned = self._kept[kind].owned_by(lane)
        return ResourceUsage(0, 0) if owned is None else ResourceUsage(len(owned.list_keys()), owned.size)

    def forget(self, lane: str) -> None:
        """Drop the resources of a lane, and its deleted ids."""
        for owned in self._kept.values():
            owned.drop_owner(lane)
        self._deleted.drop_owner(lane)

    def fork(self, drop: Callable[[str], None]) -> Resources:
        """Return an independent copy."""
        fork = Resources(drop)
        fork._kept = {kind: owned.fork(drop) for kind, owned in self._kept.items()}
        fork._deleted = self._deleted.fork(drop)
        return fork

    def _list(self, kind: ResourceKind, lane: str) -> Sequence[Resource]:
        owned = self._kept[kind].owned_by(lane)
        return () if owned is None else owned.values()


def _drop_silently(_: str) -> None:
    """Write no note: nearly every request of a client stores a response, and few refer to one."""


_PLURALS: dict[ResourceKind, str] = {
    "batch": "batches",
    "file": "files",
    "skill": "skills and their versions",
}
