"""Scenario files, from the disk to a `Scenario`, with the place of every value."""
