"""Questions about the queue: a page of it by key, and how much waits of each kind."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, literal, null, select, tuple_, union_all
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.kinds import CASE_KINDS
from forum.moderation.models import Appeal, Case, Flag, Notice
from forum.posts.models import Comment, Post

PAGE_SIZE = 50
COUNT_CAP = 99  # more than so many are "99+": counting all would cost the more, the more wait
SORTS = ("oldest", "weight")
_case, _post, _comment, _notice = Case.__table__.c, Post.__table__.c, Comment.__table__.c, Notice.__table__.c


class Queue(NamedTuple):
    """A page of the queue, how many flags each of its cases has, and where the next page begins (or None)."""

    rows: Sequence[Any]
    flags: dict[int, int]
    next: str | None


def pending_edits(limit: int = 100) -> Sequence[Any]:
    """Texts that wait for their author, whose time runs out first first: one query."""
    thread = Post.__table__.alias("thread").c
    comments = (
        select(
            _comment.id,
            _comment.post_id,
            thread.title,
            _comment.edit_deadline,
            _comment.decision_id,
            _comment.hidden_reason,
        )
        .join(thread.id.table, thread.id == _comment.post_id)
        .where(_comment.edit_deadline.is_not(None), _comment.removed_at.is_(None), _comment.deleted_at.is_(None))
    )
    posts = select(
        _post.id, null().label("post_id"), _post.title, _post.edit_deadline, _post.decision_id, _post.hidden_reason
    ).where(_post.edit_deadline.is_not(None), _post.removed_at.is_(None), _post.deleted_at.is_(None))
    return db.session.execute(posts.union_all(comments).order_by("edit_deadline", "id").limit(limit)).all()


def queue(kind: str | None = None, sort: str = "oldest", after: str | None = None, limit: int = PAGE_SIZE) -> Queue:
    """Open cases, the oldest or the weightiest first, in two queries. `after` is the `next` of the page before."""
    place = _place(after, sort)
    given: dict[str, Any] = {"limit": limit + 1} | ({"kind": kind} if kind else {})
    given |= {"value": place[0], "number": place[1]} if place else {}
    found = db.session.execute(_queue(kind is not None, sort, place is not None), given).all()
    rows = found[:limit]
    last = _mark_of(rows[-1], sort) if len(found) > limit else None
    return Queue(rows, _flags_of([row.id for row in rows if row.kind == "flag"]), last)


@cache
def _queue(of_kind: bool, sort: str, further: bool) -> Select[Any]:
    column = _case.weight if sort == "weight" else _case.opened_at
    thread = Post.__table__.alias("thread").c
    statement = (
        select(
            _case.id,
            _case.kind,
            _case.reason,
            _case.weight,
            _case.opened_at,
            _case.claimed_until,
            _case.claimed_by_id,
            _case.comment_id,
            _case.member_id,
            _notice.due_at,
            func.coalesce(_post.title, thread.title, Member.__table__.c.name, "").label("title"),
            func.substr(_comment.body, 1, 160).label("excerpt"),
        )
        .select_from(Case.__table__)
        .outerjoin(Post.__table__, _post.id == _case.post_id)
        .outerjoin(Comment.__table__, _comment.id == _case.comment_id)
        .outerjoin(thread.title.table, thread.id == _comment.post_id)
        .outerjoin(Member.__table__, Member.__table__.c.id == _case.member_id)
        .outerjoin(Notice.__table__, _notice.id == _case.notice_id)
        .where(_case.closed_at.is_(None))
        .limit(bindparam("limit"))
    )
    if of_kind:
        statement = statement.where(_case.kind == bindparam("kind"))
    down = sort == "weight"
    if further:
        place = tuple_(bindparam("value", type_=column.type), bindparam("number", type_=_case.id.type))
        here = tuple_(column, _case.id)
        statement = statement.where(here < place if down else here > place)
    # The first column is the same in all of them; with it the order is that of an index, and nothing is sorted.
    order = (_case.closed_at, column, _case.id)
    return statement.order_by(*(part.desc() for part in order)) if down else statement.order_by(*order)


def _flags_of(case_ids: Sequence[int]) -> dict[int, int]:
    if not case_ids:
        return {}
    counted = select(Flag.case_id, func.count()).where(Flag.case_id.in_(case_ids)).group_by(Flag.case_id)
    return {row[0]: row[1] for row in db.session.execute(counted)}


def open_case_counts() -> dict[str, int]:
    """How many open cases of each kind, counted up to one more than COUNTED: one query."""
    return {row.kind: row.n for row in db.session.execute(_waiting())}


@cache
def _waiting() -> Any:
    parts = []
    for kind in CASE_KINDS:
        few = select(_case.id).where(_case.closed_at.is_(None), _case.kind == kind).limit(COUNT_CAP + 1).subquery()
        parts.append(select(literal(kind).label("kind"), func.count().label("n")).select_from(few))
    return union_all(*parts)


def overdue_notice_count(moment: datetime) -> int:
    """How many notices should have been decided by now, counted up to one more than COUNTED."""
    late = select(_case.id).join(Notice, _notice.id == _case.notice_id)
    few = late.where(_case.closed_at.is_(None), _case.kind == "notice", _notice.due_at < moment).limit(COUNT_CAP + 1)
    return db.session.scalar(select(func.count()).select_from(few.subquery())) or 0


def next_open_case(after: int | None = None, kind: str | None = None) -> int | None:
    """The oldest open case that is not the given one: what to look at next."""
    statement = select(Case.id).where(Case.closed_at.is_(None), Case.id != (after or 0))
    if kind:
        statement = statement.where(Case.kind == kind)
    return db.session.scalar(statement.order_by(Case.closed_at, Case.opened_at, Case.id).limit(1))


def open_cases_by_id(numbers: Sequence[int]) -> Sequence[Case]:
    """The open ones among these cases, with what they are about."""
    return db.session.scalars(
        select(Case)
        .where(Case.id.in_(numbers), Case.closed_at.is_(None))
        .options(
            joinedload(Case.post).options(joinedload(Post.pseudonym), joinedload(Post.author), joinedload(Post.rating)),
            joinedload(Case.comment).options(
                joinedload(Comment.pseudonym), joinedload(Comment.author), joinedload(Comment.post)
            ),
            joinedload(Case.appeal).joinedload(Appeal.decision),
            joinedload(Case.notice).joinedload(Notice.decision),
        )
    ).all()


def signed_items_since(member_id: int, since: datetime, limit: int = 200) -> list[Post | Comment]:
    """What the member signed since then and is there, the latest first. Anonymous writing is not among it."""
    found: list[Any] = []
    for kind in (Post, Comment):
        found += db.session.scalars(
            select(kind)
            .where(kind.author_id == member_id, kind.created_at >= since, kind.deleted_at.is_(None))
            .where(kind.removed_at.is_(None))
            .order_by(kind.created_at.desc(), kind.id.desc())
            .limit(limit)
        ).all()
    return sorted(found, key=lambda item: (item.created_at, item.id), reverse=True)[:limit]


def _mark_of(row: Any, sort: str) -> str:
    value = repr(row.weight) if sort == "weight" else row.opened_at.strftime("%Y%m%dT%H%M%S")
    return f"{value}_{row.id}"


def _place(after: str | None, sort: str) -> tuple[Any, int] | None:
    """What _mark_of wrote, read again. Nonsense is no place."""
    value, _, number = (after or "").rpartition("_")
    if not (number.isdecimal() and len(number) < 19):
        return None
    try:
        if sort == "weight":
            return (float(value), int(number)) if len(value) < 25 else None
        return datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=UTC), int(number)
    except ValueError:
        return None
