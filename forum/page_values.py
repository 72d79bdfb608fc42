"""Values that several parts of a page need, such as its list and the bell, computed once per read-only request."""

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, g, request

from forum.config import SAFE_METHODS

Value = TypeVar("Value")


def once_per_page(name: str, member_id: int, make: Callable[[], Value]) -> Value:
    """Return the value of this name for the member, computed once in this request.

    It is always made where something may be written, and outside of requests.
    """
    values: dict[tuple[str, int], Value] | None = g.get("page_values")
    if values is None:
        return make()
    key = (name, member_id)
    if key not in values:
        values[key] = make()
    return values[key]


def init_app(app: Flask) -> None:
    """Start each read-only request without values."""
    app.before_request(_begin)


def _begin() -> None:
    g.page_values = {} if request.method in SAFE_METHODS else None
