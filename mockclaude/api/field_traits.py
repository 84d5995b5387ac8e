"""The traits of a request: the features without which checks cannot fail.

A trait is the name of a field that is not null, `role:system` for a message, `block:image` for a content block,
`tool:strict` for a field of a tool, `thinking:enabled` for the type of thinking, `cached` for breakpoints, `blank` for
a message without text, or `long` for a request that may exceed a context window.
"""

from __future__ import annotations

from mockclaude.api.body import Body


def list_inner_traits(body: Body) -> list[str]:
    """List the traits of the tools and of `thinking`."""
    tools, thinking = body.get("tools"), body.get("thinking")
    fields: set[str] = set()
    if isinstance(tools, list):
        fields.update(*[tool for tool in tools if isinstance(tool, dict)])
    types = [f"thinking:{thinking.get('type')}"] if isinstance(thinking, dict) else []
    return [f"tool:{field}" for field in fields] + types
