"""What decisions do to a text, a thread or a member."""

from datetime import timedelta
from typing import Any

import pytest

from forum import mail
from forum.accounts.models import Member
from forum.accounts.sanctions import active_sanctions
from forum.db import db, now
from forum.moderation.jobs import close_orphaned_cases, remove_unedited
from forum.moderation.models import Case, Decision, WithheldText
from forum.posts.actions import PostSubject
from forum.posts.models import Comment, Post, Tag
from forum.posts.visibility import hold
from forum.urls import key_text
from forum.vendors.models import Vendor
from tests.factories import (
    make_comment,
    make_member,
    make_post,
    make_rating,
    make_tag,
    make_vendor,
)
from tests.moderation import REMOVE, WHY, Browse, case_about, decide


def counts(post: Post) -> tuple[int, int, int]:
    db.session.expire_all()
    tag = db.session.query(Tag).filter_by(id=post.tags[0].id).one()
    vendor = db.session.get(Vendor, post.vendor_id)
    return post.comment_count, tag.post_count, vendor.post_count if vendor else 0


@pytest.mark.parametrize("action", ["hide", "remove", "ask_to_edit"])
def test_counters_follow_what_is_hidden_and_shown_again(browse: Browse, judge: Member, action: str) -> None:
    post = make_post(subject=PostSubject(make_vendor()))
    make_comment(post)
    comment = make_comment(post)
    assert counts(post) == (2, 1, 1)
    first = decide(browse, judge, comment, action=action)
    assert counts(post) == (1, 1, 1)
    second = decide(browse, judge, post, action=action)
    assert counts(post) == (1, 0, 0)
    for decision in (second, first):
        undone = browse(make_member(role="admin")).post(f"/moderation/log/{decision.id}/undo", data={"reason": WHY})
        assert undone.status_code == 302
    assert counts(post) == (2, 1, 1)
    decide(browse, judge, comment, action=action)
    decide(browse, judge, comment, action=action)
    assert counts(post) == (1, 1, 1)
    browse(comment.author).post(f"/replies/{key_text(comment.id)}/delete")
    assert counts(post) == (1, 1, 1)


def test_a_removed_text_leaves_a_tombstone_with_rule_and_date(browse: Browse, judge: Member) -> None:
    author = make_member()
    post = make_post(author, title="Jan Klaassen of Utrecht called me", body="Jan Klaassen of Utrecht, on 3 May.")
    comment = make_comment(post, author, body="Yes, Jan Klaassen himself.")
    first, second = decide(browse, judge, comment), decide(browse, judge, post)
    for reader in (browse(), browse(make_member())):
        page = reader.get(f"/posts/{key_text(post.id)}/", follow_redirects=True)
        assert page.status_code == 200 and "Klaassen" not in page.text and "klaassen" not in page.request.path
        assert "Removed by a moderator" in page.text and "Rule 3: No private individuals" in page.text
        assert f"/log/{first.id}" in page.text and f"/log/{second.id}" in page.text
        assert "klaassen" not in reader.get(f"/replies/{key_text(comment.id)}", follow_redirects=True).text.lower()
        assert "Klaassen" not in reader.get(f"/log/{second.id}").text
    author_page = browse(author).get(f"/posts/{key_text(post.id)}/{post.slug}").text
    assert (
        "Jan Klaassen of Utrecht, on 3 May." in author_page
        and "Only its author and moderators can read it" in author_page
    )
    assert db.session.query(WithheldText).filter_by(decision_id=second.id).one().body.startswith("Jan Klaassen")


def test_a_held_text_is_let_through_once_and_told_of(browse: Browse, judge: Member) -> None:
    post = make_post(subject=PostSubject(make_vendor()))
    hold(post, "The first text of a new member.")
    db.session.commit()
    assert counts(post) == (0, 0, 0)
    assert browse().get(f"/posts/{key_text(post.id)}/{post.slug}").status_code == 404
    case = db.session.query(Case).one()
    assert (case.kind, case.reason) == ("held", "The first text of a new member.")
    decide(browse, judge, post, kind="held", action="approve", rule="")
    assert counts(post) == (0, 1, 1)
    assert browse().get(f"/posts/{key_text(post.id)}/{post.slug}").status_code == 200


def test_an_author_asked_to_edit_has_72_hours_and_a_moderator_looks_again(browse: Browse, judge: Member) -> None:
    author = make_member()
    comment = make_comment(author=author)
    decide(browse, judge, comment, action="ask_to_edit")
    comment = db.session.get(Comment, comment.id)
    assert comment.edit_deadline == pytest.approx(now() + timedelta(hours=72), abs=timedelta(minutes=1))
    edited = browse(author).post(
        f"/replies/{key_text(comment.id)}/edit", data={"body": "Without the name now.", "intent": "publish"}
    )
    assert edited.status_code == 302
    comment = db.session.get(Comment, comment.id)
    assert comment.hidden_at and comment.edit_deadline is None
    decide(browse, judge, comment, kind="held", action="approve", rule="")
    assert db.session.get(Comment, comment.id).hidden_at is None


@pytest.mark.parametrize("make", [make_post, make_comment])
def test_another_wording_is_proposed_to_the_author_who_takes_it_over_or_not(
    browse: Browse, judge: Member, make: Any
) -> None:
    author = make_member()
    item = make(author=author, body="We met Tim Field of the vendor, who said no to the eleven deals.", anonymous=True)
    address = f"/{'posts' if make is make_post else 'replies'}/{key_text(item.id)}/edit"
    proposed = "We met somebody of the vendor, who said no to the eleven deals."
    decision = decide(browse, judge, item, action="ask_to_edit", suggested_body=proposed)
    db.session.refresh(item)
    assert "Tim Field" in item.body, "nothing is changed for the author"
    page = browse(author).get(f"/decisions/{decision.id}").text
    assert "<del>Tim Field of</del>" in page or "<del>Tim Field</del>" in page
    assert "<ins>somebody</ins>" in page
    form = browse(author).post(address, data={"intent": "begin", "body": proposed})
    assert form.status_code == 200 and f"{proposed}</textarea>" in form.text
    db.session.refresh(item)
    assert "Tim Field" in item.body, "not even then"
    assert browse(make_member()).get(f"/decisions/{decision.id}").status_code == 404
    assert "met somebody" not in browse().get(f"/log/{decision.id}").text


def test_the_text_itself_sent_back_proposes_nothing(browse: Browse, judge: Member) -> None:
    author = make_member()
    comment = make_comment(author=author, body="The same here,\n\nand worse.")
    decision = decide(
        browse, judge, comment, action="ask_to_edit", suggested_body="The same here,\r\n\r\nand worse.\r\n"
    )
    assert db.session.query(WithheldText).one().suggested_body == ""
    assert "suggestion" not in browse(author).get(f"/decisions/{decision.id}").text


@pytest.mark.parametrize("kind", ["flag", "held"])
def test_a_case_whose_text_is_gone_for_good_is_closed_by_the_clock(browse: Browse, judge: Member, kind: str) -> None:
    author = make_member()
    deleted, stays = make_comment(author=author), make_comment(author=author)
    cases = [case_about(item, kind).id for item in (deleted, stays)]
    browse(author).post(f"/replies/{key_text(deleted.id)}/delete")
    close_orphaned_cases()
    db.session.expire_all()
    assert [db.session.get_one(Case, number).closed_at is None for number in cases] == [False, True]
    assert key_text(cases[0]) not in browse(judge).get("/moderation/").text


def test_what_waits_for_its_author_has_a_list(browse: Browse, judge: Member) -> None:
    empty_page = browse(judge).get("/moderation/asked-to-edit").text
    assert "Nothing is waiting for its author" in empty_page
    post, comment = make_post(title="A thread that waits"), make_comment(make_post(title="Another thread"))
    for item in (post, comment):
        decide(browse, judge, item, action="ask_to_edit")
    page = browse(judge).get("/moderation/asked-to-edit").text
    assert "A thread that waits" in page and "Reply in: " in page and "Another thread" in page
    browse(post.author).post(f"/posts/{key_text(post.id)}/delete")
    assert "A thread that waits" not in browse(judge).get("/moderation/asked-to-edit").text


def test_what_is_not_edited_in_time_is_removed_by_the_clock(browse: Browse, judge: Member) -> None:
    post = make_post()
    decide(browse, judge, post, action="ask_to_edit")
    remove_unedited()
    assert db.session.get(Post, post.id).removed_at is None
    post.edit_deadline = now() - timedelta(minutes=1)
    db.session.commit()
    assert browse(post.author).get(f"/posts/{key_text(post.id)}/edit").status_code == 403
    remove_unedited()
    remove_unedited()
    last = db.session.query(Decision).order_by(Decision.id.desc()).first()
    assert last is not None and (last.action, last.automated, last.source) == ("remove", True, "automated")
    assert db.session.query(Decision).count() == 2
    assert db.session.get(Post, post.id).removed_at is not None


def test_a_locked_thread_takes_no_replies_until_it_is_unlocked(browse: Browse, judge: Member) -> None:
    post, member = make_post(), make_member()
    decide(browse, judge, post, action="lock")
    page = browse(member).get(f"/posts/{key_text(post.id)}/{post.slug}").text
    assert "closed to new replies" in page and WHY in page
    assert browse(member).post(f"/posts/{key_text(post.id)}/reply", data={"body": "And yet."}).status_code == 403
    decide(browse, judge, post, action="unlock", rule="")
    assert browse(member).get(f"/posts/{key_text(post.id)}/reply").status_code == 200


def test_a_thread_is_moved_to_other_tags_and_another_vendor(browse: Browse, judge: Member) -> None:
    old, new = make_vendor("Nordwall"), make_vendor("Sable Works")
    make_tag("deals")
    post = make_post(subject=PostSubject(old))
    decide(browse, judge, post, action="move", rule="", tags="deals", vendor="sable works")
    db.session.expire_all()
    assert post.vendor_id == new.id and [tag.slug for tag in post.tags] == ["deals"]
    assert (old.post_count, new.post_count) == (0, 1)
    hidden = make_post(subject=PostSubject(category=old.category, description="a large supplier"))
    case = case_about(hidden)
    answer = browse(judge).post(
        f"/moderation/cases/{key_text(case.id)}/decide", data={**REMOVE, "action": "move", "vendor": "Nordwall"}
    )
    assert answer.status_code == 422 and "Only its author can name it" in answer.text


def test_a_thread_goes_on_in_another(browse: Browse, judge: Member) -> None:
    first, second = make_post(), make_post()
    decision = decide(
        browse, judge, first, action="merge", rule="", into=f"http://localhost/posts/{key_text(second.id)}/x"
    )
    page = browse(make_member()).get(f"/posts/{key_text(first.id)}/{first.slug}").text
    assert "This thread continues in another one" in page and f"/posts/{key_text(second.id)}/" in page
    browse(judge).post(f"/moderation/log/{decision.id}/undo", data={"reason": WHY})
    db.session.expire_all()
    assert (first.locked_at, first.merged_into_id) == (None, None)


@pytest.mark.parametrize("sanction, kind", [("warn", "warn"), ("hold", "hold"), ("bar_7", "bar"), ("bar_30", "bar")])
def test_a_sanction_on_a_pseudonym_reaches_the_member_and_shows_nowhere(
    browse: Browse, judge: Member, sanction: str, kind: str
) -> None:
    author = make_member(name="Hidden Author")
    comment = make_comment(author=author, anonymous=True)
    decision = decide(browse, judge, comment, action="decline", sanction=sanction)
    assert decision.action == kind and decision.member_id is None and decision.target_label == "an anonymous author"
    assert [active.kind for active in active_sanctions(author).sanctions] == [kind]
    author = db.session.get(Member, author.id)
    assert author.suspended_until is None and author.banned_at is None
    for path in ("/log", f"/log/{decision.id}", f"/moderation/cases/{key_text(db.session.query(Case).one().id)}"):
        assert "Hidden Author" not in browse(judge).get(path).text
    assert not db.session.query(mail.Mail).count(), "an anonymous author gets no mail from here"
    browse(judge).post(f"/moderation/log/{decision.id}/undo", data={"reason": WHY})
    assert active_sanctions(author).sanctions == []


def test_a_suspended_member_reads_and_is_told_why_and_a_closed_account_appeals(browse: Browse, judge: Member) -> None:
    member = make_member()
    suspension = decide(browse, judge, member, action="suspend_7")
    assert suspension.ends_at > now() + timedelta(days=6)
    refused = browse(member).get("/posts/new")
    assert refused.status_code == 403 and "You can't write until" in refused.text
    assert browse(member).get("/decisions").status_code == 200
    ban = decide(browse, judge, member, action="ban")
    assert browse(member).get(f"/decisions/{ban.id}").status_code == 200
    assert browse(member).post(f"/decisions/{ban.id}/appeal", data={"body": "x" * 30}).status_code == 302
    for decision in (suspension, ban):
        browse(judge).post(f"/moderation/log/{decision.id}/undo", data={"reason": WHY})
    member = db.session.get(Member, member.id)
    assert member.suspended_until is None and member.banned_at is None


def test_hiding_an_experience_hides_the_rating_it_carries(browse: Browse, judge: Member) -> None:
    post = make_post()
    post.rating = make_rating(post.author)
    db.session.commit()
    decision = decide(browse, judge, post)
    assert db.session.get(Post, post.id).rating.hidden_at is not None
    browse(judge).post(f"/moderation/log/{decision.id}/undo", data={"reason": WHY})
    assert db.session.get(Post, post.id).rating.hidden_at is None
