"""Which texts a batch of spam is about, whose domain can be blocked, and which sign-ups are like a member."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import ColumnElement, exists, false, or_, select

from forum.accounts.models import Member
from forum.accounts.names import key_of
from forum.accounts.organisations import is_free_mail
from forum.db import capped_count, db
from forum.domains import email_domain, registrable_domain
from forum.moderation.models import Case, Content, Decision
from forum.moderation.queries import has_target
from forum.moderation.spam.models import SpamBatch
from forum.posts.models import Comment, Post
from forum.vendors.queries import is_domain_taken

TextKind = type[Post] | type[Comment]
MAX_SIGN_UPS = 500


def unsettled_batches() -> Sequence[int]:
    """Return the ids of the batches with texts that wait to be removed or restored."""
    return db.session.scalars(select(SpamBatch.id).where(SpamBatch.is_settled.is_(False))).all()


def batch_of(decision_id: int | None) -> SpamBatch | None:
    """Return the batch that a decision began."""
    return db.session.scalar(select(SpamBatch).where(SpamBatch.decision_id == decision_id))


def texts_of_batch(batch: SpamBatch) -> list[tuple[TextKind, int]]:
    """Return the texts that wait to be removed or restored, replies first."""
    kinds: tuple[TextKind, ...] = (Comment, Post)
    return [(kind, text_id) for kind in kinds for text_id in _ids_of_batch(kind, batch)]


def _ids_of_batch(kind: TextKind, batch: SpamBatch) -> Sequence[int]:
    if batch.is_undone:
        return db.session.scalars(select(kind.id).where(kind.decision_id == batch.decision_id)).all()
    statement = select(kind.id).where(_written_by(kind, batch.decision), _is_removable(kind))
    if batch.since is not None:
        statement = statement.where(kind.created_at >= batch.since)
    return db.session.scalars(statement).all()


def _written_by(kind: TextKind, decision: Decision) -> ColumnElement[bool]:
    """Return the condition for texts of the member, or of the alias in its one thread, that the decision is about.

    Once the account or the text is deleted it is about nobody: a comparison with None would be true of everyone else's.
    """
    content = decision.content
    if content is not None and content.pseudonym_id is not None:
        return kind.pseudonym_id == content.pseudonym_id
    if content is None and decision.member_id is not None:
        return kind.author_id == decision.member_id
    return false()


def _is_removable(kind: TextKind) -> ColumnElement[bool]:
    """Return the condition for texts that no moderator has taken down and no author has deleted."""
    is_automatic = exists().where(Decision.id == kind.decision_id, Decision.automated)
    is_undecided = or_(kind.hidden_at.is_(None), kind.decision_id.is_(None), is_automatic)
    return kind.removed_at.is_(None) & kind.deleted_at.is_(None) & is_undecided


def text_by_id(kind: TextKind, text_id: int) -> Content | None:
    """Return the post or reply."""
    return cast(Content | None, db.session.get(kind, text_id))


def is_removable(item: Content) -> bool:
    """Return whether no moderator has taken the text down and no author has deleted it."""
    kind = type(item)
    return db.session.scalar(select(kind.id).where(kind.id == item.id, _is_removable(kind))) is not None


def was_held_before(item: Content, decision: Decision) -> bool:
    """Return whether the text waited for its first review: the decision closed its case, or left a claimed one open."""
    is_waiting = or_(Case.decision_id == decision.id, Case.closed_at.is_(None))
    held = select(Case.id).where(has_target(Case, item), Case.kind == "held", is_waiting)
    return db.session.scalar(held.limit(1)) is not None


def signed_text_count(member: Member) -> int:
    """Return how many texts that the member signed are up, as capped_count does. Anonymous ones are not looked at."""
    kinds: tuple[TextKind, ...] = (Post, Comment)
    return sum(capped_count(select(kind.id).where(kind.author_id == member.id, _is_removable(kind))) for kind in kinds)


def domain_obstacle(member: Member) -> str | None:
    """Return why the domain of the member's address can't be blocked, or None."""
    domain = email_domain(member.email)
    if not domain:
        return "They have no e-mail address, so there is no domain to block."
    if is_free_mail(domain):
        return "Their address is at a large mail host, where anyone can get one, so its domain can't be blocked."
    if is_domain_taken(registrable_domain(domain)) or is_domain_taken(domain):
        return "Their address is at a vendor in the catalogue, so its domain can't be blocked."
    if _has_other_members(member, registrable_domain(domain)):
        return "Other members have addresses at the same domain, so it can't be blocked."
    return None


def _has_other_members(member: Member, domain: str) -> bool:
    is_active = (Member.id != member.id, Member.confirmed_at.is_not(None), Member.banned_at.is_(None))
    neighbours = select(Member.id).where(Member.mail_domain == domain, *is_active).limit(1)
    return db.session.scalar(neighbours) is not None


def similar_sign_ups(member: Member, obstacle: str | None) -> list[Member]:
    """Return accounts that wait for confirmation, with a name that looks the same or an address at the same domain.

    Of a domain that can't be blocked, because of the obstacle that domain_obstacle returns, addresses are not compared.
    """
    domain = None if obstacle else registrable_domain(email_domain(member.email))
    waiting = (Member.confirmed_at.is_(None), Member.password_hash.is_not(None), Member.id != member.id)
    columns = (Member.id, Member.name, Member.mail_domain)
    rows = db.session.execute(select(*columns).where(*waiting).order_by(Member.id.desc()))
    key = key_of(member.name)
    ids = [row.id for row in rows if key_of(row.name) == key or (domain and row.mail_domain == domain)]
    return list(db.session.scalars(select(Member).where(Member.id.in_(ids[:MAX_SIGN_UPS])).order_by(Member.id)))
