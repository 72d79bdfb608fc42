"""Dates of an export."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from forum.db import now

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def first_date(fields: dict[str, str], *names: str) -> datetime | None:
    """Return the first of these fields that is a date, in UTC and not later than now. "0000-00-00 00:00:00" is none."""
    for name in names:
        moment = _parse(fields.get(name, "").strip())
        if moment is not None:
            return min(max(moment, EARLIEST), now())
    return None


def _parse(text: str) -> datetime | None:
    """Return the date, or None. Without a time zone it is UTC: an export does not say where the blog was."""
    try:
        moment = parsedate_to_datetime(text) if "," in text else datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None
