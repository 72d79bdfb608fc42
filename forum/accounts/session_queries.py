"""Queries about sessions."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, exists, select

from forum.accounts.models import Member, MemberSession
from forum.db import db
from forum.direct_reads import DirectQuery
from forum.direct_statements import DirectLoad, detached_object


def today() -> date:
    """Return the day in UTC."""
    return datetime.now(UTC).date()


def hash_token(token: str) -> str:
    """Return what is stored of a session's token."""
    return sha256(token.encode()).hexdigest()


def member_by_session(session_id: str) -> Member | None:
    """Return the member whose session a cookie names, or None when it is over."""
    mark, _, token = session_id.rpartition(".")
    member = _member_at_epoch(mark, token)
    if member is not None:
        member.session_token = token
    return member


def reader_by_session(session_id: str) -> Member | None:
    """Return the same for a page that only reads columns of its reader: an object that belongs to no session."""
    mark, _, token = session_id.rpartition(".")
    if (values := _epoch_values(mark, token)) is None:
        return None
    rows = _reader_query.rows(values)
    if not rows:
        return None
    member = detached_object(Member, _columns, rows[0])  # to ask it for a relationship is an error
    member.session_token = token
    return member


def member_by_mark(mark: str) -> Member | None:
    """Return the member of an unfinished sign-in ("id.epoch"), or None when all sessions were ended since."""
    return _member_at_epoch(mark)


def session_by_token(token: str) -> MemberSession | None:
    """Return the session that lasts under this token."""
    return db.session.scalar(select(MemberSession).where(_is_live(hash_token(token), today())))


def sessions_by_hmacs(hmacs: Sequence[str]) -> Sequence[MemberSession]:
    """Return the sessions that carry one of these HMACs."""
    return db.session.scalars(select(MemberSession).where(MemberSession.owner_hmac.in_(hmacs))).all()


def all_owner_hmacs() -> Sequence[str]:
    """Return the HMACs that all sessions carry."""
    return db.session.scalars(select(MemberSession.owner_hmac)).all()


def sessions_over_before(day: date) -> Sequence[int]:
    """Return the ids of the sessions whose last day is before a day."""
    return db.session.scalars(select(MemberSession.id).where(MemberSession.last_day < day)).all()


def _is_live(token_hash: str | BindParameter[str], day: date | BindParameter[date]) -> ColumnElement[bool]:
    return (MemberSession.token_hash == token_hash) & (MemberSession.last_day >= day)


def _member_at_epoch(mark: str, token: str | None = None) -> Member | None:
    values = _epoch_values(mark, token)
    return None if values is None else (_by_mark if token is None else _by_token).first(values)


def _epoch_values(mark: str, token: str | None) -> dict[str, object] | None:
    member_id, _, epoch = mark.partition(".")
    if not (member_id.isdecimal() and epoch.isdecimal() and len(mark) < 40):
        return None
    values: dict[str, object] = {"member_id": int(member_id), "epoch": int(epoch)}
    return values if token is None else values | {"token_hash": hash_token(token), "today": today()}


@cache
def _members_at_epoch(*, has_token: bool) -> Select[Member]:
    statement = select(Member).where(Member.id == bindparam("member_id"), Member.session_epoch == bindparam("epoch"))
    is_live = exists().where(_is_live(bindparam("token_hash"), bindparam("today")))
    return statement.where(is_live) if has_token else statement


def _reader_columns_at_epoch() -> Select[*tuple[Any, ...]]:
    return _members_at_epoch(has_token=True).with_only_columns(*Member.__table__.c)


_by_mark = DirectLoad(Member, lambda: _members_at_epoch(has_token=False))
_by_token = DirectLoad(Member, lambda: _members_at_epoch(has_token=True))
_reader_query, _columns = DirectQuery(_reader_columns_at_epoch), Member.__table__.c.keys()
