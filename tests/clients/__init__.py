"""Programs that use clients of the API, run through the built-in scenario.

`python -m tests.clients [NAME...]` installs each client in its own environment and runs its program.
"""
