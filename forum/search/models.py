"""The index of posts and replies, and the words that many of them use.

A row belongs to the transaction that writes its post or reply and records no more time than that one's day, by which
the ids are ordered. It names no member. On SQLite triggers copy each row into the FTS5 table `search_fts`; on
PostgreSQL the column `vector` has the same words.
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
