"""Gates: the parts of the schema that need a version of the API or a beta.

Source: the SDKs' types, which name the beta of each parameter, and captures.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain

from mockclaude.api.betas import LISTED

GATES: dict[str, frozenset[str]] = {
    gate: frozenset(beta.name for beta in LISTED.betas if gate in beta.opens)
    for gate in sorted({gate for beta in LISTED.betas for gate in beta.opens})
}
"""Gate -> the betas that open it, from `betas.txt`. The versions of the API are gates too, which open themselves."""


_KEYS = frozenset(chain.from_iterable(GATES.values()))


def open_gates(version: str, betas: frozenset[str]) -> frozenset[str]:
    """Return the gates that `version` and `betas` open."""
    return _find_open_gates(version, betas & _KEYS)


@lru_cache(maxsize=256)
def _find_open_gates(version: str, betas: frozenset[str]) -> frozenset[str]:
    return frozenset({version, *(gate for gate, keys in GATES.items() if keys & betas)})
