"""Settings of the process that serves: garbage collection, freed memory, open files."""

from __future__ import annotations

import gc
from contextlib import suppress


def tune_process() -> None:
    """Set up the process for many connections, after everything is loaded."""
    spare_the_collector()
    return_freed_memory()
    allow_many_connections()


def spare_the_collector() -> None:
    """Exclude loaded objects from garbage collection; collect in small steps.

    Requests create few reference cycles. A collection of the middle generation pauses all streams, for as long as it
    has objects: 25,000 at most.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 5, 800)


def return_freed_memory() -> None:
    """Make glibc return the memory of large requests to the system.

    By default, after freeing a block of some megabytes, glibc keeps blocks of that size in a heap that never shrinks.
    """
    import ctypes

    with suppress(AttributeError, OSError, TypeError):
        set_option = ctypes.CDLL(None).mallopt
        for option in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
            set_option(option, _LARGE_BLOCK)


_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Options of `mallopt`."""
_LARGE_BLOCK = 4 * 1024 * 1024
"""Bytes of a block that is returned when it is freed.

The kernel clears the pages of a new block: at 128 KiB, that was a tenth of the time of a request of 200 KB.
"""


def allow_many_connections() -> int | None:
    """Raise the limit of open files to the highest allowed value.

    Shells start with 1,024, although most systems allow many more.

    Returns:
        The new limit; None if the system has none.
    """
    try:
        import resource
    except ImportError:
        return None
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
