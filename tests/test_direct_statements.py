"""Statements that are sent to the driver directly belong to the session's transaction all the same."""

import pytest
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from forum import direct_reads
from forum.accounts.models import Pseudonym
from forum.accounts.queries import spent_links_among
from forum.db import db, new_random_id
from forum.direct_statements import DirectLoad, DirectStatement
from forum.posts.actions import PostSubject
from forum.posts.models import Comment, Post
from forum.ratings.models import Snapshot
from tests.factories import make_comment, make_post, make_vendor
from tests.published import make_figures, publish_figures
from tests.query_counts import recorded_queries

add_alias = DirectStatement(insert, Pseudonym.__table__)
by_id = DirectLoad(Post, lambda: select(Post).where(Post.id == bindparam("id")))


def alias(name):
    return {"id": new_random_id(), "thread_key": "a", "thread_hmac": name, "name": name}


def count_aliases():
    return db.session.query(Pseudonym).count()


def test_they_see_what_is_pending_and_are_undone_with_it(app):
    post = make_post()
    post.title = "Changed a moment ago"
    assert DirectStatement(lambda: select(Post.title)).scalar({}) == "Changed a moment ago"
    add_alias.rows(alias("Calm Otter"))
    assert count_aliases() == 1
    db.session.rollback()
    assert count_aliases() == 0


def test_an_error_is_the_sessions_without_the_values(app):
    add_alias.rows(alias("Calm Otter"))
    with pytest.raises(IntegrityError) as caught:
        add_alias.rows(alias("Calm Otter"))
    assert "INSERT INTO pseudonyms" in str(caught.value) and caught.value.params is None
    db.session.rollback()
    assert count_aliases() == 0


def test_an_object_is_what_the_session_would_load(app):
    post_id = make_post(submission="1").id
    db.session.commit()
    db.session.expunge_all()
    loaded = by_id.first({"id": post_id})
    assert loaded in db.session and by_id.first({"id": post_id}) is loaded and db.session.get(Post, post_id) is loaded
    values = {column.name: getattr(loaded, column.name) for column in Post.__table__.c}
    db.session.expunge_all()
    assert values == {column: getattr(db.session.get(Post, post_id), column) for column in values}
    assert by_id.first({"id": 1}) is None


def test_named_rows_are_those_of_the_session(app):
    """Also their types: dates, true and false, and the decimals of a mean, which PostgreSQL gives in another form."""
    vendor = make_vendor()
    make_comment(make_post(subject=PostSubject(vendor)), anonymous=True)
    publish_figures(vendor, make_figures(12))
    db.session.commit()
    post, comment, snapshot = (model.__table__ for model in (Post, Comment, Snapshot))
    on = post.c.vendor_id == snapshot.c.vendor_id
    statement = select(post, comment.c.path, snapshot.c.asks_mean).join(comment).join(snapshot, on)
    assert_same_rows(DirectStatement(lambda: statement).named_rows({}), db.session.execute(statement).all())


def assert_same_rows(rows, expected):
    assert rows and [row._asdict() for row in rows] == [row._asdict() for row in expected]
    assert [[*map(type, row)] for row in rows] == [[*map(type, row)] for row in expected]


def test_a_changed_object_is_stored_and_one_that_was_changed_stays_so(app):
    post_id = make_post().id
    db.session.commit()
    db.session.expunge_all()
    by_id.first({"id": post_id}).title = "Another title"
    assert by_id.first({"id": post_id}).title == "Another title"
    db.session.commit()
    db.session.expunge_all()
    assert by_id.first({"id": post_id}).title == "Another title"


def test_tests_and_guards_hear_of_them(app):
    with recorded_queries() as statements:
        by_id.first({"id": 1})
    assert len(statements) == 1
    with app.test_request_context("/rules"), pytest.raises(RuntimeError, match="wrote in answer to GET"):
        app.preprocess_request()
        add_alias.rows(alias("Calm Otter"))


def test_what_is_kept_does_not_tell_how_long_a_list_was(app):
    spent_links_among(["a"])
    before = direct_reads._compiled.cache_info().currsize, direct_reads._expanded.cache_info().currsize
    spent_links_among(["a", "b", "c"])
    assert (direct_reads._compiled.cache_info().currsize, direct_reads._expanded.cache_info().currsize) == before
