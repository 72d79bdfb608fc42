"""Merging threads with their replies, and splitting a branch off: what moves, what stays, and what still leads there."""

from collections.abc import Callable
from typing import Any

import pytest

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.models import Decision
from forum.notifications.actions import follow
from forum.notifications.following import following_of
from forum.notifications.models import Mention, UnmailedText
from forum.posts.comment_actions import write_comment
from forum.posts.models import Comment, Post
from forum.posts.recounts import settle_recounts
from forum.search.jobs import index_replies
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor
from tests.moderation import case_about, decide, path_to

Browse = Callable[..., Any]
REASON = "Two threads were about the same, so they continue in one."


@pytest.fixture
def old(app: Any) -> Post:
    return make_post(make_member(), title="The old thread", tags=[make_tag("deals")])


@pytest.fixture
def other(app: Any) -> Post:
    return make_post(make_member(), title="The other thread")


def settle() -> None:
    settle_recounts(db.session.commit)
    db.session.expire_all()


def reply(post: Post, parent: Comment | None = None, author: Member | None = None, **fields: Any) -> Comment:
    comment = make_comment(post, author or make_member(), parent=parent, **fields)
    db.session.commit()
    settle()
    return comment


def merge(browse: Browse, judge: Member, old: Post, other: Post, **fields: str) -> None:
    values = {"action": "merge", "rule": "", "reason": REASON, "into": path_to(other), "moves_replies": "y"}
    decide(browse, judge, old, **{**values, **fields})
    settle()


def split(browse: Browse, judge: Member, comment: Comment, **fields: str) -> Decision:
    decision: Decision = decide(browse, judge, comment, action="split", rule="", reason=REASON, **fields)
    settle()
    return decision


def thread(post: Post) -> list[tuple[int, int]]:
    rows = db.session.query(Comment).filter_by(post_id=post.id).order_by(Comment.path)
    return [(row.id, row.depth) for row in rows]


def unread(member: Member) -> dict[int, int]:
    return {item.row.id: item.unread for item in following_of(member).posts}


def test_a_merge_moves_signed_branches_and_leaves_those_with_an_anonymous_reply(
    browse: Browse, judge: Member, old: Post, other: Post
) -> None:
    first = reply(old)
    answer = reply(old, first)
    mixed = reply(old)
    hidden = reply(old, mixed, anonymous=True)
    present = reply(other)
    alias = hidden.pseudonym.name
    merge(browse, judge, old, other)
    assert thread(old) == [(mixed.id, 0), (hidden.id, 1)]
    assert sorted(thread(other)) == sorted([(first.id, 0), (answer.id, 1), (present.id, 0)])
    assert (old.comment_count, other.comment_count, first.answer_count) == (2, 3, 1)
    assert alias in browse().get(path_to(old) + "/", follow_redirects=True).text
    assert "continues in another one" in browse().get(path_to(old) + "/", follow_redirects=True).text


def test_an_official_reply_stays(browse: Browse, judge: Member, other: Post) -> None:
    from_vendor = make_post(title="About a vendor")
    ordinary = reply(from_vendor)
    official = reply(from_vendor)
    official.official_vendor_id, official.official_title = make_vendor("Nordwall").id, "Channel manager"
    db.session.commit()
    merge(browse, judge, from_vendor, other)
    assert [row[0] for row in thread(from_vendor)] == [official.id] and [row[0] for row in thread(other)] == [
        ordinary.id
    ]


def test_without_the_box_the_replies_stay(browse: Browse, judge: Member, old: Post, other: Post) -> None:
    first = reply(old)
    merge(browse, judge, old, other, moves_replies="")
    assert thread(old) == [(first.id, 0)] and old.merged_into_id == other.id


def test_old_permalinks_lead_to_where_the_reply_is_now(browse: Browse, judge: Member, old: Post, other: Post) -> None:
    first = reply(old, body="Found again by searching.")
    merge(browse, judge, old, other)
    key = key_text(first.id)
    target = f"/posts/{key_text(other.id)}/{other.slug}#r-{key}"
    assert browse().get(f"/replies/{key}").location == target
    assert browse().get(f"/posts/{key_text(old.id)}/{old.slug}?from={key}").location == f"/replies/{key}"
    index_replies()
    assert key in browse().get("/search?q=searching").text
    assert browse().get(target).text.count("Found again by searching.") == 1


def test_followers_have_unread_what_is_new_to_them_and_nothing_else(
    browse: Browse, judge: Member, old: Post, other: Post
) -> None:
    of_old, of_other, author = make_member(), make_member(), make_member()
    replies = [reply(old), reply(old, author=author)]
    follow(of_old, "post", old.id)
    follow(of_other, "post", other.id)
    db.session.commit()
    assert (unread(of_old), unread(of_other)) == ({old.id: 0}, {other.id: 0})
    merge(browse, judge, old, other)
    assert unread(of_old) == {old.id: 1}, "that the thread continues elsewhere"
    assert unread(of_other) == {other.id: len(replies)}
    assert unread(author) == {other.id: 0}, "who wrote in it follows the thread that it is in"
    reply(other)
    assert unread(author) == {other.id: 1}


def test_mentions_and_waiting_mail_go_with_the_reply(browse: Browse, judge: Member, old: Post, other: Post) -> None:
    first = reply(old)
    db.session.add(Mention(member_id=make_member().id, post_id=old.id, comment_id=first.id))
    db.session.commit()
    merge(browse, judge, old, other)
    for kind in (Mention, UnmailedText):
        assert {row.post_id for row in db.session.query(kind).filter_by(comment_id=first.id)} == {other.id}, kind


def test_a_branch_is_split_into_a_new_thread_by_the_moderator(browse: Browse, judge: Member, old: Post) -> None:
    above = reply(old)
    root = reply(old, above)
    deep = root
    branch = [root]
    for _ in range(5):
        deep = reply(old, deep)
        branch.append(deep)
    split(browse, judge, root, new_title="What this branch is about")
    new = (
        db.session.query(Post).order_by(Post.created_at.desc()).filter(Post.title == "What this branch is about").one()
    )
    depths = [(comment.id, min(depth, 4)) for depth, comment in enumerate(branch)]
    assert sorted(thread(new)) == sorted(depths), "on the deepest level, replies of one second have no order"
    assert thread(old) == [(above.id, 0)] and (old.comment_count, new.comment_count) == (1, 6)
    assert above.answer_count == 0 and root.parent_id is None and root.post.id == new.id
    assert new.author_id == judge.id and f'href="/posts/{key_text(old.id)}/{old.slug}"' in new.body_html
    assert [tag.slug for tag in new.tags] == ["deals"] and new.hidden_at is None
    assert "Moved to another thread" in browse().get("/log").text


def test_a_branch_is_split_into_an_existing_thread(browse: Browse, judge: Member, old: Post, other: Post) -> None:
    follower = make_member()
    follow(follower, "post", old.id)
    root = reply(old)
    db.session.commit()
    before = unread(follower)
    split(browse, judge, root, into=path_to(other))
    assert thread(other) == [(root.id, 0)] and unread(follower) == before
    reply(old)
    assert unread(follower)[old.id] == before[old.id] + 1, "the next reply is noticed"


def test_what_cannot_move_is_said_and_nothing_changes(browse: Browse, judge: Member, old: Post, other: Post) -> None:
    root = reply(old)
    reply(old, root, anonymous=True)
    case = f"/moderation/cases/{key_text(case_about(root).id)}"
    data = {"intent": "decide", "action": "split", "rule": "", "reason": REASON, "facts": "", "into": path_to(other)}
    page = browse(judge).post(f"{case}/decide", data=data)
    assert page.status_code == 422 and "stay in their thread" in page.text and path_to(other) in page.text
    alone = reply(old)
    path = f"/moderation/cases/{key_text(case_about(alone).id)}/decide"
    assert "a title for a new one" in browse(judge).post(path, data={**data, "into": ""}).text
    same_thread = browse(judge).post(path, data={**data, "into": path_to(old)}).text
    assert "another thread that everyone can read" in same_thread
    assert 'value="split"' not in browse(judge).get(f"/moderation/cases/{key_text(anonymous_case(old))}").text
    assert thread(other) == []


def test_an_answer_to_what_was_moved_meanwhile_answers_the_post(
    browse: Browse, judge: Member, old: Post, other: Post
) -> None:
    root = reply(old)
    split(browse, judge, root, into=path_to(other))
    late = write_comment(
        old, make_member(), body="Written before the split, sent after it.", parent=root, anonymous=True
    )
    db.session.commit()
    assert late.post_id == old.id and late.parent_id is None and late.depth == 0


def anonymous_case(post: Post) -> int:
    return case_about(reply(post, anonymous=True)).id
