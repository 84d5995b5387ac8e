"""The order of recorded rules: by conversation, turn and arrival, with more specific rules first where they must be."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any


def order_rules(ranks: Sequence[Any], overlaps: Mapping[int, Collection[int]]) -> list[int]:
    """Return the numbers of rules in order.

    Args:
        ranks: The place of each rule, as a value that can be compared.
        overlaps: Number of a rule -> the rules whose requests it matches, which come before it. In a circle, the rule
            with the lowest rank comes first.
    """
    by_rank = sorted(range(len(ranks)), key=lambda number: ranks[number])
    position = {number: index for index, number in enumerate(by_rank)}
    waits = {number: set(overlaps.get(number, ())) - {number} for number in by_rank}
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
        del left[number]
        order.append(number)
        for follower in followers.get(number, ()):
            waits[follower].discard(number)
            if follower in left and not waits[follower]:
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


def describe_shadowed(
    order: Sequence[int], overlaps: Mapping[int, Collection[int]], numbers: Sequence[int]
) -> dict[int, str]:
    """Describe the problem of each rule that also matches a request of a later rule.

    Args:
        order: The numbers of the rules in order.
        overlaps: Number of a rule -> the rules whose requests it matches.
        numbers: The number of the first request of each rule.
    """
    shadowed = find_shadowed(order, overlaps)
    return {
        rule: f"it also matches request {numbers[other]}, which no condition tells apart"
        for rule, other in shadowed.items()
    }
