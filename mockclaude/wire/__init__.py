"""Encode a response as HTTP bytes with times."""
