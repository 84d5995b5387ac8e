"""The tests and the example programs of the official SDKs, run against mockclaude.

They need package registries, so no test run includes them. Nothing of an SDK is in this repository.
"""
