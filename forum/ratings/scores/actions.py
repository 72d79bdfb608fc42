"""Publish snapshots: update the cells from the ratings as far as disclosure control allows, then write the figures."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import NamedTuple, cast

from forum import anonymity
from forum.accounts.organisations import organisation_of
from forum.accounts.queries import confirmed_members
from forum.db import db, lock, now
from forum.ratings.actions import lock_figures, organisation_hmac, organisation_of_seal
from forum.ratings.criteria import ASK_KEYS
from forum.ratings.figure_types import Figures, SiteFigures
from forum.ratings.models import Snapshot, unseal_answers
from forum.ratings.queries import SITE, Subject, current_snapshot
from forum.ratings.scores import figures, formulas
from forum.ratings.scores.contributions import STAR_MEASURES, CountedRating
from forum.ratings.scores.counting import counted_rating
from forum.ratings.scores.figures import SiteContext
from forum.ratings.scores.publication import (
    WHOLE,
    SubjectState,
    compute_figures,
    segment_total,
    update,
)
from forum.ratings.scores.queries import RatingRow, rating_rows, stored_seal, subjects_to_publish
from forum.ratings.scores.states import contribution_hash, opened_state, sealed_state, store_state
from forum.turns import end_turn, reading_apart

QUANTILES = 200  # how many of the site's answers to an ask are stored, to rank single ones among them
SiteSums = dict[str, dict[str, float]]


class PreparedState(NamedTuple):
    """A subject's state updated from its ratings, the seal that was stored before, and the new one if it differs."""

    state: SubjectState
    former_seal: str | None
    seal: str | None


class Outcome(NamedTuple):
    """How many subjects a run published, and how many it left unchanged."""

    published: int
    unchanged: int

    def text(self) -> str:
        """Return the outcome as a sentence."""
        return f"{self.published} published, {self.unchanged} unchanged or waiting for a batch."


def publish(at: datetime | None = None, commit: Callable[[], None] | None = None) -> Outcome:
    """Publish every measure that may be published at this moment.

    `commit` is called after each subject, whose figures are prepared while others write; without it the caller commits.
    Everything about a subject is stored in one transaction. After a killed run, the next one publishes the rest.
    """
    at, changed, sums = at or now(), [], SiteSums()
    with reading_apart(commit):
        subjects, mailboxes = subjects_to_publish(), _mailboxes()
    for subject in subjects:
        state = _advance(subject, mailboxes, at, commit)
        if state.unpublished:
            changed.append(subject)
        if subject.vendor_id is not None:
            _add_to_site(sums, state, at.date())
    context = _publish_site(sums, at)
    end_turn(commit)
    for subject in changed:
        _publish_subject(subject, context, at, commit)
    return Outcome(len(changed), len(subjects) - len(changed))


def _advance(
    subject: Subject, mailboxes: Mapping[str, str], at: datetime, commit: Callable[[], None] | None
) -> SubjectState:
    """Let the stored state follow the ratings, and return it.

    If a rating or the state has changed between preparing and storing, the second attempt holds the lock all the time.
    """
    with reading_apart(commit):
        prepared = _follow_ratings(subject, mailboxes, at)
    if prepared.seal is not None:
        _hold(subject)
        if not _is_still_true(subject, prepared, at):
            prepared = _follow_ratings(subject, mailboxes, at)
        if prepared.seal is not None:
            store_state(subject, prepared.seal)
        end_turn(commit)
    return prepared.state


def _hold(subject: Subject) -> None:
    """Keep others from merging this subject, from withdrawing its ratings and from publishing it."""
    lock("publishing scores")
    lock_figures(*subject)


def _is_still_true(subject: Subject, prepared: PreparedState, at: datetime) -> bool:
    is_same_state = stored_seal(subject) == prepared.former_seal
    return is_same_state and _fingerprint(rating_rows(subject, at), at) == prepared.state.fingerprint


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


def _follow_ratings(subject: Subject, mailboxes: Mapping[str, str], at: datetime) -> PreparedState:
    """Return the state after another look at the ratings, sealed if they are others than at the last look."""
    former_seal = stored_seal(subject)
    state = opened_state(former_seal)
    rows, today = rating_rows(subject, at), at.date().isoformat()
    fingerprint = _fingerprint(rows, at)
    if state.fingerprint == fingerprint and not (state.recheck_on and state.recheck_on <= today):
        return PreparedState(state, former_seal, None)
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
    return PreparedState(state, former_seal, sealed_state(state))


def _fingerprint(rows: Sequence[RatingRow], at: datetime) -> str:
    """Return a hash of all that matters of these rows: a seal is another with every change."""
    digest = sha256()
    for row in rows:
        counts, is_public = row.counted_from <= at, row.shown_worth is not None
        digest.update(f"{row.answers_seal[:24]}{row.organisation_seal[:24]}{counts}{is_public}".encode())
    return digest.hexdigest()


def _publish_subject(subject: Subject, context: SiteContext, at: datetime, commit: Callable[[], None] | None) -> None:
    """Replace the snapshot by one of the stored state. Publish nothing if a merge has changed the state meanwhile."""
    with reading_apart(commit):
        former_seal, last = stored_seal(subject), current_snapshot(subject)
        state, last_id = opened_state(former_seal), last.id if last else None
        snapshot = _snapshot(compute_figures(state, last.figures if last else None, context, at.date()), at)
        state.unpublished.clear()
        seal = sealed_state(state)
    _hold(subject)
    last = current_snapshot(subject)
    if stored_seal(subject) == former_seal and (last.id if last else None) == last_id:
        _replace(subject, last, snapshot)
        store_state(subject, seal)
    end_turn(commit)


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
