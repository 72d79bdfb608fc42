"""Write ratings: rate, revise, withdraw, and name the vendor that was undisclosed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.exc import InvalidRequestError

from forum import anonymity, text
from forum.accounts.models import Member
from forum.accounts.organisations import organisation_of
from forum.db import db, lock, now, start_of_day
from forum.ratings.criteria import ASK_KEYS, CRITERION_KEYS, DEALS, Answer
from forum.ratings.models import Rating, RatingRevision, Withdrawal
from forum.ratings.queries import count_rating_revisions, next_chain_link, ratings_by_hmac
from forum.vendors.models import Category, Programme, Tier, Vendor
from forum.vendors.queries import merged_vendor_ids

ORGANISATION_SEAL_PURPOSE = "organisation of a rating"
# What a member answers in a rating, and what a revision keeps.
ANSWER_KEYS = (
    *CRITERION_KEYS,
    *ASK_KEYS,
    *DEALS,
    "currency",
    "years",
    "only_vendor_trains",
    "worth",
    "again",
    "interest",
)


class AlreadyRated(Exception):
    """The member has rated the same: by name where this is anonymous or the reverse, or in another anonymous text."""


class RatingSubject(NamedTuple):
    """What a rating is of: a vendor's programme, or an undisclosed vendor of a category."""

    vendor: Vendor | None
    programme: Programme | None
    category: Category | None = None
    description: str | None = None

    def hmac_input(self) -> str:
        """Return what enters the rater's HMAC besides the member."""
        if self.vendor is None:
            return f"category {self.category.id if self.category else 0} {text.fold(self.description or '')}"
        return f"vendor {self.vendor.id} programme {self.programme.id if self.programme else 0}"


def live_ratings(
    member: Member,
    vendor: Vendor | None,
    programme: Programme | None,
    category: Category | None = None,
    description: str | None = None,
) -> Sequence[Rating]:
    """Return the member's live ratings of it, by name or anonymous, latest first: one, unless vendors were merged.

    The HMAC is made of the vendor as it was then and cannot be made again for an anonymous rating. So members who had
    rated both vendors keep both ratings.
    """
    programme_id = programme.id if programme else 0
    merged = merged_vendor_ids(vendor.id) if vendor is not None else []
    inputs = [RatingSubject(vendor, programme, category, description).hmac_input()]
    inputs += [f"vendor {vendor_id} programme {programme_id}" for vendor_id in merged]
    return ratings_by_hmac(rater_hmac for item in inputs for rater_hmac in anonymity.rater_hmacs(member.secret, item))


def rate(
    member: Member,
    *,
    vendor: Vendor | None = None,
    programme: Programme | None = None,
    tier: Tier | None = None,
    category: Category | None = None,
    description: str | None = None,
    anonymous: bool,
    answers: Mapping[str, Answer],
    submission: str | None = None,
    at: datetime | None = None,
) -> Rating:
    """Create a rating, or revise the live one of the same subject. `answers` has the keys of ANSWER_KEYS.

    Raise AlreadyRated when one of the two is anonymous and the other is not: replacing one by the other would reveal
    whose the anonymous one was.
    """
    lock(f"ratings of {member.id}")
    day = start_of_day(at or now())
    subject = RatingSubject(vendor, programme, category, description)
    existing = live_ratings(member, *subject)
    if not existing:
        return _create(member, subject, tier, answers, day, anonymous=anonymous, submission=submission)
    rating = next((rating for rating in existing if rating.anonymous == anonymous), None)
    if rating is None:
        raise AlreadyRated
    return _revise_once(rating, member, tier, answers, day, submission=submission)


def _create(
    member: Member,
    subject: RatingSubject,
    tier: Tier | None,
    answers: Mapping[str, Answer],
    day: datetime,
    *,
    anonymous: bool,
    submission: str | None,
) -> Rating:
    rating = Rating(
        rater_hmac=_rater_hmac(member, subject),
        organisation_seal=_seal_organisation(member),
        vendor=subject.vendor,
        programme=subject.programme,
        tier=tier,
        category=subject.category,
        vendor_description=text.single_line(subject.description) if subject.description else None,
        submission=submission or None,
        rated_at=day,
    )
    _set_answers(rating, answers)
    if anonymous:
        rating.chain_link = next_chain_link(member)
    else:
        rating.author_id = member.id
    db.session.add(rating)
    db.session.flush()
    return rating


def _revise_once(
    rating: Rating,
    member: Member,
    tier: Tier | None,
    answers: Mapping[str, Answer],
    day: datetime,
    *,
    submission: str | None,
) -> Rating:
    if submission and rating.submission == submission:
        return rating  # the same form was sent twice
    rating.submission = submission or rating.submission
    return revise(rating, author=member, tier=tier, answers=answers, day=day)


def revise(
    rating: Rating,
    *,
    tier: Tier | None,
    answers: Mapping[str, Answer],
    author: Member | None = None,
    day: datetime | None = None,
) -> Rating:
    """Replace the answers from today on and keep the old ones as a revision; the same answers on one day do nothing.

    With an `author` the rating counts for the organisation that the author belongs to today.
    """
    if author is not None:
        _reassign_organisation(author, rating)
    # Simultaneous revisions run one after the other. `of`, because PostgreSQL cannot lock the joined tables of a row.
    db.session.refresh(rating, with_for_update={"of": Rating})
    day = day or start_of_day(now())
    values = {key: answers.get(key) for key in ANSWER_KEYS} | {"currency": answers.get("currency") or "EUR"}
    is_same = rating.tier is tier and all(getattr(rating, key) == value for key, value in values.items())
    if is_same and day == (rating.revised_at or rating.rated_at):
        return rating
    _add_revision(rating, day)
    _set_answers(rating, answers)
    rating.tier = tier
    rating.revised_at = day
    rating.version += 1
    db.session.flush()
    return rating


def _add_revision(rating: Rating, day: datetime) -> None:
    answers: dict[str, Answer] = {key: getattr(rating, key) for key in ANSWER_KEYS}
    answers["tier"] = rating.tier.name if rating.tier else None
    number = count_rating_revisions(rating.id) + 1
    db.session.add(RatingRevision(rating_id=rating.id, number=number, answers=answers, replaced_at=day))


def _reassign_organisation(member: Member, rating: Rating) -> None:
    """When the member works elsewhere by now, the old organisation leaves the figures and the new one enters them."""
    if organisation_of_seal(rating.organisation_seal) == _organisation_hmac(member):
        return
    lock_figures(rating.vendor_id, rating.category_id)
    db.session.refresh(rating)
    if rating.published_version is not None:
        _record_withdrawal(rating)
        rating.published_version = rating.published_tier_id = None
    rating.organisation_seal = _seal_organisation(member)
    rating.version += 1
    db.session.flush()


def withdraw(rating: Rating) -> None:
    """Delete the rating with its revisions. The figures follow with the next batch, for which a withdrawal is kept."""
    lock_figures(rating.vendor_id, rating.category_id)
    try:
        db.session.refresh(rating)
    except InvalidRequestError:
        return  # another request has just deleted it
    if rating.published_version is not None:
        _record_withdrawal(rating)
    db.session.delete(rating)
    db.session.flush()


def _record_withdrawal(rating: Rating) -> None:
    db.session.add(
        Withdrawal(
            vendor_id=rating.vendor_id,
            category_id=rating.category_id,
            tier_id=rating.published_tier_id,
            organisation_seal=_reseal(rating),
        )
    )


def disclose_vendor(
    rating: Rating, member: Member, *, vendor: Vendor, programme: Programme | None, tier: Tier | None
) -> None:
    """Set the vendor of a rating that was given without naming one. From now on it counts for that vendor.

    Raise AlreadyRated when the member has a live rating of that programme.
    """
    lock(f"ratings of {member.id}")
    if live_ratings(member, vendor, programme):
        raise AlreadyRated
    lock_figures(rating.vendor_id, rating.category_id)
    db.session.refresh(rating)
    if rating.published_version is not None:
        db.session.add(Withdrawal(category_id=rating.category_id, organisation_seal=_reseal(rating)))
    rating.category = None
    rating.vendor_description = None
    rating.vendor, rating.programme, rating.tier = vendor, programme, tier
    rating.rater_hmac = _rater_hmac(member, RatingSubject(vendor, programme))
    rating.published_version = rating.published_tier_id = None
    rating.version += 1
    db.session.flush()


def lock_figures(vendor_id: int | None, category_id: int | None) -> None:
    """Wait until nobody publishes these figures or removes a rating from them, and keep others from it."""
    lock(f"figures of vendor {vendor_id} category {category_id}")


def organisation_of_seal(seal: str) -> tuple[str, bool]:
    """Return the HMAC of a sealed organisation, and whether it has a confirmed work domain.

    A seal that no key opens any more counts as an organisation of its own.
    """
    opened = anonymity.unseal(ORGANISATION_SEAL_PURPOSE, seal)
    return (opened[1:], opened[0] == "w") if opened else (seal, False)


def _rater_hmac(member: Member, subject: RatingSubject) -> str:
    return anonymity.rater_hmacs(anonymity.required(member.secret), subject.hmac_input())[0]


def _seal_organisation(member: Member) -> str:
    organisation_hmac, is_verified = _organisation_hmac(member)
    return anonymity.seal(ORGANISATION_SEAL_PURPOSE, ("w" if is_verified else "f") + organisation_hmac)


def _organisation_hmac(member: Member) -> tuple[str, bool]:
    """Return what the seal holds: the HMAC of the work domain, or without one of the member's secret."""
    organisation = organisation_of(member)
    name = organisation.name if organisation.verified else f"member {anonymity.required(member.secret)}"
    return anonymity.organisation_hmac(name), organisation.verified


def _reseal(rating: Rating) -> str:
    """Seal the same organisation again, so that a withdrawal cannot be matched with an old copy of the rating."""
    opened = anonymity.unseal(ORGANISATION_SEAL_PURPOSE, rating.organisation_seal)
    return anonymity.seal(ORGANISATION_SEAL_PURPOSE, opened) if opened else rating.organisation_seal


def _set_answers(rating: Rating, answers: Mapping[str, Answer]) -> None:
    for key in ANSWER_KEYS:
        setattr(rating, key, answers.get(key))
    rating.currency = str(answers.get("currency") or "EUR")
