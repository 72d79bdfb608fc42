"""What a year of a status costs, and from which revenue on it pays for itself. Pure sums, in euros a year."""

from typing import NamedTuple

from forum.ratings.directions import stated_amount
from forum.ratings.figure_types import Figures
from forum.vendors.models import Tier

HOURS_A_DAY = 8
# What the calculator starts with where nobody has reported anything.
DEFAULT_DAYS, DEFAULT_RATE, DEFAULT_MARGIN = 3, 75, 4


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


def calculator_defaults(tier: Tier | None, tier_figures: Figures | None, figures: Figures | None) -> dict[str, int]:
    """Return what the calculator starts with.

    That is the median reported at the tier, else what the vendor states for it, else that of all partners, else 0.
    """

    def default(ask: str) -> int:
        at_tier = tier_figures["asks"].get(ask) if tier_figures else None
        stated = stated_amount(tier, ask)
        of_all = figures["asks"].get(ask) if figures else None
        if at_tier is None and stated is not None:
            return stated
        reported = at_tier or of_all
        return reported["median"] if reported else 0

    return {
        "people": default("certified_people"),
        "training": default("training_cost"),
        "days": DEFAULT_DAYS,
        "fee": default("annual_fee"),
        "hours": default("hours"),
        "rate": DEFAULT_RATE,
        "margin": DEFAULT_MARGIN,
    }


def tier_figures_of(figures: Figures | None, tier_id: int) -> Figures | None:
    """Return the published figures of a tier if any measure in stars is among them."""
    at_tier = figures.get("tiers", {}).get(str(tier_id)) if figures else None
    return at_tier if at_tier and at_tier["stars"] else None
