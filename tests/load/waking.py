"""A process that only sleeps, 5 ms at a time; once it is terminated it says by how many milliseconds it was late."""

import signal
import sys
import time

EVERY = 0.005


def main() -> None:
    late: list[float] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(print(*late)))
    while True:
        begin = time.monotonic()
        time.sleep(EVERY)
        late.append((time.monotonic() - begin - EVERY) * 1e3)


if __name__ == "__main__":
    main()
