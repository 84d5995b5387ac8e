"""The order of recorded rules: by conversation, turn and arrival, with more specific rules first where they must be."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any


def order_rules(ranks: Sequence[Any], overlaps: Mapping[int, Collection[int]]) -> list[int]:
    """Return the numbers of rules in order.

    Args:
        ranks: The place of each rule, as a value that can be compared.
        overlaps: Number of a rule -> the rules whose requests it matches, which come before it. Rules that match each
            other's requests keep their ranks.
    """
    by_rank = sorted(range(len(ranks)), key=lambda number: ranks[number])
    position = {number: index for index, number in enumerate(by_rank)}
    waits = {number: _list_earlier(number, overlaps) for number in by_rank}
    followers: dict[int, list[int]] = {}
    for number, earlier in waits.items():
        for before in earlier:
            followers.setdefault(before, []).append(number)
    ready = [position[number] for number in by_rank if not waits[number]]
    heapify(ready)
    order: list[int] = []
    left = dict.fromkeys(by_rank)
    while left:
        number = by_rank[heappop(ready)] if ready else next(iter(left))  # a circle begins with its first rule
        if number not in left:
            continue
        del left[number]
        order.append(number)
        for follower in followers.get(number, ()):
            waits[follower].discard(number)
            if not waits[follower]:
                heappush(ready, position[follower])
    return order


def find_shadowed(order: Sequence[int], overlaps: Mapping[int, Collection[int]]) -> dict[int, int]:
    """Find the rules that come before a rule whose requests they match.

    Return each with the first such rule.
    """
    position = {number: index for index, number in enumerate(order)}
    shadowed: dict[int, int] = {}
    for number, others in overlaps.items():
        later = [other for other in others if position[other] > position[number]]
        if later:
            shadowed[number] = min(later, key=lambda other: position[other])
    return shadowed


def _list_earlier(number: int, overlaps: Mapping[int, Collection[int]]) -> set[int]:
    return {other for other in overlaps.get(number, ()) if number not in overlaps.get(other, ())}
