"""Diagnostics for files that are well formed but probably wrong."""
