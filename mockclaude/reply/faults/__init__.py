"""Faults: which are due, and what they do to a response."""
