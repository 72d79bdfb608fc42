"""Posts, comments, tags, revisions, useful votes and scheduled texts.

The row of an anonymous post or comment has no author. It has a pseudonym, which holds an HMAC of its author, and a link
of its author's chain, by which they find it again; without the key neither identifies anyone. Its times are whole days.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.anonymity import new_thread_key
from forum.db import Id, RandomId, Timestamp, db, now, start_of_day
from forum.posts.authored import AuthoredText
from forum.ratings.models import Rating
from forum.vendors.models import Category, Programme, Tier, Vendor

LEANINGS = ("good", "bad", "mixed")
MAX_TAGS = 5


def _one_author(table: str) -> CheckConstraint:
    return CheckConstraint("author_id IS NULL OR pseudonym_id IS NULL", name=f"{table}_one_author")


def index_of_few(name: str, *columns: str) -> Index:
    """Return an index of the rows in which the first of these columns is set."""
    is_set = text(f"{columns[0]} IS NOT NULL")
    return Index(name, *columns, postgresql_where=is_set, sqlite_where=is_set)


_FILTERED = ("leaning", "tier_id", "shows_tier")
_IS_UNANSWERED = text("comment_count = 0")
_IS_SIGNED_AND_LISTED = text("author_id IS NOT NULL AND hidden_at IS NULL AND deleted_at IS NULL")


class Post(AuthoredText, db.Model):
    """A post: title, text, tags and leaning; often about one vendor, named or undisclosed."""

    __tablename__ = "posts"
    __table_args__ = (
        _one_author("posts"),
        CheckConstraint("leaning IN ('good', 'bad', 'mixed')", name="leaning_known"),
        CheckConstraint("vendor_id IS NULL OR category_id IS NULL", name="named_or_undisclosed"),
        Index("ix_posts_active", "last_activity_at", "id"),
        Index("ix_posts_new", "created_at", "id"),
        Index("ix_posts_top", "useful_count", "id"),
        Index(
            "ix_posts_unanswered",
            *("created_at", "id"),
            postgresql_where=_IS_UNANSWERED,
            sqlite_where=_IS_UNANSWERED,
        ),
        # With the columns that are filtered by, so that rare posts are found without reading all the others.
        Index("ix_posts_vendor_active", "vendor_id", "last_activity_at", "id", *_FILTERED, "created_at"),
        Index("ix_posts_vendor_new", "vendor_id", "created_at", "id", *_FILTERED),
        Index("ix_posts_vendor_useful", "vendor_id", "useful_count", "id", *_FILTERED, "created_at"),
        Index("ix_posts_author_new", "author_id", "created_at", "id"),
        index_of_few("ix_posts_pseudonym_id", "pseudonym_id"),
        index_of_few("ix_posts_fingerprint", "fingerprint"),
        index_of_few("ix_posts_edit_deadline", "edit_deadline"),
        index_of_few("ix_posts_decided", "decision_id"),
        index_of_few("ix_posts_merged_into", "merged_into_id"),
    )

    id: Mapped[RandomId]
    thread_key: Mapped[str] = mapped_column(String(32), unique=True, default=new_thread_key)
    title: Mapped[str] = mapped_column(String(140))
    slug: Mapped[str] = mapped_column(String(70))
    excerpt: Mapped[str] = mapped_column(String(240))
    leaning: Mapped[str] = mapped_column(String(10))
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id"))
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id", ondelete="SET NULL"), index=True)
    tier_id: Mapped[int | None] = mapped_column(ForeignKey("tiers.id", ondelete="SET NULL"), index=True)
    # Whether others see the tier: under an anonymous post only if enough organisations hold it.
    shows_tier: Mapped[bool] = mapped_column(default=False, server_default=false())
    # An undisclosed vendor has a category and a description instead.
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"), index=True)
    vendor_description: Mapped[str | None] = mapped_column(String(80))
    # The rating that the post carries.
    rating_id: Mapped[int | None] = mapped_column(ForeignKey("ratings.id", ondelete="SET NULL"), index=True)
    last_activity_at: Mapped[Timestamp]
    # Closed to new replies; and the thread in which it continues, when it was merged into another.
    locked_at: Mapped[datetime | None]
    locked_reason: Mapped[str | None] = mapped_column(Text)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="SET NULL"))
    comment_count: Mapped[int] = mapped_column(default=0)
    # News in the thread that are not replies: followers see one more unread.
    news_count: Mapped[int] = mapped_column(default=0, server_default="0")

    vendor: Mapped[Vendor | None] = relationship()
    programme: Mapped[Programme | None] = relationship()
    tier: Mapped[Tier | None] = relationship()
    category: Mapped[Category | None] = relationship()
    rating: Mapped[Rating | None] = relationship()
    tags: Mapped[list["Tag"]] = relationship(secondary="post_tags", order_by="Tag.slug", viewonly=True)


class Comment(AuthoredText, db.Model):
    """A reply to a post, or to another comment under it.

    `path` sorts the thread: a segment of time and id for each ancestor and for the comment itself, so that a page in
    reading order is one range of one index. That of a vendor's official reply is the vendor's id: first, and only once.
    """

    __tablename__ = "comments"
    __table_args__ = (
        _one_author("comments"),
        Index("ix_comments_thread", "post_id", "path", unique=True),
        Index("ix_comments_newest", "post_id", "created_at", "id"),
        Index("ix_comments_useful", "post_id", "useful_count", "id"),
        index_of_few("ix_comments_author_new", "author_id", "created_at", "id"),
        # Covers what following asks of a member's signed replies.
        Index(
            "ix_comments_own",
            *("author_id", "post_id", "id", "position_seal", "imported_from"),
            postgresql_where=_IS_SIGNED_AND_LISTED,
            sqlite_where=_IS_SIGNED_AND_LISTED,
        ),
        index_of_few("ix_comments_parent_id", "parent_id"),
        index_of_few("ix_comments_pseudonym_id", "pseudonym_id"),
        index_of_few("ix_comments_fingerprint", "fingerprint"),
        index_of_few("ix_comments_edit_deadline", "edit_deadline"),
        index_of_few("ix_comments_decided", "decision_id"),
        index_of_few("ix_comments_official", "official_vendor_id"),
    )

    id: Mapped[RandomId]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    depth: Mapped[int]
    path: Mapped[str] = mapped_column(String(120))
    # For a vendor's official reply: the vendor, and the title there of the representative who wrote it.
    official_vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id", ondelete="SET NULL"))
    official_title: Mapped[str | None] = mapped_column(String(80))
    answer_count: Mapped[int] = mapped_column(default=0)
    # How much was in the thread before, sealed: what its author has not seen yet is counted from here. None: nothing.
    position_seal: Mapped[str | None] = mapped_column(String(80))

    post: Mapped[Post] = relationship()
    parent: Mapped["Comment | None"] = relationship(remote_side="Comment.id")
    official_vendor: Mapped[Vendor | None] = relationship()

    @property
    def thread_key(self) -> str:
        """The post's thread key: a member has one pseudonym in a thread."""
        return self.post.thread_key


class Tag(db.Model):
    """A curated label that moderators create."""

    __tablename__ = "tags"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(50), unique=True)
    description: Mapped[str] = mapped_column(String(200))
    # No longer offered; posts that have it keep it.
    retired_at: Mapped[datetime | None]
    post_count: Mapped[int] = mapped_column(default=0)

    synonyms: Mapped[list["TagSynonym"]] = relationship(back_populates="tag", passive_deletes="all")


class TagSynonym(db.Model):
    """A synonym of a tag."""

    __tablename__ = "tag_synonyms"

    id: Mapped[Id]
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), index=True)
    slug: Mapped[str] = mapped_column(String(50), unique=True)

    tag: Mapped[Tag] = relationship(back_populates="synonyms")


class PostTag(db.Model):
    """A tag of a post, with copies of what the tag's posts are sorted by: triggers of the database keep them."""

    __tablename__ = "post_tags"
    __table_args__ = tuple(
        Index(f"ix_post_tags_{sort}", "tag_id", column, "post_id")
        for sort, column in (("active", "last_activity_at"), ("new", "created_at"), ("useful", "useful_count"))
    )

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    last_activity_at: Mapped[datetime | None]
    created_at: Mapped[datetime | None]
    useful_count: Mapped[int | None]


class Revision(db.Model):
    """The text of a post or comment before an edit."""

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
    # The decision that objected to this version: only its author and moderators see it. No foreign key up to that room.
    decision_id: Mapped[int | None]
    # Leaning, vendor and tags as text.
    details: Mapped[str] = mapped_column(String(400), default="")
    replaced_at: Mapped[Timestamp]


class UsefulVote(db.Model):
    """A member's vote that a post or comment is useful. Votes are not shown by name."""

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


class PendingRecount(db.Model):
    """A post or comment whose replies, answers and votes are to be counted again; see recounts.py. Names no member."""

    __tablename__ = "pending_recounts"
    __table_args__ = (
        CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name="of_one_thing"),
        index_of_few("ix_pending_recounts_post_id", "post_id"),
        index_of_few("ix_pending_recounts_comment_id", "comment_id"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[RandomId]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    # By how much the replies or answers change, 0 for a vote; with None all rows are counted again.
    delta: Mapped[int | None]


class ScheduledText(db.Model):
    """An anonymous text that appears later. Content, author and time are sealed; see scheduled_actions.py."""

    __tablename__ = "scheduled_texts"

    id: Mapped[RandomId]
    # A link of the author's chain of scheduled texts.
    chain_link: Mapped[str] = mapped_column(String(64), unique=True)
    sealed: Mapped[str] = mapped_column(Text)
    # When it is due, sealed on its own: the job opens a content only then. Rows of before have it in `sealed` alone.
    due_seal: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[Timestamp]


class SealedDraft(db.Model):
    """A draft that its author keeps on the server. The form is sealed; see draft_actions.py."""

    __tablename__ = "sealed_drafts"

    id: Mapped[RandomId]
    chain_link: Mapped[str] = mapped_column(String(64), unique=True)
    sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Timestamp]


def timestamp_for(item: Post | Comment) -> datetime:
    """Return the current time, or for an anonymous item the day, which is all that its row may record."""
    return start_of_day(now()) if item.pseudonym_id is not None else now()


def target_columns(item: Post | Comment) -> dict[str, int]:
    """Return the foreign key, by column name, that refers to this item in a row about a post or comment."""
    return {"post_id": item.id} if isinstance(item, Post) else {"comment_id": item.id}


class LeaningCount(db.Model):
    """How many posts of a leaning were written and not deleted, and how many of these are removed. Spam is left out.

    Triggers of the database keep it.
    """

    __tablename__ = "leaning_counts"

    leaning: Mapped[str] = mapped_column(String(10), primary_key=True)
    written: Mapped[int]
    removed: Mapped[int]
