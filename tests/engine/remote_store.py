"""A store in another process, reached over a socket: a double for one that several servers share.

The server owns every store and answers one call after the other. Its port is the first line that it prints; it ends
with its standard input.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Client, Connection, Listener
from threading import Lock, Thread
from typing import Any, NamedTuple, cast

from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.resources import Resource, ResourceKind, ResourceUsage
from mockclaude.engine.state.store import (
    Address,
    Claim,
    Effect,
    LimitRequest,
    Permit,
    Refusal,
    RequestHashes,
    Store,
    ThreadProblem,
    Ticket,
)
from mockclaude.scenario.rules import RuleKey

_AUTHKEY = b"tests"


class Location(NamedTuple):
    """Where a remote store is: the port of its server, and its number there."""

    port: int
    number: int


class RemoteStore:
    """A `Store` whose every method is a call to another process. Calls of several threads follow each other."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self._connection = Client(("127.0.0.1", location.port), authkey=_AUTHKEY)
        self._lock = Lock()
        self.notes: Sequence[str] = ()

    def _call(self, method: str, *arguments: Any, **options: Any) -> Any:
        with self._lock:
            self._connection.send((self.location.number, method, arguments, options))
            result, self.notes = self._connection.recv()
            return result

    def counts(self, lane: str, rules: Collection[RuleKey]) -> Mapping[RuleKey, int]:
        return cast("Mapping[RuleKey, int]", self._call("counts", lane, tuple(rules)))

    def totals(self) -> Mapping[RuleKey, int]:
        return cast("Mapping[RuleKey, int]", self._call("totals"))

    def claim(self, claim: Claim) -> Ticket | None:
        return cast("Ticket | None", self._call("claim", claim))

    def admit(self, request: LimitRequest) -> Permit | Refusal:
        return cast("Permit | Refusal", self._call("admit", request))

    def continue_thread(self, address: Address, now: int, *, hold: bool = True) -> bytes | ThreadProblem:
        return cast("bytes | ThreadProblem", self._call("continue_thread", address, now, hold=hold))

    def find_live_prefixes(self, key: str, digests: Iterable[bytes], now: int) -> frozenset[bytes]:
        return cast("frozenset[bytes]", self._call("find_live_prefixes", key, tuple(digests), now))

    def earlier_request(self, address: Address) -> RequestHashes | None:
        return cast("RequestHashes | None", self._call("earlier_request", address))

    def find_resource(self, kind: ResourceKind, lane: str, resource_id: str) -> Resource | None:
        return cast("Resource | None", self._call("find_resource", kind, lane, resource_id))

    def is_deleted(self, lane: str, resource_id: str) -> bool:
        return cast("bool", self._call("is_deleted", lane, resource_id))

    def find_deleted(self, kind: ResourceKind, lane: str, resource_id: str) -> int | None:
        return cast("int | None", self._call("find_deleted", kind, lane, resource_id))

    def list_resources(self, kind: ResourceKind, lane: str) -> Sequence[Resource]:
        return cast("Sequence[Resource]", self._call("list_resources", kind, lane))

    def measure_resources(self, kind: ResourceKind, lane: str) -> ResourceUsage:
        return cast("ResourceUsage", self._call("measure_resources", kind, lane))

    def commit(self, effects: Iterable[Effect]) -> None:
        self._call("commit", tuple(effects))

    def fork(self) -> Store:
        return RemoteStore(Location(self.location.port, self._call("fork")))

    def forget(self, lane: str | None = None) -> None:
        self._call("forget", lane)

    def take_notes(self) -> tuple[str, ...]:
        return cast("tuple[str, ...]", self._call("take_notes"))


class StoreProcess:
    """The process that owns remote stores, from `with` to its end."""

    def __init__(self) -> None:
        command, pipe = [sys.executable, "-m", "tests.engine.remote_store"], subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self._numbers = count(1)

    def __enter__(self) -> StoreProcess:
        assert self._process.stdout
        self._port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def new_store(self) -> RemoteStore:
        """Return a store that is empty."""
        return RemoteStore(Location(self._port, -next(self._numbers)))


class _Server:
    """The stores by number: those that a client asks for have negative numbers, forks have positive ones."""

    def __init__(self) -> None:
        self._stores: dict[int, MemoryStore] = {}
        self._forks = count(1)
        self._lock = Lock()

    def serve(self, connection: Connection) -> None:
        with connection, suppress(EOFError):
            while True:
                call = connection.recv()
                with self._lock:
                    result = self._call(*call)
                connection.send(result)

    def _call(self, number: int, method: str, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
        store = self._stores.setdefault(number, MemoryStore())
        result = getattr(store, method)(*arguments, **options)
        return self._number(result) if isinstance(result, MemoryStore) else result, store.notes

    def _number(self, fork: MemoryStore) -> int:
        number = next(self._forks)
        self._stores[number] = fork
        return number


def _accept(listener: Listener, server: _Server) -> None:
    while True:
        Thread(target=server.serve, args=(listener.accept(),), daemon=True).start()


if __name__ == "__main__":
    with Listener(("127.0.0.1", 0), backlog=64, authkey=_AUTHKEY) as opened:
        print(cast("tuple[str, int]", opened.address)[1], flush=True)
        Thread(target=_accept, args=(opened, _Server()), daemon=True).start()
        sys.stdin.read()
