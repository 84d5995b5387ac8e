"""The admin API. Its modules are imported with the first request to it."""

PREFIX = "/_mockclaude"


def is_admin_path(path: str) -> bool:
    """Return whether a raw path belongs to the admin API."""
    return path.startswith(PREFIX) and path[len(PREFIX) : len(PREFIX) + 1] in ("", "/", "?")
