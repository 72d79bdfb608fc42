"""Read everything that is the reader's own on a vendor's page in one query."""

from typing import Any, NamedTuple

from sqlalchemy import Text, bindparam, cast, literal, null, select, union_all

from forum.direct_reads import DirectQuery
from forum.notifications.models import MemberState
from forum.notifications.queries import note_state_mark
from forum.pages.saved.models import MemberSavedLists
from forum.ratings.models import Rating
from forum.ratings.queries import is_rating_by_member


class ReaderRows(NamedTuple):
    """A member's sealed state and saved lists, and whether they have rated the vendor."""

    state: str | None
    saved_lists: str | None
    has_rated: bool


def reader_rows(member_id: int, vendor_id: int, rater_hmacs: list[str]) -> ReaderRows:
    """Return what belongs to a member; a rating of theirs is signed, or carries one of these HMACs."""
    values = {"member_id": member_id, "vendor_id": vendor_id, "rater_hmacs": rater_hmacs}
    rows = dict(_query.rows(values))
    note_state_mark(member_id, rows.get("state"))  # the bell asks for it, too
    return ReaderRows(rows.get("state"), rows.get("saved"), "rated" in rows)


def _reader_rows() -> Any:
    state, saved = MemberState.__table__.c, MemberSavedLists.__table__.c
    return union_all(
        select(literal("state"), state.sealed).where(state.member_id == bindparam("member_id")),
        select(literal("saved"), saved.sealed).where(saved.member_id == bindparam("member_id")),
        select(literal("rated"), cast(null(), Text)).select_from(Rating.__table__).where(is_rating_by_member()),
    )


_query = DirectQuery(_reader_rows)
