"""Posts, comments, tags, revisions and useful marks.

An anonymous post or comment has no author in its row. It has a pseudonym, which holds a mark, and a listing mark, by
which its author finds it again; both name nobody without the key. Its moments are whole days.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from forum.accounts.models import Member, Pseudonym
from forum.anonymity import new_thread_key
from forum.db import Id, RandomId, Timestamp, db, now, start_of_day
from forum.ratings.models import Rating
from forum.vendors.models import Category, Programme, Tier, Vendor

LEANINGS = ("good", "bad", "mixed")


class AuthoredText:
    """What posts and comments share: an author by name or by pseudonym, a text, and what can befall it."""

    author_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    pseudonym_id: Mapped[int | None] = mapped_column(ForeignKey("pseudonyms.id"), index=True)
    chain_link: Mapped[str | None] = mapped_column(String(64), unique=True)
    # The form's own random number: a second submit of the same form finds the first's row.
    submission: Mapped[str | None] = mapped_column(String(64), unique=True)
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    # The same for two texts that are the same; none for short ones.
    fingerprint: Mapped[str | None] = mapped_column(String(32), index=True)
    render_version: Mapped[int]
    created_at: Mapped[Timestamp]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]
    hidden_reason: Mapped[str | None] = mapped_column(Text)
    # Removed by a moderator: hidden for good, with a tombstone in its place. The number is that of the log's entry.
    removed_at: Mapped[datetime | None]
    decision_id: Mapped[int | None]
    # A moderator asked its author to change it: until then it is hidden, and may be changed until this moment.
    edit_deadline: Mapped[datetime | None]
    # A notice from outside says it is wrong: it stays readable while that is checked.
    disputed_at: Mapped[datetime | None]
    # What an anonymous text says of its author: a kind of work, a region, a tier, as far as enough others share them.
    badge: Mapped[str] = mapped_column(String(120), default="", server_default="")
    useful_count: Mapped[int] = mapped_column(default=0)
    # Where the text was before, when it was moved in: makes running an import twice harmless.
    imported_from: Mapped[str | None] = mapped_column(String(300), unique=True)

    @declared_attr
    def author(cls) -> Mapped[Member | None]:
        """The member who signed it; nobody for anonymous writing."""
        return relationship(Member)

    @declared_attr
    def pseudonym(cls) -> Mapped[Pseudonym | None]:
        """The name it goes under when anonymous."""
        return relationship(Pseudonym)


def _one_author(table: str) -> CheckConstraint:
    return CheckConstraint("author_id IS NULL OR pseudonym_id IS NULL", name=f"{table}_one_author")


class Post(AuthoredText, db.Model):
    """An experience: a title and a text, tags, a leaning, perhaps about one vendor, named or undisclosed."""

    __tablename__ = "posts"
    __table_args__ = (
        _one_author("posts"),
        CheckConstraint("leaning IN ('good', 'bad', 'mixed')", name="leaning_known"),
        CheckConstraint("vendor_id IS NULL OR category_id IS NULL", name="named_or_undisclosed"),
        Index("ix_posts_active", "last_activity_at", "id"),
        Index("ix_posts_new", "created_at", "id"),
        Index("ix_posts_top", "useful_count", "id"),
        Index("ix_posts_unanswered", "comment_count", "created_at", "id"),
        Index("ix_posts_vendor_active", "vendor_id", "last_activity_at", "id"),
        Index("ix_posts_author_new", "author_id", "created_at", "id"),
    )

    id: Mapped[RandomId]
    thread_key: Mapped[str] = mapped_column(String(32), unique=True, default=new_thread_key)
    title: Mapped[str] = mapped_column(String(140))
    slug: Mapped[str] = mapped_column(String(70))
    excerpt: Mapped[str] = mapped_column(String(240))
    leaning: Mapped[str] = mapped_column(String(10))
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id"))
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id", ondelete="SET NULL"))
    tier_id: Mapped[int | None] = mapped_column(ForeignKey("tiers.id", ondelete="SET NULL"))
    # An undisclosed vendor has a category and a description instead.
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"), index=True)
    vendor_description: Mapped[str | None] = mapped_column(String(80))
    # The rating it carries; gone with the rating.
    rating_id: Mapped[int | None] = mapped_column(ForeignKey("ratings.id", ondelete="SET NULL"), index=True)
    last_activity_at: Mapped[Timestamp]
    # No more replies; and where the thread went on, when it was merged into another.
    locked_at: Mapped[datetime | None]
    locked_reason: Mapped[str | None] = mapped_column(Text)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="SET NULL"))
    comment_count: Mapped[int] = mapped_column(default=0)

    vendor: Mapped[Vendor | None] = relationship()
    programme: Mapped[Programme | None] = relationship()
    tier: Mapped[Tier | None] = relationship()
    category: Mapped[Category | None] = relationship()
    rating: Mapped[Rating | None] = relationship()
    tags: Mapped[list["Tag"]] = relationship(secondary="post_tags", order_by="Tag.slug", viewonly=True)


# Few replies are official, and only those are in the index.
_OFFICIAL: Any = dict.fromkeys(("postgresql_where", "sqlite_where"), text("official_vendor_id IS NOT NULL"))


class Comment(AuthoredText, db.Model):
    """A reply to a post, or to another comment under it.

    `path` is the comment's place in the thread as text that sorts: a segment of time and number for each ancestor and
    for itself. The whole thread in order is one range of one index, and so is a page of it. A vendor's official reply
    has no time and the vendor's number there: it comes first, and no vendor has two.
    """

    __tablename__ = "comments"
    __table_args__ = (
        _one_author("comments"),
        Index("ix_comments_thread", "post_id", "path", unique=True),
        Index("ix_comments_author_new", "author_id", "created_at", "id"),
        Index("ix_comments_official", "official_vendor_id", **_OFFICIAL),
    )

    id: Mapped[RandomId]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)
    depth: Mapped[int]
    path: Mapped[str] = mapped_column(String(120))
    # The vendor's one official reply under a post, written by its verified representative, and what they were there.
    official_vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id", ondelete="SET NULL"))
    official_title: Mapped[str | None] = mapped_column(String(80))
    answer_count: Mapped[int] = mapped_column(default=0)

    post: Mapped[Post] = relationship()
    parent: Mapped["Comment | None"] = relationship(remote_side="Comment.id")
    official_vendor: Mapped[Vendor | None] = relationship()

    @property
    def thread_key(self) -> str:
        """The post's: one member has one pseudonym under one post."""
        return self.post.thread_key


class Tag(db.Model):
    """A curated label. Only moderators make them."""

    __tablename__ = "tags"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(50), unique=True)
    description: Mapped[str] = mapped_column(String(200))
    # Not offered any more; texts that carry it keep it.
    retired_at: Mapped[datetime | None]
    post_count: Mapped[int] = mapped_column(default=0)

    synonyms: Mapped[list["TagSynonym"]] = relationship(back_populates="tag", passive_deletes="all")


class TagSynonym(db.Model):
    """Another word for a tag."""

    __tablename__ = "tag_synonyms"

    id: Mapped[Id]
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), index=True)
    slug: Mapped[str] = mapped_column(String(50), unique=True)

    tag: Mapped[Tag] = relationship(back_populates="synonyms")


class PostTag(db.Model):
    """A post carries a tag."""

    __tablename__ = "post_tags"

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True, index=True)


class Revision(db.Model):
    """What a post or comment said before an edit, and until when."""

    __tablename__ = "revisions"
    __table_args__ = (
        CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name="of_one_thing"),
        Index("ix_revisions_post", "post_id", "number", unique=True),
        Index("ix_revisions_comment", "comment_id", "number", unique=True),
    )

    id: Mapped[RandomId]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    number: Mapped[int]
    title: Mapped[str | None] = mapped_column(String(140))
    body: Mapped[str] = mapped_column(Text)
    # Leaning, vendor and tags in words, as they stood.
    details: Mapped[str] = mapped_column(String(400), default="")
    replaced_at: Mapped[Timestamp]


class UsefulVote(db.Model):
    """A member found a post or comment useful. Marks are not shown by name."""

    __tablename__ = "useful_votes"
    __table_args__ = (
        CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name="of_one_thing"),
        UniqueConstraint("member_id", "post_id", name="uq_useful_votes_post"),
        UniqueConstraint("member_id", "comment_id", name="uq_useful_votes_comment"),
    )

    id: Mapped[RandomId]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)


class ScheduledText(db.Model):
    """An anonymous text that is to appear later. What it is, whose, and when it is due are all sealed."""

    __tablename__ = "scheduled_texts"

    id: Mapped[RandomId]
    # The next link of the author's chain of delayed writing.
    chain_link: Mapped[str] = mapped_column(String(64), unique=True)
    sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Timestamp]


def timestamp_for(item: Any) -> datetime:
    """Now, as finely as this item may know it."""
    return start_of_day(now()) if item.pseudonym_id is not None else now()


def target_columns(item: Any) -> dict[str, Any]:
    """Which column a revision or a mark refers to this item by, and the value."""
    return {"post_id": item.id} if isinstance(item, Post) else {"comment_id": item.id}
