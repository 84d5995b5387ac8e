"""Maps with bounds for each owner, such as an API key.

A client that fills its share loses its own oldest values. If there are too many owners, or if the values of all owners
are too large together, the owner that was active longest ago loses all values.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedMap(Generic[K, V]):
    """Values by key, of which the oldest are dropped.

    Args:
        most_values: The maximum number of values.
        most_size: The maximum sum of their sizes.
    """

    def __init__(self, most_values: int, most_size: int) -> None:
        self.size = 0
        self._most_values = most_values
        self._most_size = most_size
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return the value of `key`."""
        kept = self._kept.get(key)
        return None if kept is None else kept[0]

    def put(self, key: K, value: V, size: int = 1) -> Sequence[K]:
        """Put `value` as the newest; return the dropped keys, which may include `key`."""
        before = self._kept.get(key)
        self._kept[key] = value, size
        self.size += size
        if before is not None:
            self.size -= before[1]
            self._kept.move_to_end(key)
        return () if self._fits() else list(self._drop_oldest())

    def copy(self, value: Callable[[V], V]) -> BoundedMap[K, V]:
        """Return a copy, with `value` applied to each value."""
        copy: BoundedMap[K, V] = BoundedMap(self._most_values, self._most_size)
        copy.size = self.size
        copy._kept = OrderedDict((key, (value(kept), size)) for key, (kept, size) in self._kept.items())
        return copy

    def pop(self, key: K) -> None:
        """Drop the value of `key`, if it exists."""
        if key in self._kept:
            self.size -= self._kept.pop(key)[1]

    def list_keys(self) -> list[K]:
        """Return all keys, oldest first."""
        return list(self._kept)

    def values(self) -> list[V]:
        """Return all values, oldest first."""
        return [value for value, _ in tuple(self._kept.values())]

    def _fits(self) -> bool:
        return len(self._kept) <= self._most_values and self.size <= self._most_size

    def _drop_oldest(self) -> Iterator[K]:
        while not self._fits():
            key, (_, size) = self._kept.popitem(last=False)
            self.size -= size
            yield key


class OwnerMap(Generic[K, V]):
    """Values by owner and key.

    Args:
        name: The plural noun for the values in notes, e.g. `threads`.
        share: The maximum number of values of one owner, and the maximum sum of their sizes.
        total: The maximum sum of the sizes of all values.
        drop: Called with a note on dropped values.
        owner: The noun for an owner in notes.
    """

    def __init__(
        self, name: str, share: tuple[int, int], total: int, drop: Callable[[str], None], owner: str = "API key"
    ) -> None:
        self._name = name
        self._owner = owner
        self._share = share
        self._drop = drop
        self._owners: BoundedMap[str, BoundedMap[K, V]] = BoundedMap(MAX_OWNERS, total)

    def owned_by(self, owner: str) -> BoundedMap[K, V] | None:
        """Return the values of an owner by key; None without any."""
        return self._owners.get(owner)

    def get(self, owner: str, key: K) -> V | None:
        """Return the value of `key`."""
        values = self.owned_by(owner)
        return None if values is None else values.get(key)

    def put(self, owner: str, key: K, value: V, size: int = 1) -> None:
        """Put `value` as the owner's newest."""
        values = self._owners.get(owner) or BoundedMap(*self._share)
        if dropped := len(values.put(key, value, size)):
            self._drop(f"dropped: {dropped} of the {self._name} of this {self._owner}, put longest ago")
        if owners := len(self._owners.put(owner, values, values.size)):
            self._drop(f"dropped: all {self._name} of {owners} of the {self._owner}s, used longest ago")

    def pop(self, owner: str, key: K) -> None:
        """Drop the value of `key`, if it exists."""
        values = self._owners.get(owner)
        if values is not None:
            values.pop(key)
            self._owners.put(owner, values, values.size)

    def drop_owner(self, owner: str) -> None:
        """Drop the values of an owner."""
        self._owners.pop(owner)

    def forget(self, end: str) -> None:
        """Drop the values of all owners whose names end with `end`."""
        for owner in self._owners.list_keys():
            if owner.endswith(end):
                self._owners.pop(owner)

    def fork(self, drop: Callable[[str], None]) -> OwnerMap[K, V]:
        """Return an independent copy. Both share the values, which must not change."""
        fork: OwnerMap[K, V] = OwnerMap(self._name, self._share, 0, drop, self._owner)
        fork._owners = self._owners.copy(lambda values: values.copy(lambda value: value))
        return fork


MAX_OWNERS = 10_000
"""The maximum number of owners."""
