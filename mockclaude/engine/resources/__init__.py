"""Endpoints of objects that clients create: the handlers, and the views that depend on the time."""
