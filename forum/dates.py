"""Dates as pages write them: a day for reading, ISO 8601 for machines."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

MONTHS = """January February March April May June July August September October November December""".split()


def format_day(moment: datetime, zone: ZoneInfo | None = None, *, year: bool | None = None) -> str:
    """ "12 Nov", or "12 Nov 2025" when it is not this year's (or when `year` says so)."""
    local = moment.astimezone(zone or UTC)
    with_year = local.year != datetime.now(UTC).year if year is None else year
    return f"{local.day} {MONTHS[local.month - 1][:3]}" + (f" {local.year}" if with_year else "")


def is_whole_day(moment: datetime) -> bool:
    """Whether it stands for a day, as the moments of anonymous writing do: midnight in UTC."""
    return moment.hour == moment.minute == moment.second == 0


@cache
def time_zone_by_name(name: str) -> ZoneInfo | None:
    """The time zone with this name, or None."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):
        return None


def format_month(moment: datetime) -> str:
    """ "November 2026"."""
    return f"{MONTHS[moment.month - 1]} {moment.year}"


def format_iso(moment: datetime) -> str:
    """ "2026-11-12" for a moment that is a whole day in UTC, as anonymous ones are, else "2026-11-12T09:30:00Z"."""
    moment = moment.astimezone(UTC)
    if is_whole_day(moment):
        return moment.date().isoformat()
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def format_rfc3339(moment: datetime) -> str:
    """RFC 3339, as feeds want it, whatever the precision: "2026-11-12T00:00:00Z"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
