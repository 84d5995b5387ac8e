"""Run the steps of a program with a model, and end with 1 if one fails."""

import sys
from collections.abc import Callable


def run(model: str, **steps: Callable[[str], object]) -> None:
    """Run each step with `model`. Print its result."""
    failures = 0
    for name, step in steps.items():
        try:
            print(f"{name}: {step(model)!r:.100}")
        except Exception as error:
            failures += 1
            print(f"{name} failed: {error!r:.300}", file=sys.stderr)
    sys.exit(min(failures, 1))
