"""Placeholders and the values that fill them."""
