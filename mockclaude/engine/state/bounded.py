"""Bounded stores, each of whose owners (a lane, an API key) has bounds of its own.

A client that fills its share loses its own oldest values. Another's are dropped only if there are too many owners, or
if all of them together hold too much: then the owner that was active longest ago loses all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """Values by key: at most `most_values`, and `most_size` together. The one put longest ago is dropped first."""

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
        """Keep `value` as the newest; return the keys of what is dropped instead, which may be `key` itself."""
        before = self._kept.get(key)
        self._kept[key] = value, size
        self.size += size
        if before is not None:
            self.size -= before[1]
            self._kept.move_to_end(key)
        return () if self._fits() else list(self._dropped())

    def copied(self, value: Callable[[V], V]) -> Bounded[K, V]:
        """Return a copy with each value as `value` returns it."""
        copy: Bounded[K, V] = Bounded(self._most_values, self._most_size)
        copy.size = self.size
        copy._kept = OrderedDict((key, (value(kept), size)) for key, (kept, size) in self._kept.items())
        return copy

    def pop(self, key: K) -> None:
        """Drop the value of `key`, if there is one."""
        if key in self._kept:
            self.size -= self._kept.pop(key)[1]

    def values(self) -> list[V]:
        """Return all values, the one put longest ago first."""
        return [value for value, _ in tuple(self._kept.values())]

    def _fits(self) -> bool:
        return len(self._kept) <= self._most_values and self.size <= self._most_size

    def _dropped(self) -> Iterator[K]:
        while not self._fits():
            key, (_, size) = self._kept.popitem(last=False)
            self.size -= size
            yield key


class Owned(Generic[K, V]):
    """Values by owner and key.

    Args:
        name: What the values are, for the notes: `threads`.
        share: Values that an owner keeps, and their size together.
        total: Size of the values of all owners together.
        drop: Called with a note for everything that is dropped.
    """

    def __init__(self, name: str, share: tuple[int, int], total: int, drop: Callable[[str], None]) -> None:
        self._name = name
        self._share = share
        self._drop = drop
        self._owners: Bounded[str, Bounded[K, V]] = Bounded(MAX_OWNERS, total)

    def get(self, owner: str, key: K) -> V | None:
        """Return the value of `key`."""
        values = self._owners.get(owner)
        return None if values is None else values.get(key)

    def put(self, owner: str, key: K, value: V, size: int = 1) -> None:
        """Keep `value` as the owner's newest."""
        values = self._owners.get(owner) or Bounded(*self._share)
        if dropped := len(values.put(key, value, size)):
            self._drop(f"dropped: {dropped} of the {self._name} of this API key, put longest ago")
        if owners := len(self._owners.put(owner, values, values.size)):
            self._drop(f"dropped: all {self._name} of {owners} of the API keys, used longest ago")

    def fork(self, drop: Callable[[str], None]) -> Owned[K, V]:
        """Return a copy, which changes apart from this. The values themselves are shared and must not change."""
        fork: Owned[K, V] = Owned(self._name, self._share, 0, drop)
        fork._owners = self._owners.copied(lambda values: values.copied(lambda value: value))
        return fork


MAX_OWNERS = 10_000
"""Owners that are kept."""
