"""Cursors: the position of a row in a sorted list, as text in a URL, for lists paged by key.

A cursor is the row's sort value and its id: 20261112T093000.81234 or 41.81234.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

_TIME_FORMAT = "%Y%m%dT%H%M%S"
_READERS: dict[type, Callable[[str], object]] = {
    datetime: lambda written: datetime.strptime(written, _TIME_FORMAT).replace(tzinfo=UTC),
    float: float,
    int: int,
}


class Cursor(NamedTuple):
    """A position in a list: after the row with this sort value and id."""

    value: object
    id: int


def encode(value: datetime | float, row_id: int) -> str:
    """Return the cursor of a row as text. An int or a float keeps its exact value, a datetime its second."""
    written = value.strftime(_TIME_FORMAT) if isinstance(value, datetime) else repr(value)
    return f"{written}.{row_id}"


def decode(cursor: str | None, value_type: type) -> Cursor | None:
    """Return the position that a cursor of this type of value (datetime, int or float) stands for.

    Anything else is None: a mistyped URL shows the first page.
    """
    written, _, number = (cursor or "").rpartition(".")
    if not (number.isdecimal() and len(number) < 19 and len(written) < (10 if value_type is int else 25)):
        return None
    try:
        return Cursor(_READERS[value_type](written), int(number))
    except ValueError:
        return None
