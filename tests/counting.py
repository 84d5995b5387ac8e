"""How much work something is, counted, so that a test of growth does not depend on the machine."""

from collections.abc import Callable
from cProfile import Profile


def calls(work: Callable[[], object]) -> int:
    """Return how many functions, of Python and of C, `work` calls. The profiler counts in C."""
    profile = Profile()
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())
