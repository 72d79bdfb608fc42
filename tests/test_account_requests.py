"""What an admin does with an account at its owner's request (can_act_for_owner)."""

from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.accounts.passwords import hash_password
from forum.db import db
from forum.mail import Mail
from forum.moderation.models import Decision
from forum.posts.models import Comment, Post
from tests.factories import PASSWORD, make_comment, make_member, make_post, make_rating
from tests.moderation import path_to
from tests.representatives import mails

REASON = "They wrote to us from the address of the account."


@pytest.fixture
def admin(app: Flask) -> Member:
    return make_member(role="admin", password_hash=hash_password(PASSWORD), name="Ada Chief")


@pytest.fixture
def marta(app: Flask) -> Member:
    return make_member(name="Marta Aalto", slug="marta-aalto", email="marta@north.example")


def ask(browse: Any, admin: Member, request: str, slug: str = "marta-aalto", **fields: str) -> Any:
    data = {"request": request, "reason": REASON, "proof": PASSWORD, **fields}
    answer = browse(admin).post(f"/admin/members/{slug}/request", data=data)
    db.session.expire_all()
    return answer


def test_a_new_name_leaves_the_old_one_on_no_page(browse: Any, admin: Member, marta: Member) -> None:
    post, comment = make_post(marta), make_comment(author=marta)
    assert ask(browse, admin, "rename", name="Mia Berg").status_code == 302
    assert (marta.name, marta.slug) == ("Mia Berg", "mia-berg")
    assert browse().get("/members/marta-aalto").status_code == 404
    for path in (path_to(post), path_to(comment), "/members/mia-berg", "/", "/log", "/admin/members"):
        page = browse(admin).get(path, follow_redirects=True).text
        assert "Marta" not in page and "marta-aalto" not in page, path
    decision = db.session.query(Decision).one()
    assert decision.reason == REASON and decision.member_id == marta.id
    ((address, _, words),) = mails()
    assert address == "marta@north.example" and "has a new name" in words


def test_signed_texts_become_those_of_a_former_member_and_the_account_stays(
    browse: Any, admin: Member, marta: Member
) -> None:
    post, comment = make_post(marta), make_comment(author=marta)
    anonymous = make_post(marta, anonymous=True)
    assert ask(browse, admin, "anonymise").status_code == 302
    assert post.author_id is None and comment.author_id is None and db.session.get(Member, marta.id)
    assert anonymous.chain_link and anonymous.pseudonym_id
    page = browse().get(path_to(post), follow_redirects=True).text
    assert "former member" in page and "Marta" not in page
    assert browse(marta).get("/anonymous-writing").status_code in (200, 302)


@pytest.mark.parametrize("request_key, is_there", [("keep", True), ("delete", False)])
def test_an_account_is_deleted_with_or_without_what_was_signed(
    browse: Any, admin: Member, marta: Member, request_key: str, is_there: bool
) -> None:
    post, anonymous, reader = make_post(marta), make_comment(author=marta, anonymous=True), browse(marta)
    make_rating(marta)
    member_id, post_id, comment_id = marta.id, post.id, anonymous.id
    assert reader.get("/settings").status_code == 200
    assert ask(browse, admin, request_key).status_code == 302
    assert db.session.get(Member, member_id) is None and reader.get("/settings").status_code == 302
    signed = db.session.get(Post, post_id)
    assert (signed is not None and signed.deleted_at is None) == is_there
    assert db.session.get_one(Comment, comment_id).deleted_at is None
    assert db.session.query(Decision).one().member_id is None
    assert "Your account was deleted" in mails()[0][2]


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"request": ""}, "Choose what they asked for"),
        ({"request": "rename", "name": "M"}, "2 to 60 characters"),
        ({"request": "rename", "name": "Marta Aalto"}, "already their name"),
        ({"request": "rename", "name": "Ada Chief"}, "too close to the name"),
        ({"request": "keep", "reason": "x"}, "how they asked"),
        ({"request": "keep", "proof": "wrong"}, "password"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_done(
    browse: Any, admin: Member, marta: Member, fields: dict[str, str], words: str
) -> None:
    answer = ask(browse, admin, **{"request": "", **fields})
    assert answer.status_code == 422 and words in answer.text
    assert db.session.get_one(Member, marta.id).name == "Marta Aalto" and not db.session.query(Mail).count()


def test_only_admins_do_it_and_not_with_staff_or_themselves(browse: Any, admin: Member, marta: Member) -> None:
    moderator = make_member(role="moderator", slug="mo")
    for viewer, slug in ((moderator, "marta-aalto"), (marta, "marta-aalto"), (admin, "mo"), (admin, admin.slug)):
        assert browse(viewer).get(f"/admin/members/{slug}/request").status_code == 403
    assert "Rename, anonymise or delete" in browse(admin).get("/admin/members/marta-aalto").text
    assert "Rename, anonymise or delete" not in browse(moderator).get("/admin/members/marta-aalto").text
