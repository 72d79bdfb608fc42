"""Publish snapshots: let the cells follow the ratings as far as disclosure control allows, then write the figures."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, cast

from forum import anonymity
from forum.accounts.organisations import organisation_of
from forum.accounts.queries import confirmed_members
from forum.db import db, lock, now
from forum.ratings.actions import lock_figures, organisation_hmac, organisation_of_seal
from forum.ratings.criteria import ASK_KEYS, ASKS, CRITERION_KEYS, DEALS, EURO_RATES, Answer
from forum.ratings.figure_types import Figures, SiteFigures
from forum.ratings.models import Snapshot, unseal_answers
from forum.ratings.queries import SITE, Subject, current_snapshot
from forum.ratings.scores import figures, formulas
from forum.ratings.scores.contributions import STAR_MEASURES, CountedRating
from forum.ratings.scores.figures import SiteContext
from forum.ratings.scores.publication import (
    WHOLE,
    SubjectState,
    compute_figures,
    epoch_weight,
    segment_total,
    update,
)
from forum.ratings.scores.queries import RatingRow, rating_rows, subjects_to_publish
from forum.ratings.scores.states import contribution_hash, load_state, save_state

YIELD_SECONDS = 0.002  # after each subject, so that waiting writers get their turn
QUANTILES = 200  # how many of the site's answers to an ask are kept, to place single ones among them
_CRITERIA, _ASKS, _DEALS = itemgetter(*CRITERION_KEYS), itemgetter(*ASK_KEYS), itemgetter(*DEALS)
_IS_MONEY = [ask.unit == "money" for ask in ASKS]
_SKIPPED: dict[str, Answer] = dict.fromkeys((*CRITERION_KEYS, *ASK_KEYS, *DEALS))
SiteSums = dict[str, dict[str, float]]


class DatedRating(Protocol):
    """A rating's dates and whether a post shows it."""

    @property
    def rated_at(self) -> datetime: ...

    @property
    def revised_at(self) -> datetime | None: ...

    @property
    def shown_worth(self) -> int | None: ...


class Outcome(NamedTuple):
    """How many subjects a run published anew, and how many it left as they were."""

    published: int
    unchanged: int

    def text(self) -> str:
        """Return the outcome as a sentence."""
        return f"{self.published} published, {self.unchanged} unchanged or waiting for a batch."


def publish(at: datetime | None = None, commit: Callable[[], None] | None = None) -> Outcome:
    """Publish every measure that may be published at this moment.

    `commit` is called before each subject, so that no writer waits for all of them; without it the caller commits.
    """
    at = at or now()
    lock("publishing scores")
    subjects, changed, sums = subjects_to_publish(), [], SiteSums()
    mailboxes = _mailboxes()
    for subject in subjects:
        _take_turn(subject, commit)
        state = load_state(subject)
        if _follow_ratings(subject, state, mailboxes, at):
            save_state(subject, state)
        if state.unpublished:
            changed.append(subject)
        if subject.vendor_id is not None:
            _add_to_site(sums, state, at.date())
    context = _publish_site(sums, at)
    for subject in changed:
        _take_turn(subject, commit)
        _publish_subject(subject, context, at)
    return Outcome(len(changed), len(subjects) - len(changed))


def _mailboxes() -> dict[str, str]:
    """Return, for what the seals of free-mail members hold, what stands for their mailbox: one mailbox is one voice.

    Only computed while publishing: a rating whose member has left leads to no address.
    """
    mailboxes = {}
    for member in confirmed_members():
        organisation = organisation_of(member)
        secret = None if organisation.verified else anonymity.unseal_secret(member.secret_seal)
        if secret is not None:
            mailboxes[organisation_hmac(organisation, secret)] = anonymity.organisation_hmac(organisation.name)
    return mailboxes


def _take_turn(subject: Subject, commit: Callable[[], None] | None) -> None:
    if commit:
        commit()
        time.sleep(YIELD_SECONDS)
    lock_figures(*subject)


def _follow_ratings(subject: Subject, state: SubjectState, mailboxes: Mapping[str, str], at: datetime) -> bool:
    """Update the state from the ratings; return False when they are the same as at the last look."""
    rows, today = rating_rows(subject, at), at.date().isoformat()
    fingerprint = _fingerprint(rows, at)
    if state.fingerprint == fingerprint and not (state.recheck_on and state.recheck_on <= today):
        return False
    ratings: list[CountedRating] = []
    pending: set[str] = set()
    days: set[str] = set()
    for row in rows:
        answers = unseal_answers(row.answers_seal)
        organisation, is_verified = organisation_of_seal(row.organisation_seal)
        organisation = mailboxes.get(organisation, organisation)
        if answers is None or answers.get("interest") != "none":
            continue
        if row.counted_from > at:
            pending.add(organisation)
        else:
            ratings.append(counted_rating(row, answers, organisation, is_verified, at))
            days.add(str(answers.get("seasoned_from", "")))
    update(state, ratings, pending, at.date(), contribution_hash())
    state.fingerprint, state.recheck_on = fingerprint, min((day for day in days if day > today), default="")
    return True


def _fingerprint(rows: Sequence[RatingRow], at: datetime) -> str:
    """Return a hash of all that matters of these rows: a seal is another with every change."""
    digest = sha256()
    for row in rows:
        counts, is_public = row.counted_from <= at, row.shown_worth is not None
        digest.update(f"{row.answers_seal[:24]}{row.organisation_seal[:24]}{counts}{is_public}".encode())
    return digest.hexdigest()


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


def _publish_subject(subject: Subject, context: SiteContext, at: datetime) -> None:
    state, last = load_state(subject), current_snapshot(subject)
    values = compute_figures(state, last.figures if last else None, context, at.date())
    _replace(subject, last, _snapshot(values, at))
    state.unpublished.clear()
    save_state(subject, state)
    db.session.flush()


def _snapshot(values: Figures, at: datetime) -> Snapshot | None:
    """Return the snapshot of these figures, or None when too few organisations are left to show any."""
    worth, all_gives = values["stars"].get("worth"), values["stars"].get("all_gives")
    if worth is None:
        return None
    return Snapshot(
        published_at=at,
        band=worth["band"],
        worth_mean=worth["mean"],
        worth_low=worth["low"],
        worth_high=worth["high"],
        asks_mean=values["all_asks"]["mean"] if values["all_asks"] else None,
        gives_mean=all_gives["mean"] if all_gives else None,
        figures=values,
    )


def _replace(subject: Subject, last: Snapshot | None, snapshot: Snapshot | None) -> None:
    if last is not None:
        last.current = False
        db.session.flush()
    if snapshot is not None:
        snapshot.vendor_id, snapshot.category_id = subject
        snapshot.current = True
        db.session.add(snapshot)
        db.session.flush()


def _add_to_site(sums: SiteSums, state: SubjectState, day: date) -> None:
    for measure in (*STAR_MEASURES, *ASK_KEYS):
        row = sums.setdefault(measure, {})
        for key, weight in segment_total(state, measure, WHOLE, day).sums.items():
            row[key] = row.get(key, 0.0) + weight


def _publish_site(sums: SiteSums, at: datetime) -> SiteContext:
    """Return the context of all figures. Like them it is made of the sums of cells alone."""
    last = current_snapshot(SITE)
    values: SiteFigures = {
        "priors": {name: figures.prior_shares(sums.get(name, {})) for name in STAR_MEASURES},
        "levels": {key: _quantiles(sums.get(key, {})) for key in ASK_KEYS},
    }
    if sums.get("worth") and (last is None or cast("object", last.figures) != values):
        _replace(SITE, last, Snapshot(published_at=at, figures=cast("Figures", values)))
    return SiteContext(values["priors"], values["levels"])


def site_context(site: Snapshot | None) -> SiteContext:
    """Return the context that a snapshot of the site holds."""
    if site is None:
        return figures.EMPTY_CONTEXT
    values = cast("SiteFigures", site.figures)
    return SiteContext(values["priors"], values["levels"])


def _quantiles(sums: Mapping[str, float]) -> list[float]:
    """Return QUANTILES quantiles of the published answers, by weight; they have two significant digits."""
    rows = sorted((float(value), weight) for value, weight in sums.items())
    if not rows:
        return []
    return [formulas.weighted_quantile(rows, (i + 0.5) / QUANTILES) for i in range(QUANTILES)]
