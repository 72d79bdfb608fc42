"""Follows. A row shows what is followed; who follows it, and how much they have read, is sealed with the anonymity key.

A row stays as long as the item it follows, even after its member unfollows: the number of a thread's rows must not show
which of its named authors is behind a pseudonym in it. For the same reason a member who wrote in a thread both by name
and under a pseudonym has two rows.
"""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import RandomId, db


class Follow(db.Model):
    """Someone follows, or followed, a post, a tag or a vendor."""

    __tablename__ = "follows"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN post_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN tag_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN vendor_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_thing",
        ),
    )

    id: Mapped[RandomId]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    tag_id: Mapped[int | None] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), index=True)
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id", ondelete="CASCADE"), index=True)
    # HMAC of item, identity (by name or anonymous) and member, to look up a member's follow of an item.
    follow_hmac: Mapped[str] = mapped_column(String(64), unique=True)
    # A link of the member's chain of follows, to look up all of a member's follows.
    chain_link: Mapped[str] = mapped_column(String(64), unique=True)
    # Who follows, whether they still do, and how much they have read: see follow_state.py.
    follower_seal: Mapped[str] = mapped_column(String(120))


class UnmailedPost(db.Model):
    """A post that names a vendor, queued for the next mail to one of its representatives and then deleted."""

    __tablename__ = "unmailed_posts"
    __table_args__ = (UniqueConstraint("representative_id", "post_id", name="uq_unmailed_posts_once"),)

    id: Mapped[RandomId]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    # None until the day's job has found the representatives: the author's transaction names no member.
    representative_id: Mapped[int | None] = mapped_column(ForeignKey("representatives.id", ondelete="CASCADE"))
