"""The progress of message batches in a scenario file."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from mockclaude.scenario.format import units
from mockclaude.scenario.format.policy import BatchOrder, BatchPlan
from mockclaude.scenario.format.shorthand import FormatModel


class Batches(FormatModel):
    """The progress of message batches."""

    takes: Annotated[int, BeforeValidator(units.parse_duration)] | None = None
    """The time from the creation to the end. Default: until the first poll if the clock is instant, else 2 minutes."""
    polls: Annotated[int, Field(ge=1)] | None = None
    """The number of polls that still find the batch in progress. Without `takes`, the poll after them finds the end."""
    order: BatchOrder | None = None
    """The order of the lines of results: `drawn`, or `as_sent`, that of the requests. Default: `drawn`."""

    @property
    def plan(self) -> BatchPlan:
        """The progress, with the defaults."""
        return BatchPlan(self.takes, self.polls or 0, self.order or "drawn")
