"""What can happen to a rating: given, revised, withdrawn, moved to the vendor it was about all along."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import InvalidRequestError

from forum import anonymity, text
from forum.accounts.models import Member
from forum.accounts.organisations import organisation_of
from forum.db import start_of_day, db, lock, now
from forum.ratings.criteria import ASK_KEYS, DEALS, CRITERION_KEYS
from forum.ratings.models import Rating, RatingRevision, Withdrawal
from forum.ratings.queries import free_chain_link, count_rating_revisions, ratings_by_hmac
from forum.vendors.models import Category, Programme, Tier, Vendor
from forum.vendors.queries import merged_vendor_ids

ORGANISATION_SEAL = "organisation of a rating"
# What a member says in a rating, and what its history keeps.
ANSWER_KEYS = (*CRITERION_KEYS, *ASK_KEYS, *DEALS, "currency", "years", "only_vendor_trains", "worth", "again", "interest")


class AlreadyRated(Exception):
    """The member has a live rating of the same thing under the other kind of name, or with another anonymous text."""


def hmac_subject(
    vendor: Vendor | None, programme: Programme | None, category: Category | None, description: str | None
) -> str:
    """What a rating is of, as its mark knows it: one live rating each."""
    if vendor is not None:
        return f"vendor {vendor.id} programme {programme.id if programme else 0}"
    return f"category {category.id if category else 0} {text.fold(description or '')}"


def live_ratings(
    member: Any,
    vendor: Vendor | None,
    programme: Programme | None,
    category: Category | None = None,
    description: str | None = None,
) -> Sequence[Rating]:
    """The member's live ratings of it, signed or not, the latest first: one, unless vendors were merged.

    A mark is made of the vendor as it was then, and an anonymous one cannot be made anew: who rated both keeps both.
    """
    number = programme.id if programme else 0
    subjects = [hmac_subject(vendor, programme, category, description)]
    subjects += [f"vendor {old} programme {number}" for old in merged_vendor_ids(vendor.id)] if vendor is not None else []
    return ratings_by_hmac(mark for subject in subjects for mark in anonymity.rater_hmacs(member.id, subject))


def rate(
    member: Member,
    *,
    vendor: Vendor | None = None,
    programme: Programme | None = None,
    tier: Tier | None = None,
    category: Category | None = None,
    description: str | None = None,
    anonymous: bool,
    answers: Mapping[str, Any],
    submission: str | None = None,
    at: datetime | None = None,
) -> Rating:
    """Give a rating, or revise the live one of the same programme. `said` has the keys of SAID.

    Raises RatedOtherwise when the live one is signed and this is not, or the other way round: one may not stand for
    the other, or it would tell whose the anonymous one was.
    """
    lock(f"ratings of {member.id}")
    subject = hmac_subject(vendor, programme, category, description)
    day = start_of_day(at or now())
    if known := live_ratings(member, vendor, programme, category, description):
        return _revise_live(known, member, tier, answers, day, anonymous=anonymous, submission=submission)
    rating = Rating(
        rater_hmac=anonymity.rater_hmacs(member.id, subject)[0],
        organisation_seal=_seal_organisation(member),
        vendor=vendor,
        programme=programme,
        tier=tier,
        category=category,
        vendor_description=text.single_line(description) if description else None,
        submission=submission or None,
        rated_at=day,
    )
    _set_values(rating, answers)
    if anonymous:
        rating.chain_link = free_chain_link(member)
    else:
        rating.author_id = member.id
    db.session.add(rating)
    db.session.flush()
    return rating


def _revise_live(
    live: Sequence[Rating],
    member: Member,
    tier: Tier | None,
    answers: Mapping[str, Any],
    day: datetime,
    *,
    anonymous: bool,
    submission: str | None,
) -> Rating:
    known = next((rating for rating in live if rating.anonymous == anonymous), None)
    if known is None:
        raise AlreadyRated
    if submission and known.submission == submission:
        return known  # the same press of the button, twice
    known.submission = submission or known.submission
    return revise(known, author=member, tier=tier, answers=answers, day=day)


def revise(
    rating: Rating,
    *,
    tier: Tier | None,
    answers: Mapping[str, Any],
    author: Member | None = None,
    day: datetime | None = None,
) -> Rating:
    """Say something else from today on, for the house that its `author` works for today; what it said is kept.

    The same again on the same day changes nothing.
    """
    if author is not None:
        _reassign_organisation(author, rating)
    # Two revisions at once come one after the other. `of`, since PostgreSQL locks no outer join it may have come by.
    db.session.refresh(rating, with_for_update={"of": Rating})
    day = day or start_of_day(now())
    same = {key: answers.get(key) for key in ANSWER_KEYS} | {"currency": answers.get("currency") or "EUR"}
    unchanged = rating.tier is tier and all(getattr(rating, key) == value for key, value in same.items())
    if unchanged and day == (rating.revised_at or rating.rated_at):
        return rating
    before = {key: getattr(rating, key) for key in ANSWER_KEYS} | {"tier": rating.tier.name if rating.tier else None}
    number = count_rating_revisions(rating.id) + 1
    db.session.add(RatingRevision(rating_id=rating.id, number=number, answers=before, replaced_at=day))
    _set_values(rating, answers)
    rating.tier = tier
    rating.revised_at = day
    rating.version += 1
    db.session.flush()
    return rating


def _reassign_organisation(member: Member, rating: Rating) -> None:
    """The member works elsewhere by now: the house from before leaves the figures, the other one comes in."""
    house = organisation_of(member)
    if organisation_of_seal(rating.organisation_seal) == (anonymity.organisation_hmac(house.name), house.verified):
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
    """Take it down with all it ever said. Figures follow with the next batch, for which its house is noted, sealed."""
    lock_figures(rating.vendor_id, rating.category_id)
    try:
        db.session.refresh(rating)
    except InvalidRequestError:
        return  # it was withdrawn a moment ago
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
    """Its vendor was undisclosed, and now is named: the rating counts for the vendor from here on.

    Raises RatedOtherwise when the member has rated that programme already.
    """
    lock(f"ratings of {member.id}")
    subject = hmac_subject(vendor, programme, None, None)
    if live_ratings(member, vendor, programme):
        raise AlreadyRated
    lock_figures(rating.vendor_id, rating.category_id)
    db.session.refresh(rating)
    if rating.published_version is not None:
        db.session.add(Withdrawal(category_id=rating.category_id, organisation_seal=_reseal(rating)))
    rating.category = None
    rating.vendor_description = None
    rating.vendor, rating.programme, rating.tier = vendor, programme, tier
    rating.rater_hmac = anonymity.rater_hmacs(member.id, subject)[0]
    rating.published_version = rating.published_tier_id = None
    rating.version += 1
    db.session.flush()


def lock_figures(vendor_id: int | None, category_id: int | None) -> None:
    """Nothing leaves the figures of a vendor or a category while they are made, and they are not made meanwhile."""
    lock(f"figures of vendor {vendor_id} category {category_id}")


def organisation_of_seal(seal: str) -> tuple[str, bool]:
    """What a seal holds: the mark of an organisation, and whether a work domain stands behind it.

    A seal that no key opens any more counts alone.
    """
    opened = anonymity.unseal(ORGANISATION_SEAL, seal)
    return (opened[1:], opened[0] == "w") if opened else (seal, False)


def _seal_organisation(member: Member) -> str:
    house = organisation_of(member)
    return anonymity.seal(ORGANISATION_SEAL, ("w" if house.verified else "f") + anonymity.organisation_hmac(house.name))


def _reseal(rating: Rating) -> str:
    """The same house in another seal: the note of a withdrawal cannot be laid beside an older copy of the rating."""
    opened = anonymity.unseal(ORGANISATION_SEAL, rating.organisation_seal)
    return anonymity.seal(ORGANISATION_SEAL, opened) if opened else rating.organisation_seal


def _set_values(rating: Rating, answers: Mapping[str, Any]) -> None:
    for key in ANSWER_KEYS:
        setattr(rating, key, answers.get(key))
    rating.currency = answers.get("currency") or "EUR"
