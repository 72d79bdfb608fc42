"""Mail services whose addresses last minutes: nobody joins with one, since nobody could be reached there."""

from functools import cache
from pathlib import Path


def is_disposable(address: str) -> bool:
    """Whether the address is at such a service, or at a name under one of its names."""
    labels = address.strip().lower().rpartition("@")[2].rstrip(".").split(".")
    return any(".".join(labels[n:]) in _domains() for n in range(len(labels) - 1))


@cache
def _domains() -> frozenset[str]:
    lines = (Path(__file__).parent / "disposable.txt").read_text().splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
