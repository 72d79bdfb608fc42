"""Whatever is written, in any order: after settling, each stored count is what the rows say."""

from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm.attributes import set_committed_value

from forum.access import listed_clause
from forum.accounts.models import Member
from forum.db import db, now
from forum.pages.leaving.actions import delete_account
from forum.posts.actions import PostSubject, delete_post
from forum.posts.comment_actions import delete_comment, write_comment
from forum.posts.models import Comment, PendingRecount, Post, PostTag, Tag, UsefulVote
from forum.posts.official_actions import withdraw_useful_votes
from forum.posts.recounts import _settle, settle_recounts
from forum.posts.thread_moves import branch_of, can_move, move_all_branches, move_branch
from forum.posts.visibility import hide, unhide
from forum.posts.writing import mark_useful, unmark_useful
from forum.vendors.models import Vendor
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor


def wrong_counts():
    """Return every row whose stored counts differ from the counted rows."""
    answer = Comment.__table__.alias("answer")
    counts = [
        (Post.comment_count, Post.deleted_at.is_(None), count(Comment.post_id == Post.id, listed_clause(Comment))),
        (Post.useful_count, True, count(UsefulVote.post_id == Post.id)),
        (Comment.answer_count, True, count(answer.c.parent_id == Comment.id)),
        (Comment.useful_count, True, count(UsefulVote.comment_id == Comment.id)),
        (Vendor.post_count, True, count(Post.vendor_id == Vendor.id, listed_clause(Post))),
        (Tag.post_count, True, count(PostTag.tag_id == Tag.id, PostTag.post_id == Post.id, listed_clause(Post))),
    ]
    return [
        (str(column), *row)
        for column, condition, expected in counts
        for row in db.session.execute(select(column, expected).where(condition, column != expected))
    ]


def count(*conditions):
    return select(func.count()).where(*conditions).scalar_subquery()


class Story:
    """A community in which things happen at random, each with a commit."""

    def __init__(self, seed):
        self.random = Random(seed)
        self.vendor = make_vendor()
        self.tag = make_tag()

    def one_of(self, kind, *conditions):
        ids = db.session.scalars(select(kind.id).where(*conditions).order_by(kind.id)).all()
        return db.session.get(kind, self.random.choice(ids)) if ids else None

    def member(self):
        return self.one_of(Member)

    def item(self):
        return self.one_of(self.random.choice([Post, Comment]), True)

    def post(self):
        make_post(self.member(), tags=[self.tag], subject=PostSubject(self.random.choice([self.vendor, None])))

    def reply(self):
        post = self.one_of(Post, Post.deleted_at.is_(None))
        parent = self.random.choice([None, self.one_of(Comment, Comment.post_id == post.id)]) if post else None
        at, anonymous = self.random.choice([None, None, now()]), self.random.choice([False, False, True])
        if post:
            write_comment(post, self.member(), body="We saw it too.", parent=parent, at=at, anonymous=anonymous)

    def vote(self):
        if item := self.item():
            self.random.choice([mark_useful, mark_useful, unmark_useful])(self.member(), item)

    def hide(self):
        if item := self.item():
            hide(item, "off-topic")

    def show(self):
        if item := self.item():
            unhide(item)

    def remove(self):
        if item := self.item():
            item.removed_at = now()
            hide(item, "spam")

    def delete_reply(self):
        if comment := self.one_of(Comment, Comment.deleted_at.is_(None)):
            delete_comment(comment)

    def delete_post(self):
        if self.random.random() < 0.3 and (post := self.one_of(Post, Post.deleted_at.is_(None))):
            delete_post(post)

    def move(self):
        comment, into = self.one_of(Comment), self.one_of(Post, Post.deleted_at.is_(None))
        if comment and into and comment.post_id != into.id and can_move(branch_of(comment)):
            self.random.choice([lambda: move_branch(comment, into), lambda: move_all_branches(comment.post, into)])()

    def speak_for_the_vendor(self):
        withdraw_useful_votes(self.member(), self.vendor.id)

    def leave(self):
        if self.random.random() < 0.3:
            delete_account(self.member(), keep_signed=self.random.choice([True, False]))
            make_member()

    def settle_some(self):
        """Settle a few, as a request does that began to settle and was killed."""
        rows = db.session.execute(select(PendingRecount.post_id, PendingRecount.comment_id)).all()
        items = [(Post, row.post_id) if row.post_id else (Comment, row.comment_id) for row in rows]
        _settle(self.random.sample(items, len(items) // 2), db.session.commit)


ACTS = (Story.post, *[Story.reply] * 5, *[Story.vote] * 4, *[Story.hide] * 2, *[Story.show] * 2, Story.remove)
ACTS += (Story.delete_reply, Story.delete_reply, Story.delete_post, Story.move, Story.leave)
ACTS += (Story.speak_for_the_vendor, Story.settle_some, Story.settle_some)


@pytest.mark.parametrize("seed", range(6))
def test_every_stored_count_is_what_the_rows_say_whatever_happened(app, seed):
    story = Story(seed)
    for _ in range(4):
        make_member()
    story.post()
    for act in story.random.choices(ACTS, k=100):
        act(story)
        db.session.commit()
    settle_recounts(db.session.commit)
    assert wrong_counts() == []
    assert db.session.query(PendingRecount).count() == 0


@pytest.mark.parametrize("has_answer", [True, False])
def test_a_reply_that_two_hide_and_delete_at_once_is_taken_from_the_count_once(app, has_answer):
    post = make_post()
    comment = make_comment(post)
    make_comment(post, parent=comment if has_answer else None)
    hide(comment, "off-topic")
    db.session.commit()
    set_committed_value(comment, "hidden_at", None)  # loaded before the other hid it
    assert delete_comment(comment) == has_answer
    db.session.commit()
    settle_recounts(db.session.commit)
    assert wrong_counts() == []
