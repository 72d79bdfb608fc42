"""Questions about the index: what matches a query, and what is new among it."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol, cast

from sqlalchemy import ColumnElement, Executable, Select, case, column, func, literal, or_, select, table, union_all
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import TSQUERY

from forum.access import listed_clause
from forum.db import db
from forum.posts.models import Comment, Post
from forum.search.expressions import Expression, parse
from forum.search.filters import Conditions, conditions_of
from forum.search.matching import fts5_query, tsquery
from forum.search.models import SearchDocument, first_id_of
from forum.search.ranking import Rankable

# How many matches are ranked, and of how many it is found out whether they pass the filters: always the newest.
MAX_MATCHES = 1000
MAX_FILTERED = 5000
_document, _post, _comment = SearchDocument.__table__.c, Post.__table__.c, Comment.__table__.c
_fts = table("search_fts", column("rowid"), column("search_fts"))


class Match(Rankable, Protocol):
    """A listed post or reply that matches: a row of the index, its thread, and the vendor that the post names."""

    @property
    def post_id(self) -> int | None: ...
    @property
    def comment_id(self) -> int | None: ...
    @property
    def thread_id(self) -> int: ...
    @property
    def vendor_id(self) -> int | None: ...


class Matches(NamedTuple):
    """What matches a query, the newest first; `is_cut` when there may be older matches that were not looked at."""

    rows: Sequence[Match]
    is_cut: bool
    problems: list[str]


class NewMatch(NamedTuple):
    """A post or reply that a followed search has found."""

    post_id: int  # of the thread
    comment_id: int | None  # None: the post itself
    title: str  # of the post


def find_matches(expression: Expression, limit: int = MAX_MATCHES) -> Matches:
    """Return the newest listed posts and replies that match the query: a bounded number, in a bounded time."""
    return _matches(expression, conditions_of(expression.filters), limit)


def new_matches(query_text: str, *, since: date, until: date, limit: int = 20) -> Sequence[NewMatch]:
    """Return the listed posts and replies that match the query and are dated `since` <= day < `until`, newest first.

    For following a search. Whole days (UTC), since the time of anonymous writing is its day: ask each morning for the
    days that have ended since the last time, and nothing comes twice. What everyone may see is the same for every
    reader, so there is no viewer; leave out a reader's own texts when a page is rendered for them.
    """
    expression = parse(query_text)
    conditions = conditions_of(expression.filters)
    first_id, end_id = first_id_of(since), first_id_of(until)
    period = conditions._replace(
        first_id=max(first_id, conditions.first_id or 0),
        end_id=min(end_id, conditions.end_id if conditions.end_id is not None else end_id),
    )
    rows = _matches(expression, period, limit).rows
    posts = select(_post.id, _post.title).where(_post.id.in_([row.thread_id for row in rows]))
    titles = {post.id: post.title for post in db.session.execute(posts)}
    return [NewMatch(row.thread_id, row.comment_id, titles[row.thread_id]) for row in rows]


def _matches(expression: Expression, conditions: Conditions, limit: int) -> Matches:
    if not expression.groups:
        rows = db.session.execute(_filtered(conditions, limit)).all() if _has_any(conditions) else []
        return Matches(cast(Sequence[Match], rows), len(rows) == limit, conditions.problems)
    scanned = MAX_FILTERED if conditions.clauses or conditions.authors else limit
    newest = _newest(expression, conditions).limit(scanned).cte("newest")
    count = select(func.count()).select_from(newest).scalar_subquery()
    statement = _rows(conditions, count.label("scanned")).join(newest, newest.c.id == _document.id)
    rows = db.session.execute(statement.limit(limit)).all()
    total = rows[0].scanned if rows else db.session.scalar(select(count))
    return Matches(cast(Sequence[Match], rows), total == scanned or len(rows) == limit, conditions.problems)


def _has_any(conditions: Conditions) -> bool:
    return (
        bool(conditions.clauses or conditions.authors)
        or conditions.first_id is not None
        or conditions.end_id is not None
    )


def _newest(expression: Expression, conditions: Conditions) -> Select[int]:
    """Select the ids of the documents that have the words, the newest first, listed or not."""
    if db.session.get_bind().dialect.name == "sqlite":
        number: ColumnElement[int] = _fts.c.rowid
        is_match = _fts.c.search_fts.op("MATCH")(fts5_query(expression))
    else:
        number = _document.id
        # A literal: the plan depends on how common the words are.
        query = literal(tsquery(expression), literal_execute=True)
        is_match = _document.vector.op("@@")(sql_cast(query, TSQUERY))
    statement = select(number.label("id")).where(is_match, *_period(number, conditions))
    return statement.order_by(number.desc())


def _period(number: ColumnElement[int], conditions: Conditions) -> list[ColumnElement[bool]]:
    first = [number >= conditions.first_id] if conditions.first_id is not None else []
    return first + ([number < conditions.end_id] if conditions.end_id is not None else [])


def _filtered(conditions: Conditions, limit: int) -> Executable:
    """Select what meets the filters when there are no words: posts, and of an author, or if asked for, replies."""
    document, post, comment = SearchDocument.__table__, Post.__table__, Comment.__table__
    shared = (listed_clause(_post), *conditions.clauses, *_period(_document.id, conditions))
    posts = (
        select(*_columns())
        .join_from(document, post, _post.id == _document.post_id)
        .where(*shared, *(_is_by(_post.author_id, *author) for author in conditions.authors))
    )
    if not conditions.has_replies:
        return posts.order_by(_document.id.desc()).limit(limit)
    replies = (
        select(*_columns())
        .join_from(document, comment, _comment.id == _document.comment_id)
        .join(post, _post.id == _comment.post_id)
        .where(*shared, listed_clause(_comment))
        .where(*(_is_by(_comment.author_id, *author) for author in conditions.authors))
    )
    both = union_all(posts, replies).subquery()
    return select(both).order_by(both.c.id.desc()).limit(limit)


def _columns() -> list[ColumnElement[Any]]:
    names = ("id", "post_id", "comment_id", "title", "body", "word_count")
    return [*(_document[name] for name in names), _post.id.label("thread_id"), _post.vendor_id]


def _is_by(author_id: ColumnElement[Any], member_id: int, is_negated: bool) -> ColumnElement[bool]:
    return author_id.is_distinct_from(member_id) if is_negated else author_id == member_id


def _rows(conditions: Conditions, *columns: ColumnElement[object]) -> Select[*tuple[object, ...]]:
    """Select the listed documents that meet the conditions, the newest first."""
    document, post, comment = SearchDocument.__table__, Post.__table__, Comment.__table__
    author_id = case((_document.post_id.is_not(None), _post.author_id), else_=_comment.author_id)
    return (
        select(*_columns(), *columns)
        .select_from(document)
        .outerjoin(comment, _comment.id == _document.comment_id)
        .join(post, _post.id == func.coalesce(_document.post_id, _comment.post_id))
        .where(listed_clause(_post), or_(_comment.id.is_(None), listed_clause(_comment)), *conditions.clauses)
        .where(*(_is_by(author_id, *author) for author in conditions.authors))
        .order_by(_document.id.desc())
    )
