"""Recovery phrases: shown once, stored as a hash, and what unlocks anonymous writing after a reset by mail."""

import re
from typing import Any

import pytest
from flask import Flask

from forum.access import is_anonymous_writing_locked
from forum.accounts import recovery_phrase
from forum.accounts.lock_actions import lock_anonymous_writing
from forum.accounts.models import Member
from forum.accounts.passwords import hash_password
from forum.accounts.recovery_phrase import is_phrase_of, phrase_words, replace_recovery_phrase
from forum.db import db
from tests.factories import PASSWORD, make_comment, make_member

PATH = "/settings/recovery-phrase"


@pytest.fixture
def member(app: Flask) -> Member:
    return make_member(password_hash=hash_password(PASSWORD))


def create(browser: Any) -> str:
    page = browser.post(PATH, data={"current_password": PASSWORD})
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    words = re.findall(r"<code>([a-z]+)</code>", page.text)
    assert len(words) == 12
    return " ".join(words)


def test_the_list_has_2048_plain_words_that_four_letters_tell_apart() -> None:
    words = phrase_words()
    assert len(words) == len({word[:4] for word in words}) == 2048
    assert all(re.fullmatch("[a-z]{3,7}", word) for word in words) and list(words) == sorted(words)


def test_a_phrase_is_made_with_the_password_shown_once_and_stored_as_a_hash(member: Member, browse: Any) -> None:
    browser = browse(member)
    assert "have one yet" in browser.get("/settings/two-factor").text
    assert browser.post(PATH, data={"current_password": "not it at all"}).status_code == 422
    assert db.session.get_one(Member, member.id).recovery_phrase_hash is None
    phrase = create(browser)
    for path in (PATH, "/settings/two-factor", "/settings"):
        assert phrase not in " ".join(re.findall(r"[a-z]+", browser.get(path).text)), path
    stored = db.session.get_one(Member, member.id).recovery_phrase_hash or ""
    assert stored.startswith("$argon2id$") and not any(word in stored for word in phrase.split() if len(word) > 5)
    assert "You have a recovery phrase" in browser.get(PATH).text


def test_a_new_phrase_ends_the_earlier_one(member: Member, browse: Any) -> None:
    browser = browse(member)
    first, second = create(browser), create(browser)
    db.session.refresh(member)
    assert not is_phrase_of(member, first) and is_phrase_of(member, second)


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        str.title,
        lambda phrase: f"  {phrase}\n",
        lambda phrase: phrase.replace(" ", "   "),
        lambda phrase: phrase.replace(" ", "-"),
        lambda phrase: phrase.replace(" ", ", "),
        lambda phrase: " ".join(f"{n}. {word}" for n, word in enumerate(phrase.split(), 1)),
    ],
)
def test_a_phrase_may_be_typed_in_many_ways(member: Member, change: Any) -> None:
    assert is_phrase_of(member, change(replace_recovery_phrase(member)))


def test_nothing_else_is_the_phrase(member: Member) -> None:
    phrase = replace_recovery_phrase(member)
    words = phrase.split()
    for typed in ("", "123456", " ".join(words[:11]), " ".join([*words[1:], words[0]]), f"{phrase} again"):
        assert not is_phrase_of(member, typed), typed
    assert not is_phrase_of(make_member(), phrase)


def test_two_members_never_get_the_same_phrase(member: Member) -> None:
    assert replace_recovery_phrase(member) != replace_recovery_phrase(make_member())


def test_the_phrase_unlocks_anonymous_writing_and_signs_everybody_else_out(member: Member, browse: Any) -> None:
    reply = make_comment(author=member, anonymous=True)
    phrase = create(browse(member))
    lock_anonymous_writing(db.session.get_one(Member, member.id))
    owner, thief = browse(member), browse(member)
    assert reply.post.title not in owner.get("/anonymous-writing").text
    wrong = owner.post("/settings/unlock", data={"proof": " ".join(reversed(phrase.split()))})
    assert wrong.status_code == 422 and "neither" in wrong.text
    assert is_anonymous_writing_locked(db.session.get_one(Member, member.id))
    answer = owner.post("/settings/unlock", data={"proof": phrase.upper()})
    assert (answer.status_code, answer.location) == (302, "/anonymous-writing")
    assert reply.post.title in owner.get("/anonymous-writing").text
    assert thief.get("/anonymous-writing").status_code == 302, "signed out"


def test_a_phrase_cannot_be_guessed(member: Member, browse: Any) -> None:
    phrase = replace_recovery_phrase(member)
    lock_anonymous_writing(member)
    browser = browse(member)
    for _ in range(10):
        browser.post("/settings/unlock", data={"proof": "one two three four five six seven eight nine ten stone river"})
    late = browser.post("/settings/unlock", data={"proof": phrase})
    assert late.status_code == 422 and "Too many attempts" in late.text


def test_a_thief_who_reset_the_password_makes_no_phrase(member: Member, browse: Any) -> None:
    lock_anonymous_writing(member)
    thief = browse(member)
    assert thief.post(PATH, data={"current_password": PASSWORD}).status_code == 403
    assert "You can't create one" in thief.get(PATH).text.replace("&#39;", "'")
    assert db.session.get_one(Member, member.id).recovery_phrase_hash is None


def test_a_phrase_that_is_stored_as_it_is_would_be_found(
    member: Member, browse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery_phrase, "hash_password", lambda phrase: phrase)
    with pytest.raises(AssertionError):
        test_a_phrase_is_made_with_the_password_shown_once_and_stored_as_a_hash(member, browse)
