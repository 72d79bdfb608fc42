"""What a year of a status costs, and from which revenue on it pays for itself. Pure sums, in euros a year."""

from typing import NamedTuple

HOURS_A_DAY = 8


class YearlyCosts(NamedTuple):
    """The parts of the first year and the sums. `break_even` is a revenue, None without extra margin."""

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
    """Return the cost of a status for certified people, each with training costs and days, a fee, and hours at a rate.

    Later years halve training and its days, because exams are renewed every second year. `margin` is the extra margin
    over the next lower status in points of revenue.
    """
    courses, days_off = people * training, people * days * HOURS_A_DAY * rate
    webinars = hours * rate
    later_years = courses / 2 + days_off / 2 + fee + webinars
    return YearlyCosts(
        training=courses,
        days_off=days_off,
        fee=fee,
        webinars=webinars,
        first_year=courses + days_off + fee + webinars,
        later_years=later_years,
        break_even=later_years / (margin / 100) if margin > 0 else None,
    )
