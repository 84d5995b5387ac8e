"""Work that is counted, so that a test of growth does not depend on the machine, and how many examples are tried."""

from collections.abc import Callable
from cProfile import Profile

from hypothesis import settings


def calls(work: Callable[[], object]) -> int:
    """Return how many functions, of Python and of C, `work` calls. The profiler counts in C."""
    profile = Profile()
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())


def examples(most: int) -> int:
    """Return how many examples to try: `most` with the 100 of `.ci/run`, in proportion with fewer, but at least 10."""
    return max(10, round(most * min(1, settings().max_examples / 100)))
