"""What a year of a status costs, and from which revenue on it pays for itself. Pure sums; euros a year."""

from typing import NamedTuple

HOURS_A_DAY = 8


class YearlyCosts(NamedTuple):
    """The parts of the first year and the sums, in euros a year; `break_even` is revenue, None without extra margin."""

    training: float
    days_off: float
    fee: float
    webinars: float
    first_year: float
    later_years: float
    break_even: float | None


def yearly_costs(
    *, people: float, training: float, days: float, fee: float, hours: float, rate: float, margin: float
) -> YearlyCosts:
    """The cost of a status: certified people, training a head, days of it a head, fee, hours, cost of an hour.

    Later years halve training and its days, since exams are renewed every second year. `margin` is the extra margin
    over the next lower status in points of revenue.
    """
    courses, away = people * training, people * days * HOURS_A_DAY * rate
    webinars = hours * rate
    later = courses / 2 + away / 2 + fee + webinars
    return YearlyCosts(
        training=courses,
        days_off=away,
        fee=fee,
        webinars=webinars,
        first_year=courses + away + fee + webinars,
        later_years=later,
        break_even=later / (margin / 100) if margin > 0 else None,
    )
