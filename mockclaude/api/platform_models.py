"""The API's names of models that have other names on Amazon Bedrock and Google's Vertex AI."""

from __future__ import annotations

from urllib.parse import unquote

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.api.memo import remember

_PLATFORM_NAME = compile_lazily(
    r"(?:(?:us|us-gov|eu|apac|ap|jp|au|ca|sa|global)\.)?(?:anthropic\.)?"
    r"(?P<name>[^:@+]+?)(?:@(?:default|(?P<date>\d+)))?(?:-v\d+)?(?::\d+)?(?P<fault>\+.*)?"
)
"""A name with its region and its vendor before it; after it, its date or its version and a requested fault."""


@remember(1024, 1_000)
def find_model_name(text: str) -> str:
    """Return the API's name of a model of a platform.

    For example, `eu.anthropic.claude-opus-4-7-v1:0` is `claude-opus-4-7`.

    Args:
        text: The platform's name or ARN, or its percent-encoded form. Of the ARN of an application inference profile,
            only the opaque id is known.
    """
    name = unquote(text)
    if name.startswith("arn:"):
        name = name.rpartition("/")[2]
    match = _PLATFORM_NAME.fullmatch(name)
    if match is None:
        return name
    name = f"{match['name']}-{match['date']}" if match["date"] else match["name"]
    return f"{name}{match['fault'] or ''}"
