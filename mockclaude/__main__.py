"""`python -m mockclaude` is the command `mockclaude`."""

from mockclaude.cli import main

main(prog_name="mockclaude")
