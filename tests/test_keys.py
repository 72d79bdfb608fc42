"""The anonymity key: what survives its rotation, what is lost without it, and that the check reports it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from forum import anonymity
from forum.access import is_author
from forum.accounts.models import Member
from forum.accounts.pseudonyms import member_behind
from forum.accounts.sanctions import active_sanctions, sanction_pseudonym
from forum.accounts.secret_actions import replace_lost_secrets, reseal_secrets
from forum.admin.integrity import key_problem
from forum.db import db, now
from forum.posts.jobs import publish_scheduled
from forum.posts.models import Post
from forum.posts.scheduled_actions import schedule_post, scheduled_texts_of
from forum.ratings.actions import AlreadyRated, organisation_of_seal, rate
from forum.ratings.queries import member_ratings
from forum.urls import key_text
from tests.factories import make_member, make_post, make_rating, make_tag, make_vendor

FIRST, SECOND, THIRD = (f"the {n} key, long enough for anybody here" for n in ("first", "second", "third"))


@pytest.fixture
def keys(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_keys(*keys_in_force: str) -> None:
        monkeypatch.setitem(app.config, "ANONYMITY_KEYS", list(keys_in_force))
        db.session.expire_all()

    set_keys(FIRST)
    return set_keys


def schedule(author: Any, title: str) -> None:
    fields: dict[str, Any] = {
        "title": title,
        "body": "It waits to appear, some time.",
        "leaning": "bad",
        "tags": [make_tag()],
    }
    assert schedule_post(
        author, hours=30, form_data={"title": title}, **fields, rating_answers=None, badged=False, submission=title
    )
    db.session.commit()


def test_sanctions_and_pseudonyms_survive_two_rotations(app: Flask, keys: Any) -> None:
    author = make_member()
    pseudonyms = []
    for n, keys_in_force in enumerate(((FIRST,), (SECOND, FIRST), (THIRD, SECOND, FIRST))):
        keys(*keys_in_force)
        post = make_post(author, anonymous=True)
        pseudonyms.append(post.pseudonym)
        assert pseudonyms[-1] is not None and sanction_pseudonym(pseudonyms[-1], "warn", f"Warning {n}")
        db.session.commit()
    assert [member_behind(name) for name in pseudonyms if name] == [author] * 3
    assert active_sanctions(author).is_held and len(active_sanctions(author).sanctions) == 3
    reseal_secrets()
    db.session.commit()
    keys(THIRD)
    assert len(active_sanctions(author).sanctions) == 1, "without the old keys, the old sanctions reach no one"


def test_scheduled_texts_appear_after_a_rotation(app: Flask, keys: Any) -> None:
    author = make_member()
    schedule(author, "Before the rotation")
    keys(SECOND, FIRST)
    schedule(author, "After the rotation")
    assert {scheduled.title for scheduled in scheduled_texts_of(author)} == {
        "Before the rotation",
        "After the rotation",
    }
    with time_machine.travel(now() + timedelta(hours=31), tick=False):
        publish_scheduled()
    assert db.session.query(Post).count() == 2 and scheduled_texts_of(author) == []


def test_a_rating_stays_unique_with_its_author_and_its_organisation_after_a_rotation(app: Flask, keys: Any) -> None:
    author, colleague, vendor = make_member(email="a@one.example"), make_member(email="b@one.example"), make_vendor()
    first = make_rating(author, vendor=vendor, anonymous=True)
    for keys_in_force in ((SECOND, FIRST), (THIRD, SECOND, FIRST)):
        keys(*keys_in_force)
        with pytest.raises(AlreadyRated):
            rate(author, vendor=vendor, anonymous=False, answers={"worth": 1, "again": False, "interest": "none"})
        assert [rating.id for rating in member_ratings(author)] == [first.id]
        other = make_rating(colleague, vendor=make_vendor(), anonymous=True)
        assert organisation_of_seal(other.organisation_seal) == organisation_of_seal(first.organisation_seal), (
            "colleagues count once"
        )


def test_the_check_reports_a_wrong_key_and_what_is_lost(app: Flask, keys: Any) -> None:
    assert key_problem() is None, "nothing sealed yet"
    author = make_member()
    make_rating(author, anonymous=True)
    assert key_problem() is None
    keys(SECOND)
    problem = str(key_problem())
    assert (
        "does not open 2 of 2 seals" in problem
        and "FORUM_OLD_ANONYMITY_KEYS" in problem
        and "authors lose them" in problem
    )
    keys(SECOND, FIRST)
    assert key_problem() is None
    assert anonymity.current_keys()[-1] == FIRST


def test_when_a_key_is_lost_members_get_a_new_secret_and_their_old_writing_is_nobodys(
    app: Flask, keys: Any, browse: Any
) -> None:
    author = make_member()
    post = make_post(author, anonymous=True)
    db.session.commit()
    keys(SECOND)
    page = browse(author).get(f"/posts/{key_text(post.id)}", follow_redirects=True)
    assert page.status_code == 200, "reading needs no secret"
    with pytest.raises(anonymity.SecretMissing):
        make_post(author, anonymous=True)
    db.session.rollback()
    assert reseal_secrets() == 0 and replace_lost_secrets() == db.session.query(Member).count()
    db.session.commit()
    later = make_post(author, anonymous=True)
    assert is_author(author, later) and not is_author(author, post)
    assert replace_lost_secrets() == 0
