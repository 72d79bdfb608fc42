"""Queries for the queue: a page of it by key, what is before and after a case, and the number of cases of each kind."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import joinedload

from forum import cursors
from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.kinds import CASE_KINDS
from forum.moderation.models import Appeal, Case, Flag, Notice
from forum.posts.models import Comment, Post

PAGE_SIZE = 50
# Higher counts are shown as "99+": counting all would take longer the more cases are open.
COUNT_CAP = 99
# Each order of the queue, with the type of its sort value.
SORTS: Mapping[str, type] = {"oldest": datetime, "weight": float}
# Which cases a list can be narrowed to, by who has claimed them and by what they are about.
CLAIMS: Mapping[str, str] = {"free": "Not claimed by a colleague", "mine": "Claimed by you"}
TARGETS: Mapping[str, str] = {"post": "Posts", "comment": "Replies", "member": "Members"}
_case, _post, _comment, _notice = Case.__table__.c, Post.__table__.c, Comment.__table__.c, Notice.__table__.c
SignedText = TypeVar("SignedText", Post, Comment)


class Listing(NamedTuple):
    """Which open cases a moderator's list shows, and in which order. `member_id` is the moderator."""

    member_id: int = 0
    kind: str | None = None
    sort: str = "oldest"
    claim: str | None = None
    about: str | None = None

    @property
    def options(self) -> dict[str, str | None]:
        """The order and the filters."""
        return {"kind": self.kind, "sort": self.sort, "claim": self.claim, "about": self.about}

    @property
    def args(self) -> dict[str, Any]:
        """The arguments of its URL."""
        return {name: value for name, value in self.options.items() if value and value != "oldest"}


class QueueRow(NamedTuple):
    """A case in the list, with the title of its thread or the name of its member."""

    id: int
    kind: str
    reason: str
    weight: float
    opened_at: datetime
    claimed_until: datetime | None
    claimed_by_id: int | None
    comment_id: int | None
    member_id: int | None
    due_at: datetime | None
    title: str
    excerpt: str | None
    claimed_by: str | None


class Queue(NamedTuple):
    """A page of the queue, the number of flags by case id, and the cursor of the next page or None."""

    rows: Sequence[QueueRow]
    flags: dict[int, int]
    next: str | None


class PendingEdit(NamedTuple):
    """A text that its author was asked to edit. `post_id` is the thread of a reply, None for a post."""

    id: int
    post_id: int | None
    title: str
    edit_deadline: datetime
    decision_id: int | None
    hidden_reason: str


def pending_edits(limit: int = 100) -> list[PendingEdit]:
    """Return the texts that wait for their author, ordered by deadline. One query."""
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
    rows = db.session.execute(posts.union_all(comments).order_by("edit_deadline", "id").limit(limit))
    return [PendingEdit._make(row) for row in rows]


def queue(listing: Listing, after: str | None = None, limit: int = PAGE_SIZE) -> Queue:
    """Return open cases in the order of the list. `after` is the `next` of the page before. Two queries."""
    rows = _rows(listing, after, limit + 1)
    page, next_cursor = rows[:limit], None
    if len(rows) > limit:
        next_cursor = position_of(page[-1], listing.sort)
    return Queue(page, _flag_counts([row.id for row in page if row.kind == "flag"]), next_cursor)


def queue_around(listing: Listing, case: Case, before: int, after: int) -> Queue:
    """Return the case with those before and after it in the list. Three queries."""
    position = position_of(case, listing.sort)
    rows = [*reversed(_rows(listing, position, before + 1, backward=True)), *_rows(listing, position, after)]
    return Queue(rows, _flag_counts([row.id for row in rows if row.kind == "flag"]), None)


def position_of(case: QueueRow | Case, sort: str) -> str:
    """Return the cursor of what comes after the case, open or not."""
    return cursors.encode(case.weight if sort == "weight" else case.opened_at, case.id)


def _rows(listing: Listing, after: str | None, limit: int, backward: bool = False) -> list[QueueRow]:
    cursor = cursors.decode(after, SORTS[listing.sort])
    values: dict[str, object] = {"limit": limit, "kind": listing.kind, "member_id": listing.member_id, "moment": now()}
    if cursor is not None:
        values |= {"cursor_value": cursor.value, "cursor_id": cursor.id}
    shape = listing._replace(member_id=0, kind="any" if listing.kind else None)
    return [QueueRow._make(row) for row in db.session.execute(_queue(shape, cursor is not None, backward), values)]


@cache
def _queue(shape: Listing, has_cursor: bool, backward: bool) -> Select[Any]:
    """Select a page of QueueRows: `shape` is the list without its values."""
    thread, holder = Post.__table__.alias("thread").c, Member.__table__.alias("holder").c
    statement = (
        select(
            *(_case.id, _case.kind, _case.reason, _case.weight, _case.opened_at),
            *(_case.claimed_until, _case.claimed_by_id, _case.comment_id, _case.member_id, _notice.due_at),
            func.coalesce(_post.title, thread.title, Member.__table__.c.name, ""),
            func.substr(func.coalesce(_comment.body, _post.body), 1, 160),
            holder.name,
        )
        .select_from(Case.__table__)
        .outerjoin(Post.__table__, _post.id == _case.post_id)
        .outerjoin(Comment.__table__, _comment.id == _case.comment_id)
        .outerjoin(thread.title.table, thread.id == _comment.post_id)
        .outerjoin(Member.__table__, Member.__table__.c.id == _case.member_id)
        .outerjoin(holder.name.table, (holder.id == _case.claimed_by_id) & (_case.claimed_until > bindparam("moment")))
        .outerjoin(Notice.__table__, _notice.id == _case.notice_id)
        .where(_case.closed_at.is_(None), *_filters(shape))
        .limit(bindparam("limit"))
    )
    return _sorted(statement, shape.sort, has_cursor, backward)


def _filters(shape: Listing) -> list[ColumnElement[bool]]:
    """Return the conditions of the list's filters."""
    is_mine = _case.claimed_by_id == bindparam("member_id")
    is_claimed = _case.claimed_until > bindparam("moment")
    conditions = {"free": or_(_case.claimed_until.is_(None), ~is_claimed, is_mine), "mine": is_mine & is_claimed}
    columns = {"post": _case.post_id, "comment": _case.comment_id, "member": _case.member_id}
    filters = [_case.kind == bindparam("kind")] if shape.kind else []
    filters += [conditions[shape.claim]] if shape.claim else []
    return filters + ([columns[shape.about].is_not(None)] if shape.about else [])


def _sorted(statement: Select[Any], sort: str, has_cursor: bool, backward: bool) -> Select[Any]:
    """Order the rows, forward from after the cursor or backward from the cursor itself."""
    column, is_descending = (_case.weight, not backward) if sort == "weight" else (_case.opened_at, backward)
    if has_cursor:
        cursor = tuple_(bindparam("cursor_value", type_=column.type), bindparam("cursor_id", type_=_case.id.type))
        position = tuple_(column, _case.id)
        if backward:
            statement = statement.where(position <= cursor if is_descending else position >= cursor)
        else:
            statement = statement.where(position < cursor if is_descending else position > cursor)
    # closed_at is NULL in all rows; with it first the order is that of an index, and nothing has to be sorted.
    order = (_case.closed_at, column, _case.id)
    return statement.order_by(*(part.desc() for part in order) if is_descending else order)


def _flag_counts(case_ids: Sequence[int]) -> dict[int, int]:
    if not case_ids:
        return {}
    counts = select(Flag.case_id, func.count()).where(Flag.case_id.in_(case_ids)).group_by(Flag.case_id)
    return {row[0]: row[1] for row in db.session.execute(counts)}


def open_case_counts() -> dict[str, int]:
    """Return the number of open cases of each kind, up to COUNT_CAP + 1. One query."""
    return {row[0]: row[1] for row in db.session.execute(_open_case_counts())}


@cache
def _open_case_counts() -> CompoundSelect[Any]:
    parts = []
    for kind in CASE_KINDS:
        capped = select(_case.id).where(_case.closed_at.is_(None), _case.kind == kind).limit(COUNT_CAP + 1).subquery()
        parts.append(select(literal(kind), func.count()).select_from(capped))
    return union_all(*parts)


def overdue_notice_count(moment: datetime) -> int:
    """Return the number of open notices past their deadline, up to COUNT_CAP + 1."""
    open_notices = (
        select(_case.id)
        .join(Notice, _notice.id == _case.notice_id)
        .where(_case.closed_at.is_(None), _case.kind == "notice")
    )
    overdue = open_notices.where(_notice.due_at < moment).limit(COUNT_CAP + 1)
    return db.session.scalar(select(func.count()).select_from(overdue.subquery())) or 0


def oldest_open_case_ids(limit: int) -> Sequence[int]:
    """Return the ids of the cases that have been open for longest."""
    statement = select(Case.id).where(Case.closed_at.is_(None))
    return db.session.scalars(statement.order_by(Case.closed_at, Case.opened_at, Case.id).limit(limit)).all()


def open_cases_by_id(case_ids: Sequence[int]) -> Sequence[Case]:
    """Return the open ones among these cases, with what they are about."""
    return db.session.scalars(
        select(Case)
        .where(Case.id.in_(case_ids), Case.closed_at.is_(None))
        .options(
            joinedload(Case.post).options(joinedload(Post.pseudonym), joinedload(Post.author), joinedload(Post.rating)),
            joinedload(Case.comment).options(
                joinedload(Comment.pseudonym), joinedload(Comment.author), joinedload(Comment.post)
            ),
            joinedload(Case.member),
            joinedload(Case.appeal).joinedload(Appeal.decision),
            joinedload(Case.notice).joinedload(Notice.decision),
        )
    ).all()


def signed_items_since(member_id: int, since: datetime, limit: int = 200) -> list[Post | Comment]:
    """Return what the member signed since then and is not deleted or removed, the latest first. No anonymous text."""
    items: list[Post | Comment] = [
        *_signed_since(Post, member_id, since, limit),
        *_signed_since(Comment, member_id, since, limit),
    ]
    return sorted(items, key=lambda item: (item.created_at, item.id), reverse=True)[:limit]


def _signed_since(model: type[SignedText], member_id: int, since: datetime, limit: int) -> Sequence[SignedText]:
    return db.session.scalars(
        select(model)
        .where(model.author_id == member_id, model.created_at >= since, model.deleted_at.is_(None))
        .where(model.removed_at.is_(None))
        .order_by(model.created_at.desc(), model.id.desc())
        .limit(limit)
    ).all()
