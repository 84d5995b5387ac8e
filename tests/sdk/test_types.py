"""The schema of requests is as wide as the SDK's types, and no wider."""

from __future__ import annotations

import copy
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import pytest
import typing_extensions
from anthropic.types import message_count_tokens_params, message_create_params
from anthropic.types.beta import message_count_tokens_params as beta_count_tokens_params
from anthropic.types.beta import message_create_params as beta_create_params
from pydantic import BaseModel

from mockclaude.api.api_headers import NEW_VERSION, OLD_VERSION
from mockclaude.api.betas import KNOWN
from mockclaude.api.schema import find_error
from tests.api.asking import QUESTION

Path: TypeAlias = tuple[str | int, ...]

NOT_IN_THE_BODY = {"betas", "user_profile_id", "workspace_id", "model", "stream"}
GONE = ("Input tag 'document'", "citations: Extra inputs are not permitted")
"""What the newer version of the API takes no more, though the types have it: documents in answers, some citations."""

WORDS = {"id": "srvtoolu_1", "tool_use_id": "srvtoolu_1"}
FREE = ("input", "schema", "input_schema", "properties", "input_examples")
"""Objects of whatever keys."""


class Asking(typing.NamedTuple):
    """The type of a request, and how it is asked."""

    type: Any
    betas: frozenset[str]
    counting: bool


CREATE = Asking(message_create_params.MessageCreateParamsBase, frozenset(), False)
COUNT = Asking(message_count_tokens_params.MessageCountTokensParams, frozenset(), True)
BETA_CREATE = Asking(beta_create_params.MessageCreateParamsBase, KNOWN, False)
BETA_COUNT = Asking(beta_count_tokens_params.MessageCountTokensParams, KNOWN, True)


def bare(kind: Any) -> Any:
    """Return a type without what says of it whether it is required."""
    wrappers = (typing.Required, typing.NotRequired, typing.Annotated, typing_extensions.Annotated)
    return bare(get_args(kind)[0]) if get_origin(kind) in wrappers else kind


def fields(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def alternatives(kind: Any) -> list[Any]:
    """Return the alternatives that a request can name: not the models of responses, which the SDK sends as dicts."""
    return [one for one in map(bare, get_args(kind)) if not (isinstance(one, type) and issubclass(one, BaseModel))]


def is_list(kind: Any) -> bool:
    return get_origin(kind) in (list, Iterable, Sequence)


def smallest(kind: Any, name: str = "") -> Any:
    """Return a value of this type with nothing in it that may be left out."""
    kind, origin = bare(kind), get_origin(bare(kind))
    if typing_extensions.is_typeddict(kind):
        return {key: smallest(value, key) for key, value in fields(kind).items() if is_required(kind, value)}
    if origin is Literal:
        return get_args(kind)[0]
    if origin in (Union, UnionType):
        return smallest(alternatives(kind)[0], name)
    if is_list(kind):
        return [smallest(get_args(kind)[0], name)]
    if origin in (dict, Mapping):
        return {"type": "object"} if name == "input_schema" else {}
    plain = {str: WORDS.get(name, "x"), int: 60_000, float: 1.0, bool: True, type(None): None, object: "x"}
    return plain.get(kind, "")


def is_required(kind: Any, field: Any) -> bool:
    return get_origin(field) is typing.Required or (kind.__total__ and get_origin(field) is not typing.NotRequired)


def values(kind: Any, name: str = "", around: tuple[Any, ...] = ()) -> Iterator[Any]:
    """Yield values of this type: in one or the other, everything that it can have is there."""
    kind, origin = bare(kind), get_origin(bare(kind))
    if typing_extensions.is_typeddict(kind):
        yield from dicts(kind, name, around)
    elif origin is Literal:
        yield from get_args(kind)
    elif origin in (Union, UnionType):
        yield from (value for one in alternatives(kind) for value in values(one, name, around))
    elif is_list(kind):
        yield from ([value] for value in values(get_args(kind)[0], name, around))
    elif origin in (dict, Mapping) and typing_extensions.is_typeddict(get_args(kind)[1]):
        yield from ({"any": value} for value in values(get_args(kind)[1], "", around))
    else:
        yield smallest(kind, name)


def dicts(kind: Any, name: str, around: tuple[Any, ...]) -> Iterator[Any]:
    least = smallest(kind, name)
    yield least
    if kind not in around:
        for key, field in fields(kind).items():
            yield from ({**least, key: value} for value in values(field, key, (*around, kind)))


def bodies(asking: Asking) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a field, and a request with a value of it."""
    base = {"model": "claude-sonnet-5", "messages": [QUESTION]} | ({} if asking.counting else {"max_tokens": 5})
    for name, kind in fields(asking.type).items():
        if name not in NOT_IN_THE_BODY:
            yield from ((name, {**base, name: value}) for value in values(kind, name))


@pytest.mark.parametrize("version", [OLD_VERSION, NEW_VERSION])
@pytest.mark.parametrize("asking", [CREATE, COUNT, BETA_CREATE, BETA_COUNT], ids=lambda asking: asking.type.__module__)
def test_whatever_the_types_allow_is_taken(asking: Asking, version: str) -> None:
    said = {find_error(body, version, asking.betas, counting=asking.counting) for _, body in bodies(asking)}
    gone = {message for message in said if message and any(words in message for words in GONE)}

    assert said - gone == {None}
    assert bool(gone) is (version == NEW_VERSION)


def objects(value: Any, path: Path) -> Iterator[Path]:
    """Yield the paths of all objects in `value` whose keys are fixed."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, dict) and "any" not in value:
        yield path
    for key, item in inner:
        if key not in FREE:
            yield from objects(item, (*path, key))


def at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


OF_FALLBACKS = "Supported: model, max_tokens, output_config, speed, thinking."


def test_nothing_else_is_taken_at_any_depth() -> None:
    seen: set[str] = set()
    for name, body in bodies(BETA_CREATE):
        for path in objects(body[name], (name,)):
            looked_at = f"{[part for part in path if isinstance(part, str)]} {at(body, path)}"
            if looked_at not in seen:
                seen.add(looked_at)
                with_more = copy.deepcopy(body)
                at(with_more, path)["shadow"] = 1
                said = find_error(with_more, OLD_VERSION, KNOWN, counting=False)
                refused = (
                    ".shadow: Extra inputs are not permitted",
                    f"'shadow' is not a supported field. {OF_FALLBACKS}",
                )
                assert str(said).endswith(refused), (path, body[name])
    assert len(seen) > 500
