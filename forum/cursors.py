"""Cursors: the position of a row in a sorted list, as text in a URL, for lists paged by key.

A cursor is the row's sort value and its id: 20261112T093000.81234 or 41.81234.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

_TIME_FORMAT = "%Y%m%dT%H%M%S"
# An underscore separated the two in older links to the moderation queue.
_CURSOR = re.compile(r"(.{1,24})[._]([0-9]{1,18})")
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
    match = _CURSOR.fullmatch(cursor or "")
    if match is None or (value_type is int and len(match[1]) > 9):
        return None
    try:
        return Cursor(_READERS[value_type](match[1]), int(match[2]))
    except ValueError:
        return None
