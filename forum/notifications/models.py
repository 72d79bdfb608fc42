"""Follows: what somebody wants to be told of. A row says what is followed; by whom, and how much of it they have seen,
it says only to whoever holds the key.

A row is never taken away while its thing is there, whether its member still follows or not: how many rows a thread has
must not tell who of its named authors is behind a pseudonym in it. For the same reason a member has a row for what they
wrote by name and another for what they wrote under their pseudonym.
"""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import RandomId, db


class Follow(db.Model):
    """Somebody follows, or followed, a post, a tag or a vendor."""

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
    # HMAC of thing, voice and member: by which a member finds their own follow of this thing.
    follow_hmac: Mapped[str] = mapped_column(String(64), unique=True)
    # A link of the member's chain of follows: by which they find all of theirs.
    chain_link: Mapped[str] = mapped_column(String(64), unique=True)
    # Who follows, whether they still do, and what they have seen: see seals.py.
    follower_seal: Mapped[str] = mapped_column(String(120))


class UnmailedPost(db.Model):
    """A post that names a vendor, of which its representative was not told yet. Gone with the mail that tells."""

    __tablename__ = "unmailed_posts"
    __table_args__ = (UniqueConstraint("representative_id", "post_id", name="uq_unmailed_posts_once"),)

    id: Mapped[RandomId]
    representative_id: Mapped[int] = mapped_column(ForeignKey("representatives.id", ondelete="CASCADE"))
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
