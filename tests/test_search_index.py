"""The index of search: what it stores, who fills it, and that it forgets."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from forum.db import db, writing
from forum.posts.actions import delete_post
from forum.posts.comment_actions import delete_comment, edit_comment
from forum.posts.models import Comment
from forum.posts.visibility import hide, unhide
from forum.search.actions import BATCH_SIZE, _batches, _index_batch, purge_removed_words, rebuild_index
from forum.search.jobs import index_replies
from forum.search.models import SearchDocument, UnindexedReply
from forum.search.unindexed_queries import unindexed_replies
from tests.factories import make_category, make_comment, make_member, make_post
from tests.test_search import titles_at


def in_context(app: Flask, step: Callable[[], object]) -> Callable[[], None]:
    """Return a call of the step as another process makes it."""

    def call() -> None:
        with app.app_context():
            step()

    return call


def _indexed_words() -> str:
    return " ".join(db.session.scalars(db.select(SearchDocument.body)))


def test_a_reply_is_indexed_as_it_is_when_the_job_runs(browse: Callable[..., Any]) -> None:
    post = make_post()
    edited, deleted, hidden = (make_comment(post, body=f"{animal}.") for animal in ("Antelope", "Zebra", "Giraffe"))
    assert "Nothing matches" in browse().get("/search?q=antelope").text
    edit_comment(edited, body="A buffalo.")
    delete_comment(deleted)
    hide(hidden, "because")
    db.session.commit()
    assert "1 match" in titles_at(browse(), "buffalo")
    for animal in ("antelope", "zebra", "giraffe"):
        assert "Nothing matches" in titles_at(browse(), animal)
    unhide(hidden)
    db.session.commit()
    assert "1 match" in titles_at(browse(), "giraffe")
    assert not db.session.query(UnindexedReply).count() and "zebra" not in _indexed_words()


def test_a_reply_that_was_indexed_meanwhile_is_indexed_once(app: Flask) -> None:
    reply = make_comment()
    rebuild_index(db.session.commit)
    assert not db.session.query(UnindexedReply).count(), "nothing is left to be done"
    db.session.add(UnindexedReply(comment_id=reply.id))
    db.session.commit()
    index_replies()
    assert db.session.query(SearchDocument).filter_by(comment_id=reply.id).count() == 1


def test_more_replies_than_one_transaction_takes_are_all_indexed(app: Flask) -> None:
    post, author = make_post(), make_member()
    for _ in range(BATCH_SIZE + 3):
        make_comment(post, author)
    index_replies()
    assert db.session.query(SearchDocument).filter(SearchDocument.comment_id.is_not(None)).count() == BATCH_SIZE + 3


@pytest.mark.parametrize(
    "read",
    [lambda: unindexed_replies(BATCH_SIZE), lambda: [*_batches(db.session.connection)][-1]],
    ids=["job", "rebuild"],
)
def test_who_edits_a_reply_whose_words_are_just_read_waits_and_has_the_last_word(app: Flask, read: Any) -> None:
    reply_id = make_comment(body="An antelope.").id

    def edit() -> None:
        with writing():
            edit_comment(db.session.get_one(Comment, reply_id), body="A buffalo.")
            db.session.commit()

    with ThreadPoolExecutor(1) as pool:
        with writing():
            rows = read()
            editing = pool.submit(in_context(app, edit))
            time.sleep(0.3)  # it waits for the lock; without one, it would be over by now
            _index_batch(rows, db.session.commit)
        editing.result()
    assert "antelop" not in _indexed_words() and "buffalo" in _indexed_words()


def test_a_reply_that_is_just_edited_is_left_to_the_next_run(app: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("one writer at a time is SQLite's")
    reply = make_comment(body="An antelope.")
    edit_comment(reply, body="A buffalo.")
    db.session.flush()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(in_context(app, index_replies)).result()
    db.session.commit()
    assert db.session.query(UnindexedReply).count() == 1
    index_replies()
    assert "antelop" not in _indexed_words() and "buffalo" in _indexed_words()


def test_the_index_can_be_built_anew(app: Flask) -> None:
    make_comment()
    index_replies()
    before = db.session.query(SearchDocument.body).order_by(SearchDocument.body).all()
    assert rebuild_index(db.session.commit) == 2
    assert db.session.query(SearchDocument.body).order_by(SearchDocument.body).all() == before


def test_a_row_of_the_index_records_the_day_and_nothing_finer(app: Flask) -> None:
    make_comment(make_category() and make_post(anonymous=True), anonymous=True)
    columns = set(SearchDocument.__table__.columns.keys())
    assert columns == {"id", "post_id", "comment_id", "word_count", "title", "body", "vector"}
    assert set(UnindexedReply.__table__.columns.keys()) == {"comment_id"}


def test_sqlite_forgets_the_words_of_deleted_texts(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL vacuums its index by itself")
    post = make_post(title="Xylophone")
    delete_post(post)
    db.session.commit()
    make_post()
    purge_removed_words(db.session.commit)
    blocks = db.session.execute(db.text("SELECT block FROM search_fts_data")).scalars().all()
    assert not any(b"xylophon" in bytes(block) for block in blocks)
