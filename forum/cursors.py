"""Cursors: the position of a row in a sorted list, as text in a URL, for lists paged by key.

A cursor is the row's sort value and its id: 20261112T093000.81234 or 41.81234.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, tuple_

from forum import anonymity

_TIME_FORMAT = "%Y%m%dT%H%M%S"
# An underscore separated the two in older links to the moderation queue.
_CURSOR = re.compile(r"(.{1,24})[._](-?[0-9]{1,18})")
_SEAL_PURPOSE = "position in a list"
_SEALED_LENGTH = 48
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


def seal(value: datetime, row_id: int) -> str:
    """Return the cursor of a row in a list that only its member may see, sealed.

    Addresses stay in the history of a browser, which others may read, and must not name an anonymous text there.
    """
    return anonymity.seal(_SEAL_PURPOSE, encode(value, row_id).ljust(_SEALED_LENGTH))


def unseal(cursor: str | None, value_type: type) -> Cursor | None:
    """Return the position that a sealed cursor stands for; None for anything else."""
    try:
        return decode((anonymity.unseal(_SEAL_PURPOSE, cursor) or "").rstrip(), value_type) if cursor else None
    except ValueError:
        return None


def seal_key(key: str) -> str:
    """Return the cursor of an item in such a list that is made in memory, after its key: as long as any other."""
    return anonymity.seal(_SEAL_PURPOSE, digest_of(key).ljust(_SEALED_LENGTH))


def unseal_key(cursor: str | None) -> str | None:
    """Return the digest of the key that a sealed cursor stands for; None for anything else."""
    try:
        return (anonymity.unseal(_SEAL_PURPOSE, cursor) or "").rstrip() or None if cursor else None
    except ValueError:
        return None


def digest_of(key: str) -> str:
    """Return what stands for the key of an item in a cursor: 40 hexadecimal digits."""
    return sha256(key.encode()).hexdigest()[:40]


def is_after_position(value: ColumnElement[Any], row_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a row comes after the position in the parameters `value` and `number`, latest first."""
    position = tuple_(bindparam("value", type_=value.type), bindparam("number", type_=row_id.type))
    return tuple_(value, row_id) < position
