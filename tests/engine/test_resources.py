"""Resources: what clients create remains, in one order and within bounds."""

from __future__ import annotations

from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.resources import (
    MAX_FULL_LANES,
    MAX_RESOURCES,
    MAX_RESPONSE_BYTES,
    Resource,
    ResourceDeleted,
    ResourceKind,
    ResourcePut,
    ResourceUsage,
)
from mockclaude.engine.state.store import Store


def file(name: str, number: int = 0, lane: str = "a", content: bytes = b"xyz") -> Resource:
    return Resource("file", lane, name, number, b"{}", content, len(content))


def put(store: Store, *resources: Resource) -> None:
    store.commit([ResourcePut(resource) for resource in resources])


def names(store: Store, lane: str = "a", kind: ResourceKind = "file") -> str:
    return " ".join(resource.id for resource in store.list_resources(kind, lane))


def test_a_resource_is_found_in_its_lane_and_listed_without_its_content(store: Store) -> None:
    put(store, file("one"))

    assert store.find_resource("file", "a", "one") == file("one")
    assert store.list_resources("file", "a") == [file("one")._replace(content=b"")]
    assert store.measure_resources("file", "a") == ResourceUsage(1, 5)
    for lane, kind in (("b", "file"), ("a", "batch")):
        assert store.find_resource(kind, lane, "one") is None  # type: ignore[arg-type]
    assert names(store, "b") == names(store, kind="batch") == ""
    assert store.measure_resources("file", "b") == ResourceUsage(0, 0)


def test_lists_begin_with_the_newest_also_of_one_microsecond(store: Store) -> None:
    put(store, file("1", 7), file("2", 7), file("3", 5), file("4", 20))
    assert names(store) == "4 3 2 1"
    assert [resource.number for resource in store.list_resources("file", "a")] == [20, 9, 8, 7]


def test_a_replaced_resource_keeps_its_place(store: Store) -> None:
    put(store, file("1"), file("2"), file("1", 9, content=b"other"))

    assert names(store) == "2 1"
    assert store.find_resource("file", "a", "1") == file("1", content=b"other")
    assert store.measure_resources("file", "a") == ResourceUsage(2, 12)


def test_a_deleted_id_is_known_as_deleted_if_it_was_kept(store: Store) -> None:
    put(store, file("1"), file("2"))
    store.commit(
        [ResourceDeleted("file", "a", "1"), ResourceDeleted("file", "a", "9"), ResourceDeleted("file", "c", "1")]
    )

    assert names(store) == "2"
    assert store.measure_resources("file", "a") == ResourceUsage(1, 5)
    assert [store.is_deleted(lane, name) for lane, name in (("a", "1"), ("a", "2"), ("a", "9"), ("c", "1"))] == [
        *(True, False, False, False)
    ]


def test_forgetting_a_lane_keeps_the_others(store: Store) -> None:
    put(store, *(file(name, lane=lane) for lane in ("a", "aa") for name in "12"))
    store.commit([ResourceDeleted("file", lane, "1") for lane in ("a", "aa")])
    store.forget("a")

    assert (names(store, "a"), names(store, "aa")) == ("", "2")
    assert (store.is_deleted("a", "1"), store.is_deleted("aa", "1")) == (False, True)


def test_beyond_the_number_the_one_put_longest_ago_is_dropped(store: Store) -> None:
    put(store, *(file(str(number)) for number in range(MAX_RESOURCES)), file("0"), file("new"))

    assert store.find_resource("file", "a", "1") is None
    assert store.find_resource("file", "a", "0") is not None
    assert store.measure_resources("file", "a").kept == MAX_RESOURCES
    assert store.take_notes() == ("dropped: 1 of the files of this lane, put longest ago",)
    assert not store.is_deleted("a", "1")


def test_the_size_is_bounded_in_a_lane_and_in_all() -> None:
    store = MemoryStore(lane_bytes=10)
    put(store, file("1"), file("2"), file("3"), file("large", lane="b", content=b"x" * 9))
    assert (names(store), names(store, "b")) == ("3 2", "")
    assert store.take_notes() == (
        "dropped: 1 of the files of this lane, put longest ago",
        "dropped: 1 of the files of this lane, put longest ago",
    )

    put(store, *(file("1", lane=str(lane), content=b"x" * 8) for lane in range(MAX_FULL_LANES)))
    assert [names(store, lane) for lane in ("a", *map(str, range(MAX_FULL_LANES)))] == ["", *["1"] * MAX_FULL_LANES]
    assert "dropped: all files of" in store.take_notes()[0]


def test_too_large_response_drops_no_others(store: Store) -> None:
    put(store, Resource("response", "a", "1", 0, b"{}", b"x", 1))
    put(store, Resource("response", "a", "2", 0, b"x" * MAX_RESPONSE_BYTES, b"x", 1))

    assert names(store, kind="response") == "1"


def test_responses_have_smaller_bounds_and_are_dropped_silently(store: Store) -> None:
    half = MAX_RESPONSE_BYTES // 2
    put(store, *(Resource("response", "a", name, 0, b"{}", b"x" * half, half) for name in "123"))

    assert names(store, kind="response") == "3"
    assert store.find_resource("response", "a", "2") is None
    assert store.take_notes() == ()


def test_the_place_of_deleted_resources_is_free_again() -> None:
    store = MemoryStore(lane_bytes=10)
    for number in range(50):
        put(store, file(str(number), content=b"x" * 8))
        store.commit([ResourceDeleted("file", "a", str(number))])
    assert (names(store), store.take_notes()) == ("", ())
