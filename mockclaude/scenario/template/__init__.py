"""Placeholders in replies, and made-up values."""
