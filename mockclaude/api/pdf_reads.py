"""The budget of reads of a PDF."""

from __future__ import annotations


class ReadBudget:
    """A number of reads, of which `left` remain."""

    def __init__(self, reads: int) -> None:
        self.left = reads

    def spend(self, reads: int) -> None:
        """Subtract `reads`.

        Raises:
            OverflowError: Fewer remain.
        """
        self.left -= reads
        if self.left < 0:
            raise OverflowError
