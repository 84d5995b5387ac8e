"""Faults: which are selected for a request, and how they are applied to a response."""
