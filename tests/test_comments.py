"""Replies through the browser: threads, previews, tombstones, pages, and what must not work."""

import random
import re
import secrets
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from forum.db import db, now
from forum.posts.comment_queries import THREAD_PAGE_SIZE
from forum.posts.models import Comment, Post, Revision, UsefulVote
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_thread, run_concurrently

AUTHOR_BADGE = '<span class="badge">author</span>'


def form(**given: Any) -> dict[str, Any]:
    """Return what a browser sends for a reply, ready to publish."""
    fields = {
        "submission": secrets.token_hex(16),
        "body": "Same here, at **Silver**.",
        "identity": "name",
        "to": "",
        "intent": "publish",
    }
    return {name: value for name, value in {**fields, **given}.items() if value is not None}


def path_to(post: Post, end: str = "") -> str:
    return f"/posts/{key_text(post.id)}/{end or post.slug}"


def reply_path(comment: Comment, end: str = "") -> str:
    return f"/replies/{key_text(comment.id)}" + (f"/{end}" if end else "")


def the_reply() -> Comment:
    db.session.expire_all()
    return db.session.query(Comment).one()


def body_of(page: str) -> str:
    """Return the text in the page's text area."""
    match = re.search(r'<textarea id="body"[^>]*>\n?([^<]*)</textarea>', page)
    assert match
    return unescape(match[1])


def keys_in(page: str) -> list[str]:
    return re.findall(r'<div id="r-(\w{10})"', page)


def test_a_member_replies_and_lands_on_the_reply(app: Any, browse: Any) -> None:
    post, author = make_post(), make_member(name="Jussi Korhonen")
    answer = browse(author).post(path_to(post, "reply"), data=form())
    comment = the_reply()
    assert answer.status_code == 302 and answer.location == f"{path_to(post)}#r-{key_text(comment.id)}"
    page = browse().get(path_to(post)).text
    assert "<strong>Silver</strong>" in page and "Jussi Korhonen" in page and "1 reply" in page
    assert (comment.author_id, comment.pseudonym_id) == (author.id, None)
    db.session.expire_all()
    assert db.session.get(Post, post.id).last_activity_at == comment.created_at


def test_an_anonymous_reply_keeps_one_name_in_its_thread_and_no_author(app: Any, browse: Any) -> None:
    post, author = make_post(), make_member(name="Jussi Korhonen")
    reader = browse(author)
    for _ in range(2):
        reader.post(path_to(post, "reply"), data=form(identity="anonymous"))
    first, second = db.session.query(Comment)
    assert first.author_id is None and first.pseudonym_id == second.pseudonym_id
    page = browse().get(path_to(post)).text
    assert page.count(f'<span class="author">{first.pseudonym.name}</span>') == 2 and "Jussi" not in page
    assert f"Anonymous, as {first.pseudonym.name}" in reader.get(path_to(post)).text, "the form says the name"


def test_replies_of_the_posts_author_are_marked_under_the_same_name_only(app: Any, browse: Any) -> None:
    author = make_member()
    named, anonymous = make_post(author), make_post(author, anonymous=True)
    for post, anonymously, is_marked in ((named, True, False), (named, False, True), (anonymous, True, True)):
        comment = make_comment(post, author, anonymous=anonymously)
        page = browse().get(path_to(post)).text
        assert (AUTHOR_BADGE in page.split(f'id="r-{key_text(comment.id)}"')[1].split("</time>")[0]) is is_marked
    comment = make_comment(anonymous, author)
    page = browse().get(path_to(anonymous)).text
    assert AUTHOR_BADGE not in page.split(f'id="r-{key_text(comment.id)}"')[1].split("</time>")[0]


def test_a_stranger_signs_in_and_is_back_where_they_were_about_to_write(app: Any, browse: Any) -> None:
    post = make_post()
    comment = make_comment(post)
    page = browse().get(path_to(post)).text
    assert "Sign in to leave a reply" in page
    url = f"{path_to(post, 'reply')}?to={key_text(comment.id)}"
    assert unescape(url) in page
    answer = browse().get(url)
    assert answer.location == f"/sign-in?next={path_to(post, 'reply')}?to%3D{key_text(comment.id)}"


def test_a_text_sent_after_the_session_ended_comes_along(app: Any, browse: Any) -> None:
    post = make_post()
    answer = browse().post(path_to(post, "reply"), data=form(body="Do not lose <this>."))
    assert answer.status_code == 401 and "Your text is still here" in answer.text
    assert "Do not lose &lt;this&gt;." in answer.text and db.session.query(Comment).count() == 0


def test_a_reply_has_a_page_of_its_own_for_those_without_scripts(app: Any, browse: Any) -> None:
    post = make_post()
    comment = make_comment(post, make_member(name="Jussi Korhonen"), body="Answer *me*.")
    page = browse(make_member()).get(f"{path_to(post, 'reply')}?to={key_text(comment.id)}").text
    assert "Jussi Korhonen" in page and "Answer <em>me</em>." in page
    assert f'name="to" value="{key_text(comment.id)}"' in page and "Cancel reply" in page


def test_a_preview_keeps_all_and_stores_nothing(app: Any, browse: Any) -> None:
    post = make_post()
    to = key_text(make_comment(post).id)
    fields = form(intent="preview", identity="anonymous", to=to)
    page = browse(make_member()).post(path_to(post, "reply"), data=fields).text
    assert "<strong>Silver</strong>" in page and body_of(page) == fields["body"]
    assert f'name="to" value="{to}"' in page and f'name="submission" value="{fields["submission"]}"' in page
    assert re.search('name="identity" value="anonymous" checked', page)
    assert db.session.query(Comment).count() == 1


@pytest.mark.parametrize(
    "given, words",
    [
        ({"body": ""}, "Write your reply."),
        ({"body": "   \r\n "}, "Write your reply."),
        ({"body": "x"}, "Use at least 2."),
        ({"body": "x" * 10_001}, "Shorten it to 10,000"),
        ({"identity": "admin"}, "Choose how you appear."),
    ],
)
def test_a_wrong_reply_is_answered_in_words_and_kept(app: Any, browse: Any, given: dict[str, str], words: str) -> None:
    post = make_post()
    sent = form(**given)
    answer = browse(make_member()).post(path_to(post, "reply"), data=sent)
    assert answer.status_code == 422 and words in answer.text
    assert body_of(answer.text).strip() == sent["body"].strip()
    assert db.session.query(Comment).count() == 0


def test_the_second_submit_gives_the_place_of_the_first(app: Any, browse: Any) -> None:
    post = make_post()
    for identity in ("name", "anonymous"):
        reader, fields = browse(make_member()), form(identity=identity)
        answers = [reader.post(path_to(post, "reply"), data=fields) for _ in range(2)]
        assert answers[0].location == answers[1].location
    db.session.expire_all()
    assert db.session.query(Comment).count() == 2 and db.session.get(Post, post.id).comment_count == 2


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ("UPDATE posts SET locked_at = '2026-01-01', locked_reason = 'It ran in circles.'", 403, "It ran in circles."),
        ("DELETE FROM posts", 404, "This page does not exist"),
    ],
)
def test_a_thread_that_closes_while_a_reply_waits_for_its_turn_takes_none(
    app: Any, browse: Any, change: str, status: int, words: str
) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("one writer at a time is SQLite's")
    post, reader = make_post(), browse(make_member())
    path = path_to(post, "reply")
    # A driver of its own: the test's session would give its lock up before the visit.
    other = sqlite3.connect(db.engine.url.database or "", isolation_level=None)
    other.execute("PRAGMA foreign_keys=ON")
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(reader.post, path, data=form(body="What I took an hour to write."))
        time.sleep(0.5)
        assert not sent.done(), "it waits"
        other.execute(change)
        other.execute("COMMIT")
        answer = sent.result(30)
    other.close()
    assert answer.status_code == status
    assert words in answer.text and "What I took an hour to write." in answer.text
    assert db.session.query(Comment).count() == 0


def test_the_same_reply_sent_twice_at_once_is_written_once(app: Any, browse: Any) -> None:
    post, author, fields = make_post(), make_member(), form()
    path, readers = path_to(post, "reply"), [browse(author) for _ in range(4)]
    answers = run_concurrently(*(lambda r=reader: r.post(path, data=fields) for reader in readers))
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.location for answer in answers}) == 1
    assert the_reply().submission == fields["submission"]
    assert db.session.get(Post, post.id).comment_count == 1


def test_a_reply_to_a_reply_stands_under_it(app: Any, browse: Any) -> None:
    post = make_post()
    parent = make_comment(post)
    browse(make_member()).post(path_to(post, "reply"), data=form(to=key_text(parent.id)))
    db.session.expire_all()
    child = db.session.query(Comment).filter_by(parent_id=parent.id).one()
    assert child.depth == 1 and child.path.startswith(parent.path)
    assert db.session.get(Comment, parent.id).answer_count == 1


def test_what_cannot_be_answered_is_neither_shown_nor_answered(app: Any, browse: Any) -> None:
    post = make_post()
    elsewhere = make_comment(body="Under another post.")
    hidden, deleted = make_comment(post, body="Hidden words."), make_comment(post, body="Deleted words.")
    make_comment(post, parent=deleted)
    hidden.hidden_at = now()
    db.session.commit()
    browse(deleted.author).post(reply_path(deleted, "delete"))
    reader = browse(make_member())
    for to in (key_text(elsewhere.id), key_text(hidden.id), key_text(deleted.id), "nonsense", "-1", "\x00" * 10):
        page = reader.post(path_to(post, "reply"), data=form(to=to, intent="preview")).text
        for words in ("Under another", "Hidden words", "Deleted words"):
            assert words not in page
        assert reader.post(path_to(post, "reply"), data=form(to=to)).status_code == 302
    db.session.expire_all()
    assert {(c.parent_id, c.depth) for c in db.session.query(Comment).order_by(Comment.created_at)} == {
        (None, 0),
        (deleted.id, 1),
    }
    assert db.session.get(Comment, elsewhere.id).answer_count == 0


def test_below_the_fourth_level_replies_stand_side_by_side_and_say_to_whom(app: Any, browse: Any) -> None:
    post = make_post()
    comments = [make_comment(post, make_member(name="Top"))]
    for n in range(1, 8):
        comments.append(make_comment(post, make_member(name=f"Person {n}"), parent=comments[-1]))
    assert [c.depth for c in comments] == [0, 1, 2, 3, 4, 4, 4, 4]
    page = browse().get(path_to(post)).text
    assert keys_in(page) == [key_text(c.id) for c in sorted(comments, key=lambda c: c.path)]
    assert f'to <a href="#r-{key_text(comments[4].id)}">Person 4</a>' in page
    assert f'to <a href="#r-{key_text(comments[3].id)}">' not in page


class Nesting(HTMLParser):
    """Checks that lists open and close in order, and records how deep each reply is in them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.depth: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        attributes = dict(attrs)
        if attributes.get("id", "").startswith("r-"):
            self.depth[attributes["id"][2:]] = self.open.count("ol") - 1
        if tag in ("ol", "ul", "li", "section"):
            assert tag != "li" or self.open[-1] in ("ol", "ul")
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ol", "ul", "li", "section"):
            assert self.open.pop() == tag


def test_any_shape_of_thread_is_nested_as_it_was_answered(app: Any, browse: Any) -> None:
    chance = random.Random(4)
    post = make_post()
    depths = [0]
    for _ in range(60):
        depths.append(chance.randint(0, min(depths[-1] + 1, 4)))
    comments = make_thread(post, depths)
    for start in (None, *chance.sample(comments, 8)):
        page = browse().get(path_to(post) + (f"?from={key_text(start.id)}" if start else "")).text
        nesting = Nesting()
        nesting.feed(page.split('<section class="post-talk"')[1].split("</section>")[0])
        assert nesting.open == [], "all that was opened is closed"
        if start is None:
            assert [nesting.depth[key_text(c.id)] for c in comments] == depths


def test_a_long_thread_shows_every_reply_once_and_permalinks_find_the_page(app: Any, browse: Any) -> None:
    post = make_post()
    chance = random.Random(7)
    depths = [0]
    for _ in range(249):
        depths.append(chance.randint(0, min(depths[-1] + 1, 4)))
    comments = make_thread(post, depths)
    reader, path, keys = browse(), path_to(post), []
    while path:
        page = reader.get(path).text
        keys += keys_in(page)
        match = re.search(r'<a href="([^"#]+)#talk" rel="next">More replies', page)
        path = match[1] if match else ""
    assert keys == [key_text(c.id) for c in comments]
    for comment in (comments[n] for n in (0, 99, 100, 101, 180, 249)):
        answer = reader.get(reply_path(comment))
        assert answer.status_code == 302
        assert key_text(comment.id) in keys_in(reader.get(answer.location.split("#")[0]).text)


def test_a_branch_longer_than_a_page_is_entered_in_the_middle(app: Any, browse: Any) -> None:
    post = make_post()
    comments = make_thread(post, [0] + [1] * (THREAD_PAGE_SIZE * 2 + 5))
    last = comments[-1]
    location = browse().get(reply_path(last)).location
    assert f"from={key_text(last.id)}" in location
    assert keys_in(browse().get(location.split("#")[0]).text) == [key_text(last.id)]


@pytest.mark.parametrize("start", ["0000000000", "nonsense", "-1", "%00", "<script>", "'"])
def test_a_page_of_a_thread_that_is_not_there_leads_to_the_first(app: Any, browse: Any, start: str) -> None:
    post = make_post()
    make_comment(post)
    make_comment()
    answer = browse().get(f"{path_to(post)}?from={start}", follow_redirects=True)
    assert answer.status_code == (404 if start == "%00" else 200)
    assert "<script>" not in answer.text
    foreign = make_comment()
    answer = browse().get(f"{path_to(post)}?from={key_text(foreign.id)}")
    assert answer.location == path_to(post)


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
    said = [the_reply().body, *(revision.body for revision in db.session.query(Revision))]
    assert sorted(said) == ["Text 0.", "Text 1.", "Text 2.", "The first text."]


def test_nobody_else_edits_or_deletes_a_reply(app: Any, browse: Any) -> None:
    author = make_member()
    named, anonymous = make_comment(author=author), make_comment(author=author, anonymous=True)
    for comment in (named, anonymous):
        for end in ("edit", "delete"):
            assert browse().get(reply_path(comment, end)).location.startswith("/sign-in?next=/replies/")
            for other in (make_member(), make_member(role="moderator"), comment.post.author):
                assert browse(other).get(reply_path(comment, end)).status_code == 403
                assert browse(other).post(reply_path(comment, end), data=form()).status_code == 403
    db.session.expire_all()
    assert db.session.query(Comment).filter_by(edited_at=None, deleted_at=None).count() == 2


def test_an_anonymous_author_edits_and_deletes_under_the_pseudonym(app: Any, browse: Any) -> None:
    author = make_member(name="Jussi Korhonen")
    comment = make_comment(author=author, anonymous=True)
    post = comment.post
    reader = browse(author)
    assert reply_path(comment, "edit") in reader.get(path_to(post)).text
    assert reader.post(reply_path(comment, "edit"), data=form(body="Changed.")).status_code == 302
    for path in (path_to(post), reply_path(comment, "revisions"), path_to(post, "feed.atom")):
        assert "Jussi" not in browse().get(path).text
    assert reader.post(reply_path(comment, "delete")).status_code == 302
    assert db.session.query(Comment).count() == 0 and "Jussi" not in browse().get(path_to(post)).text


def test_a_deleted_reply_with_answers_leaves_a_tombstone(app: Any, browse: Any) -> None:
    author = make_member(name="Jussi Korhonen")
    comment = make_comment(author=author, body="Words to regret.")
    answer = make_comment(comment.post, parent=comment, body="An answer that stays.")
    assert "1 answer stays" in browse(author).get(reply_path(comment, "delete")).text
    browse(author).post(reply_path(comment, "delete"))
    page = browse().get(path_to(comment.post)).text
    assert "Removed by its author" in page and "An answer that stays." in page and "1 reply" in page
    assert "Words to regret" not in page and "Jussi" not in page
    assert keys_in(page) == [key_text(comment.id), key_text(answer.id)]
    for end, code in (("edit", 403), ("delete", 403), ("revisions", 404)):
        assert browse(author).get(reply_path(comment, end)).status_code == code
    assert browse(author).post(reply_path(comment, "edit"), data=form()).status_code == 403
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
        assert "Hidden words." in page and "Only its author and moderators see it" in page
        assert reply_path(comment, "edit") not in page and reply_path(comment, "useful") not in page
        assert reader.get(reply_path(comment)).status_code == 302
    assert browse(author).post(reply_path(comment, "edit"), data=form()).status_code == 403


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
