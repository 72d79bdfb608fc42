"""Dates as pages show them: days for people, ISO 8601 for programs."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

MONTHS = """January February March April May June July August September October November December""".split()


def format_day(moment: datetime, zone: ZoneInfo | None = None, *, year: bool | None = None) -> str:
    """Format as "12 Nov", or as "12 Nov 2025" in another year than this; `year` forces one or the other."""
    local = moment.astimezone(zone or UTC)
    with_year = local.year != datetime.now(UTC).year if year is None else year
    return f"{local.day} {MONTHS[local.month - 1][:3]}" + (f" {local.year}" if with_year else "")


def format_time(moment: datetime, zone: ZoneInfo | None = None) -> str:
    """Format as "12 Nov, 14:03", in UTC with its name unless there is a zone; of a whole day, the day alone."""
    if is_whole_day(moment):
        return format_day(moment)
    clock = moment.astimezone(zone or UTC).strftime("%H:%M")
    return f"{format_day(moment, zone)}, {clock}{'' if zone else ' UTC'}"


def is_whole_day(moment: datetime) -> bool:
    """Return whether the time is midnight in UTC, as in all dates of anonymous texts."""
    return moment.hour == moment.minute == moment.second == 0


@cache
def time_zone_by_name(name: str) -> ZoneInfo | None:
    """Return the IANA time zone, or None for an unknown name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):
        return None


def format_month(moment: datetime) -> str:
    """Format as "November 2026"."""
    return f"{MONTHS[moment.month - 1]} {moment.year}"


def format_iso(moment: datetime) -> str:
    """Format as "2026-11-12T09:30:00Z", or as "2026-11-12" at midnight in UTC: anonymous texts have only a day."""
    moment = moment.astimezone(UTC)
    if is_whole_day(moment):
        return moment.date().isoformat()
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def format_rfc3339(moment: datetime) -> str:
    """Format as feeds require, "2026-11-12T00:00:00Z", even for a day without a time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
