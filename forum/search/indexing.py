"""Index rows: what the index stores of a post or reply, and keeping it so in the transaction that changes one.

A new reply is only noted there: a job indexes it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, event, inspect
from sqlalchemy.orm import Mapper

from forum.direct_statements import DirectStatement
from forum.posts.models import Comment, Post
from forum.search.models import SearchDocument, UnindexedReply, new_document_id
from forum.search.words import IndexedWords, indexed_words
from forum.text import visible_words

_documents = SearchDocument.__table__
_insert_document = DirectStatement(_documents.insert)
_note_reply = DirectStatement(UnindexedReply.__table__.insert)
# What changes the row: `deleted_at` because a text deleted by its author has none.
_INDEXED_COLUMNS = ("title", "body_html", "deleted_at")


def word_columns(dialect: str, title: str, body_html: str) -> dict[str, Any]:
    """Return the columns of an index row that depend on the text."""
    title_words, body_words = indexed_words(title), indexed_words(visible_words(body_html))
    columns = {
        "title": title_words.text,
        "body": body_words.text,
        "word_count": title_words.length + body_words.length,
    }
    return columns | ({"vector": _vector(title_words, body_words)} if dialect == "postgresql" else {})


def index_row(
    dialect: str, kind: str, item_id: int, created_at: datetime, title: str, body_html: str
) -> dict[str, Any]:
    """Return the index row of a text that is of the kind "post" or "comment"."""
    item = {"post_id": item_id, "comment_id": None} if kind == "post" else {"post_id": None, "comment_id": item_id}
    return {"id": new_document_id(created_at), **item, **word_columns(dialect, title, body_html)}


def _vector(title: IndexedWords, body: IndexedWords) -> str:
    """Return both as PostgreSQL writes a tsvector: the title's words weigh A, and no phrase runs into the body."""
    positions: dict[str, list[str]] = {}
    title_words = title.text.split()
    for n, word in enumerate(title_words, 1):
        positions.setdefault(word, []).append(f"{n}A")
    for n, word in enumerate(body.text.split(), len(title_words) + 2):
        positions.setdefault(word, []).append(str(n))
    return " ".join(f"'{word}':{','.join(numbers)}" for word, numbers in positions.items())


def _insert(mapper: Mapper[Any], connection: Connection, item: Post | Comment) -> None:
    if item.deleted_at is not None:
        return
    if isinstance(item, Comment):
        _note_reply.rows_over(connection, {"comment_id": item.id})
    else:
        row = index_row(connection.dialect.name, *_identity(item), item.created_at, _title(item), item.body_html)
        _insert_document.rows_over(connection, row)


def _update(mapper: Mapper[Any], connection: Connection, item: Post | Comment) -> None:
    attributes: Any = inspect(item).attrs
    if not any(name in attributes and attributes[name].history.has_changes() for name in _INDEXED_COLUMNS):
        return
    kind, item_id = _identity(item)
    is_row = (_documents.c.post_id if kind == "post" else _documents.c.comment_id) == item_id
    if item.deleted_at is not None:
        connection.execute(_documents.delete().where(is_row))
        return
    columns = word_columns(connection.dialect.name, _title(item), item.body_html)
    connection.execute(_documents.update().where(is_row), columns)


def _identity(item: Post | Comment) -> tuple[str, int]:
    return ("post" if isinstance(item, Post) else "comment"), item.id


def _title(item: Post | Comment) -> str:
    return item.title if isinstance(item, Post) else ""


_LISTENERS: dict[str, Callable[..., None]] = {"after_insert": _insert, "after_update": _update}
for _kind in (Post, Comment):
    for _name, _listener in _LISTENERS.items():
        event.listen(_kind, _name, _listener)
