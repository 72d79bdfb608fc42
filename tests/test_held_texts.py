"""A held text can be corrected by its author: it stays held, and moderators decide on what it says now."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.db import db, now
from forum.mail import Mail
from forum.moderation.cases import add_note, claim
from forum.moderation.decisions.actions import AlreadyDecided, decide
from forum.moderation.log.review_times import usual_review_time
from forum.moderation.models import Case
from forum.moderation.queries import find_open_cases
from forum.posts.models import Comment, Post, Revision
from forum.site import change_setting
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post
from tests.post_forms import path_to, post_form, reply_path

BETTER = "What we paid, without the word that nobody wants to read here."
GROUNDS = {"rule": None, "facts": "", "reason": "Nothing speaks against it."}


@pytest.fixture(autouse=True)
def _held_word(app: Flask) -> None:
    change_setting("held_words", "casino")
    db.session.commit()


def held(is_reply: bool, **fields: Any) -> Post | Comment:
    body = "It was like a casino, and we paid all the same."
    return make_comment(make_post(), body=body, **fields) if is_reply else make_post(body=body, **fields)


def edit(browse: Any, author: Any, item: Post | Comment) -> Any:
    path = reply_path(item, "edit") if isinstance(item, Comment) else path_to(item, "edit")
    form = post_form(body=BETTER, tags=item.tags[0].slug) if isinstance(item, Post) else {"body": BETTER}
    return browse(author).post(path, data=form | {"intent": "publish"}, follow_redirects=True)


@pytest.mark.parametrize("is_reply", [True, False])
@pytest.mark.parametrize("anonymous", [True, False])
def test_its_author_corrects_it_and_it_stays_held(app: Flask, browse: Any, is_reply: bool, anonymous: bool) -> None:
    author = make_member()
    item = held(is_reply, author=author, anonymous=anonymous)
    assert item.is_held
    page = edit(browse, author, item)
    assert page.status_code == 200 and "A moderator will review this version" in page.text
    db.session.expire_all()
    assert item.body == BETTER and item.is_held
    assert db.session.query(Revision).count() == 0, "nobody has read what it said before"
    assert BETTER not in browse().get(path_to(item.post if is_reply else item)).text  # type: ignore[union-attr]
    assert edit(browse, make_member(), item).status_code == 404


def test_a_decision_on_what_it_said_before_comes_too_late(app: Flask, browse: Any) -> None:
    author, moderator = make_member(), make_member(role="moderator")
    item = held(False, author=author)
    (former,) = find_open_cases(item)
    claim(former, moderator)
    add_note(former, moderator, "Looks fine but for one word.")
    db.session.commit()
    edit(browse, author, item)
    db.session.expire_all()
    (case,) = find_open_cases(item)
    assert case.id != former.id and case.opened_at == former.opened_at and case.claimed_by_id == moderator.id
    assert "Looks fine but for one word." in browse(moderator).get(f"/moderation/cases/{key_text(case.id)}").text
    with pytest.raises(AlreadyDecided):
        decide(former, moderator, action="approve", **GROUNDS)  # type: ignore[arg-type]
    db.session.rollback()
    decide(case, moderator, action="approve", **GROUNDS)  # type: ignore[arg-type]
    db.session.commit()
    assert BETTER in browse().get(path_to(item)).text


def test_the_mail_about_an_approval_names_the_text(app: Flask, browse: Any) -> None:
    author, moderator = make_member(), make_member(role="moderator")
    for is_reply in (False, True):
        item = held(is_reply, author=author)
        decide(find_open_cases(item)[0], moderator, action="approve", **GROUNDS)  # type: ignore[arg-type]
        db.session.commit()
        title = item.post.title if isinstance(item, Comment) else item.title
        words = f"Approved: your reply to “{title}”" if is_reply else f"Approved: “{title}”"
        assert words in [mail.subject for mail in db.session.query(Mail)]


def test_the_page_says_how_long_a_review_usually_takes(app: Flask, browse: Any) -> None:
    author, moderator = make_member(), make_member(role="moderator")
    item = held(False, author=author)
    assert "There are too few reviews yet" in browse(author).get(path_to(item)).text
    for _ in range(5):
        case = find_open_cases(held(False))[0]
        case.opened_at = now() - timedelta(hours=30)
        decide(case, moderator, action="approve", **GROUNDS)  # type: ignore[arg-type]
    db.session.commit()
    assert usual_review_time() == "Moderators usually decide within three days."
    assert usual_review_time() in browse(author).get(path_to(item)).text
    assert db.session.query(Case).filter(Case.closed_at.is_not(None)).count() == 5


def test_a_text_that_a_moderator_hid_is_not_changed_that_way(app: Flask, browse: Any) -> None:
    author, moderator = make_member(), make_member(role="moderator")
    item = held(False, author=author)
    grounds = GROUNDS | {"rule": 2}
    decide(find_open_cases(item)[0], moderator, action="remove", **grounds)  # type: ignore[arg-type]
    db.session.commit()
    assert edit(browse, author, item).status_code == 403
