"""What writing costs: statements and rows read don't grow with the thread, nor with what the author wrote before."""

import pytest
from sqlalchemy import func, insert, select, update

from forum.db import db, new_random_id, now
from forum.posts.comment_actions import delete_comment, write_comment
from forum.posts.models import Comment, PendingRecount, Post
from forum.posts.recounts import request_recount, settle_recounts
from forum.posts.visibility import hide, unhide
from forum.posts.writing import mark_useful
from forum.text import RENDER_VERSION
from tests.factories import make_comment, make_member, make_post
from tests.query_counts import recorded_queries


def fill_thread(post, replies):
    """Add many replies to a thread, with their count."""
    author = make_member()
    numbers = [new_random_id() for _ in range(replies)]
    rows = [
        {
            **{"id": number, "post_id": post.id, "depth": 0, "path": f"{n:08x}{number}", "author_id": author.id},
            **{"body": "Yes.", "body_html": "<p>Yes.</p>", "render_version": RENDER_VERSION, "created_at": now()},
        }
        for n, number in enumerate(numbers)
    ]
    db.session.execute(insert(Comment), rows)
    db.session.execute(update(Post).where(Post.id == post.id).values(comment_count=Post.comment_count + replies))
    db.session.commit()


def listed_count(post):
    return db.session.scalar(
        select(func.count()).where(
            Comment.post_id == post.id, Comment.hidden_at.is_(None), Comment.deleted_at.is_(None)
        )
    )


def test_counts_stay_right_when_only_changes_are_added(app):
    post = make_post()
    first = make_comment(post)
    second = make_comment(post, parent=first)
    mark_useful(make_member(), first)
    for change in (lambda: hide(first, "off-topic"), lambda: unhide(first), lambda: delete_comment(second)):
        change()
        db.session.commit()
        settle_recounts(db.session.commit)
        db.session.refresh(post)
        assert post.comment_count == listed_count(post)
    assert (first.answer_count, first.useful_count) == (0, 1)


def test_a_whole_count_and_a_later_change_make_the_right_count(app):
    """The whole count sees a reply whose note is still there: it must not be added twice."""
    post = make_post()
    request_recount(Post, post.id)
    write_comment(post, make_member(), body="Written meanwhile.")
    db.session.commit()
    notes = db.session.scalars(select(PendingRecount).where(PendingRecount.delta.is_not(None))).all()
    later = [{"id": note.id, "post_id": note.post_id, "delta": note.delta} for note in notes]
    assert [row["delta"] for row in later] == [1]
    settle_recounts(db.session.commit)
    assert db.session.scalar(select(Post.comment_count)) == 1


def test_an_erased_reply_stays_while_an_answer_is_not_yet_counted(app):
    post = make_post()
    parent = make_comment(post)
    answer = make_comment(post, parent=parent)
    assert delete_comment(parent)
    write_comment(post, make_member(), body="A new answer.", parent=parent)
    db.session.execute(update(PendingRecount).values(delta=0).where(PendingRecount.comment_id.is_not(None)))
    delete_comment(answer)
    db.session.commit()
    settle_recounts(db.session.commit)
    assert db.session.get(Comment, parent.id) is not None
    assert db.session.scalar(select(func.count()).select_from(Comment)) == 2


@pytest.mark.parametrize("replies", [1, 3000])
def test_counting_a_reply_counts_no_thread(app, replies):
    post = make_post()
    fill_thread(post, replies)
    write_comment(post, make_member(), body="One more.")
    db.session.commit()
    with recorded_queries() as statements:
        settle_recounts(db.session.commit)
    assert not any("count(" in statement for statement in statements)
    assert db.session.get(Post, post.id).comment_count == replies + 1
