"""Models and types whose validators are built when a file first has a value of them.

Building all of them takes longer than the rest of a start, and few files use more than some.
"""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from threading import RLock
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")

_BUILDING = RLock()
"""A file can be loaded in a thread while requests select faults. Pydantic has such a lock since 2.14."""


class DeferredModel(BaseModel):
    """A model whose validator is built at its first use."""

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def model_rebuild(cls, **options: Any) -> bool | None:
        """Build the validator, unless another thread has built it meanwhile."""
        with _BUILDING:
            return super().model_rebuild(**{**options, "_parent_namespace_depth": 0})


class DeferredType:
    """A type whose module is imported with the first value of it."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    @cached_property
    def kind(self) -> Any:
        """The type."""
        return getattr(import_module(f"{__package__}.{self._module}"), self._name)

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """The validator of the type."""
        kind = self.kind
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind.model_rebuild()  # before 2.14, pydantic does not serialize a value whose own class is not built
        with _BUILDING:
            return TypeAdapter(kind)

    def validate(self, value: Any) -> Any:
        """Return a validated value."""
        return self.adapter.validator.validate_python(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.validate)


class _Deferred:
    """An annotation of a model, which is then no part of the validator around it."""

    def __get_pydantic_core_schema__(self, source: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(source.model_validate)


Deferred: TypeAlias = Annotated[T, _Deferred()]
"""A model whose validator is built when a value of it is first validated."""


def schema_of_deferred(validate: Any) -> CoreSchema:
    """Return the schema of the deferred model or type that `validate` validates."""
    owner = validate.__self__
    return owner.adapter.core_schema if isinstance(owner, DeferredType) else owner.__pydantic_core_schema__
