"""Lists take the same time however much there is: what they are sorted by is in an index, and kept equal to the posts."""

from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy import text as sql

from forum.admin.queries import decisions_about
from forum.db import db
from forum.moderation.log.queries import transparency_counts
from forum.notifications.news_queries import _searches, latest_replies
from forum.notifications.own_text_queries import own_texts_by_thread, state_and_own_replies
from forum.posts.comment_actions import write_comment
from forum.posts.feed_queries import feed_entries, months_with_posts
from forum.posts.models import Post, PostTag
from forum.posts.queries import about_category, list_posts
from forum.posts.recounts import settle_recounts
from forum.posts.related_queries import related_posts
from forum.posts.writing import mark_useful
from tests.factories import make_member, make_post, make_tag, make_vendor
from tests.query_counts import listening


def copies_differ():
    """Return the rows of tags that are not equal to their post's."""
    post, link = Post.__table__.c, PostTag.__table__.c
    pairs = [(link[name], post[name]) for name in ("last_activity_at", "created_at", "useful_count")]
    differs = pairs[0][0].is_distinct_from(pairs[0][1])
    for copy, original in pairs[1:]:
        differs |= copy.is_distinct_from(original)
    return db.session.execute(select(link.post_id, link.tag_id).join_from(PostTag, Post).where(differs)).all()


def plans_of(visit):
    """Return SQLite's plan of each SELECT that the call sends."""
    statements = []

    def record(connection, cursor, statement, parameters, context, is_many):
        if statement.startswith("SELECT"):
            statements.append((statement, parameters))

    with listening(record):
        visit()
    connection = db.session.connection()
    return [
        "\n".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters))
        for statement, parameters in statements
    ]


def test_a_tags_rows_follow_what_its_posts_are_sorted_by(app):
    tag, other = make_tag("exams"), make_tag("renewals")
    post = make_post(tags=[tag, other])
    make_post(tags=[other])
    assert db.session.query(PostTag).count() == 3
    assert copies_differ() == []
    write_comment(post, make_member(), body="We had the same.", anonymous=False)
    mark_useful(make_member(), post)
    db.session.commit()
    settle_recounts(db.session.commit)
    assert copies_differ() == []
    db.session.execute(sql("UPDATE posts SET useful_count = useful_count + 3"))
    assert copies_differ() == []


def test_a_tags_posts_are_read_in_the_order_of_an_index(app):
    if db.engine.dialect.name != "sqlite":
        return
    tag = make_tag("exams")
    make_post(tags=[tag])
    for sort in ("active", "new", "top"):
        assert "TEMP B-TREE" not in plans_of(lambda sort=sort: list_posts(tag_id=tag.id, sort=sort))[0], sort
    assert "TEMP B-TREE" not in plans_of(lambda: feed_entries(tag_id=tag.id))[0]


def test_a_members_own_texts_are_found_without_reading_those_of_others(app):
    """The unique index of `imported_from` is useless for IS NULL, and SQLite would take it."""
    if db.engine.dialect.name != "sqlite":
        return
    member, post = make_member(), make_post()
    plans = plans_of(lambda: state_and_own_replies(member, post.id, post.thread_key))
    plans += plans_of(lambda: own_texts_by_thread(member, ["link"]))
    for plan in plans:
        assert "SCAN comments" not in plan, plan
        assert "SCAN posts" not in plan, plan
        assert "ix_comments_thread" not in plan, plan
    assert not [plan for plan in plans if "imported_from" in plan]
    assert any("ix_comments_own (author_id=?" in plan for plan in plans)
    assert "ix_comments_own (author_id=? AND post_id>?)" in plans[-1]


def test_what_is_counted_of_all_posts_and_decisions_is_read_from_an_index(app):
    if db.engine.dialect.name != "sqlite":
        return
    for plan in plans_of(transparency_counts):
        assert "SCAN posts\n" not in plan + "\n" and "SCAN decisions\n" not in plan + "\n", plan


def test_decisions_about_a_member_are_found_without_reading_those_about_others(app):
    if db.engine.dialect.name != "sqlite":
        return
    plan = plans_of(lambda: decisions_about(make_member()))[-1]
    assert "SCAN decisions" not in plan, plan


def test_a_large_category_is_read_in_the_order_of_its_posts_and_a_small_one_by_its_vendors(app):
    vendors = [make_vendor(name) for name in ("Northwind", "Lakeside")]
    posts = [make_post() for _ in vendors]
    for post, vendor in zip(posts, vendors, strict=True):
        post.vendor_id = vendor.id
    db.session.flush()
    category_id = vendors[0].category_id
    rows = list_posts(about_category(category_id)).rows
    vendors[0].post_count = 1_000
    db.session.flush()
    assert [row.id for row in list_posts(about_category(category_id)).rows] == [row.id for row in rows]
    assert posts[0].id in {row.id for row in rows}
    if db.engine.dialect.name == "sqlite":
        assert "TEMP B-TREE" not in plans_of(lambda: list_posts(about_category(category_id)))[1]


def test_the_query_for_news_is_the_same_for_seven_items_and_for_nine(app):
    posts = [make_post() for _ in range(9)]
    replies = [write_comment(post, make_member(), body="We had the same.", anonymous=False) for post in posts]
    db.session.flush()
    _searches.cache_clear()
    for number in (7, 9):
        rows = latest_replies([post.id for post in posts[:number]])
        assert {row.id for row in rows} == {reply.id for reply in replies[:number]}
    assert _searches.cache_info().currsize == 1


def test_related_posts_look_at_the_most_active_posts_of_each_tag(app, monkeypatch):
    monkeypatch.setattr("forum.posts.related_queries.MAX_RELATED_BY_TAG", 2)
    tags = [make_tag("exams"), make_tag("renewals")]
    post = make_post(tags=tags)
    both = make_post(tags=tags)
    assert [row.id for row in related_posts(post.id, None)] == [both.id]


def test_months_are_found_however_far_apart_the_oldest_and_the_newest_post_are(app):
    old, new = make_post(), make_post()
    old.created_at, new.created_at = datetime(1970, 1, 2, tzinfo=UTC), datetime(2026, 11, 27, tzinfo=UTC)
    db.session.commit()
    assert months_with_posts() == [date(1970, 1, 1), date(2026, 11, 1)]
