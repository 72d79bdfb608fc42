"""Months and years for which figures are counted."""

from datetime import UTC, datetime
from typing import NamedTuple

from forum.dates import MONTHS


class Period(NamedTuple):
    """A month ("2026-11") or a year ("2026"), from its start up to but without its end."""

    key: str
    start: datetime
    end: datetime

    @property
    def year(self) -> str:
        """The year, as in the key."""
        return self.key[:4]

    @property
    def is_year(self) -> bool:
        """Whether it is a whole year."""
        return len(self.key) == len("2026")

    @property
    def label(self) -> str:
        """ "November 2026", or "2026"."""
        return self.key if self.is_year else f"{self.month_name} {self.year}"

    @property
    def month_name(self) -> str:
        """ "November"."""
        return MONTHS[self.start.month - 1]


def year_period(year: int) -> Period:
    """Return a whole year."""
    return Period(f"{year:04}", datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC))


def month_period(year: int, month: int) -> Period:
    """Return a month."""
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return Period(f"{year:04}-{month:02}", datetime(year, month, 1, tzinfo=UTC), end)


def periods_between(first: datetime, last: datetime) -> list[Period]:
    """Return each year from the first moment to the last, the latest first, followed by its months."""
    periods = []
    for year in range(last.year, first.year - 1, -1):
        months = [month_period(year, month) for month in range(12, 0, -1)]
        periods.append(year_period(year))
        periods += [month for month in months if month.start <= last and month.end > first]
    return periods
