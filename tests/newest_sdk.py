"""`python -m tests.newest_sdk [FOLDER]`: the tests of the SDK with the newest SDK, instead of the pinned one.

Makes a virtual environment in FOLDER, else in a temporary one, with mockclaude and the newest `anthropic` of PyPI.
Prints the names that `mockclaude/api/betas.txt` does not have, and runs `tests/sdk`. Ends with 1 if a name is new or a
test fails.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = ("tests/sdk", "tests/api/test_betas.py")


def run(*command: str | Path) -> int:
    """Print and run a command in the root folder of the repository. Return its exit code."""
    print("$", *command, flush=True)
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main(folder: Path) -> int:
    """Make the environment, compare and test in it. Return the exit code."""
    python = folder / "bin" / "python"
    install = (python, "-m", "pip", "install", "-q")
    made = (
        run(sys.executable, "-m", "venv", folder)
        or run(*install, "-e", ".[dev]")
        or run(*install, "--upgrade", "anthropic")
    )
    if made:
        return 1
    codes = [run(python, "-m", "tests.betas"), run(python, "-m", "pytest", *TESTS)]
    return int(any(codes))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(main(Path(sys.argv[1])))
    with tempfile.TemporaryDirectory() as name:
        sys.exit(main(Path(name)))
