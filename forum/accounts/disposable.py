"""Disposable e-mail services, whose addresses last minutes. Nobody joins with one: no mail would reach them later."""

from functools import cache
from pathlib import Path

from forum.domains import normalized_address


def is_disposable(email: str) -> bool:
    """Return whether the address is at a disposable service, or at a subdomain of one."""
    labels = normalized_address(email).rpartition("@")[2].split(".")
    return any(".".join(labels[n:]) in _domains() for n in range(len(labels) - 1))


@cache
def _domains() -> frozenset[str]:
    lines = (Path(__file__).parent / "disposable.txt").read_text().splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
