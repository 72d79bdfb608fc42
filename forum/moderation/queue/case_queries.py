"""What a decision needs beside the text: its rating, the thread above it, and the record of its author.

Of an anonymous author only what their alias did in this thread is known, which everyone can see.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.models import Case, CaseNote, Decision, TargetMixin
from forum.moderation.queries import has_target_among_texts
from forum.posts.models import Comment, Post
from forum.ratings.directions import Scorecard, rating_scorecard
from forum.ratings.queries import scorecard_row
from forum.ratings.scores.actions import site_context

MAX_ABOVE = 5
MAX_RECORD = 10


class AuthorRecord(NamedTuple):
    """The latest decisions about an author's other writing and account, and colleagues' notes in those cases."""

    decisions: Sequence[Decision]
    notes: Sequence[CaseNote]
    # Whose account it is; None for an alias.
    member: Member | None


def scorecard_of(post: Post) -> Scorecard | None:
    """Return the rating that the post carries as others see it, or will once it is approved."""
    row = scorecard_row(post.rating_id) if post.rating_id else None
    if row is None:
        return None
    # Of an anonymous rating, only the tier that the post shows.
    is_shown = row.tier is not None and (not row.rating.anonymous or row.tier.id == post.tier_id)
    return rating_scorecard(row.rating, row.tier if is_shown else None, None, site_context(row.site))


def comments_above(comment: Comment) -> list[Comment]:
    """Return what the reply answers, and what that answers, at most MAX_ABOVE; the topmost first."""
    above: list[Comment] = []
    parent_id = comment.parent_id
    while parent_id is not None and len(above) < MAX_ABOVE:
        parent = db.session.scalars(
            select(Comment)
            .where(Comment.id == parent_id)
            .options(joinedload(Comment.author), joinedload(Comment.pseudonym))
        ).one()
        above.insert(0, parent)
        parent_id = parent.parent_id
    return above


def author_record(case: Case) -> AuthorRecord | None:
    """Return the record of the text's author or of the member, without this very text; None for a former member."""
    item, content = case.item, case.content
    if content is not None and content.pseudonym_id is not None:
        return _record(case, content.pseudonym_id, _is_about_alias)
    member = db.session.get(Member, content.author_id) if content is not None and content.author_id else item
    return _record(case, member, _is_about_member) if isinstance(member, Member) else None


def _record(case: Case, author: Any, is_about: Any) -> AuthorRecord:
    """Return the rows about the author. Two queries."""
    decisions = db.session.scalars(
        select(Decision)
        .where(is_about(Decision, author), *_without_item(Decision, case))
        .order_by(Decision.decided_at.desc(), Decision.id.desc())
        .limit(MAX_RECORD)
    ).all()
    notes = db.session.scalars(
        select(CaseNote)
        .join(Case, Case.id == CaseNote.case_id)
        .where(is_about(Case, author), Case.id != case.id)
        .options(joinedload(CaseNote.author))
        .order_by(CaseNote.written_at.desc(), CaseNote.id)
        .limit(MAX_RECORD)
    ).all()
    return AuthorRecord(decisions, notes, author if isinstance(author, Member) else None)


def _is_about_member(model: type[TargetMixin], member: Member) -> ColumnElement[bool]:
    """Return the condition that a row is about the account or what the member signed."""
    return or_(model.member_id == member.id, has_target_among_texts(model, member, []))


def _is_about_alias(model: type[TargetMixin], pseudonym_id: int) -> ColumnElement[bool]:
    """Return the condition that a row is about what one alias wrote, all of it in one thread."""
    return or_(
        model.post_id.in_(select(Post.id).where(Post.pseudonym_id == pseudonym_id)),
        model.comment_id.in_(select(Comment.id).where(Comment.pseudonym_id == pseudonym_id)),
    )


def _without_item(model: type[TargetMixin], case: Case) -> list[ColumnElement[bool]]:
    """Return the conditions that a row is not about the item itself, whose decisions have a list of their own."""
    columns = {model.post_id: case.post_id, model.comment_id: case.comment_id, model.member_id: case.member_id}
    return [column.is_distinct_from(value) for column, value in columns.items() if value is not None]
