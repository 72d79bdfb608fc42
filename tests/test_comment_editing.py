"""Replies through the browser: edit and delete them, hidden replies and useful votes."""

from typing import Any

from forum.db import db, now
from forum.posts.models import Comment, Post, Revision, UsefulVote
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_thread, run_concurrently
from tests.post_forms import body_of, keys_in, path_to, reply_form, reply_path, the_reply


def test_the_author_edits_a_reply_and_its_history_stays(app: Any, browse: Any) -> None:
    author = make_member()
    comment = make_comment(author=author, body="What it said first.")
    assert body_of(browse(author).get(reply_path(comment, "edit")).text) == "What it said first."
    for _ in range(2):
        answer = browse(author).post(
            reply_path(comment, "edit"), data={"body": "What it\r\nsays now.", "intent": "publish"}
        )
        assert answer.status_code == 302
    assert the_reply().body == "What it\nsays now." and db.session.query(Revision).count() == 1
    assert "What it said first." in browse().get(reply_path(comment, "revisions")).text
    page = browse().get(path_to(comment.post)).text
    assert "What it said first." not in page and ">edited</a>" in page


def test_an_edit_that_is_wrong_is_kept_and_a_preview_changes_nothing(app: Any, browse: Any) -> None:
    author = make_member()
    comment = make_comment(author=author)
    answer = browse(author).post(reply_path(comment, "edit"), data={"body": "x" * 10_001, "intent": "publish"})
    assert answer.status_code == 422 and "Shorten it to 10,000" in answer.text and body_of(answer.text) == "x" * 10_001
    page = browse(author).post(reply_path(comment, "edit"), data={"body": "**bold**", "intent": "preview"}).text
    assert "<strong>bold</strong>" in page and body_of(page) == "**bold**"
    assert db.session.query(Revision).count() == 0


def test_two_edits_at_once_keep_both_texts(app: Any, browse: Any) -> None:
    author = make_member()
    comment = make_comment(author=author, body="The first text.")
    path = reply_path(comment, "edit")
    readers = [browse(author) for _ in range(3)]
    visits = [
        lambda r=reader, n=n: r.post(path, data={"body": f"Text {n}.", "intent": "publish"})
        for n, reader in enumerate(readers)
    ]
    assert {answer.status_code for answer in run_concurrently(*visits)} == {302}
    bodies = [the_reply().body, *(revision.body for revision in db.session.query(Revision))]
    assert sorted(bodies) == ["Text 0.", "Text 1.", "Text 2.", "The first text."]


def test_nobody_else_edits_or_deletes_a_reply(app: Any, browse: Any) -> None:
    author = make_member()
    named, anonymous = make_comment(author=author), make_comment(author=author, anonymous=True)
    for comment in (named, anonymous):
        for end in ("edit", "delete"):
            assert browse().get(reply_path(comment, end)).location.startswith("/sign-in?next=/replies/")
            for other in (make_member(), make_member(role="moderator"), comment.post.author):
                assert browse(other).get(reply_path(comment, end)).status_code == 403
                assert browse(other).post(reply_path(comment, end), data=reply_form()).status_code == 403
    db.session.expire_all()
    assert db.session.query(Comment).filter_by(edited_at=None, deleted_at=None).count() == 2


def test_an_anonymous_author_edits_and_deletes_under_the_pseudonym(app: Any, browse: Any) -> None:
    author = make_member(name="Jussi Korhonen")
    comment = make_comment(author=author, anonymous=True)
    post = comment.post
    reader = browse(author)
    assert reply_path(comment, "edit") in reader.get(path_to(post)).text
    assert reader.post(reply_path(comment, "edit"), data=reply_form(body="Changed.")).status_code == 302
    for path in (path_to(post), reply_path(comment, "revisions"), path_to(post, "feed.atom")):
        assert "Jussi" not in browse().get(path).text
    assert reader.post(reply_path(comment, "delete")).status_code == 302
    assert db.session.query(Comment).count() == 0 and "Jussi" not in browse().get(path_to(post)).text


def test_a_deleted_reply_with_answers_leaves_a_tombstone(app: Any, browse: Any) -> None:
    author = make_member(name="Jussi Korhonen")
    comment = make_comment(author=author, body="Words to regret.")
    answer = make_comment(comment.post, parent=comment, body="An answer that stays.")
    assert "The 1 reply to it will remain" in browse(author).get(reply_path(comment, "delete")).text
    browse(author).post(reply_path(comment, "delete"))
    page = browse().get(path_to(comment.post)).text
    assert "Removed by its author" in page and "An answer that stays." in page and "1 reply" in page
    assert "Words to regret" not in page and "Jussi" not in page
    assert keys_in(page) == [key_text(comment.id), key_text(answer.id)]
    for end, code in (("edit", 403), ("delete", 403), ("revisions", 404)):
        assert browse(author).get(reply_path(comment, end)).status_code == code
    assert browse(author).post(reply_path(comment, "edit"), data=reply_form()).status_code == 403
    assert browse(make_member()).post(reply_path(comment, "useful")).status_code == 403


def test_a_deleted_reply_without_answers_is_gone_with_the_tombstones_kept_for_it(app: Any, browse: Any) -> None:
    author = make_member()
    post = make_post()
    top, middle, leaf = make_thread(post, [0, 1, 2], author)
    other = make_comment(post)
    reader = browse(author)
    for comment in (top, middle):
        reader.post(reply_path(comment, "delete"))
    assert db.session.query(Comment).count() == 4
    path = reply_path(leaf)
    assert reader.post(reply_path(leaf, "delete")).status_code == 302
    db.session.expire_all()
    assert [c.id for c in db.session.query(Comment)] == [other.id]
    assert db.session.get(Post, post.id).comment_count == 1
    assert browse().get(path).status_code == 404 and reader.post(f"{path}/delete").status_code == 404


def test_deleting_twice_at_once_counts_once(app: Any, browse: Any) -> None:
    author = make_member()
    post = make_post()
    top, _ = make_thread(post, [0, 1], author)
    path, readers = reply_path(top, "delete"), [browse(author) for _ in range(3)]
    answers = run_concurrently(*(lambda r=reader: r.post(path) for reader in readers))
    assert sorted(answer.status_code for answer in answers) == [302, 403, 403]
    db.session.expire_all()
    assert db.session.get(Post, post.id).comment_count == 1


def test_a_hidden_reply_is_there_for_its_author_and_moderators_only(app: Any, browse: Any) -> None:
    author = make_member()
    comment = make_comment(author=author, body="Hidden words.")
    comment.hidden_at = now()
    db.session.commit()
    post = comment.post
    for reader in (browse(), browse(make_member())):
        page = reader.get(path_to(post)).text
        assert "Hidden words." not in page and "Hidden while a moderator reviews" in page
        for path in (reply_path(comment), reply_path(comment, "revisions")):
            assert reader.get(path).status_code == 404
        for path in (path_to(post, "feed.atom"), f"/members/{author.slug}"):
            assert "Hidden words." not in reader.get(path).text
    for reader in (browse(author), browse(make_member(role="moderator"))):
        page = reader.get(path_to(post)).text
        assert "Hidden words." in page and "Only its author and moderators can read it" in page
        assert reply_path(comment, "useful") not in page
        assert reader.get(reply_path(comment)).status_code == 302
    moderator = browse(make_member(role="moderator"))
    assert reply_path(comment, "edit") not in moderator.get(path_to(post)).text
    assert moderator.post(reply_path(comment, "edit"), data=reply_form()).status_code == 403
    assert browse(author).get(reply_path(comment, "edit")).status_code == 200, "until a decision it can be corrected"


def test_under_a_hidden_post_no_reply_can_be_reached(app: Any, browse: Any) -> None:
    comment = make_comment()
    comment.post.hidden_at = now()
    db.session.commit()
    reader = browse(comment.author)
    for end in ("", "edit", "delete", "revisions"):
        assert reader.get(reply_path(comment, end)).status_code == 404
    assert reader.post(reply_path(comment, "useful")).status_code == 404
    assert reader.get(path_to(comment.post, "reply")).status_code == 404
    assert browse(comment.post.author).get(path_to(comment.post, "reply")).status_code == 403


def test_useful_marks_on_replies_count_once_and_never_ones_own(app: Any, browse: Any) -> None:
    author = make_member()
    named = make_comment(author=author)
    anonymous = make_comment(named.post, author, anonymous=True)
    for comment in (named, anonymous):
        assert browse(author).post(reply_path(comment, "useful"), data={"intent": "mark"}).status_code == 403
        for _ in range(2):
            browse(named.post.author).post(reply_path(comment, "useful"), data={"intent": "mark"})
    assert browse().post(reply_path(named, "useful")).status_code == 401
    db.session.expire_all()
    assert [c.useful_count for c in db.session.query(Comment)] == [1, 1]
    browse(named.post.author).post(reply_path(named, "useful"), data={"intent": "unmark"})
    assert db.session.query(UsefulVote).count() == 1


def test_one_member_marking_twice_at_once_counts_once(app: Any, browse: Any) -> None:
    comment, member = make_comment(), make_member()
    path, readers = reply_path(comment, "useful"), [browse(member) for _ in range(4)]
    for intent, count in (("mark", 1), ("unmark", 0)):
        visits = [lambda r=reader, i=intent: r.post(path, data={"intent": i}) for reader in readers]
        assert {answer.status_code for answer in run_concurrently(*visits)} == {302}
        assert the_reply().useful_count == count == db.session.query(UsefulVote).count()
