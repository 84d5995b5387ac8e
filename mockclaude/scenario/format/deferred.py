"""Models and types whose validators are built when a file first has a value of them.

Building all of them takes longer than the rest of a start, and few files use more than some.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, reduce
from operator import or_
from threading import RLock
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter
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


class DeferredUnion:
    """Models that the value of a field tells apart, built at their first use."""

    def __init__(self, models: Sequence[type[BaseModel]], discriminator: str) -> None:
        self._models = models
        self._discriminator = discriminator

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """The validator of the union."""
        with _BUILDING:
            for model in self._models:
                model.model_rebuild()
            union: Any = Annotated[reduce(or_, self._models), Field(discriminator=self._discriminator)]
            return TypeAdapter(union)

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
    """Return the schema of the deferred model or union that `validate` validates."""
    owner = validate.__self__
    return owner.adapter.core_schema if isinstance(owner, DeferredUnion) else owner.__pydantic_core_schema__
