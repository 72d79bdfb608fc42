"""Write ratings: rate, revise, withdraw, and name the vendor that was undisclosed."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from sqlalchemy.exc import InvalidRequestError

from forum import anonymity, text
from forum.access import is_anonymous_writing_locked
from forum.accounts.models import Member
from forum.accounts.organisations import Organisation, organisation_of
from forum.db import db, lock, now, start_of_day
from forum.ratings.criteria import CRITERION_KEYS, Answer
from forum.ratings.models import ANSWER_KEYS, Rating, RatingRevision, seal_answers
from forum.ratings.queries import count_rating_revisions, next_chain_link, ratings_by_hmac, vendor_input
from forum.vendors.models import Category, Programme, Tier, Vendor
from forum.vendors.queries import merged_vendor_ids

ORGANISATION_SEAL_PURPOSE = "organisation of a rating"
# Days until answers count, so that nobody can aim at a batch: at least, and at most.
MIN_DELAY, MAX_DELAY = 3, 21
# A new account counts towards a batch only after so many days.
SEASONING = timedelta(days=30)


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
        return vendor_input(self.vendor.id, self.programme.id if self.programme else 0)


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
    inputs += [vendor_input(vendor_id, programme_id) for vendor_id in merged]
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
    is_shown: bool = False,
) -> Rating:
    """Create a rating, or revise the live one of the same subject. `answers` has the keys of ANSWER_KEYS.

    It counts after a random delay. `is_shown`: a post carries it. Raise AlreadyRated when one of the two is anonymous
    and the other is not: replacing one by the other would reveal whose the anonymous one was.
    """
    lock(f"ratings of {member.id}")
    day = start_of_day(at or now())
    subject = RatingSubject(vendor, programme, category, description)
    if existing := live_ratings(member, *subject):
        rating = _of_same_kind(existing, anonymous=anonymous)
        revise(rating, author=member, tier=tier, answers=answers, day=day)
    else:
        rating = _create(member, subject, tier, answers, day, anonymous=anonymous, submission=submission)
    if is_shown:
        _show(rating)
    return rating


def _of_same_kind(ratings: Sequence[Rating], *, anonymous: bool) -> Rating:
    rating = next((rating for rating in ratings if rating.anonymous == anonymous), None)
    if rating is None:
        raise AlreadyRated
    return rating


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
        category=subject.category,
        vendor_description=text.single_line(subject.description) if subject.description else None,
        submission=submission or None,
        rated_at=day,
    )
    _set_answers(rating, answers, tier, _seasoned_from(member))
    rating.counted_from = _random_day_after(day)
    if anonymous:
        rating.chain_link = next_chain_link(member)
    else:
        rating.author_id = member.id
    db.session.add(rating)
    db.session.flush()
    return rating


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
    old = rating.answers
    is_same = {key: old.get(key) for key in ANSWER_KEYS} == _complete(answers) and rating.tier is tier
    if is_same and day == (rating.revised_at or rating.rated_at):
        return rating
    _add_revision(rating, day)
    seasoned_from = _seasoned_from(author) if author is not None else str(old.get("seasoned_from") or "")
    _set_answers(rating, answers, tier, seasoned_from, moved=bool(old.get("moved")))
    if rating.is_shown:
        _show(rating)
    rating.revised_at = day
    rating.counted_from = _random_day_after(day)
    db.session.flush()
    return rating


def _add_revision(rating: Rating, day: datetime) -> None:
    answers = rating.answers | {"tier": rating.tier.name if rating.tier else None}
    number = count_rating_revisions(rating.id) + 1
    db.session.add(
        RatingRevision(rating_id=rating.id, number=number, answers_seal=seal_answers(answers), replaced_at=day)
    )


def _reassign_organisation(member: Member, rating: Rating) -> None:
    """When the member works elsewhere by now, the old organisation leaves the figures and the new one enters them."""
    if organisation_of_seal(rating.organisation_seal) == _organisation_hmac(member):
        return
    rating.organisation_seal = _seal_organisation(member)
    db.session.flush()


def withdraw(rating: Rating) -> None:
    """Delete the rating with its revisions. The figures follow with the next batch."""
    lock_figures(rating.vendor_id, rating.category_id)
    try:
        db.session.refresh(rating)
    except InvalidRequestError:
        return  # another request has just deleted it
    db.session.delete(rating)
    db.session.flush()


def disclose_vendor(
    rating: Rating, member: Member, *, vendor: Vendor, programme: Programme | None, tier: Tier | None
) -> None:
    """Set the vendor of a rating that was given without naming one. It counts for that vendor after a delay.

    It never counts towards a batch there: what was published of the category may hold it already.
    Raise AlreadyRated when the member has a live rating of that programme, or may not learn whether they have one.
    """
    lock(f"ratings of {member.id}")
    if is_anonymous_writing_locked(member) or live_ratings(member, vendor, programme):
        raise AlreadyRated
    lock_figures(rating.vendor_id, rating.category_id)
    db.session.refresh(rating)
    rating.category = None
    rating.vendor_description = None
    rating.vendor, rating.programme = vendor, programme
    rating.rater_hmac = _rater_hmac(member, RatingSubject(vendor, programme))
    old = rating.answers
    _set_answers(rating, old, tier, str(old.get("seasoned_from") or ""), moved=True)
    if rating.is_shown:
        _show(rating)
    rating.counted_from = _random_day_after(start_of_day(now()))
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
    return organisation_hmac(organisation, anonymity.required(member.secret)), organisation.verified


def organisation_hmac(organisation: Organisation, secret: str) -> str:
    """Return what a rating's seal holds of its author's organisation: of free mail the member's secret, no address."""
    return anonymity.organisation_hmac(organisation.name if organisation.verified else f"member {secret}")


def _set_answers(
    rating: Rating, answers: Mapping[str, Answer], tier: Tier | None, seasoned_from: str, *, moved: bool = False
) -> None:
    """Seal the answers with the tier, the day from which the author's account counts, and whether it was moved."""
    hidden: dict[str, Answer] = {"tier_id": tier.id if tier else None, "seasoned_from": seasoned_from}
    rating.answers_seal = seal_answers(_complete(answers) | hidden | ({"moved": True} if moved else {}))


def _show(rating: Rating) -> None:
    """Copy what a post shows to plain columns."""
    answers = rating.answers
    rating.shown_worth, rating.shown_again, rating.shown_tier = rating.worth, rating.again, rating.tier
    rating.shown_stars = {key: cast("int | None", answers.get(key)) for key in CRITERION_KEYS}
    db.session.flush()


def _complete(answers: Mapping[str, Answer]) -> dict[str, Answer]:
    return {key: answers.get(key) for key in ANSWER_KEYS} | {"currency": answers.get("currency") or "EUR"}


def _seasoned_from(member: Member) -> str:
    since = max(member.joined_at, member.work_domain_proved_at or member.joined_at)
    return (start_of_day(since) + SEASONING).date().isoformat()


def _random_day_after(day: datetime) -> datetime:
    return day + timedelta(days=MIN_DELAY + secrets.randbelow(MAX_DELAY - MIN_DELAY + 1))
