"""Posts through the browser: edit and delete them, and what others must not do with them."""

from typing import Any

from forum.access import listed_clause
from forum.db import db, now
from forum.posts import actions
from forum.posts.actions import PostSubject
from forum.posts.models import Post, PostTag, Revision, Tag, UsefulVote
from forum.posts.writing import mark_useful
from forum.urls import key_text
from forum.vendors.models import Vendor
from tests.factories import (
    make_comment,
    make_member,
    make_post,
    make_tag,
    make_vendor,
    run_concurrently,
)
from tests.post_forms import BODY, TITLE, path_to, post_form, tags_in, the_post, value_of


def test_the_author_edits_and_what_it_said_before_stays_readable(app: Any, browse: Any) -> None:
    make_tag("deals")
    vendor = make_vendor("Nordwall", tiers=("Gold",))
    author = make_member()
    subject = PostSubject(vendor, vendor.programmes[0], vendor.programmes[0].tiers[0])
    post = make_post(author, subject=subject, title="What it said at first", tags=[make_tag("training")])
    reader = browse(author)
    page = reader.get(path_to(post, "edit")).text
    assert value_of(page, "title") == "What it said at first" and value_of(page, "vendor") == "Nordwall"
    assert tags_in(page) == ["training"] and "selected>Gold" in page
    answer = reader.post(path_to(post, "edit"), data=post_form(submission=None, identity=None, leaning="bad"))
    assert answer.status_code == 302
    after = the_post()
    assert (after.title, after.leaning, after.vendor_id, after.programme_id) == (TITLE, "bad", None, None)
    assert after.edited_at is not None and after.author_id == author.id
    assert db.session.get(Vendor, vendor.id).post_count == 0
    assert {tag.slug: tag.post_count for tag in db.session.query(Tag)} == {"deals": 1, "training": 0}
    history = browse().get(path_to(after, "revisions")).text
    assert "What it said at first" in history and "Nordwall, Gold" in history and "#training" in history
    assert "edited" in browse().get(path_to(after)).text


def test_an_edit_that_is_wrong_keeps_what_was_typed_and_changes_nothing(app: Any, browse: Any) -> None:
    author = make_member()
    post = make_post(author)
    answer = browse(author).post(path_to(post, "edit"), data=post_form(title="short", body="z" * 60, tags="nonsense"))
    assert answer.status_code == 422 and value_of(answer.text, "body") == "z" * 60
    preview = browse(author).post(path_to(post, "edit"), data=post_form(intent="preview", tags=post.tags[0].slug))
    assert preview.status_code == 200 and "<strong>eleven</strong>" in preview.text
    assert the_post().edited_at is None and db.session.query(Revision).count() == 0


def test_the_second_submit_of_an_edit_makes_no_second_version(app: Any, browse: Any) -> None:
    make_tag("deals")
    author = make_member()
    post = make_post(author)
    for _ in range(2):
        assert browse(author).post(path_to(post, "edit"), data=post_form(body=BODY + "\r\nMore.")).status_code == 302
    assert db.session.query(Revision).count() == 1


def test_two_edits_at_once_keep_both_texts(app: Any, browse: Any) -> None:
    make_tag("deals")
    author = make_member()
    post = make_post(author, title="What it said at first")
    path, readers = path_to(post, "edit"), [browse(author) for _ in range(3)]
    visits = [
        lambda r=reader, n=n: r.post(path, data=post_form(title=f"Title of edit {n}"))
        for n, reader in enumerate(readers)
    ]
    assert {answer.status_code for answer in run_concurrently(*visits)} == {302}
    titles = [the_post().title, *(revision.title for revision in db.session.query(Revision))]
    assert sorted(titles) == ["Title of edit 0", "Title of edit 1", "Title of edit 2", "What it said at first"]
    assert {tag.slug: tag.post_count for tag in db.session.query(Tag)}["deals"] == 1


def test_deleting_twice_at_once_counts_once(app: Any, browse: Any) -> None:
    author, vendor = make_member(), make_vendor("Nordwall")
    post = make_post(author, subject=PostSubject(vendor))
    make_comment(post)
    path, readers = path_to(post, "delete"), [browse(author) for _ in range(3)]
    answers = run_concurrently(*(lambda r=reader: r.post(path) for reader in readers))
    assert sorted(answer.status_code for answer in answers) == [302, 403, 403]
    db.session.expire_all()
    assert db.session.get(Vendor, vendor.id).post_count == 0


def test_nobody_else_edits_or_deletes(app: Any, browse: Any) -> None:
    author = make_member()
    named, anonymous = make_post(author), make_post(author, anonymous=True)
    members = [make_member(), make_member(role="moderator"), make_member(banned_at=now())]
    for post in (named, anonymous):
        for end in ("edit", "delete"):
            stranger = browse().get(path_to(post, end))
            assert stranger.location == f"/sign-in?next={path_to(post, end)}"
            for reader in (browse(member) for member in members):
                assert reader.get(path_to(post, end)).status_code == 403
                assert reader.post(path_to(post, end), data=post_form()).status_code == 403
    assert db.session.query(Post).filter(listed_clause(Post), Post.edited_at.is_(None)).count() == 2


def test_a_banned_author_loses_the_pen_but_not_the_page(app: Any, browse: Any) -> None:
    author = make_member()
    post = make_post(author)
    author.banned_at = now()
    db.session.commit()
    reader = browse(author)
    assert reader.get(path_to(post)).status_code == 200
    for path in (path_to(post, "edit"), path_to(post, "delete"), "/posts/new"):
        assert reader.get(path).status_code == 403


def test_an_anonymous_author_edits_and_deletes_under_the_pseudonym(app: Any, browse: Any) -> None:
    make_tag("deals")
    author = make_member(name="Marta Aalto")
    reader = browse(author)
    post = make_post(author, anonymous=True)
    assert "Edit</a>" in reader.get(path_to(post)).text
    assert reader.post(path_to(post, "edit"), data=post_form()).status_code == 302
    after = the_post()
    assert after.title == TITLE and after.author_id is None
    for path in (path_to(after), path_to(after, "revisions"), path_to(after, "feed.atom"), "/"):
        page = browse().get(path).text
        assert "Marta" not in page
    assert reader.post(path_to(after, "delete")).status_code == 302
    assert db.session.query(Post).count() == 0


def test_deleting_an_unanswered_post_leaves_nothing(app: Any, browse: Any) -> None:
    author = make_member()
    vendor = make_vendor("Nordwall")
    post = make_post(author, subject=PostSubject(vendor))
    mark_useful(make_member(), post)
    actions.edit_post(post, title=post.title, body=BODY, leaning="bad", tags=post.tags, subject=PostSubject(vendor))
    path = path_to(post, "delete")
    assert "It has no replies" in browse(author).get(path).text
    answer = browse(author).post(path)
    assert answer.location == "/"
    for kind in (Post, PostTag, Revision, UsefulVote):
        assert db.session.query(kind).count() == 0
    assert db.session.query(Vendor).one().post_count == 0 and db.session.query(Tag).one().post_count == 0
    assert browse(author).get(path).status_code == 404


def test_deleting_an_answered_post_leaves_a_tombstone_and_the_replies(app: Any, browse: Any) -> None:
    author, other = make_member(name="Marta Aalto"), make_member()
    vendor = make_vendor("Nordwall", tiers=("Gold",))
    post = make_post(author, title="Something to regret later", subject=PostSubject(vendor, vendor.programmes[0]))
    comment = make_comment(post, other, body="A reply that stays.")
    old = path_to(post)
    browse(author).post(path_to(post, "delete"))
    page = browse().get(old, follow_redirects=True).text
    for word in ("Something to regret", "Marta", "Nordwall", "eleven deals"):
        assert word not in page
    assert "Removed by its author" in page and "A reply that stays." in page and "noindex" in page
    assert "Something" not in browse().get("/").text and db.session.get(Vendor, vendor.id).post_count == 0
    after = the_post()
    for end, code in (("edit", 403), ("delete", 403), ("revisions", 404), ("feed.atom", 404)):
        assert browse(author).get(path_to(after, end)).status_code == code
    reply = browse(other).post(path_to(after, "reply"), data={"body": "Too late?", "intent": "publish"})
    assert reply.status_code == 403 and "closed to new replies" in reply.text and "Too late?" in reply.text
    assert "data-reply-form" not in browse(other).get(path_to(after)).text
    page = browse(other).get(path_to(after)).text
    assert f"/replies/{key_text(comment.id)}/edit" in page, "one's reply under a tombstone stays one's own"


def test_a_hidden_post_is_there_for_its_author_and_moderators_only(app: Any, browse: Any) -> None:
    author = make_member()
    post = make_post(author, title="Hidden while looked at", subject=PostSubject(make_vendor("Nordwall")))
    post.hidden_at = now()
    db.session.commit()
    tag = post.tags[0].slug
    for reader in (browse(), browse(make_member())):
        for end in ("", "revisions", "feed.atom"):
            assert reader.get(path_to(post, end)).status_code == 404
        assert reader.post(path_to(post, "useful")).status_code in (401, 404)
        for path in ("/", "/feed.atom", f"/tags/{tag}", f"/tags/{tag}/feed.atom", "/vendors/nordwall"):
            assert "Hidden while" not in reader.get(path).text
    for reader in (browse(author), browse(make_member(role="moderator"))):
        page = reader.get(path_to(post)).text
        assert "Hidden while a moderator reviews it" in page and "noindex" in page
        assert 'id="reply"' not in page and "Useful</button>" not in page
    for other in (make_member(), make_member(role="moderator")):
        assert browse(other).get(path_to(post, "edit")).status_code in (403, 404)
        assert path_to(post, "edit") not in browse(other).get(path_to(post)).text
    assert browse(author).get(path_to(post, "edit")).status_code == 200, "until a moderator decides it can be corrected"
