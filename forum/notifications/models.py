"""What members follow: one sealed state for each member, and posts that wait for a mail to representatives."""

from typing import Any

from sqlalchemy import Connection, ForeignKey, String, Text, UniqueConstraint, event, false, insert
from sqlalchemy.orm import Mapped, mapped_column

from forum.accounts.models import Member
from forum.db import RandomId, db
from forum.notifications.member_state import empty_state, seal_state
from forum.posts.models import index_of_few


class MemberState(db.Model):
    """A member's sealed state, see member_state.py. Every member has one from the moment they join.

    It is rewritten in transactions that touch no anonymous row: when its member presses follow, unfollow or mark as
    read, and once a day for all members alike, in random order. Neither reading nor writing a text touches it.
    """

    __tablename__ = "member_states"

    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sealed: Mapped[str] = mapped_column(Text)


@event.listens_for(Member, "after_insert")
def _add_state(mapper: object, connection: Connection, member: Any) -> None:
    connection.execute(insert(MemberState).values(member_id=member.id, sealed=seal_state(empty_state())))


class Mention(db.Model):
    """A member whom a text mentions, as everyone can read in it. Written apart from it: see mention_actions.py."""

    __tablename__ = "mentions"

    id: Mapped[RandomId]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    # The thread, and the reply in it; without one, the post itself.
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)


class PendingMention(db.Model):
    """A text whose mentions are to be looked up, a moment after it was written. It names no member."""

    __tablename__ = "pending_mentions"

    id: Mapped[RandomId]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)


class UnmailedText(db.Model):
    """A text that everyone can read and that mail has yet to announce; deleted on Monday at the latest.

    It is written with the text and names no member: whom a mail is for is found when it is written.
    """

    __tablename__ = "unmailed_texts"
    __table_args__ = (index_of_few("ix_unmailed_texts_comment_id", "comment_id"), {"sqlite_with_rowid": False})

    id: Mapped[RandomId]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    # "post", "reply", or "event": something in the thread that is no text.
    kind: Mapped[str] = mapped_column(String(10))
    was_mailed_at_once: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Daily runs number what they find, each higher than the run before; None until then.
    run_number: Mapped[int | None]


class UnmailedPost(db.Model):
    """A post that names a vendor, queued for the next mail to one of its representatives and then deleted."""

    __tablename__ = "unmailed_posts"
    __table_args__ = (UniqueConstraint("representative_id", "post_id", name="uq_unmailed_posts_once"),)

    id: Mapped[RandomId]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    # None until the day's job has found the representatives: the author's transaction names no member.
    representative_id: Mapped[int | None] = mapped_column(ForeignKey("representatives.id", ondelete="CASCADE"))
