"""What can happen to a rating: given, revised, withdrawn, moved to the vendor it was about all along."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import InvalidRequestError

from forum import anonymity, text
from forum.accounts.models import Member
from forum.accounts.organisations import organisation_of
from forum.db import start_of_day, db, lock, now
from forum.ratings.criteria import ASKS_KEYS, DEALS, GIVES_KEYS
from forum.ratings.models import Rating, RatingRevision, Withdrawal
from forum.ratings.queries import free_listing_mark, how_many_rating_revisions, ratings_by
from forum.vendors.models import Category, Programme, Tier, Vendor
from forum.vendors.queries import merged_into

SEAL = "organisation of a rating"
# What a member says in a rating, and what its history keeps.
SAID = (*GIVES_KEYS, *ASKS_KEYS, *DEALS, "currency", "years", "only_vendor_trains", "worth", "again", "interest")


class RatedOtherwise(Exception):
    """The member has a live rating of the same thing under the other kind of name, or with another anonymous text."""


def subject_of(
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
    subjects = [subject_of(vendor, programme, category, description)]
    subjects += [f"vendor {old} programme {number}" for old in merged_into(vendor.id)] if vendor is not None else []
    return ratings_by(mark for subject in subjects for mark in anonymity.rater_hmacs(member.id, subject))


def rate(
    member: Member,
    *,
    vendor: Vendor | None = None,
    programme: Programme | None = None,
    tier: Tier | None = None,
    category: Category | None = None,
    description: str | None = None,
    anonymous: bool,
    said: Mapping[str, Any],
    submission: str | None = None,
    at: datetime | None = None,
) -> Rating:
    """Give a rating, or revise the live one of the same programme. `said` has the keys of SAID.

    Raises RatedOtherwise when the live one is signed and this is not, or the other way round: one may not stand for
    the other, or it would tell whose the anonymous one was.
    """
    lock(f"ratings of {member.id}")
    subject = subject_of(vendor, programme, category, description)
    day = start_of_day(at or now())
    if known := live_ratings(member, vendor, programme, category, description):
        return _given_again(known, member, tier, said, day, anonymous=anonymous, submission=submission)
    rating = Rating(
        rater_hmac=anonymity.rater_hmacs(member.id, subject)[0],
        organisation_seal=_sealed(member),
        vendor=vendor,
        programme=programme,
        tier=tier,
        category=category,
        vendor_description=text.single_line(description) if description else None,
        submission=submission or None,
        rated_at=day,
    )
    _say(rating, said)
    if anonymous:
        rating.chain_link = free_listing_mark(member)
    else:
        rating.author_id = member.id
    db.session.add(rating)
    db.session.flush()
    return rating


def _given_again(
    live: Sequence[Rating],
    member: Member,
    tier: Tier | None,
    said: Mapping[str, Any],
    day: datetime,
    *,
    anonymous: bool,
    submission: str | None,
) -> Rating:
    known = next((rating for rating in live if rating.anonymous == anonymous), None)
    if known is None:
        raise RatedOtherwise
    if submission and known.submission == submission:
        return known  # the same press of the button, twice
    known.submission = submission or known.submission
    return revise(known, by=member, tier=tier, said=said, day=day)


def revise(
    rating: Rating,
    *,
    tier: Tier | None,
    said: Mapping[str, Any],
    by: Member | None = None,
    day: datetime | None = None,
) -> Rating:
    """Say something else from today on, for the house that its author (`by`) works for today; what it said is kept.

    The same again on the same day changes nothing.
    """
    if by is not None:
        _move_to_house_of(by, rating)
    # Two revisions at once come one after the other. `of`, since PostgreSQL locks no outer join it may have come by.
    db.session.refresh(rating, with_for_update={"of": Rating})
    day = day or start_of_day(now())
    same = {key: said.get(key) for key in SAID} | {"currency": said.get("currency") or "EUR"}
    unchanged = rating.tier is tier and all(getattr(rating, key) == value for key, value in same.items())
    if unchanged and day == (rating.revised_at or rating.rated_at):
        return rating
    before = {key: getattr(rating, key) for key in SAID} | {"tier": rating.tier.name if rating.tier else None}
    number = how_many_rating_revisions(rating.id) + 1
    db.session.add(RatingRevision(rating_id=rating.id, number=number, said=before, replaced_at=day))
    _say(rating, said)
    rating.tier = tier
    rating.revised_at = day
    rating.version += 1
    db.session.flush()
    return rating


def _move_to_house_of(member: Member, rating: Rating) -> None:
    """The member works elsewhere by now: the house from before leaves the figures, the other one comes in."""
    house = organisation_of(member)
    if house_of(rating.organisation_seal) == (anonymity.organisation_hmac(house.name), house.verified):
        return
    lock_figures(rating.vendor_id, rating.category_id)
    db.session.refresh(rating)
    if rating.published_version is not None:
        _note_withdrawal(rating)
        rating.published_version = rating.published_tier_id = None
    rating.organisation_seal = _sealed(member)
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
        _note_withdrawal(rating)
    db.session.delete(rating)
    db.session.flush()


def _note_withdrawal(rating: Rating) -> None:
    db.session.add(
        Withdrawal(
            vendor_id=rating.vendor_id,
            category_id=rating.category_id,
            tier_id=rating.published_tier_id,
            organisation_seal=_sealed_anew(rating),
        )
    )


def name_vendor(
    rating: Rating, member: Member, *, vendor: Vendor, programme: Programme | None, tier: Tier | None
) -> None:
    """Its vendor was undisclosed, and now is named: the rating counts for the vendor from here on.

    Raises RatedOtherwise when the member has rated that programme already.
    """
    lock(f"ratings of {member.id}")
    subject = subject_of(vendor, programme, None, None)
    if live_ratings(member, vendor, programme):
        raise RatedOtherwise
    lock_figures(rating.vendor_id, rating.category_id)
    db.session.refresh(rating)
    if rating.published_version is not None:
        db.session.add(Withdrawal(category_id=rating.category_id, organisation_seal=_sealed_anew(rating)))
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


def house_of(seal: str) -> tuple[str, bool]:
    """What a seal holds: the mark of an organisation, and whether a work domain stands behind it.

    A seal that no key opens any more counts alone.
    """
    opened = anonymity.unseal(SEAL, seal)
    return (opened[1:], opened[0] == "w") if opened else (seal, False)


def _sealed(member: Member) -> str:
    house = organisation_of(member)
    return anonymity.seal(SEAL, ("w" if house.verified else "f") + anonymity.organisation_hmac(house.name))


def _sealed_anew(rating: Rating) -> str:
    """The same house in another seal: the note of a withdrawal cannot be laid beside an older copy of the rating."""
    opened = anonymity.unseal(SEAL, rating.organisation_seal)
    return anonymity.seal(SEAL, opened) if opened else rating.organisation_seal


def _say(rating: Rating, said: Mapping[str, Any]) -> None:
    for key in SAID:
        setattr(rating, key, said.get(key))
    rating.currency = said.get("currency") or "EUR"
