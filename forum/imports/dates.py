"""Dates as exports write them."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from forum.db import now

FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(fields: dict[str, str], *names: str) -> datetime | None:
    """The first of these fields that is a date ("0000-00-00 00:00:00" is none), in UTC and not ahead of now."""
    for name in names:
        found = _read(fields.get(name, "").strip())
        if found is not None:
            return min(max(found, FIRST), now())
    return None


def _read(written: str) -> datetime | None:
    """A date without a zone is taken for UTC: an export does not say where the blog was."""
    try:
        moment = parsedate_to_datetime(written) if "," in written else datetime.fromisoformat(written)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None
