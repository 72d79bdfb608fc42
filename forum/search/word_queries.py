"""Questions about the words that many listed texts use."""

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import func, select

from forum.access import listed_clause
from forum.db import db
from forum.posts.models import Comment, Post, Tag
from forum.search.models import SearchDocument, SearchWord
from forum.search.words import words_of
from forum.text import visible_words
from forum.vendors.models import Vendor

# A suggestion is looked for among so many words, those that are used most.
MAX_CANDIDATES = 2000
LENGTH_TOLERANCE = 2
# How many of the newest posts and of the newest replies are counted, and in how many a word has to be: a word of few
# texts is not stored, so none of a deleted text stays behind.
COUNTED_TEXTS = 10_000
MIN_TEXTS = 3


def known_words(words: Sequence[str]) -> set[str]:
    """Return those of the words that are known."""
    return set(db.session.scalars(select(SearchWord.word).where(SearchWord.word.in_(words))))


def stored_words() -> Sequence[str]:
    """Return all words that can be suggested."""
    return db.session.scalars(select(SearchWord.word)).all()


def words_like(word: str) -> Sequence[str]:
    """Return known words of the same first letter and about the same length, the most used first."""
    lengths = (len(word) - LENGTH_TOLERANCE, len(word) + LENGTH_TOLERANCE)
    return db.session.scalars(
        select(SearchWord.word)
        .where(SearchWord.word >= word[0], SearchWord.word < chr(ord(word[0]) + 1))
        .where(func.length(SearchWord.word).between(*lengths))
        .order_by(SearchWord.document_count.desc(), SearchWord.word)
        .limit(MAX_CANDIDATES)
    ).all()


def word_counts() -> dict[str, int]:
    """Return the words that several listed texts use, and all of vendors' names and tags, with their counts."""
    counts: Counter[str] = Counter()
    for text in _newest_texts():
        counts.update({word for word in words_of(text) if word.isalpha()})
    counts = Counter({word: number for word, number in counts.items() if number >= MIN_TEXTS})
    for name in _catalogue_names():
        counts.update(word for word in words_of(name) if word.isalpha())
    return dict(counts)


def _newest_texts() -> Iterable[str]:
    posts = select(Post.title, Post.body_html).where(listed_clause(Post)).order_by(Post.created_at.desc())
    for title, body_html in db.session.execute(posts.limit(COUNTED_TEXTS)):
        yield f"{title} {visible_words(body_html)}"
    comments = (
        select(Comment.body_html)
        .join(SearchDocument, SearchDocument.comment_id == Comment.id)
        .join(Post, Post.id == Comment.post_id)
        .where(listed_clause(Comment), listed_clause(Post))
        .order_by(SearchDocument.id.desc())
    )
    for body_html in db.session.scalars(comments.limit(COUNTED_TEXTS)):
        yield visible_words(body_html)


def _catalogue_names() -> Iterable[str]:
    yield from db.session.scalars(select(Vendor.name).where(Vendor.accepted_at.is_not(None)))
    yield from db.session.scalars(select(Tag.slug).where(Tag.retired_at.is_(None)))
