"""Passwords: one and the same, whichever system they are typed on."""

import unicodedata
from typing import Any

import pytest

from forum.accounts import passwords
from forum.accounts.models import Member
from forum.db import db
from tests.factories import make_member

TYPED = "Grüße über Çeşme, à bientôt"
FORMS = ("NFC", "NFD", "NFKC", "NFKD")


@pytest.mark.parametrize("first", FORMS)
@pytest.mark.parametrize("second", FORMS)
def test_a_password_fits_whichever_system_types_it(first: str, second: str) -> None:
    password_hash = passwords.hash_password(unicodedata.normalize(first, TYPED))
    assert passwords.is_correct(password_hash, unicodedata.normalize(second, TYPED))
    assert not passwords.is_correct(password_hash, TYPED.replace("ü", "u"))
    assert not passwords.is_correct(None, TYPED)


@pytest.mark.parametrize("first", FORMS)
@pytest.mark.parametrize("second", ["NFC", "NFD"])
def test_hashes_from_before_of_either_spelling_still_fit(first: str, second: str) -> None:
    password_hash = passwords._hasher.hash(unicodedata.normalize(second, TYPED))
    assert passwords.is_correct(password_hash, unicodedata.normalize(first, TYPED))


def test_blanks_and_wide_letters_of_other_keyboards_are_the_same() -> None:
    password_hash = passwords.hash_password("four random words here")
    assert passwords.is_correct(password_hash, "four\u00a0random\u3000words here")
    assert passwords.is_correct(password_hash, "\uff46our random words here")


def test_a_member_joins_on_a_mac_and_signs_in_on_windows(app: Any, browse: Any) -> None:
    member = make_member(password_hash=passwords.hash_password(unicodedata.normalize("NFD", TYPED)))
    form = {"email": member.email, "password": unicodedata.normalize("NFC", TYPED)}
    browser = browse()
    assert browser.post("/sign-in", data=form).status_code == 302
    changed = {"current_password": form["password"], "password": "wörd " * 4}
    changed["password_confirmation"] = changed["password"]
    assert browser.post("/settings/password", data=changed).status_code == 302
    db.session.expire_all()
    stored = db.session.get_one(Member, member.id).password_hash
    assert passwords.is_correct(stored, unicodedata.normalize("NFD", "wörd " * 4))


def test_a_least_length_counts_letters_and_a_long_one_is_refused_at_once() -> None:
    assert passwords.password_error(unicodedata.normalize("NFD", "äöüßäöü")) is not None
    bomb = "a" + "\u0315\u0300" * 400_000
    assert passwords.password_error(bomb) and not passwords.is_correct(None, bomb)
