"""Follows: who wants to be told of what. A row says what is followed and how much of it was seen, and not by whom.

The follower is in it twice, and both times only for whoever holds the key: as a mark, by which a member finds their own
follow, and as a seal, by which the site finds whom to tell.
"""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Key, db


class Follow(db.Model):
    """A member follows a post, a tag or a vendor."""

    __tablename__ = "follows"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN post_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN tag_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN vendor_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_thing",
        ),
    )

    id: Mapped[Key]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    tag_id: Mapped[int | None] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), index=True)
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id", ondelete="CASCADE"), index=True)
    # HMAC of subject and member: this member's follow of this thing.
    mark: Mapped[str] = mapped_column(String(64), unique=True)
    # The next link of the member's chain of follows: all of this member's.
    listing_mark: Mapped[str] = mapped_column(String(64), unique=True)
    follower_seal: Mapped[str] = mapped_column(String(120))
    # How many replies (or posts) there were when the member last looked, and when mail last told of them.
    seen_count: Mapped[int] = mapped_column(default=0)
    told_count: Mapped[int] = mapped_column(default=0)
