"""What members saved: one sealed text for each member."""

from typing import Any

from sqlalchemy import Connection, ForeignKey, Text, event, insert
from sqlalchemy.orm import Mapped, mapped_column

from forum.accounts.models import Member
from forum.db import db
from forum.pages.saved.sealed_lists import NOTHING_SAVED, seal_lists


class MemberSavedLists(db.Model):
    """What a member saved, sealed; see sealed_lists.py. Every member has a row from the moment they join.

    It is rewritten in transactions that touch nothing else: when its member saves or removes something, and once a day
    for all members alike, in random order.
    """

    __tablename__ = "member_saved_lists"

    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sealed: Mapped[str] = mapped_column(Text)


@event.listens_for(Member, "after_insert")
def _add_saved_lists(mapper: object, connection: Connection, member: Any) -> None:
    connection.execute(insert(MemberSavedLists).values(member_id=member.id, sealed=seal_lists(NOTHING_SAVED)))
