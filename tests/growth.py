"""How the cost of a function grows with its input: the same on a slow machine and on a busy one."""

from collections.abc import Callable
from time import thread_time


def growth(function: Callable[[str], object], text: str, *, factor: int = 8) -> float:
    """Return how many times longer the whole text takes than the first 1/factor of it, in CPU time of this thread.

    About `factor` means that the cost is linear, factor squared that it is quadratic.
    """
    return _cost(function, text) / _cost(function, text[: len(text) // factor])


def _cost(function: Callable[[str], object], text: str) -> float:
    costs = []
    for _ in range(2):
        start = thread_time()
        function(text)
        costs.append(thread_time() - start)
    return max(min(costs), 1e-4)
