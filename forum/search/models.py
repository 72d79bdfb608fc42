"""The index of posts and replies, and the words that many of them use.

A row records no more time than the day of its post or reply, by which the ids are ordered, and names no member. A
post's is written with the post, that of a reply by a job within a minute; both are changed and deleted with the text.
On SQLite triggers copy each row into the FTS5 table `search_fts`; on PostgreSQL the column `vector` has the same words.
"""

import secrets
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import KEY_BITS, db

FIRST_DAY = date(2000, 1, 1)
DAY_BITS = 15
RANDOM_BITS = KEY_BITS - DAY_BITS


class SearchDocument(db.Model):
    """The words of a post or reply. One that its author deleted has no row; a hidden one has, and nobody finds it."""

    __tablename__ = "search_documents"
    __table_args__ = (
        CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name="of_one_thing"),
        # On SQLite without rows: there the index is search_fts.
        Index("ix_search_documents_vector", "vector", postgresql_using="gin", sqlite_where=text("vector IS NOT NULL")),
    )

    # On SQLite the table's own order: rows have no other number, which would tell the order in which they were written.
    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False
    )
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), unique=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), unique=True)
    word_count: Mapped[int]
    # Words as words.py makes them, with spaces between them.
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    vector: Mapped[str | None] = mapped_column(TSVECTOR().with_variant(Text(), "sqlite"))


class UnindexedReply(db.Model):
    """A new reply that a job has yet to index."""

    __tablename__ = "unindexed_replies"
    __table_args__ = ({"sqlite_with_rowid": False},)

    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


class SearchWord(db.Model):
    """A word that several listed texts use, and in how many of the newest: for suggesting how to spell it."""

    __tablename__ = "search_words"

    word: Mapped[str] = mapped_column(String(40), primary_key=True)
    document_count: Mapped[int]


def new_document_id(moment: datetime) -> int:
    """Return an id that sorts by the day, and by chance within it."""
    return first_id_of(moment.date()) + secrets.randbits(RANDOM_BITS)


def first_id_of(day: date) -> int:
    """Return the smallest id of a day."""
    return max((day - FIRST_DAY).days, 0) << RANDOM_BITS


def day_number_of(document_id: int) -> int:
    """Return how many days after FIRST_DAY the document's text was written."""
    return document_id >> RANDOM_BITS
