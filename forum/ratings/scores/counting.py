"""Convert a rating's answers to what is counted: with its weight, and money in euros."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Protocol, cast

from forum.ratings.criteria import ASK_KEYS, ASKS, CRITERION_KEYS, DEALS, EURO_RATES, Answer
from forum.ratings.scores.contributions import CountedRating
from forum.ratings.scores.publication import epoch_weight

_CRITERIA, _ASKS, _DEALS = itemgetter(*CRITERION_KEYS), itemgetter(*ASK_KEYS), itemgetter(*DEALS)
_IS_MONEY = [ask.unit == "money" for ask in ASKS]
_SKIPPED: dict[str, Answer] = dict.fromkeys((*CRITERION_KEYS, *ASK_KEYS, *DEALS))


class DatedRating(Protocol):
    """A rating's dates and whether a post shows it."""

    @property
    def rated_at(self) -> datetime: ...

    @property
    def revised_at(self) -> datetime | None: ...

    @property
    def shown_worth(self) -> int | None: ...


def counted_rating(
    row: DatedRating, answers: Mapping[str, Answer], organisation: str, is_verified: bool, at: datetime
) -> CountedRating:
    """Return a rating as it is counted on a day: with its weight, and its money in euros."""
    values: dict[str, Any] = {**_SKIPPED, **answers}
    return CountedRating(
        organisation=organisation,
        tier_id=values.get("tier_id"),
        weight=epoch_weight((row.revised_at or row.rated_at).date()),
        worth=values["worth"],
        again=values["again"],
        criteria=_CRITERIA(values),
        asks=asks_in_euros(answers),
        deals=_DEALS(values),
        verified=is_verified,
        seasoned=str(values.get("seasoned_from", "")) <= at.date().isoformat() and not values.get("moved"),
        public=row.shown_worth is not None,
    )


def asks_in_euros(answers: Mapping[str, Answer]) -> tuple[float | None, ...]:
    """Return the answers to the asks, money converted to euros."""
    rate = EURO_RATES.get(str(answers.get("currency")), 1.0)
    values = cast("Sequence[int | None]", _ASKS({**_SKIPPED, **answers}))
    return tuple(
        value * rate if is_money and value is not None else value
        for value, is_money in zip(values, _IS_MONEY, strict=True)
    )
