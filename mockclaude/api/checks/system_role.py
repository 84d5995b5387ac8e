"""Checks."""

from __future__ import annotations

from mockclaude.api.checks.check import Check

CHECKS: tuple[Check, ...] = ()
